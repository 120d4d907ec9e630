"""The first page: what matters now in my cohorts, and what waits for me."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from programs.access import limits_of, with_rights
from programs.models import Program

from ..models import Cohort, SessionStaff, Sheet, TrainingSession
from ..progress import SessionProgress
from .attention import Placed, ranked
from .bottom_line import BottomLine, bottom_line_of
from .outstanding import OUT, Item, of_session, open_sessions, without_sessions
from .progress import CohortView, cohort_views
from .schedule import Slot, slots_of
from .sessions import open_unlisted

DAY = datetime.timedelta(days=1)
SOON = 3 * DAY  # of whoever runs a program or only reads, all sessions
WEEK = 7 * DAY  # of whoever teaches, their own


@dataclass(frozen=True)
class Turn:
    """A session of the reader's own day. `step` is what comes next there: "register", "results" or "done"."""

    slot: Slot
    step: str


@dataclass
class Desk:
    """A cohort as its reader meets it: the numbers, one sentence, and what they should do there.

    A finished cohort's numbers are of its last day; what has still to be done is whatever is open `now`.
    """

    view: CohortView
    now: CohortView
    headline: BottomLine
    mine: list[Turn] = field(default_factory=list)  # the reader's own sessions of today: not among those below
    today: list[TrainingSession] = field(default_factory=list)
    ahead: list[TrainingSession] = field(default_factory=list)  # of the days after today
    items: list[Item] = field(default_factory=list)  # what the reader may do, the oldest first


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
    for desk in desks.values():
        desk.items = [item for item in without_sessions(desk.view, desk.view.cohort.today()) if item.may_do]
    for session in _sessions(desks.values(), user):
        _put(session, desks[session.cohort_id])
    for desk in desks.values():
        desk.items.sort(key=Item.order)
    return list(desks.values())


def my_day(desks: Iterable[Desk]) -> list[Turn]:
    """The reader's own sessions of today, in their order."""
    return sorted((turn for desk in desks for turn in desk.mine), key=lambda turn: turn.slot.session.starts_at)


def to_do(desks: Iterable[Desk]) -> list[Item]:
    """What waits for the reader in all cohorts: first at the sessions that they held themselves, then the oldest."""
    return sorted((item for desk in desks for item in desk.items), key=lambda one: (not one.mine, *one.order()))


def next_sessions(desks: Iterable[Desk]) -> list[TrainingSession]:
    """What comes, today's first."""
    return sorted(
        (one for desk in desks for one in (*desk.today, *desk.ahead)), key=lambda one: (one.starts_at, one.pk)
    )


def gravest(desks: Iterable[Desk]) -> list[Placed]:
    """Who needs attention in the cohorts that run, in one ranking."""
    return ranked((desk.view, desk.headline.attention) for desk in desks if desk.view.cohort.runs_on())


def programs_of(views: Iterable[CohortView]) -> list[Program]:
    """The programs of some cohorts, once each."""
    return sorted({view.cohort.program for view in views}, key=lambda one: one.code)


def _sessions(desks: Iterable[Desk], user: User) -> Iterable[TrainingSession]:
    """Those where something is outstanding, those of the next days, and the reader's own, in their order. One query."""
    open_ones = {pk for desk in desks for pk in open_sessions(desk.now)}
    now = timezone.now()
    own = Exists(SessionStaff.objects.filter(session=OuterRef("pk"), instructor__account=user.pk))
    coming = Q(ends_at__gt=now, starts_at__lt=now + SOON) | Q(
        own=True, starts_at__lt=now + WEEK, starts_at__gt=now - DAY
    )
    waits = Q(strangers__gt=0) | Q(papers__gt=0)
    found = TrainingSession.objects.annotate(own=own, strangers=open_unlisted(), papers=_sheets_out()).filter(
        Q(pk__in=open_ones) | Q(waits | Q(coming, cancelled_at=None), cohort__in=[desk.view.cohort for desk in desks])
    )
    yield from found.select_related("module", "cohort__program").order_by("starts_at", "pk")


def _sheets_out() -> Combinable:
    """Beside a session: how many of its printed sheets have not come back."""
    rows = Sheet.objects.filter(OUT, session=OuterRef("pk")).order_by()
    return Coalesce(Subquery(rows.values("session").annotate(n=Count("pk")).values("n")), 0)


def _put(session: TrainingSession, desk: Desk) -> None:
    cohort, one = desk.view.cohort, desk.now.progress.sessions.get(session.pk)
    own: bool = session.own  # type: ignore[attr-defined]  # annotated, as the two counts below
    strangers, sheets = session.strangers, session.papers  # type: ignore[attr-defined]
    day, today = session.starts_on, cohort.today()
    planned = session.cancelled_at is None
    turn = planned and own and cohort.may_record and day == today
    if turn:
        [slot] = slots_of([session])
        desk.mine.append(Turn(slot, _step(one)))
    elif one is None and planned and day == today:
        desk.today.append(session)
    elif one is None and planned and day > today and _concerns(session, cohort, own):
        desk.ahead.append(session)
    for item in of_session(desk.now, session, strangers, sheets, mine=own):
        if item.may_do and not (turn and item.what in ("register", "results")):  # they stand in the reader's day
            desk.items.append(item)


def _concerns(session: TrainingSession, cohort: Cohort, own: bool) -> bool:
    """Whoever teaches looks ahead to their own sessions, everybody else to all."""
    teaches = cohort.may_record and not cohort.may_run
    return (own or not teaches) and session.starts_at < timezone.now() + (WEEK if teaches else SOON)


def _step(held: SessionProgress | None) -> str:
    """What comes next at a session of today: its register from the morning on, to have it at hand where there is no network."""
    if held is None or not held.closed:
        return "register"
    return "results" if held.results_missing else "done"
