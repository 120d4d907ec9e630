"""Planning sessions: one, a series, copies; moved, cancelled, with a substitute. Clashes are saved only with a reason."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.acts import Key, add, change, perform, remove
from accounts.models import Act, User
from programs.access import EVERYBODY, must_run
from programs.models import Instructor, Program, Track

from ..models import Cohort, Group, Record, SessionAudience, SessionStaff, Trainee, TrainingSession
from ..selectors.clashes import Plan, clashes_of, planned
from ..selectors.clock import at_local, day_of, zone_of

Staff = Mapping[int, str]  # instructor id -> duty
Part = Track | Group | Trainee
TOLD = 8  # of the clashes of one act, as many as are listed
MOST = 120  # sessions in a series


def create_session(
    *, user: User, key: Key, cohort: Cohort, staff: Staff | None = None, audience: Collection[Part] = (), **fields: Any
) -> TrainingSession:
    """A session of `cohort`. `staff` maps instructors' ids to duties; `audience`: tracks, groups or trainees, empty for all.

    Where it clashes with others, `clash_reason` has to say why it is so.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        take_turns()
        session = plan_session(act, cohort, staff or {}, audience, fields)
        settle(act, user, [session.pk], fields.get("clash_reason", ""))

    body = [cohort, dict(staff or {}), _labels(audience), fields]
    act = perform(user=user, key=key, kind="session.create", body=body, do=do, scope=cohort.program_id)
    return act.made(TrainingSession)


def create_series(
    *,
    user: User,
    key: Key,
    cohort: Cohort,
    days: Collection[datetime.date],
    starts: datetime.time,
    ends: datetime.time,
    staff: Staff | None = None,
    audience: Collection[Part] = (),
    **fields: Any,
) -> TrainingSession:
    """The same session on each of `days`, at the same time on the clock; one that ends before it starts ends the next day.

    All or none. Gives the first.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        if not days:
            raise ValidationError(_("No such day lies between the first and the last."))
        if len(days) > MOST:
            raise ValidationError(_("A series has at most %(n)s sessions.") % {"n": MOST})
        take_turns()
        zone, over_night = zone_of(cohort.program), datetime.timedelta(days=ends <= starts)
        made = []
        for day in sorted(days):
            times = {"starts_at": at_local(day, starts, zone), "ends_at": at_local(day + over_night, ends, zone)}
            made.append(plan_session(act, cohort, staff or {}, audience, fields | times).pk)
        settle(act, user, made, fields.get("clash_reason", ""))

    body = [cohort, sorted(days), starts, ends, dict(staff or {}), _labels(audience), fields]
    act = perform(user=user, key=key, kind="session.series", body=body, do=do, scope=cohort.program_id)
    return act.made(TrainingSession)


def update_session(
    *,
    user: User,
    key: Key,
    session: TrainingSession,
    seen: Key,
    staff: Staff | None = None,
    audience: Collection[Part] | None = None,
    reason: str = "",
    **fields: Any,
) -> TrainingSession:
    """Change a session whose register is open; staff and audience only where given. Another time needs a `reason`."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        _can_change(session)
        take_turns()
        before = planned().get(pk=session.pk)
        for name, value in fields.items():
            setattr(session, name, value)
        is_moved = (session.starts_at, session.ends_at) != (before.starts_at, before.ends_at)
        if is_moved:
            _say_why_it_is_moved(session, before.starts_at, reason)
        change(session, act, seen=seen)
        if is_moved:
            _keeps_what_was_marked(session)
        if staff is not None:
            _write_staff(act, session, staff, anew=session.module_id != before.module_id)
        if audience is not None:
            _write_audience(act, session, audience)
        if Plan.of(before) != Plan.of(planned().get(pk=session.pk)):
            session.clash_reason = settle(act, user, [session.pk], session.clash_reason)

    body = [session, staff and dict(staff), audience and _labels(audience), fields]
    perform(user=user, key=key, kind="session.change", body=body, do=do, reason=reason, scope=scope)
    return session


def move_session(
    *,
    user: User,
    key: Key,
    session: TrainingSession,
    seen: Key,
    starts_at: datetime.datetime,
    ends_at: datetime.datetime,
    reason: str,
    clash_reason: str = "",
) -> TrainingSession:
    """The session takes place at another time, for this `reason`. When it was first planned for stays in sight."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        _can_change(session)
        if (starts_at, ends_at) == (session.starts_at, session.ends_at):
            raise ValidationError(_("This is the time at which it is planned already."))
        take_turns()
        planned_for, session.starts_at, session.ends_at = session.starts_at, starts_at, ends_at
        _say_why_it_is_moved(session, planned_for, reason)
        change(session, act, seen=seen)
        _keeps_what_was_marked(session)
        session.clash_reason = settle(act, user, [session.pk], clash_reason)

    body = [session.pk, starts_at, ends_at, clash_reason]
    perform(user=user, key=key, kind="session.move", body=body, do=do, reason=reason, scope=scope)
    return session


def substitute(
    *,
    user: User,
    key: Key,
    session: TrainingSession,
    seen: Key,
    instead_of: Instructor,
    instructor: Instructor,
    reason: str,
    clash_reason: str = "",
) -> TrainingSession:
    """At this session `instructor` takes the duty of `instead_of`, for this `reason`; who was planned stays in sight."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        _can_change(session)
        if not reason.strip():
            raise ValidationError({"reason": _("Say why somebody else takes the duty.")})
        take_turns()
        change(session, act, seen=seen)  # its staff are a part of it
        row = session.staff.filter(instructor=instead_of).first()
        if row is None:
            raise ValidationError({"instead_of": _("%(who)s has no duty at this session.") % {"who": instead_of}})
        if session.staff.filter(instructor=instructor).exists():
            raise ValidationError({"instructor": _("%(who)s has a duty at this session.") % {"who": instructor}})
        if row.duty == SessionStaff.Duty.ASSESSOR:
            _may_assess(session, {instructor.pk})
        first = row.instead_of_id or row.instructor_id
        back = first == instructor.pk
        row.instructor, row.instead_of_id, row.reason = instructor, None if back else first, "" if back else reason
        row.act = act
        row.save()
        session.clash_reason = settle(act, user, [session.pk], clash_reason or session.clash_reason)

    body = [session.pk, instead_of, instructor, clash_reason]
    perform(user=user, key=key, kind="session.substitute", body=body, do=do, reason=reason, scope=scope)
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


