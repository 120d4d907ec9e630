"""From rows to the rule's inputs: one query for each kind of row, whatever the number of trainees.

What was recorded after the end of `known`, in the program's time zone, is as if it had never been. Records and places are
only ever added to: the rule itself leaves the later ones out, and says so. Programs, sessions and marks change in place:
how they stood on an earlier day is read back from the trail.
"""

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models
from django.db.models import Q, Subquery
from django.utils import timezone

from accounts.models import Change
from accounts.trail import as_known
from programs.models import CurriculumEntry, Program

from .. import progress
from ..models import Attendance, Cohort, CohortCurriculum, Enrolment, Record, SessionAudience, TrainingSession


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


def curriculum_in_force(cohort, moment: Moment) -> Subquery:
    """The id of the curriculum version that `cohort` (an id or OuterRef) follows."""
    followed = CohortCurriculum.objects.filter(
        cohort=cohort, since__lte=moment.as_of, act__at__lt=moment.end_of(moment.known)
    )
    return Subquery(followed.order_by("-since").values("curriculum")[:1])


def load_entries(cohort: int, moment: Moment) -> tuple[list[Entry], frozenset[int]]:
    """The entries of the curriculum in force for `cohort`, in order, and all tracks of its program: one query."""
    rows = (
        CurriculumEntry.objects.filter(curriculum=curriculum_in_force(cohort, moment))
        .order_by("position", "pk")
        .values_list(
            "pk", "module_id", "module__code", "module__title", "required", "hours", "pass_mark", "validity_months", "position",
            "for_tracks__track_id", "prerequisites__needs__module_id", "curriculum__program__tracks__pk",
        )
    )  # fmt: skip
    entries: dict[int, Entry] = {}
    tracks = set()
    for *columns, track, need, of_program in rows:
        entry = entries.setdefault(columns[0], Entry(*columns))
        entry.tracks |= {track} - {None}
        entry.needs |= {need} - {None}
        tracks |= {of_program} - {None}
    return list(entries.values()), frozenset(tracks)


def load_places(moment: Moment, **which) -> dict[int, list[progress.Place]]:
    """The lines of places that `which` filters, by trainee: one query."""
    lines: dict[int, list[progress.Place]] = defaultdict(list)
    statuses = {status.value: status for status in progress.PlaceStatus}
    rows = Enrolment.objects.filter(**which).order_by("pk")
    for trainee, pk, cohort, track, group, status, since, at, voids, reason in rows.values_list(
        "trainee_id", "id", "cohort_id", "track_id", "group_id", "status", "since", "act__at", "voids_id", "reason"
    ):
        lines[trainee].append(
            progress.Place(pk, cohort, track, group, statuses[status], since, moment.day_of(at), voids, reason)
        )
    return lines


def load_evidence(moment: Moment, **which) -> dict[int, dict[int, list[progress.Evidence]]]:
    """The records that `which` filters, by trainee and module: one query."""
    cells: dict[int, dict[int, list[progress.Evidence]]] = defaultdict(lambda: defaultdict(list))
    kinds = {kind.value: kind for kind in progress.Kind}
    rows = Record.objects.filter(**which).order_by("pk")
    for trainee, module, pk, kind, start, until, at, voids, again, time, session in rows.values_list(
        "trainee_id", "module_id", "id", "kind", "holds_from", "holds_until", "act__at", "voids_id", "recertification",
        "at_time", "session_id",
    ):  # fmt: skip
        cells[trainee][module].append(
            progress.Evidence(pk, kinds[kind], start, until, moment.day_of(at), voids, again, time, session)
        )
    return cells


SESSION = ("id", "module_id", "cohort_id", "kind", "starts_at", "ends_at", "cancelled_at", "register_closed_at")
MARK = ("id", "trainee_id", "status", "act__at")
PART = ("id", "track_id", "group_id", "trainee_id")
STATUSES = {
    status.value: status for status in progress.MarkStatus
}  # a look-up, where calling the enumeration costs 20 times


