"""Training sessions: planned, changed, cancelled. Their registers are in registers.py."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform, remove
from accounts.models import Act, User
from programs.access import must_run
from programs.models import Track

from ..models import Cohort, Group, SessionAudience, SessionStaff, Trainee, TrainingSession

Staff = Mapping[int, str]  # instructor id -> duty
Part = Track | Group | Trainee


def create_session(
    *, user: User, key: Key, cohort: Cohort, staff: Staff | None = None, audience: Collection[Part] = (), **fields: Any
) -> TrainingSession:
    """A session of `cohort`. `staff` maps instructors' ids to duties; `audience`: tracks, groups or trainees, empty for all."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        session = add(TrainingSession(cohort=cohort, **fields), act)
        _write_staff(act, session, staff or {})
        _write_audience(act, session, audience)

    body = [cohort, dict(staff or {}), _labels(audience), fields]
    act = perform(user=user, key=key, kind="session.create", body=body, do=do, scope=cohort.program_id)
    return act.made(TrainingSession)


def update_session(
    *,
    user: User,
    key: Key,
    session: TrainingSession,
    seen: Key,
    staff: Staff | None = None,
    audience: Collection[Part] | None = None,
    **fields: Any,
) -> TrainingSession:
    """Change a session whose register is open; staff and audience only where given."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        if session.register_closed_at is not None:
            raise ValidationError(_("The register is closed. Reopen it first."))
        for name, value in fields.items():
            setattr(session, name, value)
        change(session, act, seen=seen)
        if staff is not None:
            _write_staff(act, session, staff)
        if audience is not None:
            _write_audience(act, session, audience)

    body = [session, staff and dict(staff), audience and _labels(audience), fields]
    perform(user=user, key=key, kind="session.change", body=body, do=do, scope=scope)
    return session


def cancel_session(*, user: User, key: Key, session: TrainingSession, seen: Key, reason: str) -> TrainingSession:
    """The session does not take place. It stays in the list, with the reason."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        if not reason.strip():
            raise ValidationError({"reason": _("Say why the session is cancelled.")})
        session.cancelled_at, session.cancelled_reason = act.at, reason
        change(session, act, seen=seen)

    perform(user=user, key=key, kind="session.cancel", body=session.pk, do=do, reason=reason, scope=scope)
    return session


def delete_session(*, user: User, key: Key, session: TrainingSession, seen: Key) -> None:
    """Delete a session on which nothing hangs yet; one with marks or results is cancelled instead."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        if not (session.attendance.exists() or session.records.exists()):
            for row in (*session.staff.all(), *session.audience.all()):
                row.delete()
        remove(session, seen=seen)

    perform(user=user, key=key, kind="session.delete", body=session.pk, do=do, scope=scope)


def _write_staff(act: Act, session: TrainingSession, staff: Staff) -> None:
    now = {row.instructor_id: row for row in session.staff.all()}
    for instructor in now.keys() - staff.keys():
        now[instructor].delete()
    for instructor, duty in staff.items():
        row = now.get(instructor)
        if row is None:
            add(SessionStaff(session=session, instructor_id=instructor, duty=duty), act)
        elif row.duty != duty:
            row.duty, row.act = duty, act
            row.save()


def _write_audience(act: Act, session: TrainingSession, audience: Iterable[Part]) -> None:
    wanted = set(_labels(audience))
    now = {}
    for row in session.audience.all():
        [label] = _labels(filter(None, (row.track, row.group, row.trainee)))
        now[label] = row
    for part in now.keys() - wanted:
        now[part].delete()
    for model_name, pk in sorted(wanted - now.keys()):
        add(SessionAudience(session=session, **{f"{model_name}_id": pk}), act)


def _labels(audience: Iterable[Part]) -> list[tuple[str, int]]:
    return sorted((str(part._meta.model_name), part.pk) for part in audience)
