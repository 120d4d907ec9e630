"""The first page: my cohorts with their progress, and what is waiting."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from programs.access import with_rights

from ..models import Cohort, TrainingSession
from ..progress import Need, Status
from .loading import Person
from .overview import Headline, headline_of
from .progress import CohortView, cohort_views
from .sessions import open_unlisted


@dataclass(frozen=True)
class Expiry:
    """Something that ends or has ended: `kind` is "due" (a pass), "ends" (an exemption) or "expired"."""

    kind: str
    person: Person
    code: str
    holds_until: datetime.date | None


@dataclass
class Desk:
    """A cohort as its reader meets it: the numbers, one sentence, and what they should do there, the newest first.

    A finished cohort's numbers are of its last day; what has still to be done is whatever is open `now`.
    """

    view: CohortView
    now: CohortView
    headline: Headline
    today: list[TrainingSession] = field(default_factory=list)
    registers: list[TrainingSession] = field(default_factory=list)
    results: list[tuple[TrainingSession, int]] = field(default_factory=list)
    to_complete: int = 0
    complete_since: datetime.date | None = None  # since when the first of them meets all
    expiries: list[Expiry] = field(default_factory=list)
    unlisted: list[tuple[TrainingSession, int]] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return bool(self.today or self.registers or self.results or self.to_complete or self.expiries or self.unlisted)


def home_of(user: User) -> list[Desk]:
    """The cohorts that are not archived, newest first, and what waits in them: seven queries for any number of cohorts."""
    cohorts = list(
        with_rights(Cohort.objects.visible_to(user), user)
        .filter(archived_at=None, program__archived_at=None)
        .select_related("program")
        .order_by("-starts_on", "code")
    )
    if not cohorts:
        return []
    desks = {view.cohort.pk: Desk(view, view.now(), headline_of(view)) for view in cohort_views(cohorts)}
    for session in _sessions(desks.values()):
        _put(session, desks[session.cohort_id])
    for desk in desks.values():
        progress = desk.view.progress
        if desk.view.cohort.may_run:
            left = set(progress.meet_all).difference(progress.completed)
            desk.to_complete = len(left)
            desk.complete_since = min((_met_on(desk.view, one) for one in left), default=None)
        if desk.view.cohort.may_record:
            desk.expiries = list(_expiries(desk.view))
    return list(desks.values())


def _sessions(desks: Iterable[Desk]) -> Iterable[TrainingSession]:
    """Those held where register or results are open or somebody is unlisted, and those of the next day; the newest first."""
    open_ones = {
        pk for desk in desks for pk, one in desk.now.progress.sessions.items() if not one.closed or one.results_missing
    }
    now, cohorts = timezone.now(), [desk.view.cohort for desk in desks]
    soon = Q(cohort__in=cohorts, cancelled_at=None, starts_at__lt=now + datetime.timedelta(days=1), ends_at__gt=now)
    strangers = Q(cohort__in=cohorts, strangers__gt=0)
    found = TrainingSession.objects.annotate(strangers=open_unlisted()).filter(Q(pk__in=open_ones) | soon | strangers)
    return found.select_related("module", "cohort__program").order_by("-starts_at")


def _put(session: TrainingSession, desk: Desk) -> None:
    cohort, one = desk.view.cohort, desk.now.progress.sessions.get(session.pk)
    strangers: int = getattr(session, "strangers", 0)
    if strangers and cohort.may_run:
        desk.unlisted.append((session, strangers))
    if one is None:
        if session.starts_on == cohort.today() and session.cancelled_at is None:
            desk.today.insert(0, session)
    elif cohort.may_record:
        if not one.closed:
            desk.registers.append(session)
        if one.results_missing:
            desk.results.append((session, len(one.results_missing)))


def _expiries(view: CohortView) -> Iterable[Expiry]:
    if view.moment.as_of < view.cohort.today():
        return  # a finished cohort does not decay
    for trainee, one in view.progress.trainees.items():
        for module, standing in one.standings.items():
            ends = {"due": standing.due_to_expire, "ends": standing.exemption_ends}
            ends["expired"] = standing.status is Status.EXPIRED and standing.need is Need.REQUIRED
            for kind, so in ends.items():
                if so:
                    yield Expiry(kind, view.names.people[trainee], view.entries[module].code, standing.holds_until)


def _met_on(view: CohortView, trainee: int) -> datetime.date:
    """The day of the last pass that a trainee who meets all needed."""
    standings = view.progress.trainees[trainee].standings.values()
    deciding = {pk for one in standings for pk in one.deciding}
    lines = [line for of in view.evidence.get(trainee, {}).values() for line in of if line.id in deciding]
    return max((line.holds_from for line in lines), default=view.moment.as_of)
