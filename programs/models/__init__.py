"""What is taught, to which standard, by whom."""

from .attention import WEIGHED
from .curricula import Curriculum, CurriculumEntry, EntryTrack, PerformanceStep, Prerequisite, SkillModule
from .invitations import Invitation
from .people import Assignment, AssignmentModule, Instructor
from .programs import Program, Role, Track

__all__ = [
    "WEIGHED",
    "Assignment",
    "AssignmentModule",
    "Curriculum",
    "CurriculumEntry",
    "EntryTrack",
    "Instructor",
    "Invitation",
    "PerformanceStep",
    "Prerequisite",
    "Program",
    "Role",
    "SkillModule",
    "Track",
]
