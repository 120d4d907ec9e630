"""Registers as they stood: programs, sessions, marks and audiences change in place, so the trail is asked how they were."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Act, Change
from accounts.trail import as_known
from programs.access import Limits
from programs.models import Program

from .. import progress
from ..models import Attendance, SessionAudience, Trainee, TrainingSession
from .loading import Moment, Moments, Places
from .merging import MERGE

Values = dict[str, Any]  # of one row, by attribute name
Noted = dict[str, list[tuple[str, Values | None]]]  # by table: a row's id, and its columns before a change

SESSION = ("id", "module_id", "cohort_id", "kind", "starts_at", "ends_at", "cancelled_at", "register_closed_at")
MARK = ("id", "trainee_id", "status", "act__at")
PART = ("id", "track_id", "group_id", "trainee_id")
STATUSES = {
    status.value: status for status in progress.MarkStatus
}  # a look-up, where calling the enumeration costs 20 times


class OfProgram(NamedTuple):
    """The registers of a program and its own figures, as they stood."""

    registers: list[progress.Register]
    thresholds: progress.Thresholds
    weights: progress.Weights
    to_come: Callable[[int, datetime.date], list[progress.Coming]]  # of a cohort, after a day


Registers = dict[int, OfProgram]  # by program


def load_registers(
    programs: Mapping[Program, Moment], limits: Limits, cohorts: set[int], people: Any, places: Places
) -> Registers:
    """For each program the registers of `cohorts` and those in which `people` were marked elsewhere, and its own figures.

    A register has its marks and, while open, those expected: `places` says who is active where, on which day. One query,
    one more to the trail when a question looks back, and one where its reader is limited.
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
    for limited in limits.keys() & tables.keys():
        _limit(tables[limited], limits[limited])
    found: Registers = {}
    for program, moment in programs.items():
        of = tables[program.pk]
        at = of.settings
        thresholds = progress.Thresholds(at["trained_from"], at["practised_from"], at["attendance_limit"])
        weights = {one: at.get(f"weighs_{one}", usual) for one, usual in progress.WEIGHTS.items()}  # added later
        lines = places.get(program.pk, {})
        registers = list(_registers(moment, of, lines))
        found[program.pk] = OfProgram(registers, thresholds, weights, partial(_to_come, moment, of, lines))
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
    acts = Act.objects.filter(Q(scope__in=list(moments)) | Q(kind=MERGE), at__gte=since)
    rows = Change.objects.filter(act__in=acts, table__in=list(models_)).order_by("pk")
    for kind, scope, at, table, row, before in rows.values_list(
        "act__kind", "act__scope", "act__at", "table", "row", "before"
    ):
        for program in moments if kind == MERGE else (scope,):  # rows of others are left out with their sessions
            if program is not None and at >= moments[program].end_of(moments[program].known):
                changes[program][table].append((row, before))
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


def _limit(tables: Tables, nation: str) -> None:
    """Leave the marks of one nation's trainees, by what is their nation now."""
    marked = {mark["trainee_id"] for mark in tables.marks.values()}
    seen = set(Trainee.objects.filter(pk__in=marked, nation=nation).values_list("pk", flat=True))
    tables.marks = {pk: mark for pk, mark in tables.marks.items() if mark["trainee_id"] in seen}


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
    lines = lines_by_cohort(places, moment)
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
        ends_on = moment.day_of(row["ends_at"])
        session = progress.Session(
            pk,
            row["module_id"],
            row["cohort_id"],
            progress.SessionKind(row["kind"]),
            ends_on if over else None,
            cancelled_on=moment.day_of(cancelled) if cancelled else None,
            register_closed_on=moment.day_of(closed) if closed else None,
            ends_on=ends_on,
        )
        expected = over and not closed
        day = moment.day_of(row["starts_at"])
        audience = (
            audience_on(row["cohort_id"], day, parts_of[pk], lines[row["cohort_id"]]) if expected else frozenset()
        )
        yield progress.Register(session, marks_of[pk], audience)


def _to_come(
    moment: Moment, tables: Tables, places: Mapping[int, list[progress.Place]], cohort: int, day: datetime.date
) -> list[progress.Coming]:
    """The sessions of a cohort that are not over by the end of `day`, today by now, as planned and not cancelled on `known`."""
    now = timezone.now()
    is_today = day >= moment.day_of(now)
    rows = {
        pk: row
        for pk, row in tables.sessions.items()
        if row["cohort_id"] == cohort
        and (row["ends_at"] > now if is_today else moment.day_of(row["starts_at"]) > day)
        and not (row["cancelled_at"] and moment.knows(row["cancelled_at"]))
    }
    parts: dict[int, list[Part]] = defaultdict(list)
    for part in tables.parts.values():
        parts[part["session_id"]].append((part["track_id"], part["group_id"], part["trainee_id"]))
    lines = lines_by_cohort(places, moment)[cohort] if rows else []
    found = []
    for pk, row in rows.items():
        first, last = moment.day_of(row["starts_at"]), moment.day_of(row["ends_at"])
        kind, audience = progress.SessionKind(row["kind"]), audience_on(cohort, first, parts[pk], lines)
        found.append(
            progress.Coming(pk, row["module_id"], kind, row["starts_at"], row["ends_at"], first, last, audience)
        )
    return found


Part = tuple[int | None, int | None, int | None]  # track, group, trainee
Lines = list[tuple[int, list[progress.Place]]]  # trainees with their places in order


def lines_by_cohort(places: Mapping[int, list[progress.Place]], moment: Moment) -> dict[int, Lines]:
    """Everybody who was ever in a cohort, by cohort: each line is read once, not once for every session."""
    found: dict[int, Lines] = defaultdict(list)
    for trainee, line in places.items():
        known = progress.timeline(line, moment.known)
        for cohort in {place.cohort for place in known}:
            found[cohort].append((trainee, known))
    return found


def audience_on(cohort: int, day: datetime.date, parts: Sequence[Part], lines: Lines) -> frozenset[int]:
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
