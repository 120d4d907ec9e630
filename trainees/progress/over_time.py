"""A cohort day by day: what `cohort_progress` answers for each of many days, asked only where something turns."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .cohort import made_here
from .evidence import assess
from .places import last_by, last_in, timeline
from .registers import Rolls, attendance, call
from .trainee import asked_of, meets_all
from .values import (
    COUNTED,
    Day,
    Evidence,
    History,
    Kind,
    Need,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    SessionKind,
    Share,
    Status,
    Thresholds,
)


class Version(NamedTuple):
    """What a cohort is asked from the day `since` on, until the next version: a curriculum and its program's tracks."""

    since: Day
    requirements: Sequence[Requirement]
    tracks: frozenset[int]


@dataclass(frozen=True, slots=True)
class DayProgress:
    """The numbers of a cohort at the end of a day, by the names that they have in CohortProgress."""

    day: Day
    counted: int
    coverage: Share
    planned: Share  # of the same requirements, those in modules whose last session has been held by the plan
    meeting: Share
    completed: Share  # of those who meet all
    first_time: Share
    attendance: Share
    modules: Mapping[int, Share]

    def same_as(self, other: "DayProgress") -> bool:
        """Whether nothing but the day differs."""
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__ if name != "day")


@dataclass(frozen=True, slots=True)
class OverTime:
    """A cohort from its first day to another. `days`: both, and each between them on which a number changed.

    `plan`: by module, the day of its last session, be it past or to come; retakes are left out, nobody plans to need them.
    """

    days: Sequence[DayProgress]
    plan: Mapping[int, Day]

    def ahead(self, until: Day) -> Iterator[tuple[Day, Share]]:
        """How the plan goes on after the last of the days, if nothing else changes."""
        last = self.days[-1]
        for day in sorted({day for day in self.plan.values() if last.day < day <= until} | {until} - {last.day}):
            yield day, _planned(self.plan, last.modules, day)


def cohort_over_time(
    cohort: int,
    histories: Iterable[History],
    versions: Sequence[Version],
    registers: Iterable[Register],
    *,
    thresholds: Thresholds,
    first: Day,
    last: Day,
    known: Day,
) -> OverTime:
    """Tell how a cohort went from `first` to `last`, as known on `known`.

    `histories` and `registers` as `cohort_progress` takes them; `versions` in their order, the first of them holds for the
    days before it too. A cell is asked again only on the days on which one of its lines begins or stops to hold.
    """
    registers = list(registers)
    rolls = call(registers, last, known)
    end = last + datetime.timedelta(days=1)
    sweep = _Sweep(cohort, rolls, thresholds, known)
    for history in histories:
        line = timeline(history.places, known)
        turns = {*(place.since for place in line), *(version.since for version in versions)}
        for since, until in _spans(turns, first, end):
            here = last_in(line, cohort, since)
            if here is not None:
                counted = here is last_by(line, since) and here.status in COUNTED
                sweep.spell(history, line, here, _on(versions, since), counted, since, until)
    sweep.sessions(first)
    plan = plan_of(cohort, registers, known)
    days: list[DayProgress] = []
    counts: Counter[tuple[str, int]] = Counter()
    turns = {*sweep.changes, *plan.values(), *(version.since for version in versions), last}
    for day, _until in _spans(turns, first, end):
        counts.update(sweep.changes.get(day, {}))
        found = _day(day, counts, _on(versions, day), plan)
        if day == last or not days or not found.same_as(days[-1]):
            days.append(found)
    return OverTime(days, plan)


