"""Rows of a spreadsheet, told to services. A rehearsal does everything and takes it back; the import does the same and keeps it.

So a preview cannot lie: it is what happened. One act, all rows or none; `run` is the only way in.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import refusals
from .acts import Conflict, Key, perform, together
from .fields import folded
from .models import Act, User

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SHOWN = 100  # rows of each sort that a report names
KEPT = 10_000  # wrong rows whose errors it keeps: nobody mends more by hand
MANY = 1_000  # rows after which the database counts its tables anew
HIDDEN = "•••"

Value = Any  # what a cell holds: text, or in a workbook a number, a day, a moment
Lines = Iterable[tuple[int, Sequence[Value]]]


class Table(Protocol):
    """What spreadsheets.read gives."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> Lines: ...


# ---- what cells hold


def _squeezed(heading: str) -> str:
    """A heading without what differs between people: case, blanks, signs."""
    return re.sub(r"[\W_]+", "", folded(heading))


class TextField(forms.CharField):
    """Text as it stands. Numbers of a workbook are text where a text is wanted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"empty_value": ""} | kwargs)

    def to_python(self, value: Any) -> str:
        if isinstance(value, Decimal | float) and value == int(value):
            value = int(value)
        text = super().to_python(value)
        return text or ""


class NumberField(forms.DecimalField):
    """A number, with a point or a comma before its decimals."""

    default_error_messages = {"invalid": gettext_lazy("Write a number, as in 12.5 or 12,5.")}

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # as Django's own does
        return super().to_python(value.replace(",", ".").replace("\xa0", "") if isinstance(value, str) else value)


class WholeField(forms.IntegerField):
    default_error_messages = {"invalid": gettext_lazy("Write a whole number.")}


class DayField(forms.DateField):
    """A day: of a workbook, ISO 8601, or as most of Europe writes it."""

    input_formats = ["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y"]
    default_error_messages = {"invalid": gettext_lazy("Write a day as in 2023-08-18 or 18.08.2023.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": self.input_formats} | kwargs)

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        return super().to_python(value.strip() if isinstance(value, str) else value)


class MomentField(forms.Field):
    """A day with a time, at the clock of the program where it names no other."""

    default_error_messages = {"invalid": gettext_lazy("Write day and time as in 2023-08-18 08:30 or 18.08.2023 08:30.")}

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        for form in ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M"):
            try:
                return datetime.strptime(text, form)
            except ValueError:
                continue
        try:
            found = parse_datetime(text)
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(self.error_messages["invalid"])
        return found


class ClockField(forms.TimeField):
    input_formats = ["%H:%M", "%H:%M:%S", "%H.%M"]
    default_error_messages = {"invalid": gettext_lazy("Write a time as in 08:30.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": self.input_formats} | kwargs)

    def to_python(self, value: Any) -> time | None:
        return super().to_python(value.time() if isinstance(value, datetime) else value)


class WordField(forms.Field):
    """One of several words. `words` maps each value to others for it, separated by commas, in any language.

    `left` are words that stand in our own files, say nothing new here, and are offered to nobody.
    """

    default_error_messages = {"invalid": gettext_lazy("Write one of: %(words)s.")}

    def __init__(self, words: Mapping[str, str], *, left: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, words = words, {**words, **(left or {})}
        self._values = {_squeezed(one): value for value, also in words.items() for one in (value, *also.split(","))}

    def to_python(self, value: Any) -> str:
        if value in self.empty_values:
            return ""
        found = self._values.get(_squeezed(str(value)))
        if found is None:
            raise ValidationError(self.error_messages["invalid"], params={"words": ", ".join(self.words)})
        return found


class YesField(WordField):
    """Yes or no; empty is no."""

    def __init__(self, **kwargs: Any) -> None:
        words = {"yes": "ja,так,true,1,x", "no": "nei,ні,false,0,-"}
        super().__init__(words, **{"required": False} | kwargs)

    def clean(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        return bool(super().clean(value) == "yes")


class CodesField(forms.Field):
    """Several codes in one cell, with blanks, commas or semicolons between them."""

    def to_python(self, value: Any) -> tuple[str, ...]:
        return tuple(filter(None, re.split(r"[\s,;]+", str(value)))) if value is not None else ()


def at_zone(moment: datetime, zone: tzinfo) -> datetime:
    """`moment` where it says no zone itself, at the clock of `zone`."""
    return moment.replace(tzinfo=zone) if is_naive(moment) else moment


# ---- what a file may hold


@dataclass(frozen=True)
class Column:
    """One column of a kind of file.

    `name` is the stable one that exports use too; `also`, separated by commas, are headings by which others know it, in any
    language. `parse` makes a value of a cell; where it requires one, the column has to be there. The value of a `secret` one
    is never shown. One that is not `read` stands in our own files and says nothing new.
    """

    name: str
    label: "str | StrPromise"
    parse: forms.Field = field(default_factory=lambda: TextField(required=False))
    about: "str | StrPromise" = ""
    also: str = ""
    secret: bool = False
    read: bool = True

    @property
    def needed(self) -> bool:
        return self.parse.required and self.read


def known_only(name: str, label: "str | StrPromise", also: str = "") -> Column:
    """A column of our own files that an import leaves alone: it follows from others."""
    return Column(name, label, also=also, read=False)


def recognised(columns: Sequence[Column], headings: Sequence[str]) -> dict[str, str]:
    """Which column each heading of a file stands for, by heading. The first one that fits a column has it."""
    found: dict[str, str] = {}
    own = [(one.name, [one.name]) for one in columns]
    others = [(one.name, [*one.also.split(","), str(one.label)]) for one in columns]
    for column, names in own + others:
        fits = {_squeezed(name) for name in names} - {""}
        for heading in headings:
            if heading not in found and column not in found.values() and _squeezed(heading) in fits:
                found[heading] = column
    return found


# ---- what became of a row


@dataclass(frozen=True)
class Row:
    """One row as it was understood: by column, only for columns that the file has."""

    line: int
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def only(self, *names: str) -> dict[str, Any]:
        """The columns of `names` that the file has."""
        return {name: self.values[name] for name in names if name in self.values}


@dataclass(frozen=True)
class Change:
    """A value that became another one."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Outcome:
    """`sort` is new, changed or unchanged; `what` names the thing."""

    sort: str
    what: str
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(cls, what: object, changes: Iterable[Change]) -> "Outcome":
        found = tuple(changes)
        return cls("changed" if found else "unchanged", str(what), found)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: in which column, what stood there, and what to do. Without column, with the whole row."""

    label: str
    value: str
    words: str


class Undecided(ValidationError):
    """A row that somebody has to decide first: `choices` are (value, label), the first is what the file says."""

    def __init__(self, message: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(message)
        self.choices = [list(choice) for choice in choices]


@dataclass
class Report:
    """What came of a file. Its `digest` tells two of them apart: what stands in it, and what was there before."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: dict[str, list[tuple[int, Outcome]]] = field(default_factory=lambda: {"new": [], "changed": []})
    problems: dict[int, list[Problem]] = field(default_factory=dict)
    undecided: dict[int, tuple[str, list[list[str]]]] = field(default_factory=dict)
    digest: str = ""

    def __post_init__(self) -> None:
        self._hash = hashlib.sha256()

    def note(self, line: int, outcome: "Outcome | list[Problem] | Undecided") -> None:
        self._hash.update(repr((line, outcome)).encode())
        if isinstance(outcome, Outcome):
            self.counts[outcome.sort] += 1
            if outcome.sort in self.rows and len(self.rows[outcome.sort]) < SHOWN:
                self.rows[outcome.sort].append((line, outcome))
        elif isinstance(outcome, Undecided):
            self.counts["open"] += 1
            if len(self.undecided) < SHOWN:
                self.undecided[line] = (str(outcome.message), outcome.choices)
        else:
            self.counts["wrong"] += 1
            if len(self.problems) < KEPT:
                self.problems[line] = outcome

    def close(self) -> None:
        self.digest = self._hash.hexdigest()

    @property
    def rows_read(self) -> int:
        return self.counts.total()

    @property
    def writes(self) -> int:
        """How many rows say something new."""
        return self.counts["new"] + self.counts["changed"]

    @property
    def first_problems(self) -> list[tuple[int, Problem]]:
        """Of the first wrong rows, everything that is wrong."""
        return [(line, one) for line, some in list(self.problems.items())[:SHOWN] for one in some]

    @property
    def more_problems(self) -> int:
        return max(self.counts["wrong"] - SHOWN, 0)

    @property
    def is_good(self) -> bool:
        """Whether it can be imported as it is."""
        return not self.counts["wrong"] and not self.counts["open"]

    @property
    def more_new(self) -> int:
        return self.counts["new"] - len(self.rows["new"])

    @property
    def more_changed(self) -> int:
        return self.counts["changed"] - len(self.rows["changed"])

    def as_json(self) -> dict[str, Any]:
        rows = {sort: [[line, asdict(one)] for line, one in some] for sort, some in self.rows.items()}
        problems = [[line, [asdict(one) for one in some]] for line, some in self.problems.items()]
        undecided = [[line, *what] for line, what in self.undecided.items()]
        return {
            "counts": dict(self.counts), "rows": rows, "problems": problems, "undecided": undecided, "digest": self.digest,
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Report":
        def outcome(told: Mapping[str, Any]) -> Outcome:
            return Outcome(told["sort"], told["what"], tuple(Change(**one) for one in told["changes"]))

        return cls(
            Counter(kept["counts"]),
            {sort: [(line, outcome(one)) for line, one in some] for sort, some in kept["rows"].items()},
            {line: [Problem(**one) for one in some] for line, some in kept["problems"]},
            {line: (words, choices) for line, words, choices in kept["undecided"]},
            kept["digest"],
        )


# ---- a kind of file


class Kind:
    """One kind of file. A subclass says its columns, and how one row is told to the services.

    An instance lives for one run: it may remember what it has looked up. `decided` says by line what somebody decided.
    """

    name: ClassVar[str]
    title: ClassVar["str | StrPromise"]
    about: ClassVar["str | StrPromise"]
    columns: ClassVar[tuple[Column, ...]]
    fields: ClassVar[Mapping[str, str]] = {}  # what services call otherwise than columns
    do_not_call_in_templates = True

    def __init__(self, *, user: User, act: Act, decided: Mapping[int, str]) -> None:
        self.user, self.act, self.decided = user, act, decided
        self.by: dict[str, Any] = {"user": user, "key": act.key}

    def must(self) -> None:
        """Refuse whoever may not import this."""
        raise NotImplementedError

    def take(self, row: Row) -> Outcome:
        """Write what a row says. ValidationError where a page would refuse it too."""
        raise NotImplementedError

    def take_all(self, rows: Iterable[Row]) -> Iterator[tuple[int, "Outcome | list[Problem] | Undecided"]]:
        """Every row, each in a savepoint of its own: one that is wrong leaves nothing behind."""
        for row in rows:
            yield row.line, self.attempt(lambda row=row: self.take(row), row)  # type: ignore[misc]

    def attempt(self, take: Callable[[], Outcome], row: Row) -> "Outcome | list[Problem] | Undecided":
        try:
            with transaction.atomic():
                return take()
        except Undecided as undecided:
            return undecided
        except (ValidationError, Conflict, PermissionDenied, IntegrityError) as error:
            return self.problems(error, row.values)

    def problems(self, error: Any, values: Mapping[str, Any]) -> list[Problem]:
        """What a service or the database refused, by column."""
        if isinstance(error, PermissionDenied):
            return [Problem("", "", _("You may not change this."))]
        if isinstance(error, DatabaseError):
            words = refusals.in_words(error)
            if words is None:
                if not refusals.lost_race(error):
                    raise error
                words = ValidationError(_("This stands here already, or what it needs is gone."))
            error = words
        if isinstance(error, Conflict):
            error = ValidationError(str(error))
        by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        found = []
        for name, messages in by_field.items():
            column = self.column(self.fields.get(name, name))
            for words in messages:
                found.append(self.problem(column, values.get(column.name) if column else None, words))
        return found

    @classmethod
    def column(cls, name: str) -> Column | None:
        return next((one for one in cls.columns if one.name == name), None)

    @staticmethod
    def problem(column: Column | None, value: Value, words: str) -> Problem:
        shown = "" if column is None or value is None else HIDDEN if column.secret and value else told(value)
        return Problem(str(column.label) if column else "", shown, words)

    def differences(self, row: Row, now: Mapping[str, Any]) -> list[Change]:
        """Where the file says something else than what stands `now`, by column."""
        found = []
        for name, value in row.only(*now).items():
            if value != now[name]:
                column = self.column(name)
                hide = column is not None and column.secret
                label = str(column.label) if column else name
                found.append(Change(label, *(HIDDEN,) * 2) if hide else Change(label, told(now[name]), told(value)))
        return found


def told(value: Value) -> str:
    """A value as a preview shows it."""
    if value is None or value is False:
        return "" if value is None else _("no")
    if value is True:
        return _("yes")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, tuple | list | set | frozenset):
        return " ".join(map(str, value))
    return str(value)


