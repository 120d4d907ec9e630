"""Every write about programs, modules, curricula, instructors and roles.

Each function takes `user` and `key` (made by the page that offers the write) and does one act, once; `seen` is the key of the
act that the page's row carried. ValidationError says in the user's words what is wrong, PermissionDenied that it is not
theirs to do, Conflict that somebody else was faster; nothing is then written.
"""

from .curricula import (
    add_entry,
    create_curriculum,
    delete_curriculum,
    move_entry,
    publish_curriculum,
    remove_entry,
    update_curriculum,
    update_entry,
)
from .invitations import accept_as_new, accept_invitation, invite, renew_invitation, withdraw_invitation
from .modules import archive_module, create_module, delete_module, update_module
from .people import (
    archive_instructor,
    assign_instructor,
    change_role,
    create_instructor,
    delete_instructor,
    grant_role,
    limit_assessing,
    revoke_role,
    unassign_instructor,
    update_instructor,
)
from .programs import (
    archive_program,
    archive_track,
    create_program,
    create_track,
    delete_program,
    delete_track,
    update_program,
    update_track,
)

__all__ = [
    "accept_as_new",
    "accept_invitation",
    "add_entry",
    "archive_instructor",
    "archive_module",
    "archive_program",
    "archive_track",
    "assign_instructor",
    "change_role",
    "create_curriculum",
    "create_instructor",
    "create_module",
    "create_program",
    "create_track",
    "delete_curriculum",
    "delete_instructor",
    "delete_module",
    "delete_program",
    "delete_track",
    "grant_role",
    "invite",
    "limit_assessing",
    "move_entry",
    "publish_curriculum",
    "remove_entry",
    "renew_invitation",
    "revoke_role",
    "unassign_instructor",
    "update_curriculum",
    "update_entry",
    "update_instructor",
    "update_module",
    "update_program",
    "update_track",
    "withdraw_invitation",
]
