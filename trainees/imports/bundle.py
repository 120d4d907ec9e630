"""A program from another Muster, with all that was ever done in it (selectors/bundle.py tells what a bundle is).

Its acts are done once more, in their order, each change by the database's own rules and into the trail: so what was known on
an earlier day can be asked here too. At the end the tables have to be those of the bundle, to the letter, or nothing stays.
"""

import csv
import hashlib
import io
import json
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import IO, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from accounts import refusals
from accounts.acts import Key, add, check, perform
from accounts.exports import unescaped
from accounts.imports import Rehearsed, tell_the_planner
from accounts.models import Act, User
from accounts.spreadsheets import PIECE, Unreadable, must_be_small, unpacks_without_end
from accounts.trail import Column, acting
from programs.models import CurriculumEntry, Program

from ..models import Record
from ..selectors import bundle as made
from ..selectors.bundle import ACTS, FORMAT, SHARED, TABLES, TRAIL, Table
from ..selectors.imports import IMPORT

KIND = f"{IMPORT}program"
AT_ONCE = 500  # rows written by one statement
BY_NAME = {made.name_of(table): table for table in TABLES}
Tell = Callable[[int], object]


def _damaged() -> Unreadable:
    return Unreadable(
        _("This is no program bundle of Muster, or it is damaged. Make it once more and choose that file.")
    )


@dataclass(frozen=True)
class Bundle:
    """A bundle whose sums are right. `said` is its manifest."""

    packed: zipfile.ZipFile
    said: dict[str, Any]

    @property
    def changes(self) -> int:
        return int(self.said["files"]["trail.csv"]["rows"])

    def rows(self, name: str, head: Sequence[str]) -> Iterator[list[str]]:
        """The rows of one of its files, which has to have these headings."""
        with self.packed.open(name) as member, io.TextIOWrapper(member, "utf-8-sig", newline="") as text:
            rows = csv.reader(text, strict=True)
            if next(rows, None) != list(head):
                raise Unreadable(
                    _("This bundle is of another version of Muster: %(file)s has other columns.") % {"file": name}
                )
            for row in rows:
                yield [unescaped(cell) for cell in row]


def opened(file: IO[bytes]) -> Bundle:
    """The bundle in `file`, looked through once. Unreadable where it is none, or not as it was made."""
    must_be_small(file.seek(0, io.SEEK_END))
    file.seek(0)
    try:
        packed = zipfile.ZipFile(file)
        if unpacks_without_end(packed.infolist()):
            raise _damaged()
        with packed.open("manifest.json") as member:
            said = json.loads(member.read(PIECE))
        if said["muster_bundle"] != FORMAT:
            raise Unreadable(_("This bundle is of a newer Muster. Bring this one up to date first."))
        names = [*(f"{name}.csv" for name in BY_NAME), "acts.csv", "trail.csv"]
        if sorted(packed.namelist()) != sorted([*names, "manifest.json"]) or sorted(said["files"]) != sorted(names):
            raise _damaged()
        for name in names:
            total = hashlib.sha256()
            with packed.open(name) as member:
                while piece := member.read(PIECE):
                    total.update(piece)
            if total.hexdigest() != said["files"][name]["sha256"]:
                raise _damaged()
        str(said["program"]), str(said["title"]), int(said["files"]["trail.csv"]["rows"])
    except Unreadable:
        raise
    except Exception as error:  # whatever zip and JSON stumble over
        raise _damaged() from error
    return Bundle(packed, said)


@dataclass
class Came:
    """What came of a bundle: by table, how many rows are new and how many were here already; when it was done there."""

    program: Program | None = None
    new: Counter[Table] = field(default_factory=Counter)
    known: Counter[Table] = field(default_factory=Counter)
    acts: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """As a page tells it: of each table with rows, its name, how many are new, how many known."""
        return {
            "acts": self.acts,
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "tables": [
                [str(table._meta.verbose_name_plural), self.new[table], self.known[table]]
                for table in TABLES
                if self.new[table] or self.known[table]
            ],
        }


