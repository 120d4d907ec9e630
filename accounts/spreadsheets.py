"""Spreadsheets made by strangers, read row by row. The counterpart of exports.py; docs/files.md tells what is understood.

Nothing here trusts a file: not its name, not its size, not what it says about itself. What cannot be read is told in one
sentence, with what to do.
"""

import codecs
import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice, pairwise, repeat
from typing import IO, Any, TypeAlias

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from .exports import unescaped, xml_unescaped

ROWS = 200_000
COLUMNS = 200
LONGEST = 10_000  # characters in a cell
UNPACKED = 20  # times the size of the largest file: what a workbook may unpack to
MEMBERS = 1_000  # files in a workbook
LOOKED_AT = 50  # lines by which a separator is recognised
PIECE = 1 << 16

Value: TypeAlias = str | int | Decimal | date | datetime | time | bool | None


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

    def __init__(self, lines: Any, columns: Sequence[str], heading: int) -> None:
        self._lines, self._columns, self._heading = lines, columns, heading

    def __iter__(self) -> Iterator[tuple[int, list[Value]]]:
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
            if read > ROWS:
                raise Unreadable(_("The file has more than %(n)s rows. Split it.") % {"n": f"{ROWS:,}"})
            for n, cell in enumerate(cells):
                if isinstance(cell, str) and len(cell) > LONGEST:
                    where = {"line": line, "column": self._columns[n], "n": f"{LONGEST:,}"}
                    raise Unreadable(_("Row %(line)s, %(column)s: a cell holds at most %(n)s characters.") % where)
            yield line, [*cells[:wide], *[None] * (wide - len(cells))]


def must_be_small(size: int) -> None:
    """Unreadable where a file of so many bytes is too large to be looked at."""
    if size > settings.IMPORT_MEGABYTES * 2**20:
        raise Unreadable(_("The file is larger than %(n)s MB. Split it.") % {"n": settings.IMPORT_MEGABYTES})


def read(file: IO[bytes]) -> Spreadsheet:
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
    lines, note = _workbook(file, size) if head.startswith(b"PK") else _text(file)
    with closing(lines()) as first:
        heading, columns = _columns(first)
    return Spreadsheet(columns, _Rows(lines, columns, heading), note)


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


def _columns(lines: Iterator[tuple[int, list[Value]]]) -> tuple[int, tuple[str, ...]]:
    """The line of the headings, and the headings: the first row that is no remark of our own exports."""
    for line, cells in lines:
        if all(cell is None for cell in cells) or str(cells[0]).startswith("# "):
            continue
        while cells and cells[-1] is None:
            cells = cells[:-1]
        if len(cells) > COLUMNS:
            raise Unreadable(_("The file has more than %(n)s columns.") % {"n": COLUMNS})
        names = ["" if cell is None else " ".join(str(cell).split()) for cell in cells]
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


def _text(file: IO[bytes]) -> tuple[Any, dict[str, str]]:
    encoding = _encoding(file)
    separator = _separator(file, encoding)

    def lines() -> Iterator[tuple[int, list[Value]]]:
        with _opened(file, encoding) as text:
            rows = csv.reader(_without_nul(text), delimiter=separator, strict=True)
            while True:
                line = rows.line_num + 1
                try:
                    cells = next(rows)
                except StopIteration:
                    return
                except (csv.Error, UnicodeDecodeError) as error:
                    raise _broken(error, line) from error
                if line == 1 and len(cells) <= 2 and cells[0].casefold() == "sep=":
                    continue
                yield line, [_said(unescaped(cell)) for cell in cells]

    names = {"cp1251": "Windows-1251", "cp1252": "Windows-1252", "utf-8-sig": "UTF-8"}
    return lines, {"kind": "csv", "encoding": names.get(encoding, encoding.upper()), "separator": separator}


def _broken(error: Exception, line: int) -> Unreadable:
    if isinstance(error, UnicodeDecodeError):
        return Unreadable(_("A part of the file cannot be read as text. Save it as CSV UTF-8."))
    if "field larger" in str(error) or "unexpected end" in str(error):
        return Unreadable(_("From row %(line)s on a quotation mark is never closed.") % {"line": line})
    return Unreadable(_("In row %(line)s a quotation mark stands where none can stand.") % {"line": line})


def _without_nul(text: IO[str]) -> Iterator[str]:
    for n, line in enumerate(text, 1):
        if "\0" in line:
            raise Unreadable(
                _("Row %(line)s holds characters that no text has. Save the file once more.") % {"line": n}
            )
        yield line


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


