"""What a cohort's overview tells beside its numbers: modules, who needs attention, what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from .. import progress
from ..models import Cohort, CommanderRating, TrainingSession
from ..words import STATE, state_of
from .loading import Entry, Person
from .progress import CohortView

BAD = ("no_go", "no_go_recertification", "expired", "blocked")


@dataclass(frozen=True)
class ModuleLine:
    entry: Entry
    module: progress.ModuleProgress
    rating: CommanderRating | None


@dataclass(frozen=True)
class Attention:
    """A trainee with something that keeps them back: for each module in trouble its state and words."""

    person: Person
    troubles: list[tuple[Entry, str, str]]
    missing: int


@dataclass(frozen=True)
class Overview:
    modules: list[ModuleLine]
    attention: list[Attention]
    one_short: int
    next_sessions: list[TrainingSession]


def overview_of(view: CohortView, most: int = 8) -> Overview:
    """Two queries: the newest rating of each module, and the sessions that come next."""
    newest: dict[int, CommanderRating] = {}
    for rating in CommanderRating.objects.filter(
        cohort=view.cohort, rated_on__lte=view.moment.as_of, act__at__lt=view.moment.end_of(view.moment.known)
    ).order_by("pk"):
        newest[rating.module_id] = rating
    lines = [ModuleLine(view.entries[pk], module, newest.get(pk)) for pk, module in view.progress.modules.items()]
    counted = view.progress.trainees.values()
    return Overview(
        modules=lines,
        attention=sorted(_attention(view), key=lambda one: (-len(one.troubles), one.person.roll_number))[:most],
        one_short=sum(len(one.required) - len(one.satisfied) == 1 for one in counted),
        next_sessions=list(_next(view.cohort)),
    )


def _attention(view: CohortView) -> Iterator[Attention]:
    for trainee, one in view.progress.trainees.items():
        troubles = [
            (view.entries[module], state, str(STATE[state]))
            for module, standing in one.standings.items()
            if (state := state_of(standing)) in BAD and standing.need is progress.Need.REQUIRED
        ]
        if any(state != "blocked" for _entry, state, _words in troubles):
            yield Attention(view.names.people[trainee], troubles, len(one.required) - len(one.satisfied))


def _next(cohort: Cohort) -> QuerySet[TrainingSession]:
    rows = TrainingSession.objects.filter(cohort=cohort, ends_at__gt=timezone.now(), cancelled_at=None)
    return rows.select_related("module").order_by("starts_at")[:5]
