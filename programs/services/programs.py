"""Programs and their tracks."""

from typing import Any, TypeVar

from accounts.acts import Key, add, change, perform, remove
from accounts.models import Act, User
from programs.access import must_coordinate, must_run

from ..models import Program, Role, Track

Kept = TypeVar("Kept", Program, Track)


def create_program(*, user: User, key: Key, **fields: Any) -> Program:
    """A new program, by anybody who coordinates one already or an administrator; they coordinate it from then on."""

    def do(act: Act) -> None:
        must_coordinate(user)
        program = add(Program(slug=fields["code"].lower(), **fields), act)
        add(Role(user=user, program=program, kind=Role.Kind.COORDINATOR), act)

    return perform(user=user, key=key, kind="program.create", body=fields, do=do).made(Program)


def update_program(*, user: User, key: Key, program: Program, seen: Key, **fields: Any) -> Program:
    """Change a program's own fields. Its address stays."""
    return _change(user, key, "program.change", program, seen, program.pk, fields)


def archive_program(*, user: User, key: Key, program: Program, seen: Key, archived: bool = True) -> Program:
    """Take a program out of the lists, or put it back. Nothing of it is lost."""
    return _archive(user, key, "program", program, seen, program.pk, archived)


def delete_program(*, user: User, key: Key, program: Program, seen: Key) -> None:
    """Delete a program on which nothing hangs but its roles. ValidationError names what hangs there otherwise."""

    def do(act: Act) -> None:
        must_run(user, program)
        if not any(getattr(program, name).exists() for name in ("tracks", "curricula", "assignments")):
            for role in program.roles.all():
                role.delete()
        remove(program, seen=seen)

    perform(user=user, key=key, kind="program.delete", body=program.pk, do=do, scope=program.pk)


def create_track(*, user: User, key: Key, program: Program, **fields: Any) -> Track:
    """A specialisation inside a program."""

    def do(act: Act) -> None:
        must_run(user, program)
        add(Track(program=program, **fields), act)

    act = perform(user=user, key=key, kind="track.create", body=[program, fields], do=do, scope=program.pk)
    return act.made(Track)


def update_track(*, user: User, key: Key, track: Track, seen: Key, **fields: Any) -> Track:
    """Change a track's code or title."""
    return _change(user, key, "track.change", track, seen, track.program_id, fields)


def archive_track(*, user: User, key: Key, track: Track, seen: Key, archived: bool = True) -> Track:
    """A track that nobody new is put into; what was done in it stays."""
    return _archive(user, key, "track", track, seen, track.program_id, archived)


def delete_track(*, user: User, key: Key, track: Track, seen: Key) -> None:
    """Delete a track on which nothing hangs."""

    def do(act: Act) -> None:
        must_run(user, track.program_id)
        remove(track, seen=seen)

    perform(user=user, key=key, kind="track.delete", body=track.pk, do=do, scope=track.program_id)


def _change(user: User, key: Key, kind: str, row: Kept, seen: Key, program: int, fields: dict[str, Any]) -> Kept:
    def do(act: Act) -> None:
        must_run(user, program)
        for name, value in fields.items():
            setattr(row, name, value)
        change(row, act, seen=seen)

    perform(user=user, key=key, kind=kind, body=[row.pk, fields], do=do, scope=program)
    return row


def _archive(user: User, key: Key, what: str, row: Kept, seen: Key, program: int, archived: bool) -> Kept:
    def do(act: Act) -> None:
        must_run(user, program)
        row.archived_at = act.at if archived else None
        change(row, act, seen=seen)

    kind = f"{what}.{'archive' if archived else 'unarchive'}"
    perform(user=user, key=key, kind=kind, body=row.pk, do=do, scope=program)
    return row
