"""The admin of programs, modules, curricula, instructors and roles."""

from . import curricula, people, programs

__all__ = ["curricula", "people", "programs"]
