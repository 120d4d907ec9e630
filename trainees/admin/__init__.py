"""The admin of cohorts, trainees, sessions and the evidence."""

from . import cohorts, people, places, records, registers, sessions

__all__ = ["cohorts", "people", "places", "records", "registers", "sessions"]