# ---- a run


class Rehearsed(Exception):
    """Everything went as far as it would go, and is taken back."""


class Changed(Exception):
    """It would not come out as the preview said."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class Refused(Exception):
    """There are wrong rows, or nothing to do."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def run(
    make: Callable[..., Kind],
    table: Table,
    mapping: Mapping[str, str],
    *,
    user: User,
    key: Key,
    kind: str,
    body: Any,
    scope: int | None,
    decided: Mapping[int, str] | None = None,
    expected: str = "",
    rehearse: bool = False,
    tell: Callable[[int], object] = lambda n: None,
) -> Report:
    """Tell every row of `table` to the services, in one act; give what came of it. With `rehearse`, nothing stays.

    `mapping` says which column each heading stands for. `make` makes the Kind of user, act and decisions. `expected` is the
    digest of the preview: Changed where it came out otherwise. Refused where a row is wrong, or none says anything new.
    `tell` hears now and then how many rows are done. The same key again writes nothing.
    """
    report = Report()

    def do(act: Act) -> None:
        importer = make(user=user, act=act, decided=decided or {})
        importer.must()
        with together(act):
            for line, outcome in importer.take_all(_understood(importer, table, mapping, report)):
                report.note(line, outcome)
                if report.rows_read % 100 == 0:
                    tell(report.rows_read)
        report.close()
        if rehearse:
            connection.check_constraints()
            raise Rehearsed
        if not report.is_good or not report.writes:
            raise Refused(report)
        if expected and report.digest != expected:
            raise Changed(report)
        tell_the_planner(report.writes)

    with suppress(Rehearsed):
        perform(user=user, key=key, kind=kind, body=body, do=do, scope=scope)
    return report


def tell_the_planner(rows: int) -> None:
    """After many new rows PostgreSQL counts its tables anew: it plans by what it counted last, and a list takes minutes."""
    if rows >= MANY and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _understood(importer: Kind, table: Table, mapping: Mapping[str, str], report: Report) -> Iterator[Row]:
    """The rows whose cells can be read; the others go into the report."""
    used = []
    for n, heading in enumerate(table.columns):
        column = importer.column(mapping.get(heading, ""))
        if column is not None and column.read:
            clean = lru_cache(maxsize=2000, typed=True)(column.parse.clean)  # the same few words stand in most rows
            used.append((n, column, clean))
    for line, cells in table.rows:
        values, problems = {}, []
        for n, column, clean in used:
            cell = cells[n]
            try:
                values[column.name] = clean(cell.strip() if isinstance(cell, str) else cell)
            except ValidationError as error:
                needs = column.parse.required and cell in column.parse.empty_values
                words = [_("Fill in “%(label)s”.") % {"label": column.label}] if needs else error.messages
                problems += [importer.problem(column, cell, one) for one in words]
        if problems:
            report.note(line, problems)
        else:
            yield Row(line, values)
