"""What the progress rule is given, and the small values that it answers with.

All days are days in the program's time zone. `recorded_on` is the day on which a line was written down: an answer "as
known on" a day uses only what was recorded by the end of that day.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

Day = datetime.date


class Kind(StrEnum):
    """What one line of evidence says."""

    GO = "go"
    NO_GO = "no_go"
    NOT_ASSESSED = "not_assessed"
    CREDIT = "credit"
    EXEMPTION = "exemption"
    VOID = "void"


RESULTS = (Kind.GO, Kind.NO_GO, Kind.NOT_ASSESSED)


class Evidence(NamedTuple):
    """One line about one trainee in one module. `holds_until` None: for ever; `voids`: the line that it replaces.

    `copy_of`: the line that it repeats, of another number of the same person: in the order it stands where that one does.
    """

    id: int
    kind: Kind
    holds_from: Day
    holds_until: Day | None
    recorded_on: Day
    voids: int | None = None
    recertification: bool = False
    at_time: datetime.time | None = None
    session: int | None = None
    copy_of: int | None = None
    score: Decimal | None = None


class Requirement(NamedTuple):
    """One entry of the curriculum version in force. No `tracks`: it is for all; `prerequisites` are modules."""

    entry: int
    module: int
    required: bool = True
    tracks: frozenset[int] = frozenset()
    prerequisites: frozenset[int] = frozenset()
    validity_months: int | None = None
    position: int = 0


class PlaceStatus(StrEnum):
    EXPECTED = "expected"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    WITHDRAWN = "withdrawn"
    VOID = "void"  # says nothing itself: the entry that it voids was a mistake


COUNTED = frozenset({PlaceStatus.ACTIVE, PlaceStatus.SUSPENDED, PlaceStatus.COMPLETED, PlaceStatus.NOT_COMPLETED})


class Place(NamedTuple):
    """From the day `since` on, this is the trainee's place in the program, until the next entry."""

    id: int
    cohort: int
    track: int | None
    group: int | None
    status: PlaceStatus
    since: Day
    recorded_on: Day
    voids: int | None = None
    reason: str = ""


class SessionKind(StrEnum):
    INSTRUCTION = "instruction"
    ASSESSMENT = "assessment"
    RETAKE = "retake"


class Session(NamedTuple):
    """A training session. `ended_on` stays None until it has ended: a session later today has not been held.

    `ends_on` is when it ends by the plan, over or not.
    """

    id: int
    module: int
    cohort: int
    kind: SessionKind
    ended_on: Day | None
    recorded_on: Day = datetime.date.min
    cancelled_on: Day | None = None
    register_closed_on: Day | None = None
    ends_on: Day | None = None


class MarkStatus(StrEnum):
    PRESENT = "present"
    LATE = "late"
    EXCUSED = "excused"
    ABSENT = "absent"


class Mark(NamedTuple):
    """Whether a trainee was at a session. Of several the last one recorded counts."""

    session: int
    trainee: int
    status: MarkStatus
    recorded_on: Day
    id: int = 0


class Register(NamedTuple):
    """A session with its marks. `audience`: who belongs to it while the register is open; a closed one is its marks."""

    session: Session
    marks: Sequence[Mark] = ()
    audience: frozenset[int] = frozenset()


class History(NamedTuple):
    """All that was ever written about one trainee in one program: places, and evidence by module."""

    trainee: int
    places: Sequence[Place]
    evidence: Mapping[int, Sequence[Evidence]] = {}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A program's own figures, in percent. `attendance_limit` None: attendance is no condition."""

    trained: int = 90
    practised: int = 60
    attendance_limit: int | None = None


class Need(StrEnum):
    """What is asked of a trainee in a module."""

    REQUIRED = "required"
    ELECTIVE = "elective"


class Status(StrEnum):
    """Where a trainee stands in a module: the first that matches, in this order."""

    EXEMPT = "exempt"
    ACHIEVED = "achieved"
    NO_GO_RECERTIFICATION = "no_go_recertification"
    EXPIRED = "expired"
    NO_GO = "no_go"
    IN_TRAINING = "in_training"
    NOT_STARTED = "not_started"


class Band(StrEnum):
    TRAINED = "T"
    PRACTISED = "P"
    UNTRAINED = "U"


class Why(StrEnum):
    """Why a line of evidence did not decide."""

    NOT_YET_RECORDED = "not_yet_recorded"  # recorded after the day known
    VOIDED = "voided"  # declared wrong
    VOID = "void"  # only declares another line wrong
    LATER = "later"  # speaks of a day after the one asked about
    EXPIRED = "expired"  # its last day is past
    CANCELLED = "cancelled"  # by a NO-GO in a recertification
    SUPERSEDED = "superseded"  # a later result, or one that lasts longer, decides
    OUTWEIGHED = "outweighed"  # an ordinary NO-GO undoes no pass
    EXEMPT = "exempt"  # the module is not asked on that day
    NO_ATTEMPT = "no_attempt"  # not assessed


class LeftOut(NamedTuple):
    id: int
    why: Why


class Share(NamedTuple):
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """Rounded down, so 100 only when all; None where there is nothing to divide by."""
        return 100 * self.part // self.whole if self.whole else None

    @property
    def all(self) -> bool:
        return 0 < self.whole == self.part

    def reaches(self, limit: int) -> bool:
        """Whether the exact share is at least `limit` per cent. Nothing reaches nothing."""
        return self.whole > 0 and 100 * self.part >= limit * self.whole
