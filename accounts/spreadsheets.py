"""Spreadsheets made by strangers, read row by row. The counterpart of exports.py; docs/files.md tells what is understood.

Nothing here trusts a file: not its name, not its size, not what it says about itself. What cannot be read is told in one
sentence, with what to do.
"""

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import IO, Any, TypeAlias

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .exports import unescaped, xml_unescaped

ROWS = 200_000
COLUMNS = 200
LONGEST = 10_000  # characters in a cell
LONGEST_HEADING = 500
LAST_LINE = 1_048_576  # of any workbook
UNPACKED = 20  # times the size of the largest file: what a workbook may unpack to
HELD = 2  # times that size: what all but its sheets may unpack to, which stands in memory
RATIO = 200  # times its own size: what a file in a workbook may unpack to, where that is more than a megabyte
MEMBERS = 1_000  # files in a workbook
ELEMENT = 4 * 2**20  # bytes of a row
LOOKED_AT = 50  # lines by which a separator is recognised
WORDS = 5_000  # by which an encoding is recognised
PIECE = 1 << 16

warnings.filterwarnings("ignore", module=r"openpyxl\.")  # they quote cells, and would stand in the log

Value: TypeAlias = str | int | Decimal | date | datetime | time | bool | None
Line: TypeAlias = tuple[int, list[Value]]
Lines: TypeAlias = Callable[[], Generator[Line, None, None]]


class Unreadable(ValidationError):
    """Why a file cannot be read, and what to do."""


@dataclass(frozen=True)
class Spreadsheet:
    """The rows of a file below its headings, each with the number that its program shows beside it.

    `rows` may be gone through several times; nothing but the row at hand is kept. `note` says what was recognised: kind,
    encoding and separator, or the name of the sheet.
    """

    columns: tuple[str, ...]
    rows: "_Rows"
    note: dict[str, str]

    @property
    def told(self) -> str:
        """What was recognised, in words."""
        if self.note["kind"] == "xlsx":
            return _("workbook, sheet “%(sheet)s”") % self.note
        separator = _separators().get(self.note["separator"], self.note["separator"])
        return _("CSV, %(encoding)s, %(separator)s") % (self.note | {"separator": separator})


class _Rows:
    """Rows that are read anew each time."""

    def __init__(self, lines: "Lines", columns: Sequence[str], heading: int, most: int) -> None:
        self._lines, self._columns, self._heading, self._most = lines, columns, heading, most

    def __iter__(self) -> Iterator[Line]:
        wide, read = len(self._columns), 0
        for line, cells in self._lines():
            if line <= self._heading or all(cell is None for cell in cells):
                continue
            if any(cell is not None for cell in cells[wide:]):
                raise Unreadable(
                    _(
                        "Row %(line)s has more cells than there are headings (%(n)s). Look for a separator within a text."
                    )
                    % {"line": line, "n": wide}
                )
            read += 1
            if read > self._most:
                raise Unreadable(_("The file has more than %(n)s rows. Split it.") % {"n": f"{self._most:,}"})
            for n, cell in enumerate(cells):
                if isinstance(cell, str) and len(cell) > LONGEST:
                    where = {"line": line, "column": self._columns[n], "n": f"{LONGEST:,}"}
                    raise Unreadable(_("Row %(line)s, %(column)s: a cell holds at most %(n)s characters.") % where)
            yield line, [*cells[:wide], *[None] * (wide - len(cells))]
        if not read:
            raise Unreadable(_("The file has headings, and no rows below them."))


def must_be_small(size: int) -> None:
    """Unreadable where a file of so many bytes is too large to be looked at."""
    if size > settings.IMPORT_MEGABYTES * 2**20:
        raise Unreadable(_("The file is larger than %(n)s MB. Split it.") % {"n": settings.IMPORT_MEGABYTES})


def read(file: IO[bytes], *, most_rows: int = ROWS) -> Spreadsheet:
    """The table in `file`, which stays open as long as its rows are read. Unreadable where there is none."""
    size = file.seek(0, io.SEEK_END)
    must_be_small(size)
    file.seek(0)
    head = file.read(8192)
    if not head.strip(b"\0 \t\r\n"):
        raise Unreadable(_("The file is empty."))
    for signs, words in _others():
        if head.startswith(signs):
            raise Unreadable(words)
    found, note = _workbook(file) if head.startswith(b"PK") else _text(file)

    def lines() -> Generator[Line, None, None]:
        for line, cells in found():
            if any(isinstance(cell, str) and _NO_TEXT.search(cell) for cell in cells):
                raise Unreadable(
                    _("Row %(line)s holds characters that no text has. Save the file once more.") % {"line": line}
                )
            yield line, cells

    with closing(lines()) as first:
        heading, columns = _columns(first)
    return Spreadsheet(columns, _Rows(lines, columns, heading, most_rows), note)


