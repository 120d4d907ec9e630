"""Who is known in advance to be sick or away."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from accounts.models import Change
from accounts.trail import as_known
from programs.access import Limits
from programs.models import Program

from ..models import Cohort, Enrolment, Excusal
from .loading import Moment
from .merging import MERGE

Days = tuple[datetime.date, datetime.date | None]  # from and until, both included; None: until further notice


def excusals_on(program: Program | int, day: datetime.date, trainees: Iterable[int]) -> dict[int, Excusal]:
    """By trainee of those asked about, the excusal in force on `day`, of several the one that began last: one query."""
    rows = Excusal.objects.filter(program=program, trainee__in=trainees).on(day)
    return {one.trainee_id: one for one in rows.order_by("since", "pk")}


def excusals_in(cohort: Cohort, limits: Limits) -> list[Excusal]:
    """Those of everybody with a place in `cohort`, as far as they reach into its days, the latest first: one query."""
    here = Enrolment.objects.standing().filter(cohort=cohort).values("trainee")
    reaching = Q(until=None) | Q(until__gte=cohort.starts_on)
    rows = Excusal.objects.within(limits).filter(reaching, program=cohort.program_id, since__lte=cohort.ends_on)
    return list(rows.filter(trainee__in=here).select_related("trainee", "act__user"))


def away_of(program: int, limits: Limits, moment: Moment, people: Any) -> dict[int, list[Days]]:
    """When `people` (ids, or a query for them) are excused, by trainee, as known then: one query, two when looking back."""
    rows = Excusal.objects.within(limits).filter(program=program, trainee__in=people)
    columns = ("pk", "program_id", "trainee_id", "since", "until")
    now = {row["pk"]: row for row in rows.values(*columns)}
    if moment.looks_back:
        acts = Q(act__scope=program) | Q(act__kind=MERGE)
        changes = Change.objects.filter(acts, table=Excusal._meta.db_table, act__at__gte=moment.end_of(moment.known))
        now = as_known(Excusal, now, list(changes.order_by("pk").values_list("row", "before")))
    found: dict[int, list[Days]] = defaultdict(list)
    for row in now.values():
        if row["program_id"] == program:
            found[row["trainee_id"]].append((row["since"], row["until"]))
    return found


def state_on(excusal: Excusal, day: datetime.date) -> str:
    """Whether it is in force on `day`: "now", "coming" or "over"."""
    if excusal.since > day:
        return "coming"
    return "over" if excusal.until and excusal.until < day else "now"
