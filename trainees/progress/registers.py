"""Who was at which session, and which registers are still open."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .values import Day, Mark, MarkStatus, Register, Session, SessionKind, Share

THERE = (MarkStatus.PRESENT, MarkStatus.LATE)
WITH_RESULTS = (SessionKind.ASSESSMENT, SessionKind.RETAKE)


class Seat(NamedTuple):
    """One trainee at one held session. No `status`: not marked yet."""

    session: Session
    status: MarkStatus | None
    closed: bool

    @property
    def attended(self) -> bool:
        return self.status in THERE

    @property
    def missed(self) -> bool:
        return not self.attended and self.status != MarkStatus.EXCUSED

    @property
    def result_due(self) -> bool:
        return self.session.kind in WITH_RESULTS and self.status in THERE


@dataclass(frozen=True, slots=True)
class Rolls:
    """The registers as they stood: `held` sessions, the `closed` among them, and every trainee's seats."""

    held: dict[int, Session]
    closed: frozenset[int]
    seats: dict[int, list[Seat]]
    cohort_of: dict[int, int]  # every session, held or not
    newest: dict[int, Day]  # the newest mark by cohort


@dataclass(frozen=True, slots=True)
class Attendance:
    """One trainee's attendance in one cohort, by session. Only closed registers count."""

    attended: tuple[int, ...]
    missed: tuple[int, ...]
    excused: tuple[int, ...]
    open: tuple[int, ...]

    @property
    def share(self) -> Share:
        return Share(len(self.attended), len(self.attended) + len(self.missed))

    def meets(self, limit: int | None) -> bool:
        """Whether the program's condition is met; with nothing expected it is."""
        return limit is None or self.share.whole == 0 or self.share.reaches(limit)


def held(session: Session, as_of: Day, known: Day) -> bool:
    """Over on `as_of` and not cancelled, as far as known."""
    return (
        session.ended_on is not None
        and session.ended_on <= as_of
        and session.recorded_on <= known
        and (session.cancelled_on is None or session.cancelled_on > known)
    )


def call(registers: Iterable[Register], as_of: Day, known: Day) -> Rolls:
    """Read the registers as of a day, as known on another."""
    rolls = Rolls({}, frozenset(), defaultdict(list), {}, {})
    shut = set()
    for register in sorted(registers, key=lambda register: (register.session.ended_on or known, register.session.id)):
        session = register.session
        rolls.cohort_of[session.id] = session.cohort
        if not held(session, as_of, known):
            continue
        rolls.held[session.id] = session
        closed = session.register_closed_on is not None and session.register_closed_on <= known
        if closed:
            shut.add(session.id)
        marks: dict[int, Mark] = {}
        for mark in register.marks:
            if mark.recorded_on <= known:
                earlier = marks.get(mark.trainee)
                if earlier is None or (mark.recorded_on, mark.id) > (earlier.recorded_on, earlier.id):
                    marks[mark.trainee] = mark
        for trainee, mark in marks.items():
            rolls.seats[trainee].append(Seat(session, mark.status, closed))
        if not closed:
            for trainee in register.audience.difference(marks):
                rolls.seats[trainee].append(Seat(session, None, closed))
        newest = max((mark.recorded_on for mark in marks.values()), default=None)
        if newest:
            rolls.newest[session.cohort] = max(newest, rolls.newest.get(session.cohort, newest))
    return Rolls(rolls.held, frozenset(shut), dict(rolls.seats), rolls.cohort_of, rolls.newest)


def attendance(seats: Iterable[Seat], cohort: int | None) -> Attendance:
    """One trainee's attendance in the sessions of one cohort."""
    attended, missed, excused, still_open = [], [], [], []
    for seat in seats:
        if seat.session.cohort != cohort:
            continue
        if not seat.closed:
            still_open.append(seat.session.id)
        elif seat.attended:
            attended.append(seat.session.id)
        elif seat.missed:
            missed.append(seat.session.id)
        else:
            excused.append(seat.session.id)
    return Attendance(tuple(attended), tuple(missed), tuple(excused), tuple(still_open))
