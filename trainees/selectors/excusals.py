"""Who is known in advance to be sick or away."""

import datetime
from collections.abc import Iterable

from django.db.models import Q

from programs.access import Limits
from programs.models import Program

from ..models import Cohort, Enrolment, Excusal


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


def state_on(excusal: Excusal, day: datetime.date) -> str:
    """Whether it is in force on `day`: "now", "coming" or "over"."""
    if excusal.since > day:
        return "coming"
    return "over" if excusal.until and excusal.until < day else "now"
