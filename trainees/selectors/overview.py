"""What a cohort's overview tells beside its numbers: one sentence, modules, who needs attention, what comes next."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import progress
from ..models import Cohort, CommanderRating, TrainingSession
from ..words import STATE, state_of
from .loading import Entry, Person
from .progress import CohortView

BAD = ("no_go", "no_go_recertification", "expired")
MOST = 8


@dataclass(frozen=True)
class ModuleLine:
    entry: Entry
    module: progress.ModuleProgress
    rating: CommanderRating | None


@dataclass(frozen=True)
class Trouble:
    """A required module that keeps somebody back: since when, after how many NO-GOs, and what waits for it."""

    entry: Entry
    state: str
    since: datetime.date
    no_goes: int
    blocks: list[Entry]

    @property
    def words(self) -> str:
        return str(STATE[self.state])

    @property
    def sentence(self) -> str:
        said = {"module": self.entry.title, "day": date_format(self.since, "j M"), "n": self.no_goes}
        if self.state == "expired":
            told = _("%(module)s expired on %(day)s") % said
        elif self.state == "no_go_recertification":
            told = _("No-go at the recertification in %(module)s on %(day)s") % said
        elif self.no_goes == 2:
            told = _("No-go twice in %(module)s since %(day)s") % said
        else:
            told = (
                ngettext(
                    "No-go in %(module)s since %(day)s", "No-go %(n)s times in %(module)s since %(day)s", self.no_goes
                )
                % said
            )
        if self.blocks:
            told += _("; blocks %(modules)s") % {"modules": ", ".join(entry.code for entry in self.blocks)}
        return told


@dataclass(frozen=True)
class Attention:
    """A trainee with something that keeps them back."""

    person: Person
    troubles: list[Trouble]
    missing: int


@dataclass(frozen=True)
class Headline:
    """A cohort in one sentence: how many lack a single module, who needs attention, and since when the longest does."""

    over: bool
    one_short: int
    attention: list[Attention]
    since: datetime.date | None


@dataclass(frozen=True)
class Overview:
    modules: list[ModuleLine]
    headline: Headline
    next_sessions: list[TrainingSession]

    @property
    def first(self) -> list[Attention]:
        """The gravest, as many as a page shows at once."""
        return self.headline.attention[:MOST]

    @property
    def rest(self) -> list[Attention]:
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
    attention = sorted(_attention(view), key=lambda one: (-one.missing, -len(one.troubles), one.person.roll_number))
    return Headline(
        over=view.cohort.ends_on < view.cohort.today(),
        one_short=sum(len(one.required) - len(one.satisfied) == 1 for one in view.progress.trainees.values()),
        attention=attention,
        since=min((trouble.since for one in attention for trouble in one.troubles), default=None),
    )


def _attention(view: CohortView) -> Iterator[Attention]:
    for trainee, one in view.progress.trainees.items():
        troubles = [
            _trouble(view, trainee, one, standing)
            for standing in one.standings.values()
            if standing.need is progress.Need.REQUIRED and state_of(standing) in BAD
        ]
        if troubles:
            yield Attention(view.names.people[trainee], troubles, len(one.required) - len(one.satisfied))


def _trouble(view: CohortView, trainee: int, one: progress.TraineeProgress, standing: progress.Standing) -> Trouble:
    """Since when: the first NO-GO of the unbroken row of them that stands at the end, or the day that a pass ran out."""
    lines = {line.id: line for line in view.evidence[trainee][standing.module]}
    row: list[progress.Evidence] = []
    for attempt in standing.attempts:
        row = [*row, lines[attempt]] if lines[attempt].kind == progress.Kind.NO_GO else []
    since = row[0].holds_from if row else view.moment.as_of
    if standing.status is progress.Status.NO_GO_RECERTIFICATION:
        since = lines[standing.deciding[0]].holds_from
    elif standing.status is progress.Status.EXPIRED and standing.holds_until:
        since = standing.holds_until + datetime.timedelta(days=1)
    return Trouble(
        entry=view.entries[standing.module],
        state=state_of(standing),
        since=since,
        no_goes=len(row),
        blocks=[view.entries[module] for module, other in one.standings.items() if standing.module in other.blocked_by],
    )


def _next(cohort: Cohort) -> QuerySet[TrainingSession]:
    rows = TrainingSession.objects.filter(cohort=cohort, ends_at__gt=timezone.now(), cancelled_at=None)
    return rows.select_related("module").order_by("starts_at")[:5]