def take_in(bundle: Bundle, *, user: User, key: Key, rehearse: bool = False, tell: Tell = lambda n: None) -> Came:
    """Import the program in `bundle`, for administrators: all of it or nothing. With `rehearse`, nothing stays.

    ValidationError says why it cannot be. `tell` hears now and then how many changes are done. The same key again writes
    nothing.
    """
    came = Came()

    def do(act: Act) -> None:
        if not (user.is_active and user.is_superuser):
            raise PermissionDenied
        if Program.objects.filter(code=bundle.said["program"]).exists():
            words = _("There is a program %(code)s here already. A bundle makes a new one; it does not change one.")
            raise ValidationError(words % {"code": bundle.said["program"]})
        try:
            _Again(bundle, act, came, tell).do()
        except (ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:  # what no Muster has written
            raise _damaged() from error
        if rehearse:
            connection.check_constraints()
            raise Rehearsed
        tell_the_planner(bundle.changes)

    with suppress(Rehearsed):
        code = str(bundle.said["program"])
        perform(user=user, key=key, kind=KIND, body=[bundle.said["files"]], do=do, reason=code)
    return came


class _Again:
    """Doing the acts of a bundle once more. `rows` say by table which row here has a number there, `acts` the same of acts."""

    def __init__(self, bundle: Bundle, act: Act, came: Came, tell: Tell) -> None:
        self.bundle, self.act, self.came, self.tell = bundle, act, came, tell
        self.rows: dict[Table, dict[int, int]] = {table: {} for table in TABLES}
        self.acts: dict[int, int] = {}
        self.here: dict[Table, set[int]] = {table: set() for table in TABLES}
        self.gone: set[tuple[Table, int]] = set()
        self.waiting: dict[int, models.Model] = {}  # rows of one table, to be written by one statement
        self.accounts: dict[str, User] = {}

    def do(self) -> None:
        self._find_what_is_here()
        told = {int(row[0]): dict(zip(ACTS, row, strict=True)) for row in self.bundle.rows("acts.csv", ACTS)}
        for who in dict.fromkeys(one["who"] for one in told.values() if one["who"]):
            self.accounts[who] = self._account(who)
        done = 0
        for n, changes in groupby(self.bundle.rows("trail.csv", TRAIL), key=lambda row: int(row[0])):
            all_of_it = list(changes)
            left = [row for row in all_of_it if int(row[2]) not in self.here[BY_NAME[row[1]]]]
            if left:
                self._do_act(n, told[n], left)
            done += len(all_of_it)
            self.tell(done)
        self._compare()
        self.came.program = Program.objects.get(pk=self.rows[Program][1])

    # ---- what programs share, and may be here

    def _find_what_is_here(self) -> None:
        for table, code in SHARED.items():
            head = made.heads(table)
            at = head.index(code)
            there = {row[at]: row for row in self.bundle.rows(f"{made.name_of(table)}.csv", head)}
            rows = self.rows[table]
            for some in made.batched(there):
                found = table._base_manager.filter(**{f"{code}__in": some}).values_list(code, "pk")
                rows.update((int(there[same][0]), pk) for same, pk in found)
            self.here[table] = set(rows)
            self.came.known[table] = len(rows)
            for row in made.rows_of(table, {table: {pk: n for n, pk in rows.items()}}, {}):
                here = [unescaped(str(cell)) for cell in row]
                self._must_be_the_same(table, head, here, there[here[at]])

    def _must_be_the_same(self, table: Table, head: list[str], here: list[str], there: list[str]) -> None:
        other = [name for name, one, two in zip(head, here, there, strict=True) if one != two]
        if not other:
            return
        told = {"thing": str(table._meta.verbose_name).capitalize(), "code": here[head.index(SHARED[table])]}
        if "uuid" in other:
            raise ValidationError(
                _("%(thing)s %(code)s is somebody else here. Give one of them another number.") % told
            )
        told["columns"] = ", ".join(str(table._meta.get_field(name).verbose_name) for name in other)
        words = _("%(thing)s %(code)s is not the same here: %(columns)s. Make them the same first.")
        raise ValidationError(words % told)

    # ---- acts

    def _account(self, who: str) -> User:
        """Somebody who did something there. Nobody signs in as them; whether they have an account here too, nobody knows."""
        account = User(
            username=f"elsewhere-{self.act.key.hex[:12]}-{len(self.accounts) + 1}",
            display_name=who[: 60 - len(made.ELSEWHERE)] + made.ELSEWHERE,
            is_active=False,
        )
        account.set_unusable_password()
        return add(account, self.act)

    def _do_act(self, n: int, told: dict[str, str], changes: list[list[str]]) -> None:
        try:
            with transaction.atomic():
                act = self._act(told)
                self.acts[n] = act.pk
                with acting(act):
                    for _act, name, row, values in changes:
                        self._write(BY_NAME[name], int(row), json.loads(values) if values else None)
                    self._flush()
        except IntegrityError as error:
            words = refusals.in_words(error)
            if words is None:
                raise
            raise self._refused(told, words) from error
        except ValidationError as error:
            raise self._refused(told, error) from error
        self.came.acts += 1
        self.came.first, self.came.last = self.came.first or act.at, act.at

    def _act(self, told: dict[str, str]) -> Act:
        """The act as it was done there; by another key where a bundle that came before it has brought that one."""
        key, at = uuid.UUID(told["key"]), datetime.fromisoformat(told["at"])
        if at > self.act.at:
            raise ValidationError(_("It was done on a day that has not come yet."))
        act = Act(
            key=uuid.uuid5(self.act.key, told["key"]) if Act.objects.filter(key=key).exists() else key,
            user=self.accounts.get(told["who"]),
            at=at,
            kind=told["kind"],
            reason=told["reason"],
            digest=told["digest"],
            undoes_id=self.acts[int(told["undoes"])] if told["undoes"] else None,
            scope=self.rows[Program].get(1) if told["of_the_program"] == "yes" else None,
        )
        act.save(force_insert=True)
        return act

    def _refused(self, told: dict[str, str], error: ValidationError) -> ValidationError:
        words = _("What was done on %(at)s (%(kind)s) cannot be done here: %(why)s")
        return ValidationError(words % {**told, "why": " ".join(error.messages)})

    # ---- rows

    def _write(self, table: Table, n: int, values: dict[str, Any] | None) -> None:
        if n in self.waiting or not all(type(row) is table for row in self.waiting.values()):
            self._flush()
        if values is None:
            rows = table._base_manager.filter(pk=self.rows[table][n])
            rows._raw_delete(rows.db)  # what hung on it went by changes of its own
            self.gone.add((table, n))
            return
        known = {one.attname: self._value(one, values[one.name]) for one in made.columns(table) if one.name in values}
        if n in self.rows[table] and (table, n) not in self.gone:
            row = table._base_manager.get(pk=self.rows[table][n])
            for name, value in known.items():
                setattr(row, name, value)
            check(row)
            row.save(force_update=True)
            return
        row = table(pk=self.rows[table].get(n), **known)
        check(row)
        self.gone.discard((table, n))
        self.waiting[n] = row
        if len(self.waiting) == AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self.waiting:
            table = type(next(iter(self.waiting.values())))
            rows = table._base_manager.bulk_create(self.waiting.values())
            self.rows[table].update((n, row.pk) for n, row in zip(self.waiting, rows, strict=True))
            self.waiting.clear()

    def _value(self, column: Column, value: Any) -> Any:
        if value is None:
            return None
        if column.related_model is Act:
            return self.acts[value]
        if column.is_relation:
            if value not in self.rows[column.related_model]:
                self._flush()
            return self.rows[column.related_model][value]
        if isinstance(value, dict):
            return made.renumbered(value, self.rows[CurriculumEntry], self.rows[Record])
        return column.to_python(value)

    # ---- whether it came out right

    def _compare(self) -> None:
        numbers = {table: {pk: n for n, pk in sorted(rows.items())} for table, rows in self.rows.items()}
        acts = {pk: n for n, pk in self.acts.items()}
        for table in TABLES:
            told = self.bundle.said["files"][f"{made.name_of(table)}.csv"]
            if made.write_table(made.heads(table), made.rows_of(table, numbers, acts)) != told:
                words = _(
                    "The bundle contradicts itself: what was done to %(table)s does not lead to what stands there."
                )
                raise ValidationError(words % {"table": table._meta.verbose_name_plural})
            self.came.new[table] = told["rows"] - self.came.known[table]
