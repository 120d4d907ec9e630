"""One cohort: separate numbers, never merged into one, each as what it is made of."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .places import last_by, last_in, timeline
from .registers import Rolls, call
from .trainee import TraineeProgress, asked_of, fold, sessions_entered
from .values import (
    COUNTED,
    Band,
    Day,
    Evidence,
    History,
    Kind,
    Need,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Session,
    Share,
    Status,
    Thresholds,
)


@dataclass(frozen=True, slots=True)
class ModuleProgress:
    """One module of the cohort's curriculum, by trainee. `held`: this cohort's sessions; none: not yet taught."""

    module: int
    held: tuple[int, ...]
    required_of: tuple[int, ...]  # counted trainees of whom it is required, less the exempt
    achieved: tuple[int, ...]  # of these
    exempt: tuple[int, ...]
    statuses: Mapping[Status, tuple[int, ...]]  # every counted trainee in whose track it is, required or elective
    first_attempts: tuple[int, ...]  # evidence: first attempts made in this cohort, leavers included
    first_goes: tuple[int, ...]  # of these, GO
    band: Band | None

    @property
    def taught(self) -> bool:
        return bool(self.held)

    @property
    def share(self) -> Share:
        return Share(len(self.achieved), len(self.required_of))

    @property
    def first_time(self) -> Share:
        return Share(len(self.first_goes), len(self.first_attempts))


@dataclass(frozen=True, slots=True)
class SessionProgress:
    """One held session of the cohort, by trainee. Attendance stays empty while the register is open."""

    session: Session
    closed: bool
    attended: tuple[int, ...]
    missed: tuple[int, ...]
    excused: tuple[int, ...]
    unmarked: tuple[int, ...]  # those expected at an open register without a mark
    results_due: tuple[int, ...]  # those present at an assessment or retake
    results_missing: tuple[int, ...]  # of these, without a result in force


class Recorded(NamedTuple):
    """What is recorded of what is due: two numbers, never merged into one."""

    registers: Share  # closed of sessions held
    results: Share  # entered of those due

    @property
    def all(self) -> bool:
        return all(one.part == one.whole for one in self)


def recorded(sessions: Iterable[SessionProgress]) -> Recorded:
    """How far the records of these sessions are complete."""
    sessions = list(sessions)
    due = sum(len(one.results_due) for one in sessions)
    return Recorded(
        Share(sum(one.closed for one in sessions), len(sessions)),
        Share(due - sum(len(one.results_missing) for one in sessions), due),
    )


@dataclass(frozen=True, slots=True)
class CohortProgress:
    """Every number about one cohort."""

    cohort: int
    as_of: Day
    known: Day
    trainees: Mapping[int, TraineeProgress]  # the counted ones
    modules: Mapping[int, ModuleProgress]  # in the order of the curriculum
    places: Mapping[PlaceStatus, tuple[int, ...]]  # trainees by their place here, the expected and withdrawn too
    withdrawn: Mapping[str, tuple[int, ...]]  # trainees by reason
    transferred: tuple[int, ...]
    meet_all: tuple[int, ...]  # trainees whose requirements are met
    completed: tuple[int, ...]  # of these, completed
    coverage: Share
    sessions: Mapping[int, SessionProgress]  # this cohort's held sessions, in their order
    newest_entry: Day | None  # when the newest mark or line of evidence was recorded

    @property
    def counted(self) -> tuple[int, ...]:
        return tuple(self.trainees)

    @property
    def expected(self) -> tuple[int, ...]:
        return self.places.get(PlaceStatus.EXPECTED, ())

    @property
    def all_completed(self) -> tuple[int, ...]:
        """Everybody who completed here, whatever expired since."""
        return self.places.get(PlaceStatus.COMPLETED, ())

    @property
    def meeting(self) -> Share:
        return Share(len(self.meet_all), len(self.trainees))

    @property
    def first_time(self) -> Share:
        """First attempts that were GO of those made in this cohort, in all modules."""
        every = [one.first_time for one in self.modules.values()]
        return Share(sum(one.part for one in every), sum(one.whole for one in every))

    @property
    def attendance(self) -> Share:
        """Places attended of those expected, in closed registers, leavers included."""
        attended = sum(len(one.attended) for one in self.sessions.values())
        return Share(attended, attended + sum(len(one.missed) for one in self.sessions.values()))

    @property
    def open_registers(self) -> tuple[int, ...]:
        return tuple([session for session, one in self.sessions.items() if not one.closed])

    @property
    def recorded(self) -> Recorded:
        return recorded(self.sessions.values())

    @property
    def registers(self) -> Share:
        """Registers closed of sessions held."""
        return self.recorded.registers

    @property
    def results(self) -> Share:
        """Results entered of results due."""
        return self.recorded.results


def band(share: Share, thresholds: Thresholds) -> Band | None:
    """The band of a module from the exact share; none where there is nothing to divide by."""
    if not share.whole:
        return None
    if share.reaches(thresholds.trained):
        return Band.TRAINED
    return Band.PRACTISED if share.reaches(thresholds.practised) else Band.UNTRAINED


def cohort_progress(
    cohort: int,
    histories: Iterable[History],
    requirements: Iterable[Requirement],
    registers: Iterable[Register],
    *,
    tracks: frozenset[int],
    thresholds: Thresholds,
    as_of: Day,
    known: Day,
) -> CohortProgress:
    """Tell how far a cohort is on `as_of`, as known on `known`.

    `histories`: of every trainee who ever had a place in the cohort; `requirements`: of the curriculum version that it
    follows on `as_of`; `tracks`: the program's (empty: it has none); `registers`: of this cohort's sessions, and of the
    sessions of other cohorts of the program at which its trainees were.
    """
    rolls = call(registers, as_of, known)
    requirements = list(requirements)
    asked: dict[int | None, dict[int, Requirement]] = {}
    counted: dict[int, TraineeProgress] = {}
    attempts: dict[int, list[Evidence]] = defaultdict(list)
    evidence: dict[int, Mapping[int, Sequence[Evidence]]] = {}
    whereabouts = _Whereabouts()
    newest = rolls.newest.get(cohort, datetime.date.min)

    for history in sorted(histories, key=lambda history: history.trainee):
        line = timeline(history.places, known)
        here = last_in(line, cohort, as_of)
        if here is None:
            continue
        still_here = here is last_by(line, as_of)
        whereabouts.note(history.trainee, here, still_here)
        if here.track not in asked:
            asked[here.track] = asked_of(here.track, requirements, tracks)
        progress = fold(history, line, here, asked[here.track], rolls, bool(tracks), thresholds, as_of, known)
        evidence[history.trainee] = history.evidence
        for module, standing in progress.standings.items():
            first = standing.first_attempt
            if first and made_here(first, cohort, line, rolls):
                attempts[module].append(first)
        if still_here and here.status in COUNTED:
            counted[history.trainee] = progress
            newest = max(newest, _newest(history, known))

    meet_all = [trainee for trainee, one in counted.items() if one.requirements_met]
    completed = set(whereabouts.places[PlaceStatus.COMPLETED])
    return CohortProgress(
        cohort=cohort,
        as_of=as_of,
        known=known,
        trainees=counted,
        modules=_modules(cohort, requirements, counted, attempts, rolls, thresholds),
        places={status: tuple(whereabouts.places[status]) for status in PlaceStatus if whereabouts.places[status]},
        withdrawn={reason: tuple(of) for reason, of in sorted(whereabouts.withdrawn.items())},
        transferred=tuple(whereabouts.transferred),
        meet_all=tuple(meet_all),
        completed=tuple([trainee for trainee in meet_all if trainee in completed]),
        coverage=Share(
            sum(len(one.satisfied) for one in counted.values()), sum(len(one.required) for one in counted.values())
        ),
        sessions=_sessions(cohort, rolls, evidence, as_of, known),
        newest_entry=None if newest == datetime.date.min else newest,
    )


class _Whereabouts:
    """Where everybody is whom the cohort ever had."""

    def __init__(self) -> None:
        self.places: dict[PlaceStatus, list[int]] = defaultdict(list)
        self.withdrawn: dict[str, list[int]] = defaultdict(list)
        self.transferred: list[int] = []

    def note(self, trainee: int, here: Place, still_here: bool) -> None:
        """`here` is the trainee's last place in the cohort; not `still_here`: they went on to another one since."""
        if not still_here and here.status != PlaceStatus.WITHDRAWN:
            self.transferred.append(trainee)
            return
        self.places[here.status].append(trainee)
        if here.status == PlaceStatus.WITHDRAWN:
            self.withdrawn[here.reason].append(trainee)


