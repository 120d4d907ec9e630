"""The register of a session: who was there."""

from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.acts import Conflict, Key, add, change, check, perform
from accounts.models import Act, User
from programs.access import must_record

from ..models import Attendance, Trainee, TrainingSession
from ..selectors.excusals import excusals_on
from ..selectors.sessions import CLEAR, clear_body, expected_at, spot_at

REASON = Attendance._meta.get_field("reason").max_length
Marks = Mapping[int, tuple[str, str]]  # trainee id -> (present, late, excused, absent or "" to clear; reason)


def mark_attendance(*, user: User, key: Key, session: TrainingSession, marks: Marks, seen: Mapping[int, str]) -> Act:
    """Mark trainees of the session's audience, all or none.

    `seen` holds for each trainee the key of the mark that the page showed, "" for none.
    """
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        must_be_open(session)
        now = {row.trainee_id: row for row in session.attendance.select_related("act")}
        _must_be_expected(set(marks) - set(now), session)
        for trainee, (status, reason) in marks.items():
            row = now.get(trainee)
            if (row.seen if row else "") != str(seen.get(trainee, "")):
                raise Conflict(current=row)
            _write(act, session, trainee, status, reason, row.pk if row else None, row.act_id if row else None)

    body = [session.pk, sorted((pk, *mark) for pk, mark in marks.items()), sorted(seen.items())]
    return perform(user=user, key=key, kind="attendance.mark", body=body, do=do, scope=scope)


def mark_trainee(
    *, user: User, key: Key, session: TrainingSession, trainee: Trainee, status: str, reason: str | None = "", seen: Key
) -> Act:
    """Mark one trainee present, late, excused or absent, or with "" clear the mark.

    `seen` is the version of the mark that the page has seen: the key of the act that wrote it. Where nothing stands it is
    empty, or the key of the act that cleared the mark: a page off-line sends its next mark in ignorance of the answer. Without
    a `reason` (None) the one that stands there stays: such a page does not have it.
    """
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        must_be_open(session)
        spot = spot_at(session, trainee, seen)
        if not spot.seen:
            raise Conflict
        if spot.mark is None and not spot.expected:
            raise ValidationError(_not_expected(trainee))
        _write(act, session, trainee.pk, status, reason, spot.mark, spot.act)

    body: list[object]
    if status:
        kind, body = "attendance.mark", [session.pk, trainee.pk, status, reason, str(seen)]
    else:
        kind, body = CLEAR, [*clear_body(session, trainee)]
    return perform(user=user, key=key, kind=kind, body=body, do=do, scope=scope)


def _write(
    act: Act,
    session: TrainingSession,
    trainee: int,
    status: str,
    reason: str | None,
    mark: int | None,
    seen: int | None,
) -> None:
    """One statement decides: where the row `mark` no longer carries the act `seen`, or another one is there, it is a Conflict."""
    row = Attendance(act=act, session=session, trainee_id=trainee, status=status, reason=reason or "")
    stands = Attendance.objects.filter(pk=mark or 0, act=seen)
    if status not in ("", *Attendance.Status.values):
        raise ValidationError({"status": _("Choose present, late, excused or absent.")})
    if not status:
        if mark is not None and not stands.delete()[0]:
            raise Conflict
    elif mark is None:
        add(row, act)
    else:
        check(row)
        said = {} if reason is None else {"reason": reason}
        if not stands.update(act=act, status=status, **said):
            raise Conflict


def mark_rest(*, user: User, key: Key, session: TrainingSession) -> Act:
    """Mark present whoever is expected and not marked; who is excused in advance is marked excused. One act, to be undone."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        must_be_open(session)
        missing = _unmarked(session)
        if not missing:
            raise ValidationError(_("Everybody is marked already."))
        rows = _excused(act, session, missing)
        present = Attendance.Status.PRESENT
        rest = missing - {row.trainee_id for row in rows}
        rows += [Attendance(act=act, session=session, trainee_id=one, status=present) for one in sorted(rest)]
        Attendance.objects.bulk_create(rows)

    return perform(user=user, key=key, kind="attendance.rest", body=session.pk, do=do, scope=scope)


def _unmarked(session: TrainingSession) -> set[int]:
    return expected_at(session) - set(session.attendance.values_list("trainee_id", flat=True))


def _excused(act: Act, session: TrainingSession, trainees: Collection[int]) -> list[Attendance]:
    """The marks of those of `trainees` who were excused in advance, not written yet."""
    excusals = excusals_on(session.cohort.program_id, session.starts_on, trainees)
    return [
        Attendance(act=act, session=session, trainee_id=pk, status=Attendance.Status.EXCUSED, reason=one.words[:REASON])
        for pk, one in sorted(excusals.items())
    ]


def close_register(*, user: User, key: Key, session: TrainingSession, seen: Key) -> TrainingSession:
    """Close the register once everybody expected is marked: from then on it counts, and its roster is frozen.

    Who was excused in advance and is not marked otherwise is marked excused with it.
    """
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        must_be_open(session)
        if not session.is_over:
            raise ValidationError(_("This session is not over yet. Close its register afterwards."))
        TrainingSession.objects.select_for_update().get(pk=session.pk)  # waits for marks under way, and counts them
        missing = _unmarked(session)
        excused = _excused(act, session, missing)
        _must_be_marked(missing - {row.trainee_id for row in excused})
        Attendance.objects.bulk_create(excused)
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


def must_be_open(session: TrainingSession) -> None:
    """Refuse, in words, to write into a register that is closed, cancelled or still to come."""
    if session.cancelled_at is not None:
        raise ValidationError(_("This session was cancelled."))
    if not session.has_come:
        raise ValidationError(_("This session has not taken place yet."))
    if session.register_closed_at is not None:
        raise ValidationError(_("This register is closed. Reopen it first."))


def _must_be_expected(trainees: Collection[int], session: TrainingSession) -> None:
    """Refuse, naming them, whoever a session is not for, or not any more."""
    others = set(trainees) - expected_at(session) if trainees else set()
    if others:
        who = [str(one) for one in Trainee.objects.filter(pk__in=others).order_by("roll_number")]
        raise ValidationError(_not_expected(get_text_list(who, _("and"))))


def _not_expected(who: object) -> str:
    return _("%(who)s: not on the roster of this session.") % {"who": who}


def _must_be_marked(missing: Collection[int]) -> None:
    """Refuse, naming the first of those who are not marked."""
    if missing:
        who = [str(one) for one in Trainee.objects.filter(pk__in=missing).order_by("roll_number")]
        told = ", ".join(who[:3]) + (" …" if len(who) > 3 else "")
        words = ngettext(
            "%(n)s trainee is not marked yet: %(who)s", "%(n)s trainees are not marked yet: %(who)s", len(who)
        )
        raise ValidationError(words % {"n": len(who), "who": told})
