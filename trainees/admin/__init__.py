"""The admin of cohorts, trainees, sessions and the evidence."""

from . import cohorts, people, places, records, sessions

__all__ = ["cohorts", "people", "places", "records", "sessions"]