def _newest(history: History, known: Day) -> Day:
    """When the newest line about a trainee was recorded; the first of all days if none was."""
    return max(
        [line.recorded_on for lines in history.evidence.values() for line in lines if line.recorded_on <= known],
        default=datetime.date.min,
    )


def made_here(attempt: Evidence, cohort: int, line: Sequence[Place], rolls: Rolls) -> bool:
    """Whether the attempt belongs to the cohort: by its session, else by the trainee's place on its day."""
    if attempt.session is not None and attempt.session in rolls.cohort_of:
        return rolls.cohort_of[attempt.session] == cohort
    place = last_by(line, attempt.holds_from)
    return place is not None and place.cohort == cohort and place.status != PlaceStatus.WITHDRAWN


def _sessions(
    cohort: int, rolls: Rolls, evidence: Mapping[int, Mapping[int, Sequence[Evidence]]], as_of: Day, known: Day
) -> dict[int, SessionProgress]:
    """The cohort's held sessions, in their order."""
    entered: dict[int, frozenset[int]] = {}
    found = {}
    for session in rolls.held.values():
        if session.cohort != cohort:
            continue
        seats = sorted(rolls.sessions[session.id].items())
        closed = session.id in rolls.closed
        counting = seats if closed else []
        due = [trainee for trainee, seat in seats if seat.result_due]
        for trainee in due:
            if trainee not in entered:
                entered[trainee] = sessions_entered(evidence.get(trainee, {}), as_of, known)
        found[session.id] = SessionProgress(
            session=session,
            closed=closed,
            attended=tuple([trainee for trainee, seat in counting if seat.attended]),
            missed=tuple([trainee for trainee, seat in counting if seat.missed]),
            excused=tuple([trainee for trainee, seat in counting if not (seat.attended or seat.missed)]),
            unmarked=tuple([trainee for trainee, seat in seats if seat.status is None]),
            results_due=tuple(due),
            results_missing=tuple([trainee for trainee in due if session.id not in entered[trainee]]),
        )
    return found


