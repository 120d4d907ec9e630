"""What a reason to look after somebody is, and what it weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .values import Day


class Concern(StrEnum):
    """What a reason is about; of equal points, those named first are told first."""

    NO_GO = "no_go"  # a NO-GO stands: one for each of the row of them at the end
    EXPIRED = "expired"  # passed before, nothing holds any more
    NOT_ASSESSED = "not_assessed"  # was not at the assessment, and has not been assessed since
    BEHIND = "behind"  # at least half of those asked have achieved the module
    BLOCKED = "blocked"  # a module waits for one of those above
    ABSENT = "absent"  # from some of the last sessions
    INACTIVE = "inactive"  # neither seen nor assessed for whole weeks, while sessions were missed
    LOW_SCORES = "low_scores"  # most of the cohort scored better
    EXPIRING = "expiring"  # a pass ends soon
    SUSPENDED = "suspended"
    CAME_BACK = "came_back"  # withdrew, or did not complete, before


Weights = Mapping[Concern, int]

# Those that real courses say something about are what `make attention` found (docs/attention.md), the others are judgement.
WEIGHTS: Weights = MappingProxyType(
    {
        Concern.NO_GO: 3,
        Concern.EXPIRED: 3,
        Concern.NOT_ASSESSED: 3,
        Concern.BEHIND: 2,
        Concern.BLOCKED: 1,
        Concern.ABSENT: 1,
        Concern.INACTIVE: 1,
        Concern.LOW_SCORES: 2,
        Concern.EXPIRING: 1,
        Concern.SUSPENDED: 2,
        Concern.CAME_BACK: 1,
    }
)
# What counts at most, so that no single reason drowns all others.
AT_MOST: Mapping[Concern, int] = MappingProxyType(
    {
        Concern.NO_GO: 3,
        Concern.EXPIRED: 1,
        Concern.NOT_ASSESSED: 6,
        Concern.BEHIND: 6,
        Concern.BLOCKED: 3,
        Concern.ABSENT: 5,
        Concern.INACTIVE: 4,
        Concern.LOW_SCORES: 5,
        Concern.EXPIRING: 3,
        Concern.SUSPENDED: 1,
        Concern.CAME_BACK: 2,
    }
)


class Reason(NamedTuple):
    """One reason: `counts`, at most `AT_MOST`, times `weight` are its points. Words tell what was `seen`, `of` how many."""

    concern: Concern
    since: Day
    seen: int = 1
    counts: int = 1
    of: int = 0
    modules: tuple[int, ...] = ()
    sessions: tuple[int, ...] = ()
    weight: int = 0

    @property
    def points(self) -> int:
        return self.counts * self.weight

    def weighed(self, weights: Weights) -> "Reason":
        return self._replace(counts=min(self.counts, AT_MOST[self.concern]), weight=weights[self.concern])

    def order(self) -> tuple[int, int, Day]:
        return -self.points, _ORDER[self.concern], self.since


_ORDER = {concern: place for place, concern in enumerate(Concern)}


@dataclass(frozen=True, slots=True)
class Attention:
    """A trainee with at least one reason, the heaviest first."""

    trainee: int
    reasons: tuple[Reason, ...]

    @property
    def points(self) -> int:
        return sum(reason.points for reason in self.reasons)

    @property
    def since(self) -> Day:
        return min(reason.since for reason in self.reasons)

    def order(self) -> tuple[int, Day, int]:
        return -self.points, self.since, self.trainee


class Unsaid(StrEnum):
    """What the records of a cohort do not say, so that it counts for nobody."""

    REGISTERS = "registers"  # not one is closed: absences
    OPEN_REGISTERS = "open_registers"  # some are open: absences there
    RESULTS = "results"  # some are due and not entered
    SCORES = "scores"  # no module has enough of them


class Ranking(NamedTuple):
    """Everybody counted who has a reason: the most points first, of equal ones the longest standing."""

    trainees: tuple[Attention, ...]
    unsaid: tuple[Unsaid, ...]
