"""Instructors, interpreters, and who may do what in a program."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, must_be_new, perform, remove
from accounts.models import Act, User
from programs.access import must_run

from ..models import Assignment, AssignmentModule, Instructor, Program, Role, SkillModule


def create_instructor(*, user: User, key: Key, program: Program, **fields: Any) -> Instructor:
    """A new instructor or interpreter, assigned to `program`."""

    def do(act: Act) -> None:
        must_run(user, program)
        _account_is_free(fields.get("account"))
        instructor = Instructor(**fields)
        must_be_new(instructor, "code")
        add(instructor, act)
        add(Assignment(program=program, instructor=instructor), act)

    body = [program, fields]
    act = perform(user=user, key=key, kind="instructor.create", body=body, do=do, scope=program.pk)
    return act.made(Instructor)


def update_instructor(*, user: User, key: Key, instructor: Instructor, seen: Key, **fields: Any) -> Instructor:
    """Change what is known of an instructor: by a coordinator of a program they are assigned to."""

    def do(act: Act) -> None:
        _must_run_some(user, instructor)
        _account_is_free(fields.get("account"), instructor)
        for name, value in fields.items():
            setattr(instructor, name, value)
        change(instructor, act, seen=seen)

    perform(user=user, key=key, kind="instructor.change", body=[instructor.pk, fields], do=do)
    return instructor


def archive_instructor(*, user: User, key: Key, instructor: Instructor, seen: Key, archived: bool = True) -> Instructor:
    """An instructor who is no longer chosen for anything; what they did stays."""

    def do(act: Act) -> None:
        _must_run_some(user, instructor)
        instructor.archived_at = act.at if archived else None
        change(instructor, act, seen=seen)

    kind = "instructor.archive" if archived else "instructor.unarchive"
    perform(user=user, key=key, kind=kind, body=instructor.pk, do=do)
    return instructor


def delete_instructor(*, user: User, key: Key, instructor: Instructor, seen: Key) -> None:
    """Delete an instructor who never taught or assessed."""

    def do(act: Act) -> None:
        _must_run_some(user, instructor)
        for assignment in instructor.assignments.all():
            must_run(user, assignment.program_id)
            assignment.delete()
        remove(instructor, seen=seen)

    perform(user=user, key=key, kind="instructor.delete", body=instructor.pk, do=do)


def assign_instructor(*, user: User, key: Key, program: Program, instructor: Instructor) -> Assignment:
    """Let an instructor work in one more program."""

    def do(act: Act) -> None:
        must_run(user, program)
        add(Assignment(program=program, instructor=instructor), act)

    body = [program, instructor]
    act = perform(user=user, key=key, kind="instructor.assign", body=body, do=do, scope=program.pk)
    return act.made(Assignment)


def limit_assessing(
    *, user: User, key: Key, assignment: Assignment, seen: Key, modules: Collection[SkillModule]
) -> Assignment:
    """Let an assigned instructor assess only these modules of the program; none of them named: all."""

    def do(act: Act) -> None:
        must_run(user, assignment.program_id)
        change(assignment, act, seen=seen)  # the modules are a part of it
        now = {row.module_id: row for row in assignment.may_assess.all()}
        wanted = {module.pk: module for module in modules}
        for module in now.keys() - wanted.keys():
            now[module].delete()
        for module in sorted(wanted.keys() - now.keys()):
            add(AssignmentModule(assignment=assignment, module=wanted[module]), act)

    body = [assignment.pk, sorted(module.pk for module in modules)]
    scope = assignment.program_id
    perform(user=user, key=key, kind="instructor.limit", body=body, do=do, scope=scope)
    return assignment


def unassign_instructor(*, user: User, key: Key, assignment: Assignment, seen: Key) -> None:
    """End an instructor's work in a program; sessions and results keep them."""

    def do(act: Act) -> None:
        must_run(user, assignment.program_id)
        remove(assignment, seen=seen)

    scope = assignment.program_id
    perform(user=user, key=key, kind="instructor.unassign", body=assignment.pk, do=do, scope=scope)


def grant_role(*, user: User, key: Key, program: Program, to: User, kind: str, nation: str = "") -> Role:
    """Give somebody who signs in a role in a program; with `nation`, limited to the trainees of that one."""

    def do(act: Act) -> None:
        must_run(user, program)
        add(Role(program=program, user=to, kind=kind, nation=nation), act)

    act = perform(user=user, key=key, kind="role.grant", body=[program, to, kind, nation], do=do, scope=program.pk)
    return act.made(Role)


def change_role(*, user: User, key: Key, role: Role, seen: Key, kind: str, nation: str) -> Role:
    """Change what somebody may do in a program, and whose trainees they see. It keeps at least one coordinator."""

    def do(act: Act) -> None:
        must_run(user, role.program_id)
        role.kind, role.nation = kind, nation
        change(role, act, seen=seen)
        keeps_a_coordinator(role.program_id)

    perform(user=user, key=key, kind="role.change", body=[role.pk, kind, nation], do=do, scope=role.program_id)
    return role


def revoke_role(*, user: User, key: Key, role: Role, seen: Key) -> None:
    """Take somebody's role in a program away: from their next request on they see nothing of it."""

    def do(act: Act) -> None:
        must_run(user, role.program_id)
        remove(role, seen=seen)
        keeps_a_coordinator(role.program_id)

    perform(user=user, key=key, kind="role.revoke", body=role.pk, do=do, scope=role.program_id)


def keeps_a_coordinator(program: int) -> None:
    """Refuse, after the write, to leave a program without anybody who runs it.

    One such write after the other: two coordinators who demote each other would both see the other one still there.
    """
    Program.objects.select_for_update().get(pk=program)
    if not Role.objects.filter(program=program, kind=Role.Kind.COORDINATOR).exists():
        raise ValidationError(_("A program keeps at least one coordinator. Name another one first."))


def _account_is_free(account: User | None, instructor: Instructor | None = None) -> None:
    if account is None:
        return
    holders = Instructor.objects.filter(account=account)
    if instructor is not None:
        holders = holders.exclude(pk=instructor.pk)
    if holders.exists():
        raise ValidationError({"account": _("Another instructor already signs in with this account.")})


def _must_run_some(user: User, instructor: Instructor) -> None:
    if not Instructor.objects.run_by(user).filter(pk=instructor.pk).exists():
        raise PermissionDenied