# ---- what these have in common; copying (services/copying.py) uses it too


def take_turns() -> None:
    """One planning act at a time, from here to its end: two at once would each look for clashes before the other has written.

    People work in several programs, so no single program can be the lock. What others add to a program is not held up.
    """
    list(Program.objects.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def plan_session(
    act: Act, cohort: Cohort, staff: Staff, audience: Collection[Part], fields: dict[str, Any]
) -> TrainingSession:
    """Write a new session with its staff and audience; `settle` it afterwards."""
    session = add(TrainingSession(cohort=cohort, **fields | {"clash_reason": ""}), act)
    _write_staff(act, session, staff, anew=True)
    _write_audience(act, session, audience)
    return session


def settle(act: Act, user: User, sessions: Collection[int], reason: str) -> str:
    """Refuse what was just written where it clashes and no `reason` says why; give the reason that stands.

    Those that clash keep the reason, the others need none.
    """
    rows = list(planned().filter(pk__in=sessions))
    plans = [Plan.of(row) for row in rows]
    found = dict(zip((row.pk for row in rows), clashes_of(plans, user, EVERYBODY), strict=True))
    if any(found.values()) and not reason.strip():
        raise ValidationError(
            {"clash_reason": [_("This clashes. Choose another time, or say why it has to be so."), *_told(rows, found)]}
        )
    for row in rows:
        wanted = reason if found[row.pk] else ""
        if row.clash_reason != wanted:
            row.clash_reason, row.act = wanted, act
            row.save()
    return reason if any(found.values()) else ""


def _told(rows: Collection[TrainingSession], found: Mapping[int, list[Any]]) -> list[str]:
    """Each clash in a sentence; of several sessions, with the day and time of the one that clashes."""
    told = []
    for row in rows:
        zone = zone_of(row.cohort.program)
        when = f"{date_format(row.starts_at.astimezone(zone), 'D j M H:i')} – " if len(rows) > 1 else ""
        told += [f"{when}{clash.words}" for clash in found[row.pk]]
    more = len(told) - TOLD
    return told[:TOLD] + ([ngettext("%(n)s more clash", "%(n)s more clashes", more) % {"n": more}] if more > 0 else [])


def _can_change(session: TrainingSession) -> None:
    if session.register_closed_at is not None:
        raise ValidationError(_("The register is closed. Reopen it first."))
    if session.cancelled_at is not None:
        raise ValidationError(_("This session was cancelled."))


def _say_why_it_is_moved(session: TrainingSession, planned_for: datetime.datetime, reason: str) -> None:
    """Note on a session that has another time now why it has, and when it was first planned for."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the session is moved.")})
    session.postponed_from, session.postponed_reason = session.postponed_from or planned_for, reason


def _keeps_what_was_marked(session: TrainingSession) -> None:
    """Refuse a time under which what was marked there would never have been: results of other days, a register still to come."""
    last = day_of(session.ends_at, zone_of(session.cohort.program))
    results = session.records.filter(voided_by=None).exclude(kind=Record.Kind.VOID)
    if found := results.exclude(holds_from__range=(session.starts_on, last)).first():
        words = _("A result of %(day)s was recorded at this session. Plan another session instead.")
        raise ValidationError(words % {"day": date_format(found.holds_from)})
    if not session.has_come and session.attendance.exists():
        raise ValidationError(
            _("Somebody is marked in its register: it has taken place. Plan another session instead.")
        )


def _may_assess(session: TrainingSession, assessors: set[int]) -> None:
    """Refuse assessors who may not assess the session's module."""
    may = Instructor.objects.assessing(session.cohort.program, session.module).filter(pk__in=assessors)
    for one in Instructor.objects.filter(pk__in=assessors).exclude(pk__in=may):
        words = _("%(who)s may not assess %(module)s. A coordinator says who may on the page of the program's people.")
        raise ValidationError(words % {"who": one, "module": session.module.code})


def _write_staff(act: Act, session: TrainingSession, staff: Staff, *, anew: bool) -> None:
    """`anew`: the session is new or of another module, so every assessor is looked at again."""
    now = {row.instructor_id: row for row in session.staff.all()}
    assessor = SessionStaff.Duty.ASSESSOR
    wanted = {pk for pk, duty in staff.items() if duty == assessor}
    if looked_at := wanted if anew else {pk for pk in wanted if pk not in now or now[pk].duty != assessor}:
        _may_assess(session, looked_at)
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
