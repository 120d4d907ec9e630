"""Who learns, and how far they are."""

from .cohorts import Cohort, CohortCurriculum, CommanderRating, Group
from .lessons import Lesson
from .people import Completion, Enrolment, Identity, NameRead, Trainee
from .records import Record, StepMark
from .registers import AttemptLeave, Excusal, Sheet, SheetRow, Unlisted
from .training import Attendance, SessionAudience, SessionStaff, TrainingSession

__all__ = [
    "AttemptLeave",
    "Attendance",
    "Cohort",
    "CohortCurriculum",
    "CommanderRating",
    "Completion",
    "Enrolment",
    "Excusal",
    "Group",
    "Identity",
    "Lesson",
    "NameRead",
    "Record",
    "SessionAudience",
    "SessionStaff",
    "Sheet",
    "SheetRow",
    "StepMark",
    "Trainee",
    "TrainingSession",
    "Unlisted",
]
