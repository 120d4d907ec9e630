"""The pages about what is taught and by whom."""

from .curricula import (
    curriculum_create,
    curriculum_delete,
    curriculum_detail,
    curriculum_edit,
    entry_create,
    entry_edit,
    entry_move,
    entry_remove,
    program_curriculum,
)
from .instructors import (
    instructor_archive,
    instructor_create,
    instructor_delete,
    instructor_detail,
    instructor_edit,
    instructor_list,
)
from .invitations import invitation_accept, invitation_create, invitation_renew, invitation_withdraw
from .modules import module_archive, module_create, module_delete, module_detail, module_edit, module_list
from .people import (
    assignment_create,
    assignment_edit,
    assignment_remove,
    program_people,
    role_create,
    role_edit,
    role_revoke,
)
from .programs import program_archive, program_create, program_delete, program_edit, program_list, program_weights
from .tracks import track_archive, track_create, track_delete, track_edit

__all__ = [
    "assignment_create",
    "assignment_edit",
    "assignment_remove",
    "curriculum_create",
    "curriculum_delete",
    "curriculum_detail",
    "curriculum_edit",
    "entry_create",
    "entry_edit",
    "entry_move",
    "entry_remove",
    "instructor_archive",
    "instructor_create",
    "instructor_delete",
    "instructor_detail",
    "instructor_edit",
    "instructor_list",
    "invitation_accept",
    "invitation_create",
    "invitation_renew",
    "invitation_withdraw",
    "module_archive",
    "module_create",
    "module_delete",
    "module_detail",
    "module_edit",
    "module_list",
    "program_archive",
    "program_create",
    "program_curriculum",
    "program_delete",
    "program_edit",
    "program_list",
    "program_people",
    "program_weights",
    "role_create",
    "role_edit",
    "role_revoke",
    "track_archive",
    "track_create",
    "track_delete",
    "track_edit",
]
