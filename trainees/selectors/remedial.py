"""Remedial groups: people who lack the same module without a session left, a free slot for them, and who may assess it there."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from statistics import median_low

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Act, User
from programs.access import EVERYBODY
from programs.models import Instructor

from ..models import Cohort, Trainee, TrainingSession
from ..progress import Coming, Course, Finish, How, SessionKind
from .assessors import assessors_by_module
from .clashes import Calendar, Plan, planned
from .clock import at_local, end_of, zone_of
from .excusals import Days, away_of
from .finish import finishes
from .loading import Entry, Person, of_cohorts
from .progress import CohortView

REMEDIAL = "session.remedial"  # the kind of act
MOST = 12  # groups that are proposed at once: the next ones follow when these are planned
STEP = datetime.timedelta(minutes=30)
USUAL = (datetime.time(8), datetime.time(16))  # where a cohort has no sessions to learn its hours from
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Proposal:
    """One session to be planned: everything of it can be changed before it is."""

    entry: Entry
    people: list[Person]
    plan: Plan
    assessor: Instructor


@dataclass(frozen=True)
class Unplaced:
    """A group for whom no session was found, and why."""

    entry: Entry
    people: list[Person]
    words: str


@dataclass
class Remedial:
    proposals: list[Proposal] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    more: bool = False  # there are more groups than are proposed at once


def remedial_of(view: CohortView, user: User) -> Remedial:
    """Groups for a cohort as it is today, the modules that others wait for first; nine queries.

    Each is put where it clashes with no session of its people, its assessor or its location, in the hours and on the days of the
    week in which the cohort trains, the first day on which everybody can come, or most of them.
    """
    away = away_of(view.cohort.program_id, EVERYBODY, view.moment, of_cohorts([view.cohort.pk]))
    return _Planner(view, user, away).groups()


class _Planner:
    def __init__(self, view: CohortView, user: User, away: Mapping[int, Sequence[Days]]) -> None:
        self.view, self.cohort, self.away = view, view.cohort, away
        self.course: Course = view.course()
        self.finishes: dict[int, Finish] = finishes(view, self.course, away)
        self.user = user
        self.found = Remedial()

    def groups(self) -> Remedial:
        if not any(self._lacking()):
            return self.found
        self.habits = Habits.of(self.cohort)
        self.assessors = assessors_by_module(self.cohort.program, self.view.entries)
        self.calendar = self._calendar()
        self.people = Trainee.objects.in_bulk(list(self.view.progress.trainees))
        self.chosen: list[Plan] = []
        given_up: set[tuple[int, int]] = set()
        while group := self._next(given_up):
            if len(self.found.proposals) == MOST:
                self.found.more = True
                break
            module, steps = group
            proposal = self._place(module, steps)
            if proposal is None:
                given_up |= {(module, trainee) for trainee in steps}
                self._give_up(module, steps)
            else:
                self._plan(proposal)
        return self.found

    def _lacking(self) -> Iterator[tuple[int, int, datetime.date]]:
        """Module, trainee and first possible day, where an extra session is needed and nothing before it lacks one too."""
        for trainee, one in self.finishes.items():
            open_ = {step.module for step in one.steps if step.how is How.EXTRA}
            for step in one.steps:
                if step.how is How.EXTRA and step.day and not open_ & {*step.after}:
                    yield step.module, trainee, step.day

    def _next(self, given_up: set[tuple[int, int]]) -> tuple[int, dict[int, datetime.date]] | None:
        """The largest group, of equal ones the first in the curriculum: trainees with their first possible day."""
        groups: dict[int, dict[int, datetime.date]] = defaultdict(dict)
        for module, trainee, day in self._lacking():
            if (module, trainee) not in given_up and self.finishes[trainee].outcome != "cannot":
                groups[module][trainee] = day
        if not groups:
            return None
        order = {module: place for place, module in enumerate(self.view.entries)}
        module = min(groups, key=lambda module: (-len(groups[module]), order[module]))
        return module, groups[module]

    def _calendar(self) -> Calendar:
        """Everything planned from now to the last day, at any place and with anybody that a group may get."""
        zone = zone_of(self.cohort.program)
        staff = frozenset(one.pk for of in self.assessors.values() for one in of)
        frame = Plan(self.cohort, timezone.now(), end_of(self.cohort.ends_on, zone), "", staff, frozenset())
        return Calendar(
            [replace(frame, place=place) for place in {"", *self.habits.places.values()}], self.user, EVERYBODY
        )

    def _place(self, module: int, first: Mapping[int, datetime.date]) -> Proposal | None:
        """The first slot for everybody, otherwise the first of those for most of them."""
        best: Proposal | None = None
        day = min(first.values())
        while day <= self.course.last:
            people = self._can_come(first, day)
            if len(people) > (len(best.people) if best else 0) and (found := self._on(module, people, day)):
                best = found
                if len(people) == len(first):
                    break
            day += DAY
        return best

    def _can_come(self, first: Mapping[int, datetime.date], day: datetime.date) -> list[int]:
        """Whose prerequisites are met before `day`, who is not excused then, and has an active place."""
        noon = datetime.datetime.combine(day, datetime.time(12), zone_of(self.cohort.program))
        parts = frozenset(self.people[trainee] for trainee in first)
        active = self.calendar.where.of(Plan(self.cohort, noon, noon + HOUR, "", frozenset(), parts))
        return [
            trainee
            for trainee, since in first.items()
            if since <= day
            and trainee in active
            and not any(a <= day and (b is None or day <= b) for a, b in self.away.get(trainee, ()))
        ]

    def _on(self, module: int, people: Sequence[int], day: datetime.date) -> Proposal | None:
        parts = frozenset(self.people[trainee] for trainee in people)
        entry = self.view.entries[module]
        for starts_at, ends_at in self.habits.slots(day, self.habits.length(entry)):
            plan = Plan(
                self.cohort, starts_at, ends_at, self.habits.place(module), frozenset(), parts,
                -1 - len(self.chosen),
            )  # fmt: skip
            if self.calendar.clashes(plan):
                continue
            at_once = [
                other
                for other in (*self.chosen, *(other for _seen, other, _session in self.calendar.others))
                if other.starts_at < ends_at and starts_at < other.ends_at
            ]
            if any(self._meet(plan, other) for other in at_once if other in self.chosen):
                continue
            busy = {pk for other in at_once for pk in other.staff}
            for assessor in self._by_habit(module):
                if assessor.pk not in busy:
                    named = sorted((self.view.names.people[pk] for pk in people), key=lambda one: one.roll_number)
                    return Proposal(entry, named, replace(plan, staff=frozenset({assessor.pk})), assessor)
        return None

    @staticmethod
    def _meet(plan: Plan, other: Plan) -> bool:
        same_place = plan.place and plan.place.casefold() == other.place.casefold()
        return bool(plan.parts & other.parts or same_place)

    def _by_habit(self, module: int) -> list[Instructor]:
        """Who may assess the module: first those who were at its sessions."""
        were = self.habits.staff[module]
        return sorted(self.assessors.get(module, []), key=lambda one: (-were[one.pk], one.call_sign, one.pk))

    def _plan(self, proposal: Proposal) -> None:
        """From here on it counts as planned."""
        plan, module = proposal.plan, proposal.entry.module
        self.found.proposals.append(proposal)
        self.chosen.append(plan)
        audience = frozenset(one.id for one in proposal.people)
        coming = Coming(
            plan.session or 0,
            module,
            SessionKind.ASSESSMENT,
            plan.starts_at,
            plan.ends_at,
            plan.day,
            plan.day,
            audience,
        )
        self.course = replace(self.course, coming=[*self.course.coming, coming])
        of = {trainee: self.view.progress.trainees[trainee] for trainee in audience}
        view = replace(self.view, progress=replace(self.view.progress, trainees=of))
        self.finishes |= finishes(view, self.course, self.away)

    def _give_up(self, module: int, steps: Iterable[int]) -> None:
        entry = self.view.entries[module]
        words = _("No slot is free for them up to the last day, in the hours in which the cohort trains.")
        if not self.assessors.get(module):
            words = _("Nobody in the program may assess it. Say on the page of its people who may.")
        named = sorted((self.view.names.people[pk] for pk in steps), key=lambda one: one.roll_number)
        self.found.unplaced.append(Unplaced(entry, named, words))


@dataclass(frozen=True)
class Habits:
    """When, where and how long a cohort trains, from its sessions that were not cancelled."""

    cohort: Cohort
    begins: datetime.time
    ends: datetime.time
    weekdays: frozenset[int]
    lengths: Mapping[int, datetime.timedelta]  # of a module's assessments and retakes
    usual_length: datetime.timedelta | None  # of all assessments and retakes
    places: Mapping[int, str]  # where those of a module were last, otherwise its other sessions
    staff: Mapping[int, Counter[int]]  # how often who was at the sessions of a module

    @classmethod
    def of(cls, cohort: Cohort) -> "Habits":
        """Three queries."""
        zone = zone_of(cohort.program)
        sessions = list(planned().filter(cohort=cohort, cancelled_at=None).order_by("starts_at"))
        local = [(one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)) for one in sessions]
        by_day = [(starts, ends) for starts, ends in local if starts.date() == ends.date()]
        lengths: dict[int, list[datetime.timedelta]] = defaultdict(list)
        places: dict[int, str] = {}
        staff: dict[int, Counter[int]] = defaultdict(Counter)
        for one in sorted(sessions, key=lambda one: one.takes_results):
            if one.takes_results:
                lengths[one.module_id].append(one.ends_at - one.starts_at)
            if one.place.strip():
                places[one.module_id] = one.place.strip()
            staff[one.module_id].update(row.instructor_id for row in one.staff.all())
        every = [length for of in lengths.values() for length in of]
        return cls(
            cohort,
            min((starts.time() for starts, _ends in by_day), default=USUAL[0]),
            max((ends.time() for _starts, ends in by_day), default=USUAL[1]),
            frozenset(starts.weekday() for starts, _ends in by_day) or frozenset(range(5)),
            {module: median_low(of) for module, of in lengths.items()},
            median_low(every) if every else None,
            places,
            staff,
        )

    def place(self, module: int) -> str:
        return self.places.get(module, "")

    def length(self, entry: Entry) -> datetime.timedelta:
        """As its assessments usually take, otherwise as all assessments; without any its hours, or an hour."""
        hours = datetime.timedelta(hours=float(entry.hours)) if entry.hours else None
        return self.lengths.get(entry.module) or self.usual_length or hours or HOUR

    def slots(
        self, day: datetime.date, length: datetime.timedelta
    ) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        """From when to when a session of this length can be on `day`; what takes longer than a day's hours takes all of them."""
        if day.weekday() not in self.weekdays:
            return
        zone = zone_of(self.cohort.program)
        first, last = (datetime.datetime.combine(day, time) for time in (self.begins, self.ends))
        length = min(length, last - first)
        while first + length <= last:
            with suppress(ValidationError):  # as clocks change
                yield at_local(day, first.time(), zone), at_local(day, (first + length).time(), zone)
            first += STEP


def remedial_to_undo(cohort: Cohort) -> Act | None:
    """The last act that planned remedial groups of which one is still to come: one query."""
    standing: QuerySet[TrainingSession] = TrainingSession.objects.filter(
        cohort=cohort, act__kind=REMEDIAL, cancelled_at=None, starts_at__gt=timezone.now()
    )
    return Act.objects.filter(pk__in=standing.values("act")).select_related("user").order_by("-pk").first()
