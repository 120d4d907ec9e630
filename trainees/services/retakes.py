"""A retake at one tap: after the example of a session, for everybody who waits for one, on the first day that is free."""

import datetime
from collections.abc import Iterator
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Key, perform
from accounts.models import Act, User
from programs.access import EVERYBODY, must_run
from programs.models import Instructor

from ..models import SessionStaff, Trainee, TrainingSession
from ..selectors.board import named_for_retakes, waiting_for_retake
from ..selectors.clashes import Plan, clashes_of
from ..selectors.clock import moved, zone_of
from ..selectors.progress import cohort_view
from .planning import Staff, plan_session, settle, take_turns

AT_LEAST = datetime.timedelta(
    days=14
)  # so far is looked for a day, also where the cohort's last day is nearer, or over
AT_MOST = datetime.timedelta(days=60)


def plan_retake(*, user: User, key: Key, session: TrainingSession) -> TrainingSession:
    """A retake of `session`'s module for everybody of its cohort with a NO-GO in it who is named for none to come.

    It has the time on the clock, the location and the staff of `session`, assessors as far as they may assess; its day is the
    first after `session` and today on which nothing clashes, a day of the weekend only where `session` is on one.
    ValidationError where nobody waits, or no such day is free.
    """
    cohort = session.cohort

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        take_turns()
        view = cohort_view(cohort, EVERYBODY).now()
        waiting = waiting_for_retake(view, session.module_id, named_for_retakes([view]))
        if not waiting:
            raise ValidationError(_("Nobody with a NO-GO waits for a retake any more."))
        people = list(Trainee.objects.filter(pk__in=[one.id for one in waiting]).order_by("pk"))
        staff = _staff_of(session)
        days = [
            Plan(cohort, starts, ends, session.place, frozenset(staff), frozenset(people))
            for starts, ends in _times(session)
        ]
        free = [day for day, clashes in zip(days, clashes_of(days, user, EVERYBODY), strict=True) if not clashes]
        if not free:
            words = _("Up to %(day)s, no day is free for it at this time. Choose day and time yourself.")
            raise ValidationError(words % {"day": date_format(_last_day(session))})
        fields = {"module": session.module, "kind": TrainingSession.Kind.RETAKE, "place": session.place}
        times = {"starts_at": free[0].starts_at, "ends_at": free[0].ends_at}
        made = plan_session(act, cohort, staff, people, fields | times)
        settle(act, user, [made.pk], "")

    act = perform(user=user, key=key, kind="session.retake", body=session.pk, do=do, scope=cohort.program_id)
    return act.made(TrainingSession)


def _staff_of(session: TrainingSession) -> Staff:
    """Who had a duty, and still works there; whoever may not assess the module does not assess it now."""
    program = session.cohort.program
    here = set(Instructor.objects.assigned_to(program).values_list("pk", flat=True))
    may = set(Instructor.objects.assessing(program, session.module).values_list("pk", flat=True))
    assessor = SessionStaff.Duty.ASSESSOR
    rows = session.staff.filter(instructor__in=here).order_by("pk")
    return {row.instructor_id: row.duty for row in rows if row.duty != assessor or row.instructor_id in may}


def _first_day(session: TrainingSession) -> datetime.date:
    return max(session.starts_on, session.cohort.today()) + datetime.timedelta(days=1)


def _last_day(session: TrainingSession) -> datetime.date:
    first = _first_day(session)
    return min(max(session.cohort.ends_on, first + AT_LEAST), first + AT_MOST)


def _times(session: TrainingSession) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """When it would begin and end on each of the days asked; not on a day on which clocks show no such time."""
    zone, day, last = zone_of(session.cohort.program), _first_day(session), _last_day(session)
    while day <= last:
        days = (day - session.starts_on).days
        if day.weekday() < 5 or session.starts_on.weekday() >= 5:
            with suppress(ValidationError):
                yield moved(session.starts_at, days, zone), moved(session.ends_at, days, zone)
        day += datetime.timedelta(days=1)
