"""Files made of rows: what stands in them, what no spreadsheet may take for a formula, and how little memory they need."""

import csv
import datetime
import io
import re
import tracemalloc
import zoneinfo
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.exports import Table, csv_of, escaped, unescaped, write_xlsx, xml_escaped, xml_unescaped

DAY = datetime.date(2023, 8, 18)
AT = datetime.datetime(2023, 8, 18, 6, 30, tzinfo=datetime.UTC)
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"
NASTY = [
    "=1+1",
    '=HYPERLINK("http://127.0.0.1/"&A1,"more")',
    "+47 73 00 00 00",
    "-5",
    "@SUM(A1:A9)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "﹣1",
    "−1",
    "  =1+1",
    "\u00a0=1+1",
    "\u200b\ufeff=1+1",
    "\x01=1+1",
    "\t=1+1",
    "\t",
    "\r=1+1",
    "\n=1+1",
    " \n=1+1",
    "sick;=1+1;x",
    "sick; =1+1",
    'a";=1+1',
    "a\tb\t-1",
    "first\n- second\n- third",
    "a\r\n=1+1",
    "'=1+1",
    "''=1+1",
    "' =1+1",
    "'\t",
    "'",
    "''",
    "O'Brien",
    "'plain'",
    "x;'=1",
    "x;''-1",
    ";",
    "#N/A",
    "# =1",
    "1,5",
    '"',
    "a,b",
    "007",
    "1E5",
    "TRUE",
    "_x0041_",
    "_x005F_x0041_",
    "_x000D_",
    "\x00\x1b\x7f\ufffe",
    "Журавель",
    "   ",
]
text = st.text(alphabet=st.one_of(st.sampled_from(list(SIGNS + "'; \t\r\n,\"\u00a0\u200b_x0")), st.characters()))


def table(rows, **more):
    return Table("try-trd", "A try", {"one": "first", "two": "second"}, rows, **more)


def from_csv(rows, heading=("Muster: A try",), **more):
    whole = "".join(csv_of(table(rows, **more), heading))
    return list(csv.reader(io.StringIO(whole.removeprefix("\ufeff"), newline="")))


def from_xlsx(rows, heading=("Muster: A try",), **more):
    file = io.BytesIO()
    write_xlsx(table(rows, **more), heading, file)
    return load_workbook(file)


def cells(written):
    """Where a spreadsheet may begin a cell: at the beginning, and behind a semicolon, a tab, the end of a line."""
    return [one.lstrip(" \u00a0\u200b\ufeff\x01") for one in re.split("[;\t\r\n]", written)]


@pytest.mark.parametrize("one", NASTY)
def test_a_text_comes_back_from_csv_as_it_was_and_is_no_formula_there(one):
    [_heading, _columns, [written, _rest]] = from_csv([[one, "x"]])
    assert unescaped(written) == one
    assert not any(cell and cell[0] in SIGNS for cell in cells(written))
    assert not written.startswith(("\t", "\r", "\n"))


@given(text)
def test_any_text_comes_back_from_csv_as_it_was(one):
    assert unescaped(escaped(one)) == one
    assert not any(cell and cell[0] in SIGNS for cell in cells(escaped(one)))


@given(text)
def test_any_text_comes_back_from_a_workbook_as_it_was(one):
    assert xml_unescaped(xml_escaped(one)) == one


def test_a_plain_text_is_written_as_it_is():
    for one in ("SOKIL", "R-101", "O'Brien", "sick; at home", "a - b", "10=10", ""):
        assert escaped(one) == one


@pytest.mark.parametrize("one", NASTY)
def test_a_text_stands_in_a_workbook_as_text(one):
    cell = from_xlsx([[one, 1]])["Data"]["A2"]
    assert cell.data_type == "s"
    assert xml_unescaped(cell.value) == one


def test_who_edits_a_cell_that_looks_like_a_formula_gets_none():
    sheet = from_xlsx([["=1+1", "SOKIL"]])["Data"]
    assert sheet["A2"].quotePrefix and not sheet["B2"].quotePrefix


def test_a_csv_file_tells_what_it_is_and_then_its_columns():
    whole = "".join(csv_of(table([["R-1", None]]), ["Muster: A try", "filter: q==1;=2"]))
    assert whole == "\ufeff# Muster: A try\r\n# filter: q==1;'=2\r\none,two\r\nR-1,\r\n"


def test_values_stand_in_a_csv_file_in_one_way():
    rows = [[DAY, AT], [Decimal("70.50"), Decimal("100")], [True, False], [-5, 0], [None, ""]]
    told = from_csv(rows, zone=zoneinfo.ZoneInfo("Europe/Oslo"))[2:]
    assert told == [
        ["2023-08-18", "2023-08-18T08:30:00+02:00"],
        ["70.5", "100"],
        ["yes", "no"],
        ["-5", "0"],
        ["", ""],
    ]


def test_values_stand_in_a_workbook_as_what_they_are():
    rows = [[DAY, AT], [Decimal("70.50"), 7], [True, None], [datetime.date(1, 1, 1), "007"]]
    sheet = from_xlsx(rows, zone=zoneinfo.ZoneInfo("Europe/Oslo"))["Data"]
    first, scores, said, odd = list(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in first] == [datetime.datetime(2023, 8, 18), datetime.datetime(2023, 8, 18, 8, 30)]
    assert all(cell.is_date for cell in first)
    assert [(cell.value, cell.data_type) for cell in scores] == [(70.5, "n"), (7, "n")]
    assert [cell.value for cell in said] == ["yes", None]
    assert [(cell.value, cell.data_type) for cell in odd] == [("0001-01-01", "s"), ("007", "s")]


def test_a_workbook_begins_with_its_columns_and_tells_on_a_second_sheet_what_it_is():
    book = from_xlsx([["R-1", 1], ["R-2", 2]], ["Muster: A try", "=1+1"])
    assert book.sheetnames == ["Data", "About"]
    data, about = book["Data"], book["About"]
    assert [cell.value for cell in data[1]] == ["one", "two"] and data["A1"].font.bold
    assert (data.freeze_panes, data.auto_filter.ref) == ("A2", "A1:B3")
    assert data.column_dimensions["A"].width > 5
    told = [[cell.value for cell in row] for row in about.iter_rows()]
    assert told == [
        ["Muster: A try", None],
        ["=1+1", None],
        [None, None],
        ["column", "is"],
        ["one", "first"],
        ["two", "second"],
    ]
    assert about["A2"].data_type == "s"


def test_a_text_longer_than_a_cell_of_a_workbook_is_cut_there_and_whole_in_csv():
    long = "x" * 40_000
    assert len(from_xlsx([[long, 1]])["Data"]["A2"].value) == 32_767
    assert from_csv([[long, 1]])[2][0] == long


ROWS = 20_000


def rows():
    return ((f"R-{n:06}", "SOKIL" * 10) for n in range(ROWS))


def test_a_csv_file_needs_little_memory_however_long_it_is():
    tracemalloc.start()
    size = sum(len(part) for part in csv_of(table(rows()), ["Muster: A try"]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > ROWS * 50
    assert peak < 500_000


def test_a_workbook_needs_little_memory_however_long_it_is(tmp_path):
    write_xlsx(table([]), [], io.BytesIO())  # what is made once in a process is made here
    tracemalloc.start()
    with (tmp_path / "long.xlsx").open("wb") as file:
        write_xlsx(table(rows()), ["Muster: A try"], file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
