"""Every write about cohorts and trainees. Pages, the admin, imports and commands all come through here.

Each function takes `user` and `key` (made by the page that offers the write) and does one act, once. Where a row or a line
of entries goes on, `seen` is the key of the act that wrote what the page showed. ValidationError says in the user's words
what is wrong, PermissionDenied that it is not theirs to do, Conflict that somebody else was faster; nothing is then written.
"""

from .cohorts import (
    archive_cohort,
    create_cohort,
    create_group,
    delete_cohort,
    delete_group,
    follow_curriculum,
    publish_curriculum,
    rate_module,
    unfollow_curriculum,
    update_cohort,
    update_group,
)
from .completion import complete, revoke_completion
from .copying import clone_cohort, copy_sessions
from .erasing import erase_person, must_run_wholly
from .excusals import create_excusal, delete_excusal, end_excusal, update_excusal
from .grants import credit, exempt
from .lessons import add_lesson, close_lesson, delete_lesson, reopen_lesson, update_lesson
from .merging import merge_trainees, rehearse_merging
from .paper import enter_sheet, lose_sheet, print_sheet
from .people import create_trainee, enrol_many, read_names, update_trainee, write_name
from .places import KEEP, correct_place, place
from .planning import (
    cancel_session,
    create_series,
    create_session,
    delete_session,
    move_session,
    substitute,
    update_session,
)
from .records import record_result, void_record
from .registers import close_register, mark_attendance, mark_rest, mark_trainee, reopen_register
from .remedial import Group, plan_remedial
from .results import allow_attempt, close_results, mark_bulk_go, mark_result, mark_results, reopen_results
from .retakes import plan_retake
from .undo import UNDOABLE, may_undo, undo
from .unlisted import add_unlisted, resolve_unlisted

__all__ = [
    "KEEP",
    "UNDOABLE",
    "Group",
    "add_lesson",
    "add_unlisted",
    "allow_attempt",
    "archive_cohort",
    "cancel_session",
    "clone_cohort",
    "close_lesson",
    "close_register",
    "close_results",
    "complete",
    "copy_sessions",
    "correct_place",
    "create_cohort",
    "create_excusal",
    "create_group",
    "create_series",
    "create_session",
    "create_trainee",
    "credit",
    "delete_cohort",
    "delete_excusal",
    "delete_group",
    "delete_lesson",
    "delete_session",
    "end_excusal",
    "enrol_many",
    "enter_sheet",
    "erase_person",
    "exempt",
    "follow_curriculum",
    "lose_sheet",
    "mark_attendance",
    "mark_bulk_go",
    "mark_rest",
    "mark_result",
    "mark_results",
    "mark_trainee",
    "may_undo",
    "merge_trainees",
    "move_session",
    "must_run_wholly",
    "place",
    "plan_remedial",
    "plan_retake",
    "print_sheet",
    "publish_curriculum",
    "rate_module",
    "read_names",
    "record_result",
    "rehearse_merging",
    "reopen_lesson",
    "reopen_register",
    "reopen_results",
    "resolve_unlisted",
    "revoke_completion",
    "substitute",
    "undo",
    "unfollow_curriculum",
    "update_cohort",
    "update_excusal",
    "update_group",
    "update_lesson",
    "update_session",
    "update_trainee",
    "void_record",
    "write_name",
]
