"""Can they still finish? What each trainee still has to meet, against the sessions to come before the cohort's last day.

Nothing here is a probability: a session in time is a chance to meet a module, not a promise.
What is asked is asked on the last day.

- Remaining is a required module that is not met on the day asked about, and one whose pass or exemption runs out before the
  last day with nothing behind it. An elective only where a remaining module needs it first.
- Only an assessment or retake of the module counts, in which the trainee is expected: in its audience, active on its day,
  not excused then, not cancelled, over by the last day. Instruction alone shows no result. Sessions have no places to run
  out of.
- Prerequisites first: a session counts that begins once each of them is met, by a pass that still holds on its day or by a
  session that has ended. Each module takes the earliest session, and the earliest that is late enough for its pass to hold
  on the last day.
- An assessment that is over while its record is outstanding may have been passed: it counts, and is named.
- Without such a session a module needs an extra one, on a day of its own after the day asked about and after the day on
  which its prerequisites are met: who passed is known in the evening. Where no such day is left it cannot be met any more.
- While suspended nobody is expected anywhere: only who has an active place to come has sessions to come.
- Attendance, where it is a condition: with all that is still to come and all open registers it has to reach the limit; if
  not, only more sessions can help. Attended is then what a trainee has to do, so it leaves nobody who has met all.
- Whoever completed has met all, and whoever did not complete or is suspended cannot finish as it stands. Without a track,
  or where nothing is required, it cannot be told. How many attempts a program allows is not looked at: a coordinator may
  allow a further one.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from .days import add_months
from .evidence import SATISFYING, Standing, assess
from .registers import WITH_RESULTS
from .trainee import TraineeProgress
from .values import Day, Evidence, Need, PlaceStatus, Requirement, SessionKind, Share

DAY = datetime.timedelta(days=1)


class Coming(NamedTuple):
    """A session to come. `day` and `last` are those on which it begins and ends; `audience`: who is expected by the plan."""

    id: int
    module: int
    kind: SessionKind
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    day: Day
    last: Day
    audience: frozenset[int]


class Outcome(StrEnum):
    """Whether a trainee can still finish; the gravest first."""

    CANNOT = "cannot"  # no day is left, or their place does not let them
    EXTRA = "extra"  # at least one module needs an extra session
    UNTOLD = "untold"  # what is asked of them is not known
    AS_PLANNED = "as_planned"  # each remaining module has a session in time
    MET = "met"


class How(StrEnum):
    """How a remaining module can still be met."""

    OUTSTANDING = "outstanding"  # the result of a session that is over is to be entered
    SESSION = "session"  # at a session to come
    EXTRA = "extra"  # only at an extra session
    NOT = "not"  # no day is left


class Lack(StrEnum):
    """Why there is no session for a module."""

    NONE = "none"  # none is planned in which the trainee is expected
    AWAY = "away"  # excused from those that there are
    ORDER = "order"  # those that there are come before the prerequisites are met
    EARLY = "early"  # a pass in those that there are would not hold on the last day


class Hold(StrEnum):
    """What keeps a trainee back beside modules."""

    OVER = "over"  # the last day is past
    SUSPENDED = "suspended"
    NOT_COMPLETED = "not_completed"
    ATTENDANCE = "attendance"
    NO_TRACK = "no_track"
    NOTHING_ASKED = "nothing_asked"


class Step(NamedTuple):
    """A remaining module. `day`: of its session, or the first for an extra one; `after`: prerequisites that it waits for."""

    module: int
    how: How
    session: int | None = None
    day: Day | None = None
    lack: Lack | None = None
    after: tuple[int, ...] = ()
    runs_out: Day | None = None  # met on the day asked about, but only up to here


@dataclass(frozen=True, slots=True)
class Finish:
    """Whether one trainee can still finish: the remaining modules in the order in which they can be met."""

    trainee: int
    outcome: Outcome
    steps: tuple[Step, ...]
    holds: tuple[Hold, ...]
    attendance: Share  # at best: with everything to come, and every open register

    @property
    def lacking(self) -> tuple[Step, ...]:
        """The modules without a session in time."""
        return tuple([step for step in self.steps if step.how in (How.EXTRA, How.NOT)])


@dataclass(frozen=True)
class Course:
    """What is the same for everybody of a cohort. `coming` has all sessions to come, those without results too."""

    first: Day
    last: Day
    as_of: Day
    known: Day
    requirements: Mapping[int, Requirement]  # by module
    coming: Sequence[Coming]
    held: Mapping[int, SessionKind]  # of the sessions over
    attendance_limit: int | None = None

    @property
    def next_day(self) -> Day:
        """The first day on which an extra session can be."""
        return max(self.as_of + DAY, self.first)


Away = Iterable[tuple[Day, Day | None]]  # from and until, both included; None: until further notice


def finish(course: Course, one: TraineeProgress, lines: Mapping[int, Sequence[Evidence]], away: Away = ()) -> Finish:
    """Whether a counted trainee can still finish. `lines`: their evidence by module, `away`: when they are excused in advance."""
    expected = [session for session in course.coming if one.trainee in session.audience and session.last <= course.last]
    absences = list(away)
    here = [session for session in expected if not _excused(session, absences)]
    best = _best_attendance(one, len(here))
    status = one.place.status if one.place else None
    if status is PlaceStatus.COMPLETED:
        return Finish(one.trainee, Outcome.MET, (), (), best)
    steps = _Chain(course, one, lines, expected, here).steps()
    holds = tuple(_holds(course, one, steps, best, bool(expected)))
    return Finish(one.trainee, _outcome(course, one, steps, holds), steps, holds, best)


def _excused(session: Coming, away: Away) -> bool:
    return any(since <= session.day and (until is None or session.day <= until) for since, until in away)


def _best_attendance(one: TraineeProgress, coming: int) -> Share:
    share, more = one.attendance.share, coming + len(one.attendance.open)
    return Share(share.part + more, share.whole + more)


def _holds(course: Course, one: TraineeProgress, steps: Sequence[Step], best: Share, expected: bool) -> Iterable[Hold]:
    status = one.place.status if one.place else None
    limit = course.attendance_limit
    short = limit is not None and best.whole > 0 and not best.reaches(limit)
    met = one.requirements_met and not steps
    if status is PlaceStatus.NOT_COMPLETED:
        yield Hold.NOT_COMPLETED
    if met:
        return
    if status is PlaceStatus.SUSPENDED and not expected:
        yield Hold.SUSPENDED
    if course.as_of >= course.last and (short or any(step.how is How.NOT for step in steps)):
        yield Hold.OVER
    if short:
        yield Hold.ATTENDANCE
    if one.no_track:
        yield Hold.NO_TRACK
    if not one.required and not steps:
        yield Hold.NOTHING_ASKED


def _outcome(course: Course, one: TraineeProgress, steps: Sequence[Step], holds: Sequence[Hold]) -> Outcome:
    short = Hold.ATTENDANCE in holds
    if {Hold.NOT_COMPLETED, Hold.SUSPENDED} & {*holds} or any(step.how is How.NOT for step in steps):
        return Outcome.CANNOT
    if short and course.next_day > course.last:
        return Outcome.CANNOT
    if short or any(step.how is How.EXTRA for step in steps):
        return Outcome.EXTRA
    if {Hold.NO_TRACK, Hold.NOTHING_ASKED} & {*holds}:
        return Outcome.UNTOLD
    return Outcome.MET if one.requirements_met and not steps else Outcome.AS_PLANNED


def _by_module(sessions: Iterable[Coming]) -> dict[int, list[Coming]]:
    """Those with results, in their order."""
    found: dict[int, list[Coming]] = defaultdict(list)
    for session in sorted(sessions, key=lambda session: (session.starts_at, session.id)):
        if session.kind in WITH_RESULTS:
            found[session.module].append(session)
    return found


class _Met(NamedTuple):
    """When a remaining module can be met: at a session, or by the end of a day on which an extra one is. None: never."""

    at: datetime.datetime | None
    day: Day | None


class _Chain:
    """The remaining modules of one trainee, each after its prerequisites."""

    def __init__(
        self,
        course: Course,
        one: TraineeProgress,
        lines: Mapping[int, Sequence[Evidence]],
        expected: Sequence[Coming],
        here: Sequence[Coming],
    ) -> None:
        self.course, self.one, self.lines = course, one, lines
        self.expected, self.here = _by_module(expected), _by_module(here)
        self.done: dict[int, Step] = {}
        self.met: dict[int, _Met] = {}

    def steps(self) -> tuple[Step, ...]:
        for module, standing in self.one.standings.items():
            if standing.need is Need.REQUIRED and not self._holds_at_end(module, standing):
                self._take(module)
        return tuple(self.done.values())

    def _holds_at_end(self, module: int, standing: Standing) -> bool:
        if standing.status not in SATISFYING:
            return False
        if standing.holds_until is None or standing.holds_until >= self.course.last:
            return True
        lines = [line for line in self.lines.get(module, ()) if line.holds_from <= self.course.as_of]
        then = assess(module, standing.need, lines, as_of=self.course.last, known=self.course.known)
        return then.status in SATISFYING

    def _take(self, module: int) -> None:
        """Say how a module can be met, its prerequisites first. Curricula have no circles."""
        if module in self.done:
            return
        standing = self.one.standings[module]
        needs = [need for need in sorted(self._needs(module)) if need in self.one.standings]
        for need in needs:
            if self._to_be_met(need):
                self._take(need)
        self.done[module], self.met[module] = self._step(standing, needs)

    def _to_be_met(self, need: int) -> bool:
        """Whether a prerequisite has to be met first, or is to be met anyway."""
        standing = self.one.standings[need]
        if standing.status not in SATISFYING or (standing.holds_until or datetime.date.max) < self.course.next_day:
            return True
        return standing.need is Need.REQUIRED and not self._holds_at_end(need, standing)

    def _needs(self, module: int) -> frozenset[int]:
        entry = self.course.requirements.get(module)
        return entry.prerequisites if entry else frozenset()

    def _step(self, standing: Standing, needs: Sequence[int]) -> tuple[Step, _Met]:
        module, course = standing.module, self.course
        runs_out = standing.holds_until if standing.status in SATISFYING else None
        for held in standing.outstanding_in:
            if course.held.get(held) in WITH_RESULTS:
                return Step(module, How.OUTSTANDING, held, runs_out=runs_out), _Met(None, course.as_of - DAY)
        in_time = [session for session in self.here.get(module, ()) if self._ready(needs, session)]
        for session in in_time:
            if self._lasts(module, session.day):
                step = Step(module, How.SESSION, session.id, session.day, runs_out=runs_out)
                return step, _Met(session.ends_at, session.last)
        lack = self._lack(module, bool(in_time))
        day, after = self._extra_day(module, needs)
        if day is None:
            return Step(module, How.NOT, None, None, lack, after, runs_out), _Met(None, None)
        return Step(module, How.EXTRA, None, day, lack, after, runs_out), _Met(None, day)

    def _ready(self, needs: Sequence[int], session: Coming) -> bool:
        return all(self._met_by(need, session) for need in needs)

    def _met_by(self, need: int, session: Coming) -> bool:
        met = self.met.get(need)
        if met and met.at and met.at <= session.starts_at:
            return True
        return self._met_before(need, session.day)

    def _met_before(self, need: int, day: Day) -> bool:
        """Whether a prerequisite is met on the days before `day`, or by a pass that still holds then."""
        standing, met = self.one.standings[need], self.met.get(need)
        if standing.status in SATISFYING and (standing.holds_until is None or standing.holds_until >= day):
            return True
        return met is not None and met.day is not None and met.day < day

    def _lasts(self, module: int, day: Day) -> bool:
        """Whether a pass of that day still holds on the last day."""
        entry = self.course.requirements.get(module)
        months = entry.validity_months if entry else None
        return not months or add_months(day, months) >= self.course.last

    def _lack(self, module: int, in_time: bool) -> Lack:
        if in_time:
            return Lack.EARLY
        if self.here.get(module):
            return Lack.ORDER
        return Lack.AWAY if self.expected.get(module) else Lack.NONE

    def _extra_day(self, module: int, needs: Sequence[int]) -> tuple[Day | None, tuple[int, ...]]:
        """The first day on which an extra session can be, None where none is left, and the prerequisites it waits for."""
        day, last = self.course.next_day, self.course.last
        waits = tuple([need for need in needs if self.one.standings[need].status not in SATISFYING])
        if any(self.met[need].day is None for need in waits):
            return None, waits
        while day <= last and not (self._lasts(module, day) and all(self._met_before(need, day) for need in needs)):
            day += DAY
        return (day if day <= last else None), waits
