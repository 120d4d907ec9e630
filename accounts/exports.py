"""What a page shows, as a file: CSV, sent row by row, or XLSX. docs/files.md tells how files are written and read back."""

import csv
import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.forms import BaseForm
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CHUNK = 200  # rows that are read, and sent, at a time
MEASURED = 200  # rows that the widths of columns follow
WIDEST = 60
LONGEST = 32_767  # characters that a cell of a workbook holds
FIRST_DAY = datetime.date(1900, 3, 1)  # before it, workbooks disagree about days


@dataclass(frozen=True)
class Table:
    """What a file says. `what` is its name without day and ending: what it is, and codes; never anybody's name.

    `columns` by their stable English names, each with what it is called on pages. `rows` may be a generator: it is asked for
    one row after the other, after the view has answered. Moments in them are told at `zone`, or where it is None at their own.
    Both days default to today.
    """

    what: str
    title: str
    columns: Mapping[str, "str | Promise"]
    rows: Iterable[Sequence[Any]]
    zone: datetime.tzinfo | None = None
    as_of: datetime.date | None = None
    known: datetime.date | None = None
    filters: Mapping[str, object] = field(default_factory=dict)


Making = Callable[[Mapping[str, Any]], Table]  # from what a page shows


def asked(request: HttpRequest) -> bool:
    """Whether the address of a page asks for a file: `?format=csv` or `?format=xlsx`."""
    return request.method in {"GET", "HEAD"} and request.GET.get("format") in WRITERS


def history_asked(request: HttpRequest) -> bool:
    """Whether it asks for the history on that page as a file."""
    return asked(request) and request.GET.get("table") == "history"


def history(page: Mapping[str, Any]) -> Table:
    """The history of what a page is about, whole: one row for each line of it (accounts.pages.told)."""
    columns = {"at": _("When"), "who": _("Who"), "thing": _("To what"), "what": _("What"), "why": _("Why")}
    rows = (
        (entry.at, entry.who, line.thing, line.sentence, entry.why) for entry in page["history"] for line in entry.lines
    )
    title = _("History of %(what)s") % {"what": page["history_of"]}
    return Table(f"history {page['history_is']}", title, columns, rows, zone=timezone.get_current_timezone())


def download(
    request: HttpRequest, context: Mapping[str, Any], table: Making = history, **others: Making
) -> StreamingHttpResponse:
    """The file `asked` for: what `table` makes of the page's `context`, or the one of `others` that `?table=` names.

    The history is one of them, where the page has one.
    """
    if context.get("history") is not None:
        others["history"] = history
    made = others.get(request.GET.get("table", ""), table)(context)
    now = timezone.localtime(timezone=made.zone)
    said = {"as_of": made.as_of or now.date(), "known": made.known or now.date()}
    chosen = ", ".join(f"{name}={value}" for name, value in made.filters.items())
    heading = [
        f"Muster: {made.title}",
        _("as of %(as_of)s, known on %(known)s") % said,
        _("by %(who)s, %(at)s") % {"who": request.user, "at": f"{now:%Y-%m-%d %H:%M} {now.tzname()}"},
        _("filter: %(chosen)s") % {"chosen": chosen or _("none")},
    ]
    heading += [_("only trainees of %(nation)s") % {"nation": nation} for nation in _limits(context)]
    ending = request.GET["format"] if asked(request) else "csv"
    name = f"{slugify(made.what)}-{said['as_of']}.{ending}"
    return WRITERS[ending](made, [" ".join(line.split()) for line in heading], name)


def _limits(context: Mapping[str, Any]) -> list[str]:
    """The nations whose trainees alone the reader sees, where base.html says so on the page."""
    for name in ("cohort", "session", "sheet", "program"):
        if nation := getattr(context.get(name), "limited_to", ""):
            return [nation]
    return [role.nation for role in context.get("limited_roles", ())]


def filters_in(form: BaseForm) -> dict[str, str]:
    """What a page was narrowed by, as its address says it."""
    form.is_valid()
    return {name: form.data[name] for name, value in form.cleaned_data.items() if value}


def every(page: Any) -> Iterator[Any]:
    """The rows of all pages of a list, fetched as they are sent."""
    rows = page.paginator.object_list
    return iter(rows) if isinstance(rows, list) else rows.iterator(chunk_size=CHUNK)


# ---- CSV: RFC 4180, in UTF-8 with its mark, which Excel needs


def _csv(table: Table, heading: Sequence[str], name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}
    return StreamingHttpResponse(csv_of(table, heading), content_type="text/csv; charset=utf-8", headers=headers)


def csv_of(table: Table, heading: Iterable[str]) -> Iterator[str]:
    """The text of the file, so many rows at a time."""
    waiting = StringIO(newline="")
    write = csv.writer(waiting, lineterminator="\r\n").writerow

    def taken() -> str:
        text = waiting.getvalue()
        waiting.seek(0)
        waiting.truncate()
        return text

    waiting.write("\ufeff")
    for line in heading:
        write([escaped(f"# {line}")])
    write(table.columns)
    for n, row in enumerate(table.rows, 1):
        write([escaped(value) if type(value) is str else _in_csv(value, table.zone) for value in row])
        if n % CHUNK == 0:
            yield taken()
    yield taken()


