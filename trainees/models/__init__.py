"""Who learns, and how far they are."""

from .cohorts import Cohort, CohortCurriculum, CommanderRating, Group
from .people import Completion, Enrolment, Identity, NameRead, Trainee
from .records import Record, StepMark
from .training import Attendance, SessionAudience, SessionStaff, TrainingSession

__all__ = [
    "Attendance",
    "Cohort",
    "CohortCurriculum",
    "CommanderRating",
    "Completion",
    "Enrolment",
    "Group",
    "Identity",
    "NameRead",
    "Record",
    "SessionAudience",
    "SessionStaff",
    "StepMark",
    "Trainee",
    "TrainingSession",
]
