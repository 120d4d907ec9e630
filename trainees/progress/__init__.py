"""The progress rule: who stands where, and how far a cohort is, from evidence and two dates.

Plain Python without Django or a database. `as_of` is the day that the question is about, `known` the day by whose end
something has to have been recorded to count; a day means its end in the program's time zone.
"""

from .attention import ranking
from .chance import Interval, differ, interval
from .cohort import CohortProgress, ModuleProgress, Recorded, SessionProgress, band, cohort_progress, recorded
from .concerns import AT_MOST, WEIGHTS, Attention, Concern, Ranking, Reason, Unsaid, Weights
from .days import add_months
from .evidence import Standing, assess
from .finish import Coming, Course, Finish, Hold, How, Lack, Outcome, Step, finish
from .marks import NewMark, Refusal, attempts, attempts_since_pass, by_steps, entered, refusals, voided_since
from .over_time import DayProgress, OverTime, Version, cohort_over_time, coming_in, plan_of
from .overdue import Overdue, due_by, overdue
from .places import last_by, place_in, place_on, timeline
from .registers import Attendance, Seat, call, seats_of
from .trainee import TraineeProgress, asked_of, sessions_entered, trainee_progress
from .values import (
    COUNTED,
    RESULTS,
    Band,
    Evidence,
    History,
    Kind,
    LeftOut,
    Mark,
    MarkStatus,
    Need,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Session,
    SessionKind,
    Share,
    Status,
    Thresholds,
    Why,
)

__all__ = [
    "AT_MOST",
    "COUNTED",
    "RESULTS",
    "WEIGHTS",
    "Attendance",
    "Attention",
    "Band",
    "CohortProgress",
    "Coming",
    "Concern",
    "Course",
    "DayProgress",
    "Evidence",
    "Finish",
    "History",
    "Hold",
    "How",
    "Interval",
    "Kind",
    "Lack",
    "LeftOut",
    "Mark",
    "MarkStatus",
    "ModuleProgress",
    "Need",
    "NewMark",
    "Outcome",
    "OverTime",
    "Overdue",
    "Place",
    "PlaceStatus",
    "Ranking",
    "Reason",
    "Recorded",
    "Refusal",
    "Register",
    "Requirement",
    "Seat",
    "Session",
    "SessionKind",
    "SessionProgress",
    "Share",
    "Standing",
    "Status",
    "Step",
    "Thresholds",
    "TraineeProgress",
    "Unsaid",
    "Version",
    "Weights",
    "Why",
    "add_months",
    "asked_of",
    "assess",
    "attempts",
    "attempts_since_pass",
    "band",
    "by_steps",
    "call",
    "cohort_over_time",
    "cohort_progress",
    "coming_in",
    "differ",
    "due_by",
    "entered",
    "finish",
    "interval",
    "last_by",
    "overdue",
    "place_in",
    "place_on",
    "plan_of",
    "ranking",
    "recorded",
    "refusals",
    "seats_of",
    "sessions_entered",
    "timeline",
    "trainee_progress",
    "voided_since",
]
