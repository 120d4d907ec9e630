"""A whole program as one file: what stands in its tables, and all that was ever done to them.

A zip with a CSV for each table, `acts.csv`, `trail.csv` and a manifest with the sums of all of them (docs/files.md). Another
Muster does the acts of the trail once more, one after the other (imports/bundle.py), and then has to have the same tables.
Nothing in it depends on where and when it was made: the same program gives the same bytes.

Left out: names and who read them, accounts, roles and invitations. Who did something stays, as text.
"""

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import IO, Any, TypeAlias

from django.db import models

from accounts.exports import escaped
from accounts.models import Act, Change
from accounts.trail import Column, recorded, values_of
from programs.models import (
    Assignment,
    AssignmentModule,
    Curriculum,
    CurriculumEntry,
    EntryTrack,
    Instructor,
    PerformanceStep,
    Prerequisite,
    Program,
    SkillModule,
    Track,
)

from ..models import (
    AttemptLeave,
    Attendance,
    Cohort,
    CohortCurriculum,
    CommanderRating,
    Completion,
    Enrolment,
    Excusal,
    Group,
    Lesson,
    Record,
    SessionAudience,
    SessionStaff,
    Sheet,
    SheetRow,
    StepMark,
    Trainee,
    TrainingSession,
    Unlisted,
)
from .merging import MERGE

Table: TypeAlias = type[models.Model]
Numbers: TypeAlias = Mapping[Table, Mapping[int, int]]  # by table: what a row is called in the bundle

FORMAT = 1
AT_A_TIME = 500

# The tables of a program, each with the reference by which a row of it belongs there; whoever is referred to comes first.
PARTS: Mapping[Table, str] = {
    Program: "",
    Track: "program",
    Curriculum: "program",
    CurriculumEntry: "curriculum",
    EntryTrack: "entry",
    Prerequisite: "entry",
    PerformanceStep: "entry",
    Assignment: "program",
    AssignmentModule: "assignment",
    Cohort: "program",
    CohortCurriculum: "cohort",
    Group: "cohort",
    CommanderRating: "cohort",
    Lesson: "cohort",
    Enrolment: "program",
    TrainingSession: "cohort",
    SessionStaff: "session",
    SessionAudience: "session",
    Sheet: "session",
    SheetRow: "sheet",
    Attendance: "session",
    Unlisted: "session",
    Record: "program",
    StepMark: "record",
    AttemptLeave: "program",
    Excusal: "program",
    Completion: "program",
}
# What programs share, by the code that another Muster knows it by: of these, all that rows of the program point to.
SHARED: Mapping[Table, str] = {SkillModule: "code", Instructor: "code", Trainee: "roll_number"}
TABLES: tuple[Table, ...] = (*SHARED, *PARTS)
ACTS = ("id", "key", "at", "who", "kind", "reason", "digest", "of_the_program", "undoes")
TRAIL = ("act", "table", "row", "values")