def _modules(
    cohort: int,
    requirements: Iterable[Requirement],
    counted: Mapping[int, TraineeProgress],
    attempts: Mapping[int, list[Evidence]],
    rolls: Rolls,
    thresholds: Thresholds,
) -> dict[int, ModuleProgress]:
    """Every module of the curriculum, in its order."""
    ordered = sorted(requirements, key=lambda entry: (entry.position, entry.entry))
    required_of: dict[int, list[int]] = defaultdict(list)
    achieved: dict[int, list[int]] = defaultdict(list)
    exempt: dict[int, list[int]] = defaultdict(list)
    statuses: dict[int, dict[Status, list[int]]] = defaultdict(lambda: defaultdict(list))
    held: dict[int, list[int]] = defaultdict(list)
    for session in rolls.held.values():
        if session.cohort == cohort:
            held[session.module].append(session.id)
    for trainee, progress in counted.items():
        for module, standing in progress.standings.items():
            status = standing.status
            statuses[module][status].append(trainee)
            if standing.need != Need.REQUIRED:
                continue
            if status == Status.EXEMPT:
                exempt[module].append(trainee)
                continue
            required_of[module].append(trainee)
            if status == Status.ACHIEVED:
                achieved[module].append(trainee)
    return {
        module: ModuleProgress(
            module=module,
            held=tuple(held[module]),
            required_of=tuple(required_of[module]),
            achieved=tuple(achieved[module]),
            exempt=tuple(exempt[module]),
            statuses={status: tuple(statuses[module][status]) for status in Status if status in statuses[module]},
            first_attempts=tuple([first.id for first in attempts.get(module, ())]),
            first_goes=tuple([first.id for first in attempts.get(module, ()) if first.kind == Kind.GO]),
            band=band(Share(len(achieved[module]), len(required_of[module])), thresholds),
        )
        for module in dict.fromkeys(entry.module for entry in ordered)
    }
