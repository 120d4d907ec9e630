"""From rows to the rule's inputs: one query for each kind of row, whatever the number of trainees.

What was recorded after the end of `known`, in the program's time zone, is as if it had never been. Records and places are
only ever added to: the rule itself leaves the later ones out, and says so. What changes in place is in `registers.py`.
Whoever is limited to a nation gets the rows about its trainees alone: every loader asks for the `Limits` of its reader.
"""

import datetime
import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import F, FilteredRelation, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.fields import Row
from programs.access import Limits
from programs.models import CurriculumEntry, Program

from .. import progress
from ..models import CohortCurriculum, Enrolment, Record


@dataclass(frozen=True)
class Moment:
    """The two dates of a question, in the time zone of a program."""

    zone: zoneinfo.ZoneInfo
    as_of: datetime.date
    known: datetime.date

    @classmethod
    def of(cls, program: Program, as_of: datetime.date | None = None, known: datetime.date | None = None) -> "Moment":
        """Both dates default to today; neither lies after it."""
        zone = zoneinfo.ZoneInfo(program.time_zone)
        today = timezone.localdate(timezone=zone)
        return cls(zone, min(as_of or today, today), min(known or today, today))

    def end_of(self, day: datetime.date) -> datetime.datetime:
        """The first moment after `day`."""
        return datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), self.zone)

    def knows(self, at: datetime.datetime) -> bool:
        """Whether something written down `at` was known."""
        return self.day_of(at) <= self.known

    def day_of(self, at: datetime.datetime) -> datetime.date:
        return at.astimezone(self.zone).date()

    @property
    def looks_back(self) -> bool:
        """Whether something may have been recorded since `known`."""
        return self.known < timezone.localdate(timezone=self.zone)


@dataclass
class Entry:
    """One entry of the curriculum in force, as pages show it; `requirement` is what the rule sees of it."""

    id: int
    module: int
    code: str
    title: str
    required: bool
    hours: Decimal
    pass_mark: Decimal | None
    validity_months: int | None
    position: int
    steps_needed: int | None = None
    tracks: set[int] = field(default_factory=set)
    needs: set[int] = field(default_factory=set)

    @property
    def requirement(self) -> progress.Requirement:
        tracks, needs = frozenset(self.tracks), frozenset(self.needs)
        return progress.Requirement(
            self.id, self.module, self.required, tracks, needs, self.validity_months, self.position
        )


Moments = Mapping[int, Moment]  # by the id of a program, or of a cohort, as each function says


Followed = dict[int, list[tuple[datetime.date, datetime.datetime, datetime.datetime | None, int, int]]]  # by cohort


def curriculum_on(followed: Followed, cohort: int, moment: Moment) -> tuple[int, int] | None:
    """Id and number of the curriculum version that a cohort follows; the first holds for the days before it too."""
    found = None
    for since, added, taken_back, *curriculum in followed.get(cohort, ()):
        known = moment.knows(added) and not (taken_back and moment.knows(taken_back))
        if known and (since <= moment.as_of or found is None):
            found = (curriculum[0], curriculum[1])
    return found


_TRACKS = "curriculum__program__tracks"


Curricula = dict[
    int, tuple[list[Entry], frozenset[int]]
]  # by curriculum: its entries in their order, its program's tracks
_ENTRY = (
    "pk", "module_id", "module__code", "module__title", "required", "hours", "pass_mark", "validity_months", "position",
    "steps_needed", "for_tracks__track_id", "prerequisites__needs__module_id",
)  # fmt: skip


def load_entries(**which: Any) -> Curricula:
    """By curriculum, the entries that `which` filters in their order, and the program's tracks at its publication: one query.

    A draft is taken as published now.

    A track added later is asked what all are asked, and cannot make anything that everybody was asked a matter of tracks.
    """
    rows = CurriculumEntry.objects.filter(**which).order_by("position", "pk")
    return _curricula(_with_tracks(rows).values_list("curriculum_id", "of_program__pk", *_ENTRY))


def load_curricula(cohorts: Collection[int]) -> tuple[Followed, Curricula]:
    """What each cohort was ever said to follow, and the entries of all that: one query for one cohort, two for more.

    Cohorts share curricula: with the first query each entry would come once for each cohort.
    """
    followed: Followed = defaultdict(list)
    rows: models.QuerySet[CohortCurriculum]
    rows = CohortCurriculum.objects.filter(cohort__in=cohorts).order_by("since", "pk")
    columns: tuple[str, ...] = (
        "pk",
        "cohort_id",
        "since",
        "added_at",
        "taken_back_at",
        "curriculum_id",
        "curriculum__number",
    )
    if len(cohorts) == 1:
        rows = _with_tracks(rows).order_by(
            "since", "pk", *(f"curriculum__entries__{name}" for name in ("position", "pk"))
        )
        columns += ("of_program__pk", *(f"curriculum__entries__{name}" for name in _ENTRY))
    found = list(rows.values_list(*columns))
    lines = {row[0]: row[1:7] for row in found}
    for cohort, *line in lines.values():
        followed[cohort].append(tuple(line))
    if len(cohorts) == 1:
        return followed, _curricula((row[5], *row[7:]) for row in found)
    return followed, load_entries(curriculum__in={line[4] for line in lines.values()})


