"""What a cohort's overview tells beside its numbers: the bottom line, modules, who needs attention, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from .. import progress
from ..models import CommanderRating, TrainingSession
from .attention import Case
from .bottom_line import BottomLine, Ratings, bottom_line_of
from .finish import finish_of
from .loading import Entry
from .progress import CohortView

MOST = 8


@dataclass(frozen=True)
class ModuleLine:
    entry: Entry
    module: progress.ModuleProgress
    rating: CommanderRating | None


@dataclass(frozen=True)
class Overview:
    modules: list[ModuleLine]
    headline: BottomLine
    next_sessions: list[TrainingSession]

    @property
    def first(self) -> list[Case]:
        """The gravest, as many as a page shows at once."""
        return self.headline.attention[:MOST]

    @property
    def rest(self) -> list[Case]:
        return self.headline.attention[MOST:]


def overview_of(view: CohortView) -> Overview:
    """Two queries, ratings and the sessions that come next; up to the last day one or two more, who is excused from them."""
    newest = newest_ratings([view])[view.cohort.pk]
    endings = None if view.over else finish_of(view).counts
    return Overview(module_lines(view, newest), bottom_line_of(view, newest, endings), list(next_sessions([view])))


def module_lines(view: CohortView, newest: Ratings) -> list[ModuleLine]:
    return [ModuleLine(view.entries[pk], module, newest.get(pk)) for pk, module in view.progress.modules.items()]


def newest_ratings(views: Sequence[CohortView]) -> dict[int, dict[int, CommanderRating]]:
    """By cohort and module, what the commander last said by the day that each view is about: one query."""
    found: dict[int, dict[int, CommanderRating]] = {view.cohort.pk: {} for view in views}
    moments = {view.cohort.pk: view.moment for view in views}
    for rating in CommanderRating.objects.filter(cohort__in=list(found)).select_related("act").order_by("pk"):
        moment = moments[rating.cohort_id]
        if rating.rated_on <= moment.as_of and moment.knows(rating.act.at):
            found[rating.cohort_id][rating.module_id] = rating
    return found


def next_sessions(views: Sequence[CohortView]) -> QuerySet[TrainingSession]:
    """What comes next in these cohorts after the day that each view is about, as known then; as it is planned now."""
    rows = TrainingSession.objects.filter(pk__in=[pk for view in views for pk in view.coming])
    return rows.select_related("module", "cohort__program").order_by("starts_at", "pk")[:5]
