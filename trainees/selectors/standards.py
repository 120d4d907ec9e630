"""Standards drift: whether all judge alike. First attempts by iteration and by assessor, beside those of all others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from programs.models import Instructor

from ..models import Cohort, Record
from ..progress import Evidence, Interval, Kind, Share, differ, interval
from .loading import Entry, Person
from .progress import CohortView


@dataclass(frozen=True)
class Attempt:
    """The first attempt of a trainee in a module, made in a cohort."""

    entry: Entry
    cohort: Cohort
    person: Person
    evidence: Evidence
    assessor: Instructor

    @property
    def go(self) -> bool:
        return self.evidence.kind is Kind.GO

    def code_of(self, what: str) -> str:
        """The code of its module, cohort or assessor."""
        return str(getattr(self, "entry" if what == "module" else what).code)


@dataclass(frozen=True)
class Comparison:
    """First-time GO in one module of one cohort or one assessor, beside that of all others in the module."""

    entry: Entry
    by: Cohort | Instructor
    share: Share
    others: Share

    @property
    def interval(self) -> Interval | None:
        return interval(self.share)

    @property
    def others_interval(self) -> Interval | None:
        return interval(self.others)

    @property
    def differs(self) -> int:
        """1: higher than chance explains; -1: lower."""
        return differ(self.share, self.others)


@dataclass(frozen=True)
class Standards:
    attempts: Sequence[Attempt]
    iterations: Sequence[Comparison]
    assessors: Sequence[Comparison]

    @property
    def different(self) -> list[Comparison]:
        return [one for one in (*self.iterations, *self.assessors) if one.differs]

    @property
    def compared(self) -> int:
        """How many have others beside them."""
        return sum(one.others.whole > 0 for one in (*self.iterations, *self.assessors))


def standards_of(views: Sequence[CohortView]) -> Standards:
    """What the first attempts in these cohorts of one program say: two queries beside the views'."""
    lines = {
        line.id: (trainee, line)
        for view in views[:1]  # they share what the program's trainees have shown
        for trainee, cells in view.evidence.items()
        for cell in cells.values()
        for line in cell
    }
    found = [
        (entry, view, *lines[first])
        for view in views
        for module, entry in view.entries.items()
        for first in view.progress.modules[module].first_attempts
    ]
    ids = [line.id for _entry, _view, _trainee, line in found]
    by = dict(Record.objects.filter(pk__among=ids).values_list("pk", "assessor_id"))
    people = Instructor.objects.in_bulk(set(by.values()) - {None})
    attempts = [
        Attempt(entry, view.cohort, view.names.people[trainee], line, people[assessor])
        for entry, view, trainee, line in found
        if (assessor := by[line.id]) is not None
    ]
    attempts.sort(key=lambda one: (one.entry.code, one.evidence.holds_from, one.person.roll_number))
    return Standards(attempts, _compared(attempts, "cohort"), _compared(attempts, "assessor"))


def _compared(attempts: Iterable[Attempt], what: str) -> list[Comparison]:
    """Each module of each `what`, beside the others in the module, if there are any."""
    whose = attrgetter(what)
    counts: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    entries: dict[str, Entry] = {}
    named: dict[int, Cohort | Instructor] = {}
    for one in attempts:
        entries[one.entry.code], named[whose(one).pk] = one.entry, whose(one)
        count = counts[one.entry.code][whose(one).pk]
        count[0] += one.go
        count[1] += 1
    lines = []
    for code, of in counts.items():
        part, whole = (sum(column) for column in zip(*of.values(), strict=True))
        for pk, (goes, made) in of.items():
            lines.append(Comparison(entries[code], named[pk], Share(goes, made), Share(part - goes, whole - made)))
    return sorted(lines, key=lambda one: (one.entry.code, _place(one.by)))


def _place(by: Cohort | Instructor) -> tuple[str, str]:
    return (by.starts_on.isoformat(), by.code) if isinstance(by, Cohort) else ("", by.code)
