"""Thousands of results at once, under the rules of one: read for many, decided one by one, written together."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import refusals
from accounts.models import Act
from programs.models import Program, SkillModule

from .. import progress
from ..models import Record, Trainee, TrainingSession
from ..selectors.cells import Cell, Cells
from .records import LEADS, must_belong, must_fit, next_record, said_by

TOGETHER = 500  # rows in one savepoint
FIELDS = [field for field in Record._meta.concrete_fields if not field.primary_key]
AT = {field.attname: n for n, field in enumerate(FIELDS)}


@dataclass
class _Pending:
    row: int
    values: list[Any]  # of FIELDS, as the database takes them
    after: "_Pending | None"  # of the same cell, not yet written
    known: Callable[[int], None] | None = None  # told the number it was given
    pk: int | None = None


class ManyResults:
    """Results within one act. `load` the trainees of the next rows, `decide` each of them, then `write`.

    A record is decided on what stands and on what was decided before it, so the order of the rows is the order of attempts.
    Whoever calls has asked who may.
    """

    def __init__(self, act: Act, program: Program) -> None:
        self.act, self.cells = act, Cells(program)
        self._numbers = itertools.count(2**62)  # of records that have none yet: after all others
        self._pending: list[_Pending] = []
        self._last: dict[tuple[int, int], _Pending] = {}
        self._good: dict[tuple[Any, ...], list[Any]] = {}

    def load(self, trainees: Collection[int]) -> None:
        self.cells.load(trainees)

    def decide(
        self,
        row: int,
        trainee: Trainee,
        module: SkillModule,
        mark: progress.NewMark,
        *,
        assessor: int | None,
        session: TrainingSession | None,
    ) -> None:
        """One assessment, as `record_result` would write it. ValidationError where that would refuse it."""
        cell = self.cells.cell(trainee, module, mark.assessed_on)
        mark = mark._replace(**cell.checklist({}))
        if session is not None:
            must_belong(cell, session)
        must_fit(cell, mark, assessor)
        before = self._last.get((trainee.pk, module.pk))
        if before:
            cell.last_id = None  # it is known once that one is written
        said = said_by(cell, mark) | {
            "assessor_id": assessor, "session_id": session.pk if session else None, "voids_id": mark.voids
        }  # fmt: skip
        values = self._values(cell, said)
        line = progress.Evidence(
            next(self._numbers), mark.kind, mark.assessed_on, said["holds_until"], cell.today, mark.voids,
            mark.recertification, mark.at_time, said["session_id"], score=mark.score,
        )  # fmt: skip
        pending = _Pending(row, values, before, self.cells.add(cell, line))
        self._pending.append(pending)
        self._last[trainee.pk, module.pk] = pending

    def _values(self, cell: Cell, said: dict[str, Any]) -> list[Any]:
        """The cell's next record, as the database takes it. Most say what one before them said: that is looked at once.

        ValidationError for what no record may say.
        """
        key = tuple(said.values())
        if key not in self._good:
            record = next_record(self.act, cell, **said)
            record.clean_fields(exclude=LEADS)
            self._good[key] = _values_of(record)
        values = self._good[key].copy()
        values[AT["trainee_id"]], values[AT["module_id"]] = cell.trainee.pk, cell.module.pk
        values[AT["entry_id"]], values[AT["previous_id"]] = cell.entry_id, cell.last_id
        return values

    def write(self) -> dict[int, Exception]:
        """Write what was decided. What the database refuses, by row; then nothing of this act may stay."""
        refused: dict[int, Exception] = {}
        _write(self._pending, refused)
        self._pending, self._last, self._good = [], {}, {}
        return refused


def _write(pending: Sequence[_Pending], refused: dict[int, Exception]) -> None:
    for wave in _waves(pending):
        for one in wave:
            if one.after:
                one.values[AT["previous_id"]] = one.after.pk
        for n in range(0, len(wave), TOGETHER):
            _insert(wave[n : n + TOGETHER], refused)


def _waves(pending: Sequence[_Pending]) -> Iterator[list[_Pending]]:
    """First the first record of each cell, then the second: each needs the number of the one before."""
    waves: dict[int, list[_Pending]] = defaultdict(list)
    depth: dict[int, int] = {}
    for one in pending:
        depth[id(one)] = depth[id(one.after)] + 1 if one.after else 0
        waves[depth[id(one)]].append(one)
    for n in sorted(waves):
        yield waves[n]


def _values_of(record: Record) -> list[Any]:
    return [field.get_db_prep_save(getattr(record, field.attname), connection) for field in FIELDS]


def _insert(some: Sequence[_Pending], refused: dict[int, Exception]) -> None:
    """Insert these rows; where the database refuses one, find out which by halves."""
    some = [one for one in some if not (one.after and one.after.pk is None)]
    if not some:
        return
    try:
        with transaction.atomic():
            numbers = _inserted(some)
    except IntegrityError as error:
        if len(some) == 1:
            refused[some[0].row] = _told(error)
            return
        middle = len(some) // 2
        _insert(some[:middle], refused)
        _insert(some[middle:], refused)
        return
    for one, pk in zip(some, numbers, strict=True):
        one.pk = pk
        if one.known:
            one.known(pk)


def _inserted(some: Sequence[_Pending]) -> list[int]:
    """The numbers of the new records, by statements of as many rows as the database takes.

    `bulk_create` does the same, and makes a model of each row and each value anew: that was half the time of an import.
    """
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in FIELDS)
    into = f"INSERT INTO {quote(Record._meta.db_table)} ({columns}) VALUES "  # noqa: S608  # names of our own
    row = f"({', '.join(['%s'] * len(FIELDS))})"
    most = (connection.features.max_query_params or 2**15) // len(FIELDS)
    numbers: list[int] = []
    with connection.cursor() as cursor:
        for part in (some[n : n + most] for n in range(0, len(some), most)):
            values = [value for one in part for value in one.values]
            cursor.execute(f"{into}{', '.join([row] * len(part))} RETURNING id", values)
            numbers += [pk for (pk,) in cursor.fetchall()]
    return numbers


UNDONE = gettext_lazy("Undone.")


def take_back(undoing: Act, act: Act) -> tuple[int, list[str]]:
    """Void what `act` recorded, in cells where it is still the last word: how many, and whose were left.

    What a correction had replaced stands again, as a correction of it.
    """
    made: dict[tuple[int, int], list[Record]] = defaultdict(list)
    rows = Record.objects.filter(act=act).select_related("voids").order_by("-pk")
    for record in rows.iterator(chunk_size=2000):
        made[record.trainee_id, record.module_id].append(record)
    later = Record.objects.filter(trainee=OuterRef("trainee"), program=OuterRef("program"), module=OuterRef("module"))
    last = Record.objects.filter(act=act).annotate(
        overtaken=Exists(later.filter(pk__gt=OuterRef("pk")).exclude(act=act)) | Q(trainee__merged_into__isnull=False)
    )
    left = set(last.filter(overtaken=True).values_list("trainee_id", "module_id"))
    pending: list[_Pending] = []
    for cell, records in made.items():
        before = None
        for record in records if cell not in left else ():
            before = _Pending(record.pk, _values_of(_against(undoing, record, records[0])), before)
            pending.append(before)
    refused: dict[int, Exception] = {}
    _write(pending, refused)
    for error in refused.values():
        raise error
    people = Trainee.objects.filter(pk__in={trainee for trainee, _module in left}).order_by("roll_number")
    return len(pending), [str(one) for one in people]


def _against(undoing: Act, record: Record, last: Record) -> Record:
    """What takes `record` back: what it replaced, again, or the word that it is void. `last` is the last of the cell."""
    same = {name: getattr(record, name) for name in ("trainee_id", "program_id", "module_id", "entry_id")}
    said: dict[str, Any] = {"kind": Record.Kind.VOID, "holds_from": timezone.localdate(undoing.at)}
    if record.voids is not None:
        names = ("kind", "holds_from", "holds_until", "at_time", "score", "assessor_id", "session_id", "authority")
        said = {name: getattr(record.voids, name) for name in (*names, "recertification", "entry_id")}
    return Record(act=undoing, previous_id=last.pk, voids_id=record.pk, reason=str(UNDONE), **same | said)


def _told(error: IntegrityError) -> Exception:
    words = refusals.in_words(error)
    return error if words is None else words