_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def _others() -> list[tuple[tuple[bytes, ...], str]]:
    """How files begin that are something else, and what to say of them."""
    something_else = _("This is no spreadsheet. Save the table as XLSX or CSV and choose that file.")
    return [
        (
            (b"\xd0\xcf\x11\xe0",),
            _(
                "This workbook is protected by a password, or of an old kind (.xls). Save it as XLSX without a password."
            ),
        ),
        ((b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"#!"), something_else),
        (
            (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf"),
            something_else,
        ),
        ((b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml"), something_else),
    ]


def _columns(lines: Iterator[Line]) -> tuple[int, tuple[str, ...]]:
    """The line of the headings, and the headings: the first row that is no remark of our own exports."""
    for line, cells in lines:
        if all(cell is None for cell in cells) or str(cells[0]).startswith("# "):
            continue
        while cells and cells[-1] is None:
            cells = cells[:-1]
        if len(cells) > COLUMNS:
            raise Unreadable(_("The file has more than %(n)s columns.") % {"n": COLUMNS})
        names = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
        for n, name in enumerate(names, 1):
            if len(name) > LONGEST_HEADING:
                where = {"letter": get_column_letter(n), "n": LONGEST_HEADING}
                raise Unreadable(_("The heading of column %(letter)s has more than %(n)s characters.") % where)
        if "" in names:
            letter = get_column_letter(names.index("") + 1)
            raise Unreadable(_("Column %(letter)s has no heading. Give it one.") % {"letter": letter})
        twice = [name for name, n in Counter(names).items() if n > 1]
        if twice:
            raise Unreadable(_("Two columns have the heading “%(name)s”. Rename one.") % {"name": twice[0]})
        return line, tuple(names)
    raise Unreadable(_("The file has no row of headings."))


def _said(text: str) -> str | None:
    """What stands in a cell; None for nothing but blanks."""
    return text if text.strip() else None


# ---- CSV


def _separators() -> dict[str, str]:
    return {",": _("commas"), ";": _("semicolons"), "\t": _("tabs")}


def _text(file: IO[bytes]) -> tuple[Lines, dict[str, str]]:
    encoding = _encoding(file)
    separator = _separator(file, encoding)

    def lines() -> Generator[Line, None, None]:
        with _opened(file, encoding) as text:
            rows = csv.reader(text, delimiter=separator, strict=True)
            line = 1  # as a spreadsheet counts: a row is one, however many lines of the file it takes
            while True:
                before = rows.line_num
                try:
                    cells = next(rows)
                except StopIteration:
                    return
                except (csv.Error, UnicodeDecodeError) as error:
                    raise _broken(error, line, rows.line_num - before) from error
                if before == 0 and cells and len(cells) <= 2 and cells[0].casefold() == "sep=":
                    continue  # no spreadsheet shows it
                yield line, [_said(unescaped(cell)) for cell in cells]
                line += 1

    names = {"cp1251": "Windows-1251", "cp1252": "Windows-1252", "utf-8-sig": "UTF-8"}
    return lines, {"kind": "csv", "encoding": names.get(encoding, encoding.upper()), "separator": separator}


def _broken(error: Exception, line: int, lines: int = 0) -> Unreadable:
    if isinstance(error, UnicodeDecodeError):
        return Unreadable(_("A part of the file cannot be read as text. Save it as CSV UTF-8."))
    if "field larger" in str(error) and lines == 1:
        where = {"line": line, "n": f"{LONGEST:,}"}
        return Unreadable(_("Row %(line)s: a cell holds at most %(n)s characters.") % where)
    if "field larger" in str(error) or "unexpected end" in str(error):
        return Unreadable(_("From row %(line)s on a quotation mark is never closed.") % {"line": line})
    return Unreadable(_("In row %(line)s a quotation mark stands where none can stand.") % {"line": line})


def _opened(file: IO[bytes], encoding: str) -> Any:
    """The text of `file`, which stays open when this is closed."""
    file.seek(0)
    return _Text(file, encoding)


class _Text(io.TextIOWrapper):
    def __init__(self, file: IO[bytes], encoding: str) -> None:
        super().__init__(file, encoding, newline="")

    def __exit__(self, *_args: Any) -> None:
        self.detach()


_MARKS = (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")


# The first half of two bytes in UTF-16: of ASCII and Latin letters, Cyrillic ones, dashes and quotation marks, the sign №.
_HIGH = b"\0\1\2\3\4\x20\x21"


def _encoding(file: IO[bytes]) -> str:
    """By its mark; UTF-16 by every other byte being one of few; UTF-8 where all of it is; else by its words."""
    file.seek(0)
    head = file.read(PIECE)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    for name, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if 0 in high and len(high.translate(None, _HIGH)) * 10 < len(high):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _by_words(list(islice(_strange_words(file), WORDS)))
    return "utf-8"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_ASCII = re.compile(rb"[A-Za-z]")
_LETTER = re.compile(rb"[\xa5\xa8\xaa\xaf\xb2-\xb4\xb8\xba\xbf-\xff]")  # in Windows-1251
_SURROGATE = re.compile("\udced[\udca0-\udcbf][\udc80-\udcbf]")  # in UTF-8, where it must not be
_STRAY = re.compile("[\udc80-\udcff]")


def _strange_words(file: IO[bytes]) -> Iterator[bytes]:
    """The words of a text that are not in ASCII throughout."""
    return (word for piece in _pieces(file) for word in _WORD.findall(piece) if not word.isascii())


def _by_words(words: list[bytes]) -> str:
    """Damaged UTF-8, which reading will refuse, or the encoding in which these are words.

    A Ukrainian word has no letter of ASCII, a Norwegian one hardly ever does without. A letter alone may be either.
    """
    text = _SURROGATE.sub("\ufffd", b" ".join(words).decode("utf-8", "surrogateescape"))
    stray = len(_STRAY.findall(text))
    if sum(not one.isascii() for one in text) > 2 * stray:
        return "utf-8"
    cyrillic = latin = 0
    for word in words:
        letters = len(_LETTER.findall(word))
        if _ASCII.search(word):
            latin += letters
        elif letters > 1:
            cyrillic += letters
    return "cp1251" if cyrillic > latin else "cp1252"


def _separator(file: IO[bytes], encoding: str) -> str:
    """The one that divides the first lines into most cells, and all of them into the same number."""
    with _opened(file, encoding) as text:
        try:
            lines = [
                line for line in islice(text, LOOKED_AT) if line.strip() and not line.lstrip('\ufeff"').startswith("# ")
            ]
        except UnicodeDecodeError as error:
            raise _broken(error, 1) from error
    if lines and (told := re.fullmatch('"?sep=([,;:|\t])"?[\r\n]*', lines[0], re.IGNORECASE)):
        return told[1]
    if not lines:
        raise Unreadable(_("The file has no row of headings."))

    def cells(separator: str) -> tuple[bool, int, int]:
        try:
            rows = [len(row) for row in csv.reader(lines, delimiter=separator)]
        except csv.Error:
            return False, 0, 0
        alike = rows.count(rows[0])
        return rows[0] > 1 and alike * 2 > len(rows), rows[0], alike

    return max(_separators(), key=cells)


# ---- XLSX


def _workbook(file: IO[bytes]) -> tuple[Lines, dict[str, str]]:
    _look_into(file)
    with _whole():
        book = _Book(file)
    if not book.sheets:
        raise Unreadable(_("This workbook has no sheet with a table."))
    name = "Data"
    if name not in book.sheets:
        tables = [one for one in book.sheets if one != "About"] or list(book.sheets)
        name = next((one for one in tables if any(cells for _line, cells in book.rows(one))), tables[0])
    return lambda: book.rows(name), {"kind": "xlsx", "sheet": name}


def _damaged() -> Unreadable:
    return Unreadable(_("The file is damaged, or no workbook. Open it and save it once more as XLSX."))


@contextmanager
def _whole() -> Iterator[None]:
    """Whatever zip, XML and openpyxl stumble over in a damaged file, as one sentence."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        raise _damaged() from error


def _look_into(file: IO[bytes]) -> None:
    """Refuse what is no workbook, one with macros, and one that would unpack without end."""
    file.seek(0)
    with _whole(), zipfile.ZipFile(file) as packed:
        members = packed.infolist()
    names = {one.filename for one in members}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable(_("This workbook has macros. Save it as XLSX, without them."))
    if "mimetype" in names:
        raise Unreadable(_("This is an OpenDocument file. Save it as XLSX or CSV."))
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise _damaged()
    held = [one for one in members if one.filename.endswith((".xml", ".rels")) and "/worksheets/" not in one.filename]
    if unpacks_without_end(members) or sum(one.file_size for one in held) > HELD * settings.IMPORT_MEGABYTES * 2**20:
        raise Unreadable(_("This workbook unpacks to far more than a table needs. Copy the table into a new one."))
    if any(one.flag_bits & 1 for one in members):
        raise Unreadable(_("This workbook is protected by a password. Save it without one."))


def unpacks_without_end(members: Sequence[zipfile.ZipInfo]) -> bool:
    """Whether a zip says of its files that they are too many, or unpack to too much."""
    return (
        len(members) > MEMBERS
        or sum(one.file_size for one in members) > UNPACKED * settings.IMPORT_MEGABYTES * 2**20
        or any(one.file_size > max(2**20, RATIO * one.compress_size) for one in members)
    )


class _Book:
    """What openpyxl knows of a workbook, but for its sheets. Those are read here: row by row, and no row without end."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        self._archive, self._book = reader.archive, reader.wb
        found = reader.parser.find_sheets()
        self.sheets = {sheet.name: place.target for sheet, place in found if place.Type.endswith("/worksheet")}
        strings = reader.package.find(SHARED_STRINGS)
        self._strings: list[str] = []
        if strings is not None:  # not read_strings: it takes "x005F_" out of every text
            elements = self._elements(strings.PartName[1:], f"{{{SHEET_MAIN_NS}}}sst", f"{{{SHEET_MAIN_NS}}}si")
            self._strings += (Text.from_tree(element).content for element in elements)

    def _elements(self, path: str, parent: str, wanted: str) -> Iterator[Any]:
        """The elements `wanted` within `parent`, each forgotten before the next."""
        with self._archive.open(path) as member:
            source, around = _Bounded(member), None
            for event, element in iterparse(source, ("start", "end")):
                if element.tag == parent:
                    if event == "end":
                        break
                    around = element
                elif event == "end" and element.tag == wanted and around is not None:
                    yield element
                    around.clear()
                    source.since = 0
            while member.read(PIECE):  # to its end, where zip compares its sum
                pass

    def rows(self, name: str) -> Generator[Line, None, None]:
        """The number of each row of a sheet, and its cells up to the last one that holds something."""
        book, last = self._book, 0
        row: list[Value]
        parser = WorkSheetParser(
            None,
            self._strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        with _whole():
            for element in self._elements(self.sheets[name], DATA_TAG, ROW_TAG):
                line, cells = parser.parse_row(element)
                parser.row_dimensions.clear()
                if not last < line <= LAST_LINE:
                    raise _damaged()
                last, row = line, []
                for cell, written in zip(cells, element, strict=True):
                    column, value = cell["column"], _value(cell["value"])
                    if value is None:
                        _must_be_worked_out(written, f"{get_column_letter(column)}{line}")
                    elif column > COLUMNS:
                        raise Unreadable(_("The file has more than %(n)s columns.") % {"n": COLUMNS})
                    else:
                        row += [None] * (column - len(row))
                        row[column - 1] = value
                yield line, row


class _Bounded:
    """A file of a workbook that is read no further than `ELEMENT` bytes `since` its last element."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member, self.since = member, 0

    def read(self, size: int) -> bytes:
        piece = self._member.read(size)
        self.since += len(piece)
        if self.since > ELEMENT:
            raise _damaged()
        return piece


def _must_be_worked_out(written: Any, cell: str) -> None:
    """A formula whose result is the empty text has been, unlike one without a result."""
    if written.find(FORMULA_TAG) is not None and (written.get("t") != "str" or written.find(VALUE_TAG) is None):
        raise Unreadable(
            _("Cell %(cell)s holds a formula without a result. Open the file and save it once more.") % {"cell": cell}
        )


def _value(cell: Any) -> Value:
    if isinstance(cell, str):
        return _said(xml_unescaped(cell))
    if isinstance(cell, float) and isfinite(cell):
        return int(cell) if cell.is_integer() else Decimal(repr(cell))
    if isinstance(cell, timedelta) and timedelta() <= cell < timedelta(days=1):
        return (datetime.min + cell).time()  # a time of the day in the format of a duration
    if cell is None or isinstance(cell, bool | int | date | datetime | time):
        return cell
    return str(cell)
