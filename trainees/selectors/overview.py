"""What a cohort's overview tells beside its numbers: one sentence, modules, who needs attention, what comes next."""

import datetime
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from .. import progress
from ..models import Cohort, CommanderRating, TrainingSession
from .attention import Case, attention_of
from .loading import Entry
from .progress import CohortView

MOST = 8


@dataclass(frozen=True)
class ModuleLine:
    entry: Entry
    module: progress.ModuleProgress
    rating: CommanderRating | None


@dataclass(frozen=True)
class Headline:
    """A cohort in one sentence: how many lack a single module, who needs attention, and since when the longest does."""

    over: bool
    one_short: int
    attention: list[Case]
    since: datetime.date | None


@dataclass(frozen=True)
class Overview:
    modules: list[ModuleLine]
    headline: Headline
    next_sessions: list[TrainingSession]

    @property
    def first(self) -> list[Case]:
        """The gravest, as many as a page shows at once."""
        return self.headline.attention[:MOST]

    @property
    def rest(self) -> list[Case]:
        return self.headline.attention[MOST:]


def overview_of(view: CohortView) -> Overview:
    """Two queries: the newest rating of each module, and the sessions that come next."""
    newest: dict[int, CommanderRating] = {}
    for rating in CommanderRating.objects.filter(
        cohort=view.cohort, rated_on__lte=view.moment.as_of, act__at__lt=view.moment.end_of(view.moment.known)
    ).order_by("pk"):
        newest[rating.module_id] = rating
    lines = [ModuleLine(view.entries[pk], module, newest.get(pk)) for pk, module in view.progress.modules.items()]
    return Overview(modules=lines, headline=headline_of(view), next_sessions=list(_next(view.cohort)))


def headline_of(view: CohortView) -> Headline:
    """Who is behind, the gravest first. No query: `view` has all of it."""
    attention = attention_of(view).cases
    return Headline(
        over=view.cohort.ends_on < view.cohort.today(),
        one_short=sum(len(one.required) - len(one.satisfied) == 1 for one in view.progress.trainees.values()),
        attention=attention,
        since=min((case.since for case in attention), default=None),
    )


def _next(cohort: Cohort) -> QuerySet[TrainingSession]:
    rows = TrainingSession.objects.filter(cohort=cohort, ends_at__gt=timezone.now(), cancelled_at=None)
    return rows.select_related("module").order_by("starts_at")[:5]