def batched(rows: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(rows)
    while some := list(islice(waiting, AT_A_TIME)):
        yield some


def columns(table: Table) -> list[Column]:
    """The columns of `table` that a bundle holds: none that lead out of it."""
    found = (one for one in recorded(table) if not one.primary_key)
    return [one for one in found if not one.is_relation or target(one) in {Act, *TABLES}]


def target(column: Column) -> Any:
    """The table that a reference points to; None for any other column."""
    return column.related_model


def name_of(table: Table) -> str:
    return table._meta.label_lower


# ---- what belongs to a program


@dataclass
class Contents:
    """Which rows belong to a program, those deleted since included, and in which order all this was done.

    `changes` are (act, change) in that order: acts by when they ended, so that each finds what it found then.
    """

    program: Program
    numbers: dict[Table, dict[int, int]] = field(default_factory=lambda: {table: {} for table in TABLES})
    acts: dict[int, int] = field(default_factory=dict)
    changes: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class _Found:
    rows: dict[Table, set[int]] = field(default_factory=lambda: {table: set() for table in TABLES})
    changes: list[tuple[int, int, Table, int]] = field(default_factory=list)  # change, act, table, row

    def look_through(self, table: Table, belongs: str) -> None:
        """Take in the changes of rows that belong, and which shared rows these point to."""
        owner: Any = table._meta.get_field(belongs) if belongs else None
        points = [(str(one.column), self.rows[target(one)]) for one in columns(table) if target(one) in SHARED]
        told = Change.objects.filter(table=table._meta.db_table).order_by("pk")
        for change, act, name, before, after in told.values_list("pk", "act", "row", "before", "after").iterator():
            noted: dict[str, Any] = after or before or {}
            row = int(name)
            if (noted[owner.column] in self.rows[owner.related_model]) if owner else (row in self.rows[table]):
                for column, rows in points:
                    if noted.get(column) is not None:
                        rows.add(noted[column])
                if before != after:  # where it is the same, all that was different is erased by now
                    self.rows[table].add(row)
                    self.changes.append((change, act, table, row))

    def follow_merged(self) -> None:
        """Whoever a number of the program was merged into comes along, whether or not they have anything there."""
        told = Change.objects.filter(act__kind=MERGE, table=Trainee._meta.db_table).order_by("pk")
        for row, into in told.values_list("row", "after__merged_into_id"):
            if into is not None and int(row) in self.rows[Trainee]:
                self.rows[Trainee].add(into)


def contents_of(program: Program) -> Contents:
    """What belongs to `program`. One query for each table."""
    found = _Found()
    found.rows[Program].add(program.pk)
    for table, owner in PARTS.items():
        found.look_through(table, owner)
    found.follow_merged()
    for table in SHARED:
        found.look_through(table, "")
    ended: dict[int, int] = {}
    for change, act, _table, _row in sorted(found.changes):
        ended[act] = change
    made = Contents(program)
    for change, act, table, row in sorted(found.changes, key=lambda one: (ended[one[1]], one[0])):
        made.acts.setdefault(act, len(made.acts) + 1)
        made.numbers[table].setdefault(row, len(made.numbers[table]) + 1)
        made.changes.append((act, change))
    return made


# ---- as text


def plain(column: Column, value: Any, numbers: Numbers, acts: Mapping[int, int]) -> Any:
    """A value as JSON holds it, the same on every engine: rows by their numbers, moments in UTC, decimals as text."""
    if value is not None and column.is_relation:
        return acts[value] if target(column) is Act else numbers[target(column)][value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return renumbered(value, numbers[CurriculumEntry], numbers[Record])
    return str(value)


def renumbered(snapshot: dict[str, Any], entries: Mapping[int, int], records: Mapping[int, int]) -> dict[str, Any]:
    """What a completion stood on, with other numbers for the entries and records in it."""
    return snapshot | {
        "modules": [
            one | {"entry": entries[one["entry"]], "records": [records[record] for record in one["records"]]}
            for one in snapshot["modules"]
        ]
    }


def _cell(value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    return escaped(value if isinstance(value, str) else _json(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def heads(table: Table) -> list[str]:
    """The headings of its file. What programs share carries no act: elsewhere it may have been there before."""
    return ["id", *(one.name for one in columns(table) if table not in SHARED or one.name != "act")]


def rows_of(table: Table, numbers: Numbers, acts: Mapping[int, int]) -> Iterator[list[str | int]]:
    """The rows of `table` as they stand, by their numbers; shared ones are pointed to by their codes."""
    wanted = [one for one in columns(table) if one.name in heads(table)]
    codes: dict[Table, dict[int, str]] = {
        other: dict(other._base_manager.values_list("pk", code))
        for other, code in SHARED.items()
        if other in map(target, wanted)
    }
    for some in batched(numbers[table].items()):
        found = table._base_manager.in_bulk([pk for pk, _n in some])
        for pk, n in some:
            if pk not in found:
                continue
            row: list[str | int] = [n]
            for one in wanted:
                value = getattr(found[pk], one.attname)
                if value is not None and target(one) in SHARED:
                    row.append(codes[target(one)][value])
                else:
                    row.append(_cell(plain(one, value, numbers, acts)))
            yield row


def _acts(made: Contents) -> Iterator[list[str | int]]:
    for some in batched(made.acts.items()):
        found = Act.objects.select_related("user").in_bulk([pk for pk, _n in some])
        for pk, n in some:
            act = found[pk]
            mine = act.scope == made.program.pk
            who = without_origin(str(act.user)) if act.user else ""
            reason = act.reason if mine or act.scope is None else ""  # another program's
            undoes = made.acts.get(act.undoes_id or 0)
            at = act.at.astimezone(UTC).isoformat()
            told = (n, str(act.key), at, who, act.kind, reason, act.digest, mine, undoes)
            yield [_cell(one) for one in told]


ELSEWHERE = " ↗"  # behind whoever did something in another Muster and has no account here


def without_origin(who: str) -> str:
    return who.removesuffix(ELSEWHERE)


def _trail(made: Contents) -> Iterator[list[str | int]]:
    tables = {table._meta.db_table: table for table in TABLES}
    shown = {table: columns(table) for table in TABLES}
    for some in batched(made.changes):
        found = Change.objects.in_bulk([change for _act, change in some])
        for act, change in some:
            one = found[change]
            table = tables[one.table]
            values: Any = None
            if one.after is not None:
                noted = values_of(table, one.after)
                values = {
                    column.name: plain(column, noted[column.attname], made.numbers, made.acts)
                    for column in shown[table]
                    if column.attname in noted
                }
            yield [made.acts[act], name_of(table), made.numbers[table][int(one.row)], _cell(values)]


# ---- the file


def write_bundle(program: Program, file: IO[bytes]) -> dict[str, Any]:
    """Write the bundle of `program` into `file`; give its manifest. For whoever runs the program: it tells of everybody."""
    made = contents_of(program)
    said: dict[str, Any] = {
        "muster_bundle": FORMAT,
        "program": program.code,
        "title": program.title,
        "changes": len(made.changes),
        "files": {},
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:

        def write(name: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
            with packed.open(_member(name), "w", force_zip64=True) as member:
                said["files"][name] = write_table(head, rows, member)

        for table in TABLES:
            write(f"{name_of(table)}.csv", heads(table), rows_of(table, made.numbers, made.acts))
        write("acts.csv", ACTS, _acts(made))
        write("trail.csv", TRAIL, _trail(made))
        told = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
        packed.writestr(_member("manifest.json"), told)
    return said


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # of 1 January 1980: the bytes depend on nothing but the content
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def write_table(
    head: Sequence[str], rows: Iterable[Sequence[str | int]], file: IO[bytes] | None = None
) -> dict[str, Any]:
    """Write one CSV, or only sum it up: its sum and how many rows it has."""
    total, n = hashlib.sha256(), 0
    waiting: list[str] = []

    class Lines:
        write = staticmethod(waiting.append)

    write = csv.writer(Lines, lineterminator="\r\n").writerow

    def flush() -> None:
        data = "".join(waiting).encode()
        waiting.clear()
        total.update(data)
        if file:
            file.write(data)

    waiting.append("\ufeff")
    write(head)
    for row in rows:
        write(row)
        n += 1
        if n % AT_A_TIME == 0:
            flush()
    flush()
    return {"rows": n, "sha256": total.hexdigest()}
