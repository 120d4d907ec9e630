"""From rows to the rule's inputs: one query for each kind of row, whatever the number of trainees.

What was recorded after the end of `known`, in the program's time zone, is as if it had never been. Records and places are
only ever added to: the rule itself leaves the later ones out, and says so. Programs, sessions and marks change in place:
how they stood on an earlier day is read back from the trail.
"""

import datetime
import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, FilteredRelation, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Act, Change
from accounts.trail import as_known
from programs.models import CurriculumEntry, Program

from .. import progress
from ..models import Attendance, CohortCurriculum, Enrolment, Record, SessionAudience, TrainingSession


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
    tracks: set[int] = field(default_factory=set)
    needs: set[int] = field(default_factory=set)

    @property
    def requirement(self) -> progress.Requirement:
        tracks, needs = frozenset(self.tracks), frozenset(self.needs)
        return progress.Requirement(
            self.id, self.module, self.required, tracks, needs, self.validity_months, self.position
        )


Moments = Mapping[int, Moment]  # by the id of a program, or of a cohort, as each function says
Values = dict[str, Any]  # of one row, by attribute name
Noted = dict[str, list[tuple[str, Values | None]]]  # by table: a row's id, and its columns before a change


Followed = dict[int, list[tuple[datetime.date, datetime.datetime, datetime.datetime | None, int, int]]]  # by cohort


def load_followed(cohorts: Iterable[int]) -> Followed:
    """What each cohort was ever said to follow: since, when added, when taken back, the curriculum, its number. One query."""
    followed: Followed = defaultdict(list)
    rows = CohortCurriculum.objects.filter(cohort__in=list(cohorts)).order_by("since", "pk")
    columns = ("cohort_id", "since", "added_at", "taken_back_at", "curriculum_id", "curriculum__number")
    for cohort, since, added, taken_back, curriculum, number in rows.values_list(*columns):
        followed[cohort].append((since, added, taken_back, curriculum, number))
    return followed


def curriculum_on(followed: Followed, cohort: int, moment: Moment) -> tuple[int, int] | None:
    """Id and number of the curriculum version that a cohort follows; the first holds for the days before it too."""
    found = None
    for since, added, taken_back, *curriculum in followed.get(cohort, ()):
        known = moment.knows(added) and not (taken_back and moment.knows(taken_back))
        if known and (since <= moment.as_of or found is None):
            found = (curriculum[0], curriculum[1])
    return found


_TRACKS = "curriculum__program__tracks"
_WHEN_PUBLISHED = Q(**{f"{_TRACKS}__added_at__lte": F("curriculum__published_at")}) & (
    Q(**{f"{_TRACKS}__archived_at": None}) | Q(**{f"{_TRACKS}__archived_at__gte": F("curriculum__published_at")})
)


def load_entries(**which: Any) -> dict[int, tuple[list[Entry], frozenset[int]]]:
    """By curriculum, the entries that `which` filters in their order, and the program's tracks at its publication: one query.

    A track added later is asked what all are asked, and cannot make anything that everybody was asked a matter of tracks.
    """
    rows = (
        CurriculumEntry.objects.filter(**which)
        .annotate(of_program=FilteredRelation(_TRACKS, condition=_WHEN_PUBLISHED))
        .order_by("position", "pk")
        .values_list(
            "pk", "module_id", "module__code", "module__title", "required", "hours", "pass_mark", "validity_months", "position",
            "curriculum_id", "for_tracks__track_id", "prerequisites__needs__module_id", "of_program__pk",
        )
    )  # fmt: skip
    entries: dict[int, dict[int, Entry]] = defaultdict(dict)
    tracks: dict[int, set[int]] = defaultdict(set)
    columns: list[Any]
    for *columns, curriculum, track, need, of_program in rows:
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


def load_places(moments: Moments, names: Names | None = None, **which: Any) -> Places:
    """The lines of places that `which` filters, by program and trainee: one query.

    `moments` by program. `names`, when given, is filled by the same query.
    """
    lines: Places = defaultdict(lambda: defaultdict(list))
    statuses = {status.value: status for status in progress.PlaceStatus}
    rows = Enrolment.objects.filter(program__in=list(moments), **which).order_by("pk")
    for program, trainee, pk, cohort, track, group, status, since, at, voids, reason, *more in rows.values_list(
        "program_id", "trainee_id", "id", "cohort_id", "track_id", "group_id", "status", "since", "act__at", "voids_id",
        "reason", *(_NAMES if names is not None else ()),
    ):  # fmt: skip
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


