"""Files made by strangers: what is understood, and one clear sentence for everything that is not."""

import datetime
import io
import subprocess
import sys
import tracemalloc
import zipfile
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from accounts import exports
from accounts.spreadsheets import Unreadable, read

ROSTER = [["Обліковий номер", "Позивний"], ["UKR-1", "Їжак"], ["UKR-2", "Ґава Ÿ"]]
NORSK = [["Rullenummer", "Kallesignal", "Sted"], ["NOR-1", "Bjørn", "Værnes"], ["NOR-2", "Åse", "Ørland"]]


def text(rows, separator=",", ends="\r\n"):
    return ends.join(separator.join(row) for row in rows) + ends


def book(*rows, sheet=None, **sheets):
    made = Workbook()
    if sheet:
        made.active.title = sheet
    for row in rows:
        made.active.append(row)
    for name, some in sheets.items():
        other = made.create_sheet(name)
        for row in some:
            other.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def told(content):
    """The headings and rows of a file, with the numbers of its lines."""
    table = read(io.BytesIO(content))
    assert list(table.rows) == list(table.rows)  # a second time too
    return table.columns, list(table.rows)


@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "rows"),
    [
        ("utf-8", ROSTER),
        ("utf-8-sig", ROSTER),
        ("utf-16", ROSTER),
        ("utf-16-le", NORSK),
        ("utf-16-be", NORSK),
        ("utf-16-le", ROSTER),
        ("utf-16-be", ROSTER),
        ("cp1251", [*ROSTER[:2], ["UKR-2", "Ґава"]]),
        ("cp1252", NORSK),
    ],
)
def test_encodings_separators_and_line_ends_are_recognised(encoding, rows, separator, ends):
    columns, lines = told(text(rows, separator, ends).encode(encoding))
    assert columns == tuple(rows[0])
    assert lines == [(n, row) for n, row in enumerate(rows[1:], 2)]


SHORT = [
    ("cp1251", "Номер;Ім'я\r\nUKR-1;Б.О. К.\r\n"),
    ("cp1251", "roll_number;call_sign\r\nUKR-1;Їжак\r\n"),
    ("cp1251", "Обліковий №;Позивний\r\nUKR-1;«SOKIL»\r\n"),
    ("cp1252", "roll_number;call_sign\r\nNOR-1;Åse\r\n"),
    ("cp1252", "roll_number;note\r\nNOR-1;Blåøy – «båt»\r\n"),
    ("cp1252", "roll_number;note\r\nNOR-1;Ø\r\n"),
    ("cp1252", "code;name\r\nA;10 m² – O’Brien\r\n"),
]


@pytest.mark.parametrize(("encoding", "whole"), SHORT)
def test_a_short_file_is_read_in_its_own_letters(encoding, whole):
    columns, lines = told(whole.encode(encoding))
    assert [columns, *(tuple(row) for _line, row in lines)] == [tuple(line.split(";")) for line in whole.splitlines()]


def test_letters_are_recognised_wherever_in_the_file_they_stand():
    content = ("a;b\n" + "1;2\n" * 20_000 + "1;Соловейко\n").encode("cp1251")
    assert told(content)[1][-1] == (20_002, ["1", "Соловейко"])


def test_the_only_column_of_a_file_may_hold_commas():
    assert told(b"notes\na, b\nc\n") == (("notes",), [(2, ["a, b"]), (3, ["c"])])


def test_what_was_recognised_is_told_in_words():
    assert read(io.BytesIO(text(ROSTER[:2], ";").encode("cp1251"))).told == "CSV, Windows-1251, semicolons"
    assert read(io.BytesIO(book(["a"], ["1"], sheet="Ark1"))).told == "workbook, sheet “Ark1”"


def test_remarks_above_the_headings_blank_rows_and_excel_s_own_line_are_passed_over():
    assert told(b"# Muster: Roster\r\n# by nobody\r\na,b\r\n1,\r\n,\r\n\r\n2,3\r\n") == (
        ("a", "b"),
        [(4, ["1", None]), (7, ["2", "3"])],
    )
    assert told(b"sep=;\r\na;b\r\n1;2\r\n") == (("a", "b"), [(2, ["1", "2"])])
    assert told(b"sep=\t\r\na\tb\r\n1\t2\r\n") == (("a", "b"), [(2, ["1", "2"])])
    assert told(b"\r\na,b\r\n1,2\r\n") == (("a", "b"), [(3, ["1", "2"])])


