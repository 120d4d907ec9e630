"""The first page: my cohorts with their progress, and what is waiting."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from programs.access import limits_of, with_rights

from ..models import Cohort, SessionStaff, TrainingSession
from ..progress import Need, SessionProgress, Status
from .bottom_line import BottomLine, bottom_line_of
from .loading import Person
from .progress import CohortView, cohort_views
from .schedule import Slot, slots_of
from .sessions import open_unlisted


@dataclass(frozen=True)
class Expiry:
    """Something that ends or has ended: `kind` is "due" (a pass), "ends" (an exemption) or "expired"."""

    kind: str
    person: Person
    code: str
    holds_until: datetime.date | None


@dataclass(frozen=True)
class Turn:
    """A session of the reader's own day. `step` is what comes next there: "register", "results" or "done"."""

    slot: Slot
    step: str


@dataclass
class Desk:
    """A cohort as its reader meets it: the numbers, one sentence, and what they should do there, the newest first.

    A finished cohort's numbers are of its last day; what has still to be done is whatever is open `now`.
    """

    view: CohortView
    now: CohortView
    headline: BottomLine
    mine: list[Turn] = field(default_factory=list)  # the reader's own sessions of today: not among those below
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
    desks = {
        view.cohort.pk: Desk(view, view.now(), bottom_line_of(view))
        for view in cohort_views(cohorts, limits_of(*cohorts))
    }
    for session, mine in _sessions(desks.values(), user):
        _put(session, desks[session.cohort_id], mine)
    for desk in desks.values():
        progress = desk.view.progress
        if desk.view.cohort.may_run:
            left = set(progress.meet_all).difference(progress.completed)
            desk.to_complete = len(left)
            desk.complete_since = min((_met_on(desk.view, one) for one in left), default=None)
        if desk.view.cohort.may_record:
            desk.expiries = list(_expiries(desk.view))
    return list(desks.values())


def my_day(desks: Iterable[Desk]) -> list[Turn]:
    """The reader's own sessions of today, in their order."""
    return sorted((turn for desk in desks for turn in desk.mine), key=lambda turn: turn.slot.session.starts_at)


def _sessions(desks: Iterable[Desk], user: User) -> Iterable[tuple[TrainingSession, bool]]:
    """Those held where register or results are open or somebody is unlisted, those of the next day, and the reader's own.

    The newest first; with each, whether it is the reader's own.
    """
    open_ones = {
        pk for desk in desks for pk, one in desk.now.progress.sessions.items() if not one.closed or one.results_missing
    }
    now, day = timezone.now(), datetime.timedelta(days=1)
    own = Exists(SessionStaff.objects.filter(session=OuterRef("pk"), instructor__account=user.pk))
    soon = Q(starts_at__lt=now + day, ends_at__gt=now)
    about_now = Q(starts_at__lt=now + day, starts_at__gt=now - day, own=True)
    coming = Q(soon | about_now, cancelled_at=None)
    found = TrainingSession.objects.annotate(own=own, strangers=open_unlisted()).filter(
        Q(pk__in=open_ones) | Q(coming | Q(strangers__gt=0), cohort__in=[desk.view.cohort for desk in desks])
    )
    for session in found.select_related("module", "cohort__program").order_by("-starts_at"):
        yield session, session.own  # type: ignore[attr-defined]  # annotated above


def _put(session: TrainingSession, desk: Desk, mine: bool) -> None:
    cohort, one = desk.view.cohort, desk.now.progress.sessions.get(session.pk)
    strangers: int = getattr(session, "strangers", 0)
    if strangers and cohort.may_run:
        desk.unlisted.append((session, strangers))
    today = session.starts_on == cohort.today() and session.cancelled_at is None
    if today and mine and cohort.may_record:
        [slot] = slots_of([session])
        desk.mine.append(Turn(slot, _step(one)))
    elif one is None:
        if today:
            desk.today.insert(0, session)
    elif cohort.may_record:
        if not one.closed:
            desk.registers.append(session)
        if one.results_missing:
            desk.results.append((session, len(one.results_missing)))


def _step(held: SessionProgress | None) -> str:
    """What comes next at a session of today: its register from the morning on, to have it at hand where there is no network."""
    if held is None or not held.closed:
        return "register"
    return "results" if held.results_missing else "done"


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