def _encoding(file: IO[bytes]) -> str:
    """By its mark; UTF-16 by every other byte being zero; UTF-8 where all of it is; else by its letters."""
    file.seek(0)
    head = file.read(PIECE)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[1::2].count(0) > len(head) // 5:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 5:
        return "utf-16-be"
    decoder, strange = codecs.getincrementaldecoder("utf-8")(), bytearray()
    is_utf8 = True
    file.seek(0)
    while piece := file.read(PIECE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            is_utf8 = False
        strange += bytes(byte for byte in piece if byte > 127)
        if not is_utf8 and len(strange) > PIECE:
            break
    if is_utf8:
        return "utf-8"
    # In Windows-1251 words are Cyrillic throughout, so the bytes of letters stand side by side; in Windows-1252 a letter that
    # ASCII lacks stands alone among others.
    file.seek(0)
    text = file.read(PIECE)
    pairs = sum(1 for one, two in pairwise(text) if one >= 0xA8 and two >= 0xA8)
    alone = sum(1 for byte in text if byte >= 0xA8)
    return "cp1251" if pairs * 2 > alone else "cp1252"


def _separator(file: IO[bytes], encoding: str) -> str:
    """The one that divides the first lines into most cells, and all of them into the same number."""
    with _opened(file, encoding) as text:
        try:
            lines = [
                line for line in islice(text, LOOKED_AT) if line.strip() and not line.lstrip('\ufeff"').startswith("# ")
            ]
        except UnicodeDecodeError as error:
            raise _broken(error, 1) from error
    if lines and (told := lines[0].strip().strip('"').casefold()).startswith("sep=") and len(told) == 5:
        return "\t" if told[4] == "\t" else told[4]
    if not lines:
        raise Unreadable(_("The file has no row of headings."))

    def cells(separator: str) -> tuple[bool, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
        except csv.Error:
            return False, 0
        head = len(next(csv.reader(lines[:1], delimiter=separator), []))
        return head > 1 and widths[head] * 2 > widths.total(), head

    return max(_separators(), key=cells)


# ---- XLSX


def _workbook(file: IO[bytes], size: int) -> tuple[Any, dict[str, str]]:
    _look_into(file)
    book = _load(file)
    try:
        names = book.sheetnames
        if not names:
            raise Unreadable(_("This workbook has no sheet with a table."))
        formulas = _has_formulas(file)
        name = "Data" if "Data" in names else next((one for one in names if _has_rows(book[one])), names[0])
    finally:
        book.close()

    def lines() -> Iterator[tuple[int, list[Value]]]:
        values = _rows_of(file, name)
        meant = _rows_of(file, name, formulas=True) if formulas else repeat(())
        for line, (cells, said) in enumerate(zip(values, meant, strict=False), 1):
            for n, (cell, formula) in enumerate(zip(cells, said, strict=False)):
                if cell is None and formula is not None:
                    where = {"cell": f"{get_column_letter(n + 1)}{line}"}
                    raise Unreadable(
                        _("Cell %(cell)s holds a formula without a result. Open the file and save it once more.")
                        % where
                    )
            yield line, [_value(cell) for cell in cells]

    return lines, {"kind": "xlsx", "sheet": name}


def _look_into(file: IO[bytes]) -> None:
    """Refuse what is no workbook, one with macros, and one that would unpack without end."""
    broken = Unreadable(_("The file is damaged, or no workbook. Open it and save it once more as XLSX."))
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise broken from error
    names = {one.filename for one in members}
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Unreadable(_("This workbook has macros. Save it as XLSX, without them."))
    if "mimetype" in names:
        raise Unreadable(_("This is an OpenDocument file. Save it as XLSX or CSV."))
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise broken
    if len(members) > MEMBERS or sum(one.file_size for one in members) > UNPACKED * settings.IMPORT_MEGABYTES * 2**20:
        raise Unreadable(_("This workbook unpacks to far more than a table needs. Copy the table into a new one."))
    if any(one.flag_bits & 1 for one in members):
        raise Unreadable(_("This workbook is protected by a password. Save it without one."))


def _load(file: IO[bytes], *, formulas: bool = False) -> Any:
    file.seek(0)
    try:
        return load_workbook(file, read_only=True, data_only=not formulas, keep_links=False)
    except Exception as error:
        raise Unreadable(_("The file is damaged, or no workbook. Open it and save it once more as XLSX.")) from error


def _has_rows(sheet: Any) -> bool:
    if not hasattr(sheet, "iter_rows"):
        return False
    return any(any(cell is not None for cell in row) for row in islice(_guarded(sheet.iter_rows(values_only=True)), 20))


def _guarded(rows: Iterator[Any]) -> Iterator[Any]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception as error:
            raise Unreadable(
                _("The file is damaged, or no workbook. Open it and save it once more as XLSX.")
            ) from error
        yield row


def _rows_of(file: IO[bytes], name: str, *, formulas: bool = False) -> Iterator[tuple[Any, ...]]:
    """What stands in the cells of a sheet, or instead of a result the formula that makes it."""
    book = _load(file, formulas=formulas)
    try:
        sheet = book[name]
        sheet.reset_dimensions()  # what it says of its size may be a lie
        yield from _guarded(sheet.iter_rows(values_only=True, max_col=COLUMNS + 1))
    finally:
        book.close()


def _has_formulas(file: IO[bytes]) -> bool:
    """Whether any sheet has one: then what its programs did not work out can be told from what is empty."""
    with zipfile.ZipFile(file) as packed:
        for name in packed.namelist():
            if name.startswith("xl/worksheets/"):
                with packed.open(name) as sheet:
                    end = b""
                    while piece := sheet.read(PIECE):
                        if b"<f>" in (here := end + piece) or b"<f " in here:
                            return True
                        end = piece[-2:]
    return False


def _value(cell: Any) -> Value:
    if isinstance(cell, str):
        return _said(xml_unescaped(cell))
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else Decimal(repr(cell))
    if cell is None or isinstance(cell, bool | int | date | datetime | time):
        return cell
    return str(cell)
