"""Who was at which session, and which registers are still open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .values import Day, Mark, MarkStatus, Register, Session, SessionKind, Share

THERE = (MarkStatus.PRESENT, MarkStatus.LATE)
WITH_RESULTS = (SessionKind.ASSESSMENT, SessionKind.RETAKE)


class Seat(NamedTuple):
    """What one mark at one held session amounts to. No `status`: not marked yet."""

    session: Session
    status: MarkStatus | None
    closed: bool
    attended: bool
    missed: bool
    result_due: bool


def seat(session: Session, status: MarkStatus | None, closed: bool) -> Seat:
    there = status in THERE
    missed = not there and status != MarkStatus.EXCUSED
    return Seat(session, status, closed, there, missed, there and session.kind in WITH_RESULTS)


@dataclass(frozen=True, slots=True)
class Rolls:
    """The registers as they stood, of the sessions held."""

    sessions: Mapping[int, Mapping[int, Seat]]  # by session, then trainee
    trainees: Mapping[int, Sequence[Seat]]  # by trainee, in the order of the sessions
    held: Mapping[int, Session]
    closed: frozenset[int]
    newest: Mapping[int, Day]  # by cohort: when its newest mark was recorded
    cohort_of: Mapping[int, int]  # of every session, held or not


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


def was_held(session: Session, as_of: Day, known: Day) -> bool:
    """Over on `as_of` and not cancelled, as far as known."""
    return (
        session.ended_on is not None
        and session.ended_on <= as_of
        and session.recorded_on <= known
        and (session.cancelled_on is None or session.cancelled_on > known)
    )


def call(registers: Iterable[Register], as_of: Day, known: Day) -> Rolls:
    """Read the registers as of a day, as known on another."""
    sessions: dict[int, dict[int, Seat]] = {}
    trainees: dict[int, list[Seat]] = defaultdict(list)
    held: dict[int, Session] = {}
    closed: set[int] = set()
    newest: dict[int, Day] = {}
    cohort_of: dict[int, int] = {}
    for register in sorted(registers, key=lambda register: (register.session.ended_on or known, register.session.id)):
        session = register.session
        cohort_of[session.id] = session.cohort
        if not was_held(session, as_of, known):
            continue
        held[session.id] = session
        is_closed = session.register_closed_on is not None and session.register_closed_on <= known
        if is_closed:
            closed.add(session.id)
        marks = latest(register.marks, known)
        seats = {status: seat(session, status, is_closed) for status in (*MarkStatus, None)}
        taken = sessions[session.id] = {trainee: seats[mark.status] for trainee, mark in marks.items()}
        if not is_closed:
            taken.update(dict.fromkeys(register.audience.difference(marks), seats[None]))
        for trainee, one in taken.items():
            trainees[trainee].append(one)
        if marks:
            day = max(mark.recorded_on for mark in marks.values())
            newest[session.cohort] = max(day, newest.get(session.cohort, day))
    return Rolls(sessions, trainees, held, frozenset(closed), newest, cohort_of)


def seats_of(trainee: int, registers: Iterable[Register], as_of: Day, known: Day) -> Sequence[Seat]:
    """What one trainee's marks at the sessions held amount to, in the order of the sessions."""
    return call(registers, as_of, known).trainees.get(trainee, ())


def latest(marks: Iterable[Mark], known: Day) -> dict[int, Mark]:
    """By trainee, the last mark recorded by `known`."""
    found: dict[int, Mark] = {}
    for mark in marks:
        if mark.recorded_on <= known:
            earlier = found.get(mark.trainee)
            if earlier is None or (mark.recorded_on, mark.id) > (earlier.recorded_on, earlier.id):
                found[mark.trainee] = mark
    return found


def attendance(seats: Iterable[Seat], cohort: int | None) -> Attendance:
    """One trainee's attendance in the sessions of one cohort."""
    attended, missed, excused, still_open = [], [], [], []
    for one in seats:
        if one.session.cohort != cohort:
            continue
        if not one.closed:
            still_open.append(one.session.id)
        elif one.attended:
            attended.append(one.session.id)
        elif one.missed:
            missed.append(one.session.id)
        else:
            excused.append(one.session.id)
    return Attendance(tuple(attended), tuple(missed), tuple(excused), tuple(still_open))