def test_short_rows_are_filled_up_and_lines_are_counted_as_a_spreadsheet_counts():
    assert told(b'a,b,c\n1\n"x\ny",2\n3,,\n') == (
        ("a", "b", "c"),
        [(2, ["1", None, None]), (3, ["x\ny", "2", None]), (4, ["3", None, None])],
    )


def test_values_of_a_workbook_keep_their_kind():
    day, moment, clock = datetime.date(2023, 8, 18), datetime.datetime(2023, 8, 18, 8, 30), datetime.time(8, 30)
    row = ["text", 7, 7.0, 7.25, True, day, moment, clock, None]
    _columns, [(line, cells)] = told(book([f"c{n}" for n in range(9)], row))
    midnight = datetime.datetime(2023, 8, 18)
    assert line == 2 and cells == ["text", 7, 7, Decimal("7.25"), True, midnight, moment, clock, None]
    assert [type(cell) for cell in cells[1:4]] == [int, int, Decimal]


def test_the_sheet_called_data_is_read_or_the_first_with_anything_in_it():
    assert told(book(["x"], ["1"], Data=[["a"], ["2"]]))[0] == ("a",)
    assert told(book(sheet="Empty", Full=[["a"], ["2"]]))[0] == ("a",)


def test_our_own_second_sheet_is_never_taken_for_the_table():
    assert told(book(["Muster: x"], sheet="About", Roster=[["a"], ["2"]]))[0] == ("a",)


def with_sheet(rows, *, shared=None):
    """A workbook whose sheet has these rows, as XML, and these shared texts."""
    made = altered(
        GOOD, SHEET, lambda _old: f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )
    if shared is None:
        return made
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    told = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    made = altered(made, "[Content_Types].xml", lambda old: old.replace(b"</Types>", told))
    texts = "".join(f"<si><t>{one}</t></si>" for one in shared)
    return altered(made, "xl/sharedStrings.xml", lambda _old: f'<sst xmlns="{MAIN}">{texts}</sst>'.encode())


def test_shared_texts_are_read_as_they_were_written():
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    assert told(with_sheet(rows, shared=["a", "_x005F_x0041_"])) == (("a",), [(2, ["_x0041_"])])


def test_rows_have_the_numbers_that_they_say_and_those_between_are_blank():
    rows = f'{HEAD}<row r="1048576"><c r="B1048576"><v>7</v></c></row>'
    assert told(with_sheet(rows)) == (("a", "b"), [(1_048_576, [None, 7])])


def test_errors_are_told_as_text_durations_as_times_and_an_empty_result_is_empty():
    rows = (
        f'{HEAD}<row r="2"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B2" t="str"><f>T(1)</f><v></v></c></row>'
        '<row r="3"><c r="A3"><v>1e999</v></c></row>'
    )
    assert told(with_sheet(rows))[1] == [(2, ["#DIV/0!", None]), (3, ["inf", None])]
    made = Workbook()
    made.active.append(["a", "b"])
    made.active.append([datetime.timedelta(hours=8, minutes=30), datetime.timedelta(hours=25)])
    file = io.BytesIO()
    made.save(file)
    assert told(file.getvalue())[1] == [(2, [datetime.time(8, 30), "1 day, 1:00:00"])]


def test_nothing_of_a_file_is_written_into_the_log():
    """openpyxl warns of a day that is none, and quotes it."""
    look = (
        "import django, io, sys; django.setup(); from accounts.spreadsheets import read;"
        "print(list(read(io.BytesIO(sys.stdin.buffer.read())).rows))"
    )
    made = Workbook()
    made.active.append(["a"])
    made.active.append([99999999])
    made.active["A2"].number_format = "yyyy-mm-dd"
    file = io.BytesIO()
    made.save(file)
    answer = subprocess.run([sys.executable, "-c", look], input=file.getvalue(), capture_output=True, check=True)
    assert b"#VALUE!" in answer.stdout and answer.stderr == b""