_NAMES = (
    "trainee__uuid", "trainee__roll_number", "trainee__call_sign", "track__code", "track__title", "group__code",
    "group__title",
)  # fmt: skip


def load_evidence(moments: Moments, keys: dict[int, uuid.UUID] | None = None, **which: Any) -> Evidences:
    """The records that `which` filters, by program, trainee and module: one query. `moments` by program.

    `keys`, when given, is filled with the key of each record's act by the same query.
    """
    cells: Evidences = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    kinds = {kind.value: kind for kind in progress.Kind}
    rows = Record.objects.filter(program__in=list(moments), **which).order_by("pk")
    for program, trainee, module, pk, kind, start, until, at, voids, again, time, session, *key in rows.values_list(
        "program_id", "trainee_id", "module_id", "id", "kind", "holds_from", "holds_until", "act__at", "voids_id",
        "recertification", "at_time", "session_id", *(("act__key",) if keys is not None else ()),
    ):  # fmt: skip
        if keys is not None:
            keys[pk] = key[0]
        cells[program][trainee][module].append(
            progress.Evidence(pk, kinds[kind], start, until, moments[program].day_of(at), voids, again, time, session)
        )
    return cells


SESSION = ("id", "module_id", "cohort_id", "kind", "starts_at", "ends_at", "cancelled_at", "register_closed_at")
MARK = ("id", "trainee_id", "status", "act__at")
PART = ("id", "track_id", "group_id", "trainee_id")
STATUSES = {
    status.value: status for status in progress.MarkStatus
}  # a look-up, where calling the enumeration costs 20 times


Registers = dict[int, tuple[list[progress.Register], progress.Thresholds]]  # by program


def load_registers(programs: Mapping[Program, Moment], cohorts: set[int], people: Any, places: Places) -> Registers:
    """For each program the registers of `cohorts` and those in which `people` were marked elsewhere, and its thresholds.

    A register has its marks and, while open, those expected: `places` says who is active where, on which day. One query,
    and one more to the trail when a question looks back.
    """
    which = Q(cohort__in=cohorts) | Q(attendance__trainee__in=people)
    tables: dict[int, Tables] = {program.pk: Tables(_settings(program)) for program in programs}
    rows = TrainingSession.objects.filter(which, cohort__program__in=list(tables)).order_by("starts_at", "pk")
    names = (*SESSION, *(f"attendance__{name}" for name in MARK), *(f"audience__{name}" for name in PART))
    for program, *row in rows.values_list("cohort__program_id", *names):
        tables[program].note(row)
    looking_back = {program.pk: moment for program, moment in programs.items() if moment.looks_back}
    if looking_back:
        _look_back(looking_back, tables, cohorts)
    found: Registers = {}
    for program, moment in programs.items():
        of = tables[program.pk]
        limits = of.settings
        thresholds = progress.Thresholds(limits["trained_from"], limits["practised_from"], limits["attendance_limit"])
        found[program.pk] = (list(_registers(moment, of, places.get(program.pk, {}))), thresholds)
    return found


@dataclass
class Tables:
    """The rows of one program that change in place: its own, and by id those of sessions, marks and audiences."""

    settings: Values
    sessions: dict[int, Values] = field(default_factory=dict)
    marks: dict[int, Values] = field(default_factory=dict)
    parts: dict[int, Values] = field(default_factory=dict)

    def note(self, row: Sequence[Any]) -> None:
        """Take in one row of sessions joined with their marks and audiences."""
        self.sessions.setdefault(row[0], dict(zip(SESSION, row, strict=False)))
        mark, part = row[len(SESSION) : len(SESSION) + len(MARK)], row[len(SESSION) + len(MARK) :]
        if mark[0] is not None and mark[0] not in self.marks:
            self.marks[mark[0]] = dict(zip(MARK, mark, strict=True)) | {"session_id": row[0]}
        if part[0] is not None and part[0] not in self.parts:
            self.parts[part[0]] = dict(zip(PART, part, strict=True)) | {"session_id": row[0]}


def _settings(program: Program) -> Values:
    return {f.attname: getattr(program, f.attname) for f in Program._meta.concrete_fields}


