"""One trainee: what is asked, what is satisfied, and whether the requirements are met."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .evidence import SATISFYING, Standing, assess, in_force
from .places import last_by, timeline
from .registers import Attendance, Rolls, Seat, attendance, call
from .values import (
    RESULTS,
    Day,
    Evidence,
    History,
    Need,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Share,
    Status,
    Thresholds,
)

PRESENT_HERE = (PlaceStatus.ACTIVE, PlaceStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class TraineeProgress:
    """Every number about one trainee, each as the modules or sessions that make it.

    `standings` has one entry for each module in the trainee's track, in the order of the curriculum. `additional` are
    modules outside it with evidence in force: listed, counted nowhere.
    """

    trainee: int
    place: Place | None
    places: tuple[Place, ...]  # those in force up to `place`, in their order
    standings: Mapping[int, Standing]
    required: tuple[int, ...]  # required modules less the exempt ones
    satisfied: tuple[int, ...]  # of these, the achieved ones
    exempt: tuple[int, ...]
    electives: tuple[int, ...]
    electives_achieved: tuple[int, ...]
    additional: tuple[int, ...]
    no_track: bool
    attendance: Attendance
    attendance_met: bool
    requirements_met: bool
    provisional: bool  # requirements met, or not, while registers are open and attendance is a condition

    @property
    def share(self) -> Share:
        return Share(len(self.satisfied), len(self.required))

    @property
    def arrived(self) -> Day:
        """Since when the trainee is in the cohort without a break; the first of all days without a place."""
        since = datetime.date.min
        for place in self.places[::-1]:
            if self.place is None or place.cohort != self.place.cohort or place.status == PlaceStatus.WITHDRAWN:
                break
            since = place.since
        return since


def asked_of(track: int | None, requirements: Iterable[Requirement], tracks: frozenset[int]) -> dict[int, Requirement]:
    """What is asked of a trainee of this track, by module, in the order of the curriculum.

    Without a track only what every one of the program's `tracks` asks. Where two entries ask for a module,
    required wins.
    """
    asked: dict[int, Requirement] = {}
    for entry in sorted(requirements, key=lambda entry: (entry.position, entry.entry)):
        everyone = not entry.tracks or (bool(tracks) and entry.tracks >= tracks)
        if not (everyone or track in entry.tracks):
            continue
        earlier = asked.get(entry.module)
        if earlier is None or (entry.required and not earlier.required):
            asked[entry.module] = entry
    return asked


def trainee_progress(
    history: History,
    requirements: Iterable[Requirement],
    registers: Iterable[Register],
    *,
    tracks: frozenset[int],
    thresholds: Thresholds,
    as_of: Day,
    known: Day,
) -> TraineeProgress:
    """Tell where one trainee stands on `as_of`, as known on `known`.

    `requirements`: of the curriculum version that the trainee's cohort follows on `as_of`; `tracks`: the program's
    (empty: it has none, and none is missed); `registers`: of the trainee's sessions in any cohort of the program.
    """
    line = timeline(history.places, known)
    place = last_by(line, as_of)
    asked = asked_of(place.track if place else None, requirements, tracks)
    rolls = call(registers, as_of, known)
    return fold(history, line, place, asked, rolls, bool(tracks), thresholds, as_of, known)


def fold(
    history: History,
    line: Sequence[Place],
    place: Place | None,
    asked: Mapping[int, Requirement],
    rolls: Rolls,
    has_tracks: bool,
    thresholds: Thresholds,
    as_of: Day,
    known: Day,
) -> TraineeProgress:
    """The same for a trainee whose place, requirements and registers have been read."""
    seats = rolls.trainees.get(history.trainee, ())
    standings = _standings(history, asked, seats, as_of, known)
    asked_required = [one for one in standings.values() if one.need == Need.REQUIRED]
    electives = [one for one in standings.values() if one.need == Need.ELECTIVE]
    required = tuple([one.module for one in asked_required if one.status != Status.EXEMPT])
    satisfied = tuple([one.module for one in asked_required if one.status == Status.ACHIEVED])
    no_track = has_tracks and (place is None or place.track is None)
    was_there = attendance(seats, place.cohort if place else None)
    attendance_met = was_there.meets(thresholds.attendance_limit)
    return TraineeProgress(
        trainee=history.trainee,
        place=place,
        places=tuple([one for one in line if place and one.since <= place.since]),
        standings=standings,
        required=required,
        satisfied=satisfied,
        exempt=tuple([one.module for one in asked_required if one.status == Status.EXEMPT]),
        electives=tuple([one.module for one in electives]),
        electives_achieved=tuple([one.module for one in electives if one.status == Status.ACHIEVED]),
        additional=tuple(
            sorted(
                module
                for module, lines in history.evidence.items()
                if module not in asked and in_force(lines, as_of, known)[0]
            )
        ),
        no_track=no_track,
        attendance=was_there,
        attendance_met=attendance_met,
        requirements_met=meets_all(Share(len(satisfied), len(required)), place, no_track, attendance_met),
        provisional=thresholds.attendance_limit is not None and bool(was_there.open),
    )


def meets_all(share: Share, place: Place | None, no_track: bool, attendance_met: bool) -> bool:
    """Whether somebody of this place who satisfies this share meets the requirements."""
    return share.all and not no_track and place is not None and place.status in PRESENT_HERE and attendance_met


def _standings(
    history: History, asked: Mapping[int, Requirement], seats: Sequence[Seat], as_of: Day, known: Day
) -> dict[int, Standing]:
    """Where the trainee stands in each module asked, and which prerequisites it waits for."""
    due = any(seat.result_due for seat in seats)
    entered = sessions_entered(history.evidence, as_of, known) if due else frozenset()
    attended, outstanding = _by_module(seats, entered)
    standings = {
        module: assess(
            module,
            Need.REQUIRED if entry.required else Need.ELECTIVE,
            history.evidence.get(module, ()),
            as_of=as_of,
            known=known,
            attended=tuple(attended.get(module, ())),
            outstanding_in=tuple(outstanding.get(module, ())),
        )
        for module, entry in asked.items()
    }
    open_modules = {module for module, standing in standings.items() if standing.status not in SATISFYING}
    for module in open_modules:
        missing = asked[module].prerequisites & open_modules
        if missing:
            standings[module] = standings[module]._replace(blocked_by=tuple(sorted(missing)))
    return standings


def sessions_entered(evidence: Mapping[int, Sequence[Evidence]], as_of: Day, known: Day) -> frozenset[int]:
    """The sessions for which the trainee has a result in force (a reason why not assessed is one too)."""
    return frozenset(
        line.session
        for lines in evidence.values()
        if any(line.session is not None for line in lines)
        for line in in_force(lines, as_of, known)[0]
        if line.session is not None and line.kind in RESULTS
    )


def _by_module(seats: Iterable[Seat], entered: frozenset[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """By module, the sessions attended and those whose record is outstanding."""
    attended: dict[int, list[int]] = defaultdict(list)
    outstanding: dict[int, list[int]] = defaultdict(list)
    for seat in seats:
        if seat.attended:
            attended[seat.session.module].append(seat.session.id)
        if not seat.closed or (seat.result_due and seat.session.id not in entered):
            outstanding[seat.session.module].append(seat.session.id)
    return attended, outstanding
