"""Copying what was planned: a day, a week, or a whole cohort's sessions to another day, at the same time on the clock."""

import datetime
from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Key, add, perform
from accounts.models import Act, User
from programs.access import must_run
from programs.models import Assignment

from ..models import Cohort, CohortCurriculum, Group, TrainingSession
from ..selectors.clashes import Part, planned
from ..selectors.clock import end_of, moved, start_of, zone_of
from .planning import plan_session, settle, take_turns


def copy_sessions(
    *,
    user: User,
    key: Key,
    cohort: Cohort,
    first: datetime.date,
    last: datetime.date,
    to: datetime.date,
    clash_reason: str = "",
) -> TrainingSession:
    """Plan again what is planned from `first` to `last`, both included, so that `first` falls on `to`. All or none.

    Cancelled sessions are left out, and staff who no longer work in the program. Gives the first copy.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        zone = zone_of(cohort.program)
        rows = planned().filter(cohort=cohort, cancelled_at=None)
        rows = rows.filter(starts_at__gte=start_of(first, zone), starts_at__lt=end_of(last, zone))
        sessions = list(rows.order_by("starts_at", "pk"))
        if not sessions:
            raise ValidationError(_("There is nothing planned to be copied."))
        take_turns()
        made = _copies(act, sessions, cohort, (to - first).days, {})
        settle(act, user, made, clash_reason)

    body = [cohort, first, last, to, clash_reason]
    act = perform(user=user, key=key, kind="session.copy", body=body, do=do, scope=cohort.program_id)
    return act.made(TrainingSession)


def clone_cohort(
    *, user: User, key: Key, cohort: Cohort, code: str, title: str, starts_on: datetime.date, clash_reason: str = ""
) -> Cohort:
    """A new cohort after the example of `cohort`: its curriculum, groups and sessions, moved by whole days; no trainees.

    Sessions for named trainees, retakes among them, were for those people and are left out; so are cancelled ones.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        take_turns()
        days = (starts_on - cohort.starts_on).days
        ends_on = cohort.ends_on + datetime.timedelta(days=days)
        same = {name: getattr(cohort, name) for name in ("program", "location", "lead_instructor", "practice")}
        slug = f"{cohort.program.slug}-{code}".lower()
        new = add(Cohort(code=code, title=title, slug=slug, starts_on=starts_on, ends_on=ends_on, **same), act)
        followed = cohort.curricula.standing().order_by("since", "pk").last()
        if followed is not None:
            add(CohortCurriculum(cohort=new, curriculum=followed.curriculum, since=starts_on), act)
        groups = {one.pk: add(Group(cohort=new, code=one.code, title=one.title), act) for one in cohort.groups.all()}
        rows = planned().filter(cohort=cohort, cancelled_at=None).exclude(audience__trainee__isnull=False)
        made = _copies(act, rows.order_by("starts_at", "pk"), new, days, groups)
        settle(act, user, made, clash_reason)

    body = [cohort, code, title, starts_on, clash_reason]
    return perform(user=user, key=key, kind="cohort.clone", body=body, do=do, scope=cohort.program_id).made(Cohort)


def _copies(
    act: Act, sessions: Iterable[TrainingSession], cohort: Cohort, days: int, groups: Mapping[int, Group]
) -> list[int]:
    """Copies of `sessions` for `cohort`, so many days later; `groups` of the new cohort by the id of the old one."""
    zone = zone_of(cohort.program)
    working = Assignment.objects.filter(program=cohort.program_id, instructor__archived_at=None)
    here = set(working.values_list("instructor_id", flat=True))
    made = []
    for one in sessions:
        fields = {name: getattr(one, name) for name in ("module", "kind", "place", "note")}
        try:
            fields |= {"starts_at": moved(one.starts_at, days, zone), "ends_at": moved(one.ends_at, days, zone)}
        except ValidationError as error:
            when = date_format(one.starts_at.astimezone(zone), "D j M H:i")
            raise ValidationError([f"{one.module.code}, {when}: {words}" for words in error.messages]) from error
        staff = {row.instructor_id: row.duty for row in one.staff.all() if row.instructor_id in here}
        audience: list[Part] = []
        for row in one.audience.all():
            group = groups.get(row.group_id, row.group) if row.group_id else None
            audience += [part for part in (row.track, group, row.trainee) if part is not None]
        made.append(plan_session(act, cohort, staff, audience, fields).pk)
    return made