def _in_csv(value: Any, zone: datetime.tzinfo | None) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime.datetime):
        return value.astimezone(zone or value.tzinfo).isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return escaped(str(value))


# What a spreadsheet would run when it opens a CSV file: a text that begins with one of these, or with blanks and one of
# these. Where the country writes decimals with a comma, Excel also begins a new cell at each semicolon and a new row at each
# line, whatever stands in quotes: so a text is looked at after those too.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"  # full-width, small, and the minus sign
_BLANK = "(?:[^\\S\t\r\n]|[\0-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"
_FIRST = f"(?='*{_BLANK}*[{_SIGNS}\t\r\n])"
_LATER = f"(?='*{_BLANK}*[{_SIGNS}])"
_LIVE = re.compile(f"\\A{_FIRST}|(?<=[;\t\r\n]){_LATER}")
_BREAK = re.compile("[;\t\r\n]")
_DEAD = re.compile(f"\\A'{_FIRST}|(?<=[;\t\r\n])'{_LATER}")


def escaped(text: str) -> str:
    """`text` as it stands in a CSV file: with an apostrophe wherever a spreadsheet would take what follows for a formula.

    One stands there too where only apostrophes come before such a sign, so that `unescaped` always knows.
    """
    if text[:1].isalnum() and not _BREAK.search(text):
        return text  # as nearly all do: there is no place in it where a formula could begin
    return _LIVE.sub("'", text)


def unescaped(text: str) -> str:
    """The text of which `escaped` made `text`: exactly the same, whatever it was."""
    return _DEAD.sub("", text)


# ---- XLSX: a sheet with the rows, and one that tells what they are


def _xlsx(table: Table, heading: Sequence[str], name: str) -> StreamingHttpResponse:
    file = TemporaryFile()  # noqa: SIM115  the answer closes it
    write_xlsx(table, heading, file)
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(file, as_attachment=True, filename=name, content_type=kind)


def write_xlsx(table: Table, heading: Iterable[str], file: IO[bytes]) -> None:
    """Write the workbook. What is written stands on disk, never more than a few rows in memory."""
    book = Workbook(write_only=True)
    book.properties.creator = "Muster"
    sheet = book.create_sheet("Data")
    rows = iter(table.rows)
    measured = list(islice(rows, MEASURED))
    sheet.freeze_panes = "A2"
    for n, name in enumerate(table.columns):
        longest = max((len(str(row[n])) for row in measured if row[n] is not None), default=0)
        sheet.column_dimensions[get_column_letter(n + 1)].width = min(max(longest, len(name) + 3), WIDEST) + 2
    sheet.append([_head(sheet, name) for name in table.columns])
    lines = 1
    for row in chain(measured, rows):
        sheet.append([_in_xlsx(sheet, value, table.zone) for value in row])
        lines += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{lines}"

    about = book.create_sheet("About")
    about.column_dimensions["A"].width = about.column_dimensions["B"].width = WIDEST / 2
    for line in heading:
        about.append([_text(about, line)])
    about.append([])
    about.append([_head(about, _("column")), _head(about, _("is"))])
    for name, words in table.columns.items():
        about.append([_text(about, name), _text(about, str(words))])
    book.save(file)


def _in_xlsx(sheet: Any, value: Any, zone: datetime.tzinfo | None) -> Any:
    """A value of its kind: dates and numbers as such, everything else as text that nothing takes for a formula."""
    if value is None or value == "":
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if isinstance(value, datetime.datetime):
        value = value.astimezone(zone or value.tzinfo).replace(tzinfo=None)  # a workbook knows no time zones
    if isinstance(value, datetime.date):
        day = value.date() if isinstance(value, datetime.datetime) else value
        return value if day >= FIRST_DAY else _text(sheet, value.isoformat())
    return _text(sheet, str(_in_csv(value, zone)) if isinstance(value, bool) else str(value))


def _text(sheet: Any, text: str) -> Cell:
    cell = WriteOnlyCell(sheet, xml_escaped(text)[:LONGEST])
    cell.data_type = "s"  # whatever it looks like
    if _LIVE.match(text):
        cell.quotePrefix = True  # and stays text when somebody edits the cell
    return cell


def _head(sheet: Any, text: str) -> Cell:
    cell = _text(sheet, text)
    cell.font = Font(bold=True)
    return cell


_NO_XML = "\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
_NOT_IN_XML = re.compile(f"[{_NO_XML}]|_(?=x[0-9A-Fa-f]{{4}}_)")
_WRITTEN = re.compile("_x([0-9A-Fa-f]{4})_")


def xml_escaped(text: str) -> str:
    """`text` as it stands in a workbook, where some characters cannot: they are written as Excel does, `_x000D_`."""
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def xml_unescaped(text: str) -> str:
    """The text of which `xml_escaped` made `text`."""

    def read(found: re.Match[str]) -> str:
        one = chr(int(found[1], 16))
        return one if one == "_" or _NOT_IN_XML.match(one) else found[0]

    return _WRITTEN.sub(read, text)


WRITERS: dict[str, Callable[[Table, Sequence[str], str], StreamingHttpResponse]] = {"csv": _csv, "xlsx": _xlsx}