def _look_back(moments: Moments, tables: dict[int, Tables], asked: set[int]) -> None:
    """Put every table back to how it stood at the end of its program's `known`."""
    models_: dict[str, type[models.Model]] = {
        model._meta.db_table: model for model in (TrainingSession, Attendance, SessionAudience, Program)
    }
    changes: dict[int, Noted] = {program: {table: [] for table in models_} for program in moments}
    since = min(moment.end_of(moment.known) for moment in moments.values())
    rows = Change.objects.filter(act__scope__in=list(moments), act__at__gte=since, table__in=list(models_)).order_by(
        "pk"
    )
    for scope, at, table, row, before in rows.values_list("act__scope", "act__at", "table", "row", "before"):
        if scope is not None and at >= moments[scope].end_of(moments[scope].known):
            changes[scope][table].append((row, before))
    for program, noted in changes.items():
        of = tables[program]

        def then(model: type[models.Model], now: dict[int, Values], noted: Noted = noted) -> dict[int, Values]:
            return as_known(model, now, noted[model._meta.db_table])

        cohorts = asked | {row["cohort_id"] for row in of.sessions.values()}
        of.sessions = {pk: row for pk, row in then(TrainingSession, of.sessions).items() if row["cohort_id"] in cohorts}
        of.marks = {pk: row for pk, row in then(Attendance, of.marks).items() if row["session_id"] in of.sessions}
        of.parts = {pk: row for pk, row in then(SessionAudience, of.parts).items() if row["session_id"] in of.sessions}
        of.settings = then(Program, {program: of.settings}).get(program, of.settings)
    _date_restored(tables.values())


def _date_restored(tables: Iterable[Tables]) -> None:
    """When marks put back were made: their act tells. One query, where there are any."""
    restored = [mark for of in tables for mark in of.marks.values() if "act__at" not in mark]
    if restored:
        at = dict(Act.objects.filter(pk__in={mark["act_id"] for mark in restored}).values_list("pk", "at"))
        for mark in restored:
            mark["act__at"] = at[mark["act_id"]]


def _registers(
    moment: Moment, tables: Tables, places: Mapping[int, list[progress.Place]]
) -> Iterator[progress.Register]:
    now = timezone.now()
    lines = _lines_by_cohort(places, moment)
    marks_of, parts_of = defaultdict(list), defaultdict(list)
    for pk, mark in tables.marks.items():
        on = min(moment.day_of(mark["act__at"]), moment.known)
        marks_of[mark["session_id"]].append(
            progress.Mark(mark["session_id"], mark["trainee_id"], STATUSES[mark["status"]], on, pk)
        )
    for part in tables.parts.values():
        parts_of[part["session_id"]].append((part["track_id"], part["group_id"], part["trainee_id"]))
    for pk, row in tables.sessions.items():
        closed, cancelled, over = row["register_closed_at"], row["cancelled_at"], row["ends_at"] <= now
        session = progress.Session(
            pk,
            row["module_id"],
            row["cohort_id"],
            progress.SessionKind(row["kind"]),
            moment.day_of(row["ends_at"]) if over else None,
            cancelled_on=moment.day_of(cancelled) if cancelled else None,
            register_closed_on=moment.day_of(closed) if closed else None,
        )
        expected = over and not closed
        day = moment.day_of(row["starts_at"])
        audience = _audience(row["cohort_id"], day, parts_of[pk], lines[row["cohort_id"]]) if expected else frozenset()
        yield progress.Register(session, marks_of[pk], audience)


Part = tuple[int | None, int | None, int | None]  # track, group, trainee
Lines = list[tuple[int, list[progress.Place]]]  # trainees with their places in order


def _lines_by_cohort(places: Mapping[int, list[progress.Place]], moment: Moment) -> dict[int, Lines]:
    """Everybody who was ever in a cohort, by cohort: each line is read once, not once for every session."""
    found: dict[int, Lines] = defaultdict(list)
    for trainee, line in places.items():
        known = progress.timeline(line, moment.known)
        for cohort in {place.cohort for place in known}:
            found[cohort].append((trainee, known))
    return found


def _audience(cohort: int, day: datetime.date, parts: Sequence[Part], lines: Lines) -> frozenset[int]:
    """Those the session is for who were active in its cohort on its day."""
    expected = set()
    for trainee, line in lines:
        place = progress.last_by(line, day)
        if place is None or place.cohort != cohort or place.status is not progress.PlaceStatus.ACTIVE:
            continue
        if not parts or any(
            (track is not None and track == place.track)
            or (group is not None and group == place.group)
            or one == trainee
            for track, group, one in parts
        ):
            expected.add(trainee)
    return frozenset(expected)


def of_cohorts(cohorts: Iterable[int]) -> models.QuerySet[Enrolment, Any]:
    """The ids of everybody who ever had a place in one of `cohorts`."""
    return Enrolment.objects.filter(cohort__in=list(cohorts)).values("trainee")
