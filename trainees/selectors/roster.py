"""Who has, or had, a place in a cohort on a day, and what their last entry is."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from programs.access import Limits

from .. import progress
from ..models import Cohort, Enrolment, Trainee
from .loading import Moment, of_cohorts

TOGETHER = 2_000  # trainees whose places are asked for at once


@dataclass(frozen=True)
class Seat:
    """One trainee of the roster. `entry` is where they are on the day, `last` the end of their line: what a change follows.

    `name` is empty unless it was asked for (names.py).
    """

    entry: Enrolment
    last: Enrolment
    status: str
    words: str
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.entry.trainee_id}:{self.last.act.key}"

    @property
    def here(self) -> bool:
        return self.status != "transferred"


def roster_of(cohort: Cohort, moment: Moment, limits: Limits) -> list[Seat]:
    """Everybody with a place in `cohort` by the end of the day asked about, transfers out included: one query."""
    rows = (
        Enrolment.objects.within(limits)
        .filter(program=cohort.program_id, trainee__in=of_cohorts([cohort.pk]))
        .select_related("trainee", "track", "group", "act", "cohort")
        .order_by("trainee__roll_number", "pk")
    )
    lines: dict[int, list[Enrolment]] = {}
    for row in rows:
        lines.setdefault(row.trainee_id, []).append(row)
    seats = []
    for line in lines.values():
        by_id = {row.pk: row for row in line}
        places = [
            progress.Place(
                row.pk, row.cohort_id, row.track_id, row.group_id, progress.PlaceStatus(row.status), row.since,
                moment.day_of(row.act.at), row.voids_id, row.reason,
            )
            for row in line
        ]  # fmt: skip
        here, now = progress.place_in(places, cohort.pk, moment.as_of, moment.known)
        if here is None or now is None:
            continue
        entry = by_id[here.id]
        if here is now or here.status is progress.PlaceStatus.WITHDRAWN:
            seats.append(Seat(entry, line[-1], entry.status, str(entry.get_status_display())))
        else:
            words = _("transferred to %(cohort)s") % {"cohort": by_id[now.id].cohort}
            seats.append(Seat(entry, line[-1], "transferred", words))
    return seats


def with_cohorts(trainees: QuerySet[Trainee], user: User) -> QuerySet[Trainee]:
    """`trainees` with what `cohorts_of` needs: one query for all of them."""
    places = _latest_first(user).select_related("cohort__program")
    return trainees.prefetch_related(Prefetch("enrolments", places, to_attr="places_seen"))


def cohorts_of(trainee: Trainee) -> list[Cohort]:
    """The cohorts in which the trainee has or had a place, the latest first."""
    return list(dict.fromkeys(place.cohort for place in trainee.places_seen))  # type: ignore[attr-defined]  # with_cohorts


def lines_of(trainees: QuerySet[Trainee], user: User) -> Iterator[tuple[Any, ...]]:
    """Roll number, call sign, nation, and the slugs of the cohorts as `cohorts_of`: for files, without an object for each.

    However many there are, some at a time, with one query for the places of those.
    """
    places = _latest_first(user).values_list("trainee_id", "cohort__slug")
    told = trainees.values_list("pk", "roll_number", "call_sign", "nation").iterator(chunk_size=TOGETHER)
    while some := list(islice(told, TOGETHER)):
        cohorts: dict[int, dict[str, None]] = {row[0]: {} for row in some}
        for pk, slug in places.filter(trainee__among=cohorts):
            cohorts[pk][slug] = None
        for pk, *said in some:
            yield (*said, list(cohorts[pk]))


def _latest_first(user: User) -> QuerySet[Enrolment]:
    return Enrolment.objects.visible_to(user).standing().order_by("-since", "-pk")