def packed(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return file.getvalue()


def altered(content, name, change):
    """A workbook with one of its files changed, or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, change(old.read(name) if name in old.namelist() else b""))
    return file.getvalue()


GOOD = book(["a", "b"], ["1", "2"])
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'
DAMAGED = "The file is damaged, or no workbook. Open it and save it once more as XLSX."
NO_SHEET = "This is no spreadsheet. Save the table as XLSX or CSV and choose that file."
BOMB = "This workbook unpacks to far more than a table needs. Copy the table into a new one."
NO_TEXT = "A part of the file cannot be read as text. Save it as CSV UTF-8."


def flipped(content):
    """A workbook whose sheet has another digit than its sum was made of."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for one in old.namelist():
            new.writestr(one, old.read(one))
    return file.getvalue().replace(b">1<", b">7<")


BAD = {
    "empty": (b"", "The file is empty."),
    "only blanks": (b"\r\n \r\n", "The file is empty."),
    "only remarks": (b"# Muster\r\n# nobody\r\n", "The file has no row of headings."),
    "a program": (b"MZ\x90\x00\x03", NO_SHEET),
    "a picture": (b"\x89PNG\r\n\x1a\n", NO_SHEET),
    "a document": (b"%PDF-1.7", NO_SHEET),
    "a page": (b"<!DOCTYPE html><table>", NO_SHEET),
    "an old workbook, or a locked one": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "This workbook is protected by a password, or of an old kind (.xls). Save it as XLSX without a password.",
    ),
    "cut off": (GOOD[: len(GOOD) // 2], DAMAGED),
    "a zip of other things": (packed(**{"a.txt": "x"}), DAMAGED),
    "OpenDocument": (
        packed(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
        "This is an OpenDocument file. Save it as XLSX or CSV.",
    ),
    "macros": (
        altered(GOOD, "xl/vbaProject.bin", lambda _old: b"x"),
        "This workbook has macros. Save it as XLSX, without them.",
    ),
    "entities": (altered(GOOD, SHEET, lambda _old: LAUGHS), DAMAGED),
    "entities from outside": (altered(GOOD, SHEET, lambda _old: OUTSIDE), DAMAGED),
    "a sheet cut off": (altered(GOOD, SHEET, lambda old: old[: old.index(b"</row>")]), DAMAGED),
    "a workbook without a sheet": (altered(GOOD, "xl/workbook.xml", lambda old: old[:100]), DAMAGED),
    "NULs": (b"a,b\n1,\0\n", "Row 2 holds characters that no text has. Save the file once more."),
    "a quotation mark that is never closed": (
        b'a,b\n1,"2\n3,4\n',
        "From row 2 on a quotation mark is never closed.",
    ),
    "a quotation mark in the wrong place": (
        b'a,b\n1,"2"x\n',
        "In row 2 a quotation mark stands where none can stand.",
    ),
    "a formula that nobody has worked out": (
        book(["a", "b"], ["1", "=1+1"]),
        "Cell B2 holds a formula without a result. Open the file and save it once more.",
    ),
    "a cell far to the right": (
        with_sheet(f'{HEAD}<row r="2"><c r="ZZ2"><v>1</v></c></row>'),
        "The file has more than 200 columns.",
    ),
    "rows that go back": (
        with_sheet(f'{HEAD}<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'),
        DAMAGED,
    ),
    "a row beyond the last": (
        with_sheet(f'{HEAD}<row r="1000000000000"><c r="A1000000000000"><v>1</v></c></row>'),
        DAMAGED,
    ),
    "a row without end": (with_sheet(HEAD + "<row>" + "<c/>" * 2**20 + "<c><v>1</v></c></row>"), BOMB),
    "elements within elements": (with_sheet("".join(f"<x{n}>" for n in range(600_000))), DAMAGED),
    "a sum that does not fit": (flipped(book(["a"], ["1"])), DAMAGED),
    "macros by another name": (
        altered(GOOD, "xl/VBAPROJECT.BIN", lambda _old: b"x"),
        "This workbook has macros. Save it as XLSX, without them.",
    ),
    "a thousand files": (packed(**{"[Content_Types].xml": "", "xl/": ""} | {f"x{n}": "" for n in range(1000)}), BOMB),
    "a character that no text has": (
        book(["a", "b"], ["1", "_x0000_"]),
        "Row 2 holds characters that no text has. Save the file once more.",
    ),
    "half a pair of surrogates": (
        book(["a", "b"], ["1", "_xD800_"]),
        "Row 2 holds characters that no text has. Save the file once more.",
    ),
    "half a pair in UTF-8": (b"a,b\n1,\xed\xa0\x80\n", NO_TEXT),
    "UTF-8 with a hole": ("a,b\n1,Соловейко\n".encode() + b"2,\xff\n", NO_TEXT),
    "UTF-8 cut off": ("a,b\n1,Соловейко".encode()[:-1], NO_TEXT),
    "only headings": (b"a,b\n\n,\n", "The file has headings, and no rows below them."),
    "a heading without end": (b"a," + b"x" * 501 + b"\n1,2\n", "The heading of column B has more than 500 characters."),
    "a quotation mark that swallows the file": (
        b'a,b\n1,"2\n' + b"3,4\n" * 50_000,
        "From row 2 on a quotation mark is never closed.",
    ),
    "a cell longer than CSV can be read": (
        b"a,b\n1," + b"x" * 200_000 + b"\n",
        "Row 2: a cell holds at most 10,000 characters.",
    ),
    "ragged": (
        b"a,b\n1,2\n1,2,3\n",
        "Row 3 has more cells than there are headings (2). Look for a separator within a text.",
    ),
    "a heading twice": (b"a,b,a\n1,2,3\n", "Two columns have the heading “a”. Rename one."),
    "a column without heading": (b"a,,b\n1,2,3\n", "Column B has no heading. Give it one."),
    "a million columns": (b"a," * 1_000_000 + b"a\n", "The file has more than 200 columns."),
    "a workbook with too many": (book([f"c{n}" for n in range(300)]), "The file has more than 200 columns."),
    "a cell without end": (b"a,b\n1," + b"x" * 10_001 + b"\n", "Row 2, b: a cell holds at most 10,000 characters."),
    "half a letter": (
        "a,b\n".encode("utf-16") + b"\x31\xd8",
        NO_TEXT,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_gets_its_one_sentence(name):
    content, sentence = BAD[name]
    with pytest.raises(Unreadable) as caught:
        told(content)
    assert caught.value.messages == [sentence]


def test_what_is_too_large_is_told_with_the_limit(settings):
    settings.IMPORT_MEGABYTES = 1
    with pytest.raises(Unreadable, match="The file is larger than 1 MB"):
        read(io.BytesIO(b"a\n" + b"x\n" * 2**20))
    bomb = altered(GOOD, SHEET, lambda old: old + b" " * 30 * 2**20)
    assert len(bomb) < 2**20
    with pytest.raises(Unreadable, match="This workbook unpacks to far more than a table needs"):
        read(io.BytesIO(bomb))
    with pytest.raises(Unreadable, match="The file has more than 10 rows"):
        list(read(io.BytesIO(b"a\n" + b"x\n" * 11), most_rows=10).rows)
    assert len(list(read(io.BytesIO(b"a\n" + b"x\n" * 10), most_rows=10).rows)) == 10


ROWS = 100_000


def long_csv():
    return b"a,b,c\n" + b"".join(b"%d,%d,text of some length\n" % (n, n) for n in range(ROWS))


def long_xlsx():
    """With a height for each row, which openpyxl would keep."""
    row = '<row r="{0}" ht="15"><c r="A{0}"><v>{0}</v></c><c r="B{0}" t="str"><v>text of some length</v></c></row>'
    return with_sheet(HEAD + "".join(row.format(n) for n in range(2, ROWS + 2)))


@pytest.mark.parametrize("made", [long_csv, long_xlsx])
def test_reading_holds_no_more_than_the_rows_at_hand_a_second_time_too(made):
    table = read(io.BytesIO(made()))
    assert sum(1 for _row in table.rows) == ROWS
    tracemalloc.start()
    assert sum(1 for _row in table.rows) == ROWS
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**21


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, st.integers(-(10**6), 10**6)), min_size=1, max_size=8))
def test_what_was_exported_is_read_back_as_it_was(rows):
    made = exports.Table("x", "X", {"word": "Word", "number": "Number"}, rows, zone=timezone.get_default_timezone())
    file = io.BytesIO("".join(exports.csv_of(made, ["Muster: X"])).encode())
    found = [cells for _line, cells in read(file).rows]
    assert found == [[word if word.strip() else None, str(number)] for word, number in rows]
    file = io.BytesIO()
    exports.write_xlsx(made, ["Muster: X"], file)
    found = [cells for _line, cells in read(file).rows]
    assert found == [[word if word.strip() else None, number] for word, number in rows]