def _with_tracks(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    published = Coalesce(F("curriculum__published_at"), Value(timezone.now()))
    when_published = Q(**{f"{_TRACKS}__added_at__lte": published}) & (
        Q(**{f"{_TRACKS}__archived_at": None}) | Q(**{f"{_TRACKS}__archived_at__gte": published})
    )
    with_tracks: models.QuerySet[Row] = rows.annotate(  # type: ignore[assignment]  # django-stubs loses the model
        of_program=FilteredRelation(_TRACKS, condition=when_published)
    )
    return with_tracks


def _curricula(rows: Iterable[Sequence[Any]]) -> Curricula:
    """From rows of a curriculum, a track of its program, an entry (None: it has none), a track and a prerequisite of that."""
    entries: dict[int, dict[int, Entry]] = defaultdict(dict)
    tracks: dict[int, set[int]] = defaultdict(set)
    for curriculum, of_program, *columns, track, need in rows:
        if columns[0] is None:
            continue
        entry = entries[curriculum].setdefault(columns[0], Entry(*columns))
        entry.tracks |= {track} - {None}
        entry.needs |= {need} - {None}
        tracks[curriculum] |= {of_program} - {None}
    return {curriculum: (list(of.values()), frozenset(tracks[curriculum])) for curriculum, of in entries.items()}


def load_entries_of(cohort: int, moment: Moment) -> tuple[list[Entry], frozenset[int]]:
    """The entries in force for one cohort, and the tracks of its program: one query."""
    known = CohortCurriculum.objects.filter(cohort=cohort, added_at__lt=moment.end_of(moment.known)).exclude(
        taken_back_at__lt=moment.end_of(moment.known)
    )
    in_force = known.filter(since__lte=moment.as_of).order_by("-since", "-pk").values("curriculum")[:1]
    first = known.order_by("since", "pk").values("curriculum")[:1]
    found = load_entries(curriculum=Coalesce(Subquery(in_force), Subquery(first)))
    return next(iter(found.values()), ([], frozenset()))


@dataclass(frozen=True)
class Person:
    """A trainee as pages name them. Never by name."""

    id: int
    uuid: uuid.UUID
    roll_number: str
    call_sign: str

    def __str__(self) -> str:
        return f"{self.roll_number} {self.call_sign}"


@dataclass
class Names:
    """What the lines of places point to: trainees, and by id the tracks and groups (code, title) they were ever in."""

    people: dict[int, Person] = field(default_factory=dict)
    tracks: dict[int, tuple[str, str]] = field(default_factory=dict)
    groups: dict[int, tuple[str, str]] = field(default_factory=dict)


Places = dict[int, dict[int, list[progress.Place]]]  # by program and trainee
Evidences = dict[int, dict[int, dict[int, list[progress.Evidence]]]]  # by program, trainee and module


def load_places(moments: Moments, limits: Limits, names: Names | None = None, **which: Any) -> Places:
    """The lines of places that `which` filters, by program and trainee: one query.

    `moments` by program. `names`, when given, is filled by the same query.
    """
    lines: Places = defaultdict(lambda: defaultdict(list))
    statuses = {status.value: status for status in progress.PlaceStatus}
    rows = Enrolment.objects.within(limits).filter(program__in=list(moments), **which).order_by().values_list(
        "id", "program_id", "trainee_id", "cohort_id", "track_id", "group_id", "status", "since", "act__at", "voids_id",
        "reason", *(_NAMES if names is not None else ()),
    )  # fmt: skip
    for pk, program, trainee, cohort, track, group, status, since, at, voids, reason, *more in _in_order(rows):
        day = moments[program].day_of(at)
        lines[program][trainee].append(
            progress.Place(pk, cohort, track, group, statuses[status], since, day, voids, reason)
        )
        if names is not None:
            names.people[trainee] = Person(trainee, *more[:3])
            if track is not None:
                names.tracks[track] = (more[3], more[4])
            if group is not None:
                names.groups[group] = (more[5], more[6] or more[5])
    return lines


def _in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """By their number, which stands first. Asked for that order, SQLite reads all of a program to get some people's rows."""
    return sorted(rows, key=itemgetter(0))


_NAMES = (
    "trainee__uuid", "trainee__roll_number", "trainee__call_sign", "track__code", "track__title", "group__code",
    "group__title",
)  # fmt: skip


Acts = dict[int, tuple[uuid.UUID, int | None]]  # by record: the key of its act, and who did it


def load_evidence(moments: Moments, limits: Limits, acts: Acts | None = None, **which: Any) -> Evidences:
    """The records that `which` filters, by program, trainee and module: one query. `moments` by program.

    `acts`, when given, is filled by the same query.
    """
    cells: Evidences = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    kinds = {kind.value: kind for kind in progress.Kind}
    rows = Record.objects.within(limits).filter(program__in=list(moments), **which).order_by().values_list(
        "id", "program_id", "trainee_id", "module_id", "kind", "holds_from", "holds_until", "act__at", "voids_id",
        "recertification", "at_time", "session_id", "copy_of_id", "score",
        *(("act__key", "act__user_id") if acts is not None else ()),
    )  # fmt: skip
    for pk, program, trainee, module, kind, start, until, at, voids, again, time, session, of, score, *by in _in_order(
        rows
    ):
        if acts is not None:
            acts[pk] = (by[0], by[1])
        cells[program][trainee][module].append(
            progress.Evidence(
                pk, kinds[kind], start, until, moments[program].day_of(at), voids, again, time, session, of, score
            )
        )
    return cells


def of_cohorts(cohorts: Iterable[int]) -> models.QuerySet[Enrolment, Any]:
    """The ids of everybody who ever had a place in one of `cohorts`."""
    return Enrolment.objects.filter(cohort__in=list(cohorts)).values("trainee")
