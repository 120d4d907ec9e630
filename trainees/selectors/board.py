"""The board of a day: for each session who can take part, who judges, who interprets, and what it clashes with."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from programs.models import Instructor

from ..models import Excusal, SessionStaff, TrainingSession
from ..progress import Standing, Status
from .clashes import Audiences, Clash, Plan, clashes_of
from .loading import Person
from .progress import CohortView
from .schedule import Slot, Span, schedule_of

NO_GO = (Status.NO_GO, Status.NO_GO_RECERTIFICATION)


@dataclass(frozen=True)
class Reason:
    """A trainee on the board, and in words what there is to say."""

    person: Person
    words: str = ""
    day: datetime.date | None = None


@dataclass
class Card:
    """One session of the board. Everybody it is for is in one of the lists from `ready` to `away`."""

    slot: Slot
    view: CohortView
    ready: list[Reason] = field(default_factory=list)
    blocked: list[Reason] = field(default_factory=list)  # a prerequisite is missing
    expired: list[Reason] = field(default_factory=list)  # or due to expire: to be recertified
    met: list[Reason] = field(default_factory=list)  # achieved or exempt: nothing to be done
    not_asked: list[Reason] = field(default_factory=list)  # not in their track
    away: list[Reason] = field(default_factory=list)  # excused in advance
    no_go: list[Person] = field(default_factory=list)  # in the whole cohort: who needs a retake, and is named for none
    may_assess: list[SessionStaff] = field(default_factory=list)
    may_not_assess: list[SessionStaff] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)

    @property
    def session(self) -> TrainingSession:
        return self.slot.session

    @property
    def interpreters(self) -> list[SessionStaff]:
        return [one for one in self.slot.staff if one.duty == SessionStaff.Duty.INTERPRETER]

    @property
    def expected(self) -> int:
        return sum(map(len, (self.ready, self.blocked, self.expired, self.met, self.not_asked, self.away)))

    @property
    def retake(self) -> str:
        """What the form of a new session is proposed: a retake of the module for everybody with a NO-GO in it."""
        who = "".join(f"&t={one.id}" for one in self.no_go)
        return f"?module={self.session.module.code}&kind=retake{who}"


def board_of(views: Sequence[CohortView], day: datetime.date, user: User) -> list[Card]:
    """The sessions of one program's cohorts that begin on `day`, told to `user`: as many queries for all as for one."""
    by_cohort = {view.cohort.pk: view for view in views}
    rows = TrainingSession.objects.filter(cohort__in=list(by_cohort), cancelled_at=None)
    [planned] = schedule_of(rows, Span(day, is_week=False), user)
    if not planned.slots:
        return []
    plans = [Plan.of(slot.session) for slot in planned.slots]
    audiences = Audiences([view.cohort for view in views], views[0].limits)
    here = Excusal.objects.filter(program=views[0].cohort.program_id)
    told = Exists(here.recorded_by(user).filter(pk=OuterRef("pk")))  # why somebody is away, to those who record
    away = {one.trainee_id: one.words if one.may_tell else "" for one in here.on(day).annotate(may_tell=told)}
    may, named = _may_assess(planned.slots), named_for_retakes(views)
    cards = []
    for slot, plan, clashes in zip(planned.slots, plans, clashes_of(plans, user, views[0].limits), strict=True):
        view, expected = by_cohort[slot.session.cohort_id], audiences.of(plan)
        module = slot.session.module_id
        has_one = expected if slot.session.kind == TrainingSession.Kind.RETAKE else frozenset()
        card = Card(slot, view, clashes=clashes)
        card.no_go = [one for one in waiting_for_retake(view, module, named) if one.id not in has_one]
        for trainee in sorted(expected, key=lambda pk: audiences.names.people[pk].roll_number):
            _put(card, audiences.names.people[trainee], away)
        for one in _assessors(slot):
            (card.may_assess if (slot.session.pk, one.instructor_id) in may else card.may_not_assess).append(one)
        cards.append(card)
    return cards


def _put(card: Card, person: Person, away: Mapping[int, str]) -> None:
    """Put a trainee where they belong, by the rule's answer of today: nobody knows tomorrow's results."""
    numbers = card.view.progress.trainees.get(person.id)
    standing = numbers.standings.get(card.session.module_id) if numbers else None
    if person.id in away:
        card.away.append(Reason(person, away[person.id]))
    elif standing is None:
        card.not_asked.append(Reason(person))
    elif standing.blocked_by:
        missing = ", ".join(card.view.entries[pk].code for pk in standing.blocked_by)
        card.blocked.append(Reason(person, missing))
    elif standing.status is Status.EXPIRED or standing.due_to_expire:
        card.expired.append(Reason(person, day=standing.holds_until))
    elif standing.status in {Status.ACHIEVED, Status.EXEMPT}:
        card.met.append(Reason(person))
    else:
        card.ready.append(Reason(person, _tries(standing)))


def _tries(standing: Standing) -> str:
    return "NO-GO" if standing.status in NO_GO else ""


def waiting_for_retake(view: CohortView, module: int, named: Collection[tuple[int, int, int]]) -> list[Person]:
    """Everybody of the cohort whose standing in the module is a NO-GO, and who is not `named_for_retakes`."""
    found = [
        view.names.people[trainee]
        for trainee, numbers in view.progress.trainees.items()
        if (standing := numbers.standings.get(module)) and standing.status in NO_GO
    ]
    return sorted(
        (one for one in found if (view.cohort.pk, module, one.id) not in named), key=lambda one: one.roll_number
    )


def named_for_retakes(views: Sequence[CohortView]) -> set[tuple[int, int, int]]:
    """Cohort, module and trainee of the retakes to come: one query."""
    rows = TrainingSession.objects.filter(
        cohort__in=[view.cohort for view in views], kind="retake", cancelled_at=None, ends_at__gt=timezone.now()
    )
    return set(rows.exclude(audience__trainee=None).values_list("cohort", "module", "audience__trainee"))


def _assessors(slot: Slot) -> list[SessionStaff]:
    """Who judges: the assessors named, or whoever leads where none is. Nobody at a session without results."""
    if not slot.session.takes_results:
        return []
    by_duty = {duty: [one for one in slot.staff if one.duty == duty] for duty in SessionStaff.Duty}
    return by_duty[SessionStaff.Duty.ASSESSOR] or by_duty[SessionStaff.Duty.LEAD]


def _may_assess(slots: Iterable[Slot]) -> set[tuple[int, int]]:
    """Pairs of session and instructor where they may assess its module: one query."""
    sessions = [slot.session for slot in slots if slot.session.takes_results]
    if not sessions:
        return set()
    module = OuterRef(OuterRef("session__module"))  # of the duty that is asked about
    may = Instructor.objects.assessing(sessions[0].cohort.program, module).filter(pk=OuterRef("instructor"))
    return set(
        SessionStaff.objects.filter(Exists(may), session__in=sessions).values_list("session_id", "instructor_id")
    )