def load_registers(
    program: Program, which: Q, moment: Moment, places: dict[int, list[progress.Place]]
) -> tuple[list[progress.Register], progress.Thresholds]:
    """The registers of the sessions that `which` filters, with their marks and, while open, those expected.

    One query, and one more to the trail when the question looks back. `places` says who is active where, on which day.
    """
    sessions: dict[int, dict] = {}
    marks: dict[int, dict] = {}
    parts: dict[int, dict] = {}
    rows = TrainingSession.objects.filter(which).order_by("starts_at", "pk")
    names = (*SESSION, *(f"attendance__{name}" for name in MARK), *(f"audience__{name}" for name in PART))
    for row in rows.values_list(*names):
        sessions.setdefault(row[0], dict(zip(SESSION, row, strict=False)))
        mark, part = row[len(SESSION) : len(SESSION) + len(MARK)], row[len(SESSION) + len(MARK) :]
        if mark[0] is not None:
            marks.setdefault(mark[0], dict(zip(MARK, mark, strict=True)) | {"session_id": row[0]})
        if part[0] is not None:
            parts.setdefault(part[0], dict(zip(PART, part, strict=True)) | {"session_id": row[0]})
    settings: dict = {f.attname: getattr(program, f.attname) for f in Program._meta.concrete_fields}
    if moment.looks_back:
        sessions, marks, parts, settings = _look_back(program, moment, sessions, marks, parts, settings)
    thresholds = progress.Thresholds(settings["trained_from"], settings["practised_from"], settings["attendance_limit"])
    return list(_registers(moment, sessions, marks, parts, places)), thresholds


def _look_back(program, moment, sessions, marks, parts, settings):
    """The same rows as they stood at the end of `known`."""
    tables: dict[str, type[models.Model]] = {
        model._meta.db_table: model for model in (TrainingSession, Attendance, SessionAudience, Program)
    }
    changes: dict[str, list[tuple]] = {table: [] for table in tables}
    rows = Change.objects.filter(
        act__scope=program.pk, act__at__gte=moment.end_of(moment.known), table__in=list(tables)
    ).order_by("pk")
    for table, row, before in rows.values_list("table", "row", "before"):
        changes[table].append((row, before))

    def then(model, now):
        return as_known(model, now, changes[model._meta.db_table])

    cohorts = {row["cohort_id"] for row in sessions.values()}
    of_session = {pk: row for pk, row in then(TrainingSession, sessions).items() if row["cohort_id"] in cohorts}
    of_mark = {pk: row for pk, row in then(Attendance, marks).items() if row["session_id"] in of_session}
    of_part = {pk: row for pk, row in then(SessionAudience, parts).items() if row["session_id"] in of_session}
    program_then = then(Program, {program.pk: settings}).get(program.pk, settings)
    return of_session, of_mark, of_part, program_then


def _registers(moment: Moment, sessions, marks, parts, places) -> Iterable[progress.Register]:
    now = timezone.now()
    marks_of, parts_of = defaultdict(list), defaultdict(list)
    for pk, mark in marks.items():
        at = mark.get("act__at")
        marks_of[mark["session_id"]].append(
            progress.Mark(
                mark["session_id"],
                mark["trainee_id"],
                STATUSES[mark["status"]],
                min(moment.day_of(at), moment.known) if at else moment.known,
                pk,
            )
        )
    for part in parts.values():
        parts_of[part["session_id"]].append((part["track_id"], part["group_id"], part["trainee_id"]))
    for pk, row in sessions.items():
        closed, cancelled = row["register_closed_at"], row["cancelled_at"]
        session = progress.Session(
            pk,
            row["module_id"],
            row["cohort_id"],
            progress.SessionKind(row["kind"]),
            moment.day_of(row["ends_at"]) if row["ends_at"] <= now else None,
            cancelled_on=moment.day_of(cancelled) if cancelled else None,
            register_closed_on=moment.day_of(closed) if closed else None,
        )
        audience = frozenset() if closed else _audience(moment, row, parts_of[pk], places)
        yield progress.Register(session, marks_of[pk], audience)


def _audience(moment: Moment, row, parts, places) -> frozenset[int]:
    """Those the session is for who were active in its cohort on its day."""
    day = moment.day_of(row["starts_at"])
    expected = set()
    for trainee, line in places.items():
        place = progress.place_on(line, day, moment.known)
        if place is None or place.cohort != row["cohort_id"] or place.status != progress.PlaceStatus.ACTIVE:
            continue
        if not parts or any(
            (track is not None and track == place.track)
            or (group is not None and group == place.group)
            or one == trainee
            for track, group, one in parts
        ):
            expected.add(trainee)
    return frozenset(expected)


def of_cohort(cohort: Cohort) -> models.QuerySet:
    """The ids of everybody who ever had a place in `cohort`."""
    return Enrolment.objects.filter(cohort=cohort).values("trainee")
