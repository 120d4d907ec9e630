"""What changed in a cohort between two answers about it: what was known then, and what is known now.

The two may be about different days ("since Monday"), or about the same one ("what did we know on the 18th, and what do we know
now about the 18th").
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import progress
from ..models import Attendance, Enrolment, Record, TrainingSession
from ..progress import Share, Standing
from ..words import STATE, state_of
from .loading import Entry, Person, of_cohorts
from .progress import CohortView

KINDS: dict[str, "str | Promise"] = {  # every change is of exactly one: the first that fits
    "corrected": _("Corrected"),
    "gained": _("Gained"),
    "lost": _("Lost"),
    "other": _("Otherwise"),
}
SATISFYING = {progress.Status.ACHIEVED, progress.Status.EXEMPT}


@dataclass(frozen=True)
class Change:
    """A trainee in a module: the state then and now ("": not asked), and the records written in between, in their order."""

    kind: str
    person: Person
    entry: Entry
    before: str
    after: str
    records: list[Record]

    @property
    def words(self) -> "str | Promise":
        return KINDS[self.kind]

    @property
    def states(self) -> list[tuple[str, "str | Promise"]]:
        """Both, each with its name."""
        return [(state, STATE[state] if state else _("not asked")) for state in (self.before, self.after)]


@dataclass(frozen=True)
class Counting:
    """A trainee who is counted now and was not then, or the other way round, with their place then and now."""

    person: Person
    before: progress.PlaceStatus | None
    after: progress.PlaceStatus | None

    @property
    def places(self) -> list[str]:
        return [str(Enrolment.Status(one.value).label) if one else "" for one in (self.before, self.after)]


@dataclass(frozen=True)
class LateSession:
    """A session that was over then, with so many marks made or changed since; `closed`: so was its register."""

    session: TrainingSession
    marks: int
    closed: bool
    at: datetime.datetime

    @property
    def words(self) -> str:
        told = [ngettext("%(n)s mark", "%(n)s marks", self.marks) % {"n": self.marks}] if self.marks else []
        return ", ".join([*told, *([gettext("register closed")] if self.closed else [])])


@dataclass(frozen=True)
class Late:
    """What was written down only since, though it holds from that day or before it."""

    records: list[Record] = field(default_factory=list)
    places: list[Enrolment] = field(default_factory=list)
    sessions: list[LateSession] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records) + len(self.places) + len(self.sessions)


@dataclass(frozen=True)
class Changed:
    then: CohortView
    now: CohortView
    changes: list[Change]
    counting: list[Counting]
    late: Late

    @property
    def counts(self) -> Mapping[str, int]:
        found = Counter(one.kind for one in self.changes)
        return {kind: found[kind] for kind in KINDS}

    @property
    def numbers(self) -> list[tuple["str | Promise", Share, Share]]:
        """The numbers of the cohort, then and now."""
        then, now = self.then.progress, self.now.progress
        return [
            (_("Requirements met"), then.coverage, now.coverage),
            (_("Trainees who meet all requirements"), then.meeting, now.meeting),
            (_("First-time GO"), then.first_time, now.first_time),
            (_("Attendance"), then.attendance, now.attendance),
            (_("Registers closed"), then.registers, now.registers),
            (_("Results entered"), then.results, now.results),
        ]


def changed(then: CohortView, now: CohortView) -> Changed:
    """What `now` says otherwise than `then`, two views of one cohort for one reader: three queries."""
    written = _written(then, now)
    by_cell: dict[tuple[int, int], list[Record]] = defaultdict(list)
    for record in written:
        if min(_days(record)) <= now.moment.as_of:
            by_cell[record.trainee_id, record.module_id].append(record)
    late = Late(
        [one for one in written if min(_days(one)) <= then.moment.as_of],
        _late_places(then, now),
        _late_sessions(then, now),
    )
    return Changed(then, now, list(_changes(then, now, by_cell)), list(_counting(then, now)), late)


def _between(then: CohortView, now: CohortView, at: str = "act__at") -> Q:
    """Written down after what was known then, and by what is known now."""
    since, until = then.moment.end_of(then.moment.known), now.moment.end_of(now.moment.known)
    return Q(**{f"{at}__gte": since, f"{at}__lt": until})


def _written(then: CohortView, now: CohortView) -> list[Record]:
    rows = Record.objects.within(now.limits).filter(
        _between(then, now), program=now.cohort.program_id, trainee__in=of_cohorts([now.cohort.pk])
    )
    return list(rows.select_related("act__user", "voids__act", "module", "trainee").order_by("pk"))


def _days(record: Record) -> list[datetime.date]:
    """From when a record speaks: its own day, and that of what it declares wrong."""
    own = [] if record.kind == Record.Kind.VOID else [record.holds_from]
    return [*own, record.voids.holds_from] if record.voids else own


def _changes(then: CohortView, now: CohortView, written: Mapping[tuple[int, int], list[Record]]) -> Iterator[Change]:
    """Cells of those counted both times, by roll number and in the order of the curriculum."""
    entries = {**now.entries, **{pk: entry for pk, entry in then.entries.items() if pk not in now.entries}}
    both = [pk for pk in now.progress.trainees if pk in then.progress.trainees]
    for trainee in sorted(both, key=lambda pk: now.names.people[pk].roll_number):
        before, after = then.progress.trainees[trainee].standings, now.progress.trainees[trainee].standings
        for module, entry in entries.items():
            was, is_ = before.get(module), after.get(module)
            records = written.get((trainee, module), [])
            if kind := _kind(was, is_, records, then):
                yield Change(kind, now.names.people[trainee], entry, _state(was), _state(is_), records)


def _kind(was: Standing | None, is_: Standing | None, records: list[Record], then: CohortView) -> str:
    """What became of a cell; "" if nothing did."""
    if any(one.voids and then.moment.knows(one.voids.act.at) for one in records):
        return "corrected"
    if (was and was.status) == (is_ and is_.status):
        return ""
    had, has = (bool(one and one.status in SATISFYING) for one in (was, is_))
    if had == has:
        return "other"
    return "gained" if has else "lost"


def _state(standing: Standing | None) -> str:
    return state_of(standing) if standing else ""


def _counting(then: CohortView, now: CohortView) -> Iterator[Counting]:
    places = [
        {trainee: status for status, trainees in view.progress.places.items() for trainee in trainees}
        for view in (then, now)
    ]
    differ = then.progress.trainees.keys() ^ now.progress.trainees.keys()
    for trainee in sorted(differ, key=lambda pk: now.names.people[pk].roll_number):
        yield Counting(now.names.people[trainee], places[0].get(trainee), places[1].get(trainee))


def _late_places(then: CohortView, now: CohortView) -> list[Enrolment]:
    rows = Enrolment.objects.within(now.limits).filter(
        _between(then, now),
        program=now.cohort.program_id,
        trainee__in=of_cohorts([now.cohort.pk]),
        since__lte=then.moment.as_of,
    )
    return list(rows.select_related("act__user", "trainee", "cohort__program").order_by("pk"))


def _late_sessions(then: CohortView, now: CohortView) -> list[LateSession]:
    """By session, for a register has as many marks as trainees. Marks are counted as they stand today."""
    marks = Attendance.objects.within(now.limits).filter(
        _between(then, now),
        session__cohort=now.cohort,
        session__ends_at__lt=then.moment.end_of(then.moment.as_of),
    )
    made = {
        session: (many, at)
        for session, many, at in marks.values_list("session").annotate(many=Count("pk"), at=Max("act__at"))
    }
    closed = _between(then, now, "register_closed_at") & Q(ends_at__lt=then.moment.end_of(then.moment.as_of))
    rows = now.cohort.sessions.filter(Q(pk__in=list(made)) | closed)
    since = then.moment.end_of(then.moment.known)
    found = []
    for session in rows.select_related("module", "cohort__program").order_by("starts_at", "pk"):
        many, at = made.get(session.pk, (0, None))
        shut = session.register_closed_at
        is_closed = shut is not None and shut >= since and now.moment.knows(shut)
        moments = [one for one in (at, shut if is_closed else None) if one]
        found.append(LateSession(session, many, is_closed, max(moments)))
    return found