class _Sweep:
    """By day, how much each count goes up or down: what is counted, and of which module (0: of none)."""

    def __init__(self, cohort: int, rolls: Rolls, thresholds: Thresholds, known: Day) -> None:
        self.cohort, self.rolls, self.limit, self.known = cohort, rolls, thresholds.attendance_limit, known
        self.changes: dict[Day, Counter[tuple[str, int]]] = defaultdict(Counter)
        self._asked: dict[tuple[Day, int | None], dict[int, Requirement]] = {}

    def spell(
        self,
        history: History,
        line: Sequence[Place],
        here: Place,
        version: Version,
        counted: bool,
        since: Day,
        until: Day,
    ) -> None:
        """One trainee for as long as their place and what is asked of them stay the same."""
        share: dict[Day, list[int]] = defaultdict(lambda: [0, 0])  # from this day so many more satisfied, required
        for module, entry in self._asked_of(version, here.track).items():
            need = Need.REQUIRED if entry.required else Need.ELECTIVE
            evidence = history.evidence.get(module, ())
            for day, end in _spans(_turns(evidence), since, until):
                standing = assess(module, need, evidence, as_of=day, known=self.known)
                attempt = standing.first_attempt
                if attempt and made_here(attempt, self.cohort, line, self.rolls):
                    self._count("attempts", day, end, module)
                    self._count("goes", day, end, module, attempt.kind == Kind.GO)
                if counted and entry.required and standing.status != Status.EXEMPT:
                    self._count("required", day, end, module)
                    self._count("satisfied", day, end, module, standing.satisfied)
                    for turn, one in ((day, 1), (end, -1)):
                        share[turn][0] += one * standing.satisfied
                        share[turn][1] += one
        if counted:
            self._count("counted", since, until)
            no_track = bool(version.tracks) and here.track is None
            self._meeting(history.trainee, here, no_track, share, since, until)

    def sessions(self, first: Day) -> None:
        """Who was at the cohort's sessions, as far as registers are closed."""
        for session in self.rolls.held.values():
            if session.cohort == self.cohort and session.id in self.rolls.closed and session.ended_on:
                counts = self.changes[max(session.ended_on, first)]
                for seat in self.rolls.sessions[session.id].values():
                    counts["attended", 0] += seat.attended
                    counts["missed", 0] += seat.missed

    def _meeting(
        self, trainee: int, here: Place, no_track: bool, share: Mapping[Day, Sequence[int]], since: Day, until: Day
    ) -> None:
        """The days of a spell on which its trainee meets all requirements."""
        seats = self.rolls.trainees.get(trainee, ()) if self.limit is not None else ()
        turns = {*share, *(seat.session.ended_on for seat in seats if seat.session.ended_on)}
        satisfied = required = 0
        for day, end in _spans(turns, since, until):
            if day in share:
                satisfied, required = satisfied + share[day][0], required + share[day][1]
            there = [seat for seat in seats if seat.session.ended_on and seat.session.ended_on <= day]
            met = attendance(there, self.cohort).meets(self.limit)
            if meets_all(Share(satisfied, required), here, no_track, met):
                self._count("meeting", day, end)
                self._count("completed", day, end, many=here.status == PlaceStatus.COMPLETED)

    def _count(self, what: str, since: Day, until: Day, module: int = 0, many: int = 1) -> None:
        """Count so many from `since` on, and from `until` on no more."""
        if many:
            self.changes[since][what, module] += many
            self.changes[until][what, module] -= many

    def _asked_of(self, version: Version, track: int | None) -> dict[int, Requirement]:
        if (version.since, track) not in self._asked:
            self._asked[version.since, track] = asked_of(track, version.requirements, version.tracks)
        return self._asked[version.since, track]


def _spans(turns: Iterable[Day], since: Day, until: Day) -> Iterator[tuple[Day, Day]]:
    """The time from `since` to before `until`, cut at the turns within it."""
    days = sorted({since, *(day for day in turns if since < day < until)})
    return zip(days, [*days[1:], until], strict=True)


def _turns(evidence: Sequence[Evidence]) -> Iterator[Day]:
    """The days on which a line begins to hold, or does no more."""
    for line in evidence:
        yield line.holds_from
        if line.holds_until is not None and line.holds_until < datetime.date.max:
            yield line.holds_until + datetime.timedelta(days=1)


def _on(versions: Sequence[Version], day: Day) -> Version:
    """The version in force; the first holds for the days before it too."""
    return next((one for one in reversed(versions) if one.since <= day), versions[0])


def plan_of(cohort: int, registers: Iterable[Register], known: Day) -> dict[int, Day]:
    """By module, the day of the cohort's last session that was planned and not cancelled, as far as known.

    A session of today that is not over yet counts from tomorrow: in the morning nobody owes what is taught at noon.
    """
    plan: dict[int, Day] = {}
    for session in (register.session for register in registers):
        cancelled = session.cancelled_on is not None and session.cancelled_on <= known
        if session.cohort != cohort or session.recorded_on > known or cancelled or session.ends_on is None:
            continue
        if session.kind != SessionKind.RETAKE:
            to_come = session.ended_on is None and session.ends_on == known
            day = session.ends_on + datetime.timedelta(days=to_come)
            plan[session.module] = max(day, plan.get(session.module, day))
    return plan


def coming_in(cohort: int, registers: Iterable[Register], as_of: Day, known: Day) -> list[int]:
    """The cohort's sessions that were not over at the end of `as_of` and not cancelled, as far as known."""
    return [
        one.session.id
        for one in registers
        if one.session.cohort == cohort
        and one.session.recorded_on <= known
        and not (one.session.cancelled_on and one.session.cancelled_on <= known)
        and not (one.session.ended_on and one.session.ended_on <= as_of)
    ]


def _planned(plan: Mapping[int, Day], modules: Mapping[int, Share], day: Day) -> Share:
    over = (share.whole for module, share in modules.items() if module in plan and plan[module] <= day)
    return Share(sum(over), sum(share.whole for share in modules.values()))


def _day(day: Day, counts: Mapping[tuple[str, int], int], version: Version, plan: Mapping[int, Day]) -> DayProgress:
    ordered = sorted(version.requirements, key=lambda entry: (entry.position, entry.entry))
    modules = {
        entry.module: Share(counts["satisfied", entry.module], counts["required", entry.module]) for entry in ordered
    }
    attended = counts["attended", 0]
    return DayProgress(
        day=day,
        counted=counts["counted", 0],
        coverage=Share(sum(one.part for one in modules.values()), sum(one.whole for one in modules.values())),
        planned=_planned(plan, modules, day),
        meeting=Share(counts["meeting", 0], counts["counted", 0]),
        completed=Share(counts["completed", 0], counts["meeting", 0]),
        first_time=Share(
            sum(counts["goes", module] for module in modules), sum(counts["attempts", module] for module in modules)
        ),
        attendance=Share(attended, attended + counts["missed", 0]),
        modules=modules,
    )
