"""Hours delivered against planned, module by module."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from .clashes import Audiences, Plan, planned
from .loading import Entry
from .progress import CohortView

NONE = Decimal(0)


@dataclass(frozen=True)
class Hours:
    """Hours that a trainee was or will be offered: the most, and the least where groups or tracks differ."""

    most: Decimal = NONE
    least: Decimal = NONE

    @property
    def differ(self) -> bool:
        return self.least != self.most


@dataclass(frozen=True)
class ModuleHours:
    """One module of the curriculum. Retakes are not counted: they are for those who need one."""

    entry: Entry
    held: Hours
    ahead: Hours

    @property
    def open(self) -> Decimal:
        """What is neither held nor planned, for whoever has the least."""
        return max(self.entry.hours - self.held.least - self.ahead.least, NONE)

    @property
    def percent(self) -> int:
        """Of the curriculum's hours, how many are held; at most a hundred, for a bar."""
        return min(int(100 * self.held.least / self.entry.hours), 100) if self.entry.hours else 0


def hours_of(view: CohortView) -> list[ModuleHours]:
    """The modules that the cohort's curriculum gives hours, or that sessions were planned of: five queries.

    Counted for each trainee of the roster of whom the module is asked, so lessons in parallel groups are not added up; while
    nobody is on the roster, as if everybody came to everything.
    """
    now = timezone.now()
    rows = planned().filter(cohort=view.cohort, cancelled_at=None).exclude(kind="retake").order_by("starts_at")
    audiences = Audiences([view.cohort], view.limits)
    counted = list(view.progress.trainees.values())
    asked: dict[int, set[int]] = {
        module: {one.trainee for one in counted if module in one.standings} for module in view.entries
    }
    held: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    ahead: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for session in rows:
        into = held if session.ends_at <= now or session.register_closed_at else ahead
        if session.module_id not in view.entries:
            continue
        people = asked[session.module_id]
        for trainee in audiences.of(Plan.of(session)) & people if people else {0}:
            into[session.module_id][trainee] += session.hours
    return [
        ModuleHours(entry, _span(held[module], asked[module]), _span(ahead[module], asked[module]))
        for module, entry in view.entries.items()
    ]


def _span(hours: dict[int, Decimal], people: set[int]) -> Hours:
    each = [hours.get(one, NONE) for one in people or {0}]
    return Hours(max(each), min(each))
