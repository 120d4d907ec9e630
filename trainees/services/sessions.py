"""The registers of training sessions."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.acts import Conflict, Key, change, perform
from accounts.models import Act, User
from programs.access import must_record

from ..models import Attendance, Trainee, TrainingSession
from ..selectors.sessions import expected_at


def mark_attendance(
    *, user: User, key: Key, session: TrainingSession, marks: Mapping[int, tuple[str, str]], seen: Mapping[int, str]
) -> Act:
    """Mark trainees of the session's audience, all or none: id -> (present, late, excused or absent; reason).

    `seen` holds for each trainee the key of the mark that the page showed, "" for none.
    """
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        _open_register(session)
        now = {row.trainee_id: row for row in session.attendance.select_related("act")}
        strangers = set(marks) - expected_at(session) - set(now)
        if strangers:
            raise ValidationError(_("Somebody marked is not on the roster of this session."))
        for trainee, (status, reason) in marks.items():
            _mark(act, session, trainee, status, reason, now.get(trainee), seen.get(trainee, ""))

    body = [session.pk, sorted((pk, *mark) for pk, mark in marks.items()), sorted(seen.items())]
    return perform(user=user, key=key, kind="attendance.mark", body=body, do=do, scope=scope)


def _mark(
    act: Act, session: TrainingSession, trainee: int, status: str, reason: str, now: Attendance | None, seen: Key
) -> None:
    if status not in Attendance.Status.values:
        raise ValidationError({"status": _("Choose present, late, excused or absent.")})
    if now is None:
        if seen:
            raise Conflict
        Attendance(act=act, session=session, trainee_id=trainee, status=status, reason=reason).save(force_insert=True)
    else:
        if str(now.act.key) != str(seen):
            raise Conflict(current=now)
        now.status, now.reason = status, reason
        change(now, act, seen=seen)


def close_register(*, user: User, key: Key, session: TrainingSession, seen: Key) -> TrainingSession:
    """Close the register once everybody expected is marked: from then on it counts, and its roster is frozen."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        _open_register(session)
        if not session.is_over:
            raise ValidationError(_("This session is not over yet. Close its register afterwards."))
        missing = expected_at(session) - set(session.attendance.values_list("trainee_id", flat=True))
        if missing:
            who = [str(one) for one in Trainee.objects.filter(pk__in=missing).order_by("roll_number")]
            told = ", ".join(who[:3]) + (" …" if len(who) > 3 else "")
            words = ngettext(
                "%(n)s trainee is not marked yet: %(who)s", "%(n)s trainees are not marked yet: %(who)s", len(who)
            )
            raise ValidationError(words % {"n": len(who), "who": told})
        session.register_closed_at = act.at
        change(session, act, seen=seen)

    perform(user=user, key=key, kind="register.close", body=session.pk, do=do, scope=scope)
    return session


def reopen_register(*, user: User, key: Key, session: TrainingSession, seen: Key, reason: str) -> TrainingSession:
    """Open a closed register again, with the reason; its marks stay."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        if not reason.strip():
            raise ValidationError({"reason": _("Say why the register is opened again.")})
        session.register_closed_at = None
        change(session, act, seen=seen)

    perform(user=user, key=key, kind="register.reopen", body=session.pk, do=do, reason=reason, scope=scope)
    return session


def _open_register(session: TrainingSession) -> None:
    if session.cancelled_at is not None:
        raise ValidationError(_("This session was cancelled."))
    if not session.is_over and session.starts_on > session.cohort.today():
        raise ValidationError(_("This session has not taken place yet."))
    if session.register_closed_at is not None:
        raise ValidationError(_("This register is closed. Reopen it first."))
