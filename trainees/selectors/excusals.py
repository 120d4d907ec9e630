"""Who is known in advance to be sick or away."""

import datetime
from collections.abc import Iterable

from programs.models import Program

from ..models import Excusal


def excusals_on(program: Program | int, day: datetime.date, trainees: Iterable[int]) -> dict[int, Excusal]:
    """By trainee, the excusal in force on `day`, of several the one that began last: one query."""
    rows = Excusal.objects.filter(program=program, trainee__in=trainees).on(day)
    return {one.trainee_id: one for one in rows.order_by("since", "pk")}
