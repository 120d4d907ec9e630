"""Pages as files: the same rows and numbers as the page, all of them, with no name and no formula, for nobody else."""

import csv
import datetime
import io
import re
import tracemalloc
import uuid

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.exports import unescaped
from accounts.wire import KEEP_HEADER
from programs.models import Instructor
from tests import factories as f
from tests.canaries import NOW, close_first, course_of, crowd_of
from tests.house.test_access import ACTORS, TABLE, address, answered, expected, world  # noqa: F401  world is a fixture
from tests.trainees.crowd import crowd
from trainees.models import Attendance, Enrolment, Excusal, Record, Trainee

pytestmark = pytest.mark.django_db
WHO = "roll_number call_sign"
SHARE = "met of percent"
SESSION = "session cohort module title kind starts_at ends_at place"
FILES = {  # the tables of each page, by what is asked for: their columns, which imports and other programs rely on
    "programs:program_list": {"": "code title host partner archived"},
    "programs:module_list": {"": "code title kind standard archived"},
    "programs:instructor_list": {"": "code call_sign capacity nation unit languages archived"},
    "programs:program_people": {
        "": "code call_sign capacity nation may_assess archived",
        "roles": "user role nation active",
    },
    "programs:curriculum_detail": {
        "": "position module title asked tracks hours pass_mark validity_months needs steps steps_needed"
    },
    "trainees:cohort_list": {"": "cohort program code title starts_on ends_on location practice archived"},
    "trainees:trainee_list": {"": f"{WHO} nation cohorts"},
    "trainees:cohort_roster": {"": f"{WHO} nation track group place place_in_words since reason"},
    "trainees:cohort_progress": {
        "": f"{WHO} track group place {SHARE} MODULES",
        "cells": f"{WHO} module title asked state flags attempts holds_until blocked_by",
    },
    "trainees:cohort_detail": {
        "": f"module title asked taught {SHARE} first_time_met first_time_of first_time_percent band commander_band"
    },
    "trainees:cohort_briefing": {
        "": f"module title asked taught {SHARE} first_time_met first_time_of first_time_percent band commander_band"
    },
    "trainees:program_briefing": {
        "": f"cohort as_of verdict counted {SHARE} meet_all overdue need_attention registers_open results_missing practice "
        "in_words",
        "bands": f"cohort module title {SHARE} band commander_band",
    },
    "trainees:cohort_attention": {"": f"{WHO} reason reason_in_words since modules counts weight points of_points"},
    "trainees:cohort_finish": {
        "": f"{WHO} outcome outcome_in_words remaining lacking why",
        "modules": f"{WHO} module how day session runs_out after words",
    },
    "trainees:program_attention": {
        "": f"cohort {WHO} reason reason_in_words since modules counts weight points of_points"
    },
    "trainees:cohort_outstanding": {"": "cohort what what_in_words session module since days missing who"},
    "trainees:program_outstanding": {"": "cohort what what_in_words session module since days missing who"},
    "trainees:cohort_module": {
        "": f"{WHO} module state",
        "attempts": f"{WHO} module kind assessed_on assessor assessor_call_sign",
    },
    "trainees:cohort_changes": {
        "": f"{WHO} module change before after records what entered_by entered_at",
        "late": f"{WHO} kind about day what entered_by entered_at",
    },
    "trainees:cohort_over_time": {
        "": f"day counted {SHARE} planned meet_all completed first_time_met first_time_of first_time_percent attended "
        "expected attendance_percent",
        "modules": f"module title day {SHARE}",
    },
    "trainees:program_over_time": {"": f"cohort day_of_course day {SHARE}"},
    "trainees:cohort_strength": {
        "": "group title on_strength present sick excused absent unmarked",
        "people": f"{WHO} group state reason since missed",
    },
    "trainees:cohort_excusals": {"": f"{WHO} kind remark since until state entered_by"},
    "trainees:cohort_closing": {"": f"{WHO} place {SHARE} missing can_complete waits completed_on"},
    "trainees:cohort_roll": {"": f"{WHO} nation completed_on met of under_review entered_by"},
    "trainees:cohort_hours": {"": "module title curriculum held_least held_most ahead_least ahead_most open"},
    "trainees:session_list": {"": f"{SESSION} state register attended absent excused results_due results_missing"},
    "trainees:cohort_schedule": {"": f"{SESSION} state audience lead assistant assessor interpreter"},
    "trainees:instructor_schedule": {"": f"{SESSION} state audience lead assistant assessor interpreter"},
    "trainees:place_schedule": {"": f"{SESSION} state audience lead assistant assessor interpreter"},
    "trainees:cohort_board": {"": f"{SESSION} {WHO} standing reason until"},
    "trainees:program_board": {"": f"{SESSION} {WHO} standing reason until"},
    "trainees:program_standards": {
        "": "by module title code name goes attempts percent low high others_goes others_attempts others_low others_high "
        "differs",
        "attempts": f"{WHO} module cohort kind assessed_on assessor assessor_call_sign",
    },
    "trainees:curriculum_effect": {
        "": f"cohort {WHO} module before after required_before required_after why completed",
        "numbers": "cohort module what part_before whole_before part_after whole_after band_before band_after statuses "
        "differences",
    },
    "trainees:cohort_lessons": {"": "cohort module kind lesson follow_up due_on state closed_on outcome"},
    "trainees:program_lessons": {"": "cohort module kind lesson follow_up due_on state closed_on outcome"},
    "trainees:session_detail": {"": f"{WHO} session group attendance reason excused_in_advance result score"},
    "trainees:session_register": {"": f"{WHO} session group attendance reason excused_in_advance"},
    "trainees:session_results": {
        "": f"{WHO} group attendance module kind assessed_on score reason assessor assessor_call_sign note missing "
        "entered_by entered_at"
    },
    "trainees:cohort_record": {"": f"{WHO} group MODULES"},
    "trainees:sheet_list": {
        "": "number kind session cohort module starts_at printed_at printed_by lines state returned_at reason"
    },
    "trainees:trainee_detail": {
        "": f"{WHO} program module title record kind assessed_on holds_until score recertification assessor "
        "assessor_call_sign authority session reason voids voided decides left_out entered_by entered_at",
        "modules": f"{WHO} program cohort module title asked state flags attempts holds_until records sessions_attended",
        "attendance": f"{WHO} program session cohort module kind starts_at attendance reason register",
        "places": f"{WHO} program cohort track group place since reason correction voided entered_by entered_at",
    },
}
BOTH = [(name, table) for name, tables in FILES.items() for table in tables]
SIGNS = tuple("=+-@＝＋－＠\t\r")


def body(answer):
    return b"".join(answer.streaming_content)


class File:
    """A file as whoever opens it finds it: what it says of itself, its columns, its rows."""

    def __init__(self, answer):
        self.answer, self.content = answer, body(answer)
        self.name = re.search(r'filename="([^"]+)"', answer["Content-Disposition"])[1]
        lines = list(csv.reader(io.StringIO(self.content.decode("utf-8-sig"), newline="")))
        start = next(n for n, line in enumerate(lines) if not line[0].startswith("#"))
        self.heading, self.columns = [line[0] for line in lines[:start]], lines[start]
        self.raw = lines[start + 1 :]
        self.rows = [dict(zip(self.columns, map(unescaped, line), strict=True)) for line in self.raw]

    def column(self, name):
        return [row[name] for row in self.rows]

    def total(self, name):
        return sum(int(value) for value in self.column(name) if value)


@pytest.fixture
def one(db):
    """A program in the middle of its course, six trainees with everything that can be about them."""
    with time_machine.travel(NOW - datetime.timedelta(days=4), tick=False) as clock:
        one = course_of("Plain", "TRD")
        crowd_of(one, "FIELD", "Ukraine")
        clock.move_to(NOW)
        close_first(one)
        vars(one).update(vars(one.lives[0]))
        one.session = one.sessions[2]  # its register is open
        yield one


@pytest.fixture
def file(one, client):
    """The file of a page, and what the page itself was made from."""
    client.force_login(one.coordinator)

    def of(name, table="", about=one, **asked):
        where = address(f"trainees:{name}" if ":" not in name else name, about)
        context = client.get(where, asked).context
        more = {"table": table} if table else {}
        return File(client.get(where, {**asked, **more, "format": "csv"})), context

    return of


def where_of(name, table, one, kind="csv"):
    return address(name, one) + f"?format={kind}" + (f"&table={table}" if table else "")


@pytest.mark.parametrize(("name", "table"), BOTH)
def test_a_page_offers_its_file_and_the_file_says_what_it_is(name, table, one, client):
    client.force_login(one.coordinator)
    page = client.get(address(name, one)).text
    for kind in ("csv", "xlsx"):
        assert f"?format={kind}" + (f"&amp;table={table}" if table else "") in page
    found = File(client.get(where_of(name, table, one)))
    modules = " ".join(module.code for module in one.modules)
    assert " ".join(found.columns) == FILES[name][table].replace("MODULES", modules)
    assert found.answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in found.answer["Cache-Control"] and KEEP_HEADER not in found.answer
    assert re.fullmatch(r"[a-z0-9-]+-2023-08-\d\d\.csv", found.name)
    title, days, by, filters = found.heading
    assert title.startswith("# Muster: ") and filters.startswith("# filter: ")
    assert re.fullmatch(r"# as of 2023-08-\d\d, known on 2023-08-20", days)
    of_all = {"program_list", "module_list", "instructor_list", "cohort_list", "trainee_list", "sheet_list"}
    of_all |= {"instructor_schedule", "place_schedule"}
    there = (
        "12:00 UTC" if name.partition(":")[2] in of_all else "14:00 CEST"
    )  # at the program's clock where there is one
    assert by == f"# by {one.coordinator}, 2023-08-20 {there}"


@pytest.mark.parametrize(("name", "table"), BOTH)
def test_the_workbook_of_a_page_has_the_rows_of_its_csv_file(name, table, one, client):
    client.force_login(one.coordinator)
    asked = "&state=all" if name == "trainees:sheet_list" else "&day=2023-08-21" if name.endswith("board") else ""
    asked = "&week=2023-W32" if name.endswith("schedule") else asked
    if name == "trainees:cohort_changes":
        asked = "&since=2023-08-17"
        pass_since(one)
    asked = "&day=2023-08-10" if name in {"trainees:cohort_record", "trainees:cohort_strength"} else asked
    found = File(client.get(where_of(name, table, one) + asked))
    answer = client.get(where_of(name, table, one, "xlsx") + asked)
    assert (
        "no-store" in answer["Cache-Control"] and found.name.replace(".csv", ".xlsx") in answer["Content-Disposition"]
    )
    book = load_workbook(io.BytesIO(body(answer)))
    rows = [[cell.value for cell in row] for row in book["Data"].iter_rows()]
    told = [row for (row, *_more) in book["About"].iter_rows(values_only=True)]
    assert told[: len(found.heading)] == [line.removeprefix("# ") for line in found.heading]
    assert rows[0] == found.columns
    assert [list(map(as_in_csv, row)) for row in rows[1:]] == [list(map(plain, row.values())) for row in found.rows]
    assert rows[1:]  # otherwise this compares nothing


def pass_since(one):
    """Today a trainee of the course gets a GO, for a day before."""
    last = Record.objects.filter(trainee=one.trainee, module=one.module).latest("pk")
    day = datetime.date(2023, 8, 14)
    f.RecordFactory(trainee=one.trainee, entry=one.entries[0], previous=last, assessor=one.instructor, holds_from=day)


def as_in_csv(value):
    """A value of a workbook as a CSV file has it, but for the time zone."""
    if isinstance(value, datetime.datetime):
        return value.isoformat() if value.time() != datetime.time() else value.date().isoformat()
    return "" if value is None else plain(str(value))


def plain(text):
    text = re.sub(r"[+-]\d\d:\d\d$", "", text) if "T" in text else text
    return re.sub(r"\.0$", "", text)


# ---- the same numbers as the page


def test_the_briefing_of_a_program_in_the_file_is_the_one_on_the_page(file):
    found, page = file("program_briefing")
    rows, together = page["briefing"].rows, page["briefing"].together
    assert found.column("cohort") == [str(row.view.cohort) for row in rows] and len(rows) == together.cohorts > 1
    assert found.column("in_words") == [row.line.text for row in rows]
    sums = {name: found.total(name) for name in ("counted", "meet_all", "overdue", "need_attention", "registers_open")}
    assert list(sums.values()) == [
        together.counted, together.meeting, together.overdue, together.attention, together.registers,
    ]  # fmt: skip
    assert (found.total("met"), found.total("of")) == tuple(together.coverage)
    bands, _page = file("program_briefing", "bands")
    told = [line for _entry, lines in page["briefing"].bands for line in lines if line]
    assert bands.column("band") == [line.module.band or "" for line in told] and "P" in bands.column("commander_band")


def test_the_roster_in_the_file_is_the_one_on_the_page(file):
    found, page = file("cohort_roster")
    assert found.column("roll_number") == [seat.entry.trainee.roll_number for seat in page["seats"]]
    counts = {status: found.column("place").count(status) for status in set(found.column("place"))}
    assert counts == {status: n for status, _words, n in page["counts"]}
    assert "transferred to TRD-C2" in found.column("place_in_words")
    found, page = file("cohort_roster", status="withdrawn", q="fox", sort="-roll_number")
    assert len(found.rows) == len(page["seats"]) == 1
    assert found.heading[3] == "# filter: q=fox, status=withdrawn"


def test_the_matrix_in_the_file_is_the_one_on_the_page(file, one):
    found, page = file("cohort_progress")
    assert found.column("roll_number") == [row.person.roll_number for row in page["matrix"].rows]
    assert (found.total("met"), found.total("of")) == tuple(page["p"].coverage)
    states = [row[module.code].partition(" ")[0] for row in found.rows for module in one.modules]
    cells, _page = file("cohort_progress", "cells")
    assert page["matrix"].cells == len(cells.rows) == 12
    for counted in (states, cells.column("state")):
        assert {name: counted.count(name) for name in page["matrix"].counts} == page["matrix"].counts
    flags = " ".join(cells.column("flags")).split()
    assert flags and {flag: flags.count(flag) for flag in flags} == page["matrix"].flags
    assert max(cells.column("attempts")) == "2"


def test_the_file_of_a_matrix_keeps_filters_order_and_dates(file):
    asked = {"status": "no_go", "track": "TRACK", "sort": "fewest", "as_of": "2023-08-13", "known": "2023-08-19"}
    found, page = file("cohort_progress", **asked)
    assert 0 < len(found.rows) == len(page["matrix"].rows) < 4
    assert found.column("roll_number") == [row.person.roll_number for row in page["matrix"].rows]
    assert found.heading[1] == "# as of 2023-08-13, known on 2023-08-19"
    assert found.heading[3] == "# filter: track=TRACK, status=no_go"
    assert found.name == "progress-trd-c1-2023-08-13.csv"


def test_the_modules_in_the_file_have_the_numbers_of_the_overview(file):
    found, page = file("cohort_detail")
    required = [row for row in found.rows if row["asked"] == "required"]
    assert (sum(int(row["met"]) for row in required), sum(int(row["of"]) for row in required)) == tuple(
        page["p"].coverage
    )
    of_page = [(str(one.module.share.part), str(one.module.share.percent)) for one in page["overview"].modules]
    assert [(row["met"], row["percent"]) for row in found.rows] == of_page
    assert found.rows[0]["commander_band"] == "P"


def test_numbers_over_time_in_the_file_end_with_those_of_the_page(file):
    found, page = file("cohort_over_time")
    last = found.rows[-1]
    assert [last[name] for name in ("day", "met", "of", "attended", "expected")] == [
        "2023-08-20", *map(str, [*page["p"].coverage, *page["p"].attendance]),
    ]  # fmt: skip
    assert len(found.rows) == len(page["over_time"].days)
    modules, _page = file("cohort_over_time", "modules")
    ends = {row["module"]: (row["met"], row["of"]) for row in modules.rows}
    assert (sum(int(met) for met, _of in ends.values()), sum(int(of) for _met, of in ends.values())) == tuple(
        page["p"].coverage
    )
    cohorts, _page = file("program_over_time", as_of="2023-08-20")
    assert [row["day"] for row in cohorts.rows if row["cohort"] == "TRD-C1"] == found.column("day")
    assert cohorts.heading[1].startswith("# as of 2023-08-20,")


def test_changes_in_the_file_are_all_those_of_the_page(file, one):
    pass_since(one)
    found, page = file("cohort_changes", since="2023-08-17", show="gained")
    assert [row["after"] for row in found.rows] == ["achieved"] and page["changed"].counts["gained"] == 1
    assert set(found.column("change")) == {"gained"} and found.heading[3] == "# filter: since=2023-08-17, show=gained"
    assert file("cohort_changes", since="2023-08-17", show="lost")[0].rows == []
    late, page = file("cohort_changes", "late", since="2023-08-17")
    assert len(late.rows) == len(page["changed"].late) == 3
    assert sorted(late.column("kind")) == ["record", "register", "register"]


def test_a_module_in_the_file_has_whom_the_page_names(file):
    found, page = file("cohort_module")
    assert len(found.rows) == sum(len(people) for *_state, people in page["statuses"])
    for state, _words, people in page["statuses"]:
        assert [row["roll_number"] for row in found.rows if row["state"] == state] == [p.roll_number for p in people]
    found, page = file("cohort_module", "attempts")
    assert len(found.rows) == len(page["firsts"]) == 6


def test_sessions_in_the_file_have_the_numbers_of_the_page(file):
    found, page = file("session_list")
    numbers = page["p"]
    assert (found.total("attended"), found.total("attended") + found.total("absent")) == tuple(numbers.attendance)
    assert found.total("results_due") - found.total("results_missing") == numbers.results.part
    assert found.column("register").count("open") == len(numbers.open_registers) > 0
    assert found.column("state").count("coming") == 3
    assert found.rows[0]["starts_at"] == "2023-08-08T10:00:00+02:00"  # at the program's clock
    found, page = file("session_list", state="open", kind="retake")
    assert [int(pk) for pk in found.column("session")] == [session.pk for session, _numbers in page["rows"]]
    assert found.heading[3] == "# filter: kind=retake, state=open"


def test_a_register_in_the_file_is_the_one_on_the_page(file):
    found, page = file("session_detail")
    assert len(found.rows) == len(page["lines"])
    assert sum(bool(one) for one in found.column("attendance")) == page["marked"] == 6
    assert sum(bool(one) for one in found.column("result")) == sum(bool(result) for _line, result in page["lines"])
    assert set(found.column("reason")) == {"FIELD mark"}


def test_an_open_register_in_the_file_is_the_one_that_is_marked(file):
    found, page = file("session_register")
    assert found.column("attendance").count("absent") == page["marked"] == 6


def test_results_in_the_file_are_those_of_the_sheet(file, one):
    entry, starts = one.entries[0], datetime.datetime(2023, 8, 14, 8, tzinfo=datetime.UTC)
    one.session = f.TrainingSessionFactory(
        cohort=one.cohort, module=entry.module, kind="assessment", starts_at=starts, ends_at=NOW
    )
    last = Record.objects.filter(trainee=one.trainee, module=entry.module).latest("pk")
    f.RecordFactory(
        trainee=one.trainee, entry=entry, session=one.session, score="71.50", previous=last, assessor=one.instructor,
        holds_from=one.session.starts_on, reason="seen by two",
    )  # fmt: skip
    found, page = file("session_results", about=one)
    assert len(found.rows) == len(page["sheet"].lines) > 1
    assert sum(bool(one) for one in found.column("kind")) == page["sheet"].marked == 1
    row = next(row for row in found.rows if row["kind"])
    assert [row[name] for name in ("module", "kind", "assessed_on", "score", "reason", "assessor")] == [
        "PLAIN-1", "go", "2023-08-14", "71.5", "seen by two", "TRD-I",
    ]  # fmt: skip
    assert row["note"] == "attempt 3"


def test_the_result_sheet_of_a_cohort_in_the_file_has_what_was_entered_on_the_day(file, one):
    found, page = file("cohort_record", day="2023-08-10")
    cells = [row[module.code] for row in found.rows for module in one.modules]
    assert sum(bool(cell) for cell in cells) == page["sheet"].cells
    assert sum(cell.isupper() for cell in cells) == page["sheet"].marked > 0
    assert cells.count("NOT_ASSESSED") == 6
    found, page = file("cohort_record", day="2023-08-10", module="PLAIN-1")
    assert found.columns[3:] == ["PLAIN-1"] and found.heading[3] == "# filter: module=PLAIN-1"


def test_the_strength_return_in_the_file_has_the_numbers_of_the_page(file):
    found, page = file("cohort_strength", day="2023-08-10")
    total = found.rows[-1]
    assert total["group"] == "all" and int(total["on_strength"]) == len(page["strength"].total.people)
    assert {state: int(total[state]) for state, _words, _n in page["strength"].total.counts} == {
        state: n for state, _words, n in page["strength"].total.counts
    }
    assert sum(int(row["on_strength"]) for row in found.rows[:-1]) == int(total["on_strength"])
    found, page = file("cohort_strength", "people", day="2023-08-10", show="absent")
    assert set(found.column("state")) == {"absent"} and len(found.rows) == len(page["people"]) > 0
    assert found.heading[1].startswith("# as of 2023-08-10,") and found.heading[3] == "# filter: show=absent"


def test_excusals_closing_roll_and_hours_in_the_file_are_those_of_the_page(file):
    found, page = file("cohort_excusals")
    assert len(found.rows) == sum(len(some) for _words, some in page["parts"]) == 12
    found, page = file("cohort_closing")
    assert (found.total("met"), found.total("of")) == tuple(page["p"].coverage)
    assert found.column("can_complete").count("yes") == len(page["closing"].ready)
    found, page = file("cohort_roll")
    assert len(found.rows) == len(page["completions"]) == 3
    found, page = file("cohort_hours")
    assert [float(one) for one in found.column("held_most")] == [float(line.held.most) for line in page["lines"]]
    assert any(float(one) for one in found.column("held_most"))


def test_schedules_and_boards_in_the_file_have_the_sessions_of_the_page(file, one):
    for name in ("cohort_schedule", "instructor_schedule", "place_schedule"):
        about = one
        one.assignment.instructor = Instructor.objects.get(pk=one.instructor.pk)
        found, page = file(name, about=about, week="2023-W32")
        assert len(found.rows) == sum(len(day.slots) for day in page["days"]) == 3
        assert set(found.column("lead")) == {"PlainINSTR"}
        assert found.heading[3] == "# filter: week=2023-W32"
    for name in ("cohort_board", "program_board"):
        found, page = file(name, day="2023-08-21")
        assert len(found.rows) == sum(card.expected for card in page["cards"]) > 0
        assert found.column("standing").count("away") == sum(len(card.away) for card in page["cards"])


def test_a_trainee_s_record_in_the_file_has_every_record_of_the_page(file):
    found, page = file("trainee_detail")
    [(record, _runs)] = page["records"]
    assert len(found.rows) == sum(len(module.lines) for module in record.modules) == 5
    assert found.column("decides").count("yes") == sum(
        line.decides for module in record.modules for line in module.lines
    )
    voided = next(row for row in found.rows if row["voided"] == "yes")
    assert voided["record"] == next(row["voids"] for row in found.rows if row["kind"] == "void")
    for table, of in (("modules", record.modules), ("attendance", record.attendance), ("places", record.places)):
        found, _page = file("trainee_detail", table)
        assert len(found.rows) == len(of) > 0
    assert found.name == "places-field-0-2023-08-20.csv"


def test_printed_sheets_in_the_file_are_those_asked_for(file):
    found, page = file("sheet_list", state="all")
    assert len(found.rows) == page["page"].paginator.count == 2
    assert sorted(found.column("state")) == ["lost", "out"] and set(found.column("lines")) == {"6"}
    found, _page = file("sheet_list")
    assert found.column("state") == ["out"] and found.heading[3] == "# filter: state=out"


def test_a_file_has_all_pages_of_a_list_in_its_order(client):
    one = crowd(120, modules=2)
    client.force_login(one.coordinator)
    where = reverse("trainees:trainee_list")
    page = client.get(where, {"sort": "-roll_number", "page": 2})
    found = File(client.get(where, {"sort": "-roll_number", "page": 2, "format": "csv"}))
    assert len(page.context["rows"]) == 50 and len(found.rows) == 120
    assert found.column("roll_number")[50:100] == [trainee.roll_number for trainee, _cohorts in page.context["rows"]]
    assert set(found.column("cohorts")) == {str(one.cohort)}
    link = re.search(r'href="(\?[^"]+format=csv)"', page.text)[1].replace("&amp;", "&")
    assert link == "?sort=-roll_number&format=csv"
    narrowed = File(client.get(where, {"q": "crowd-11", "format": "csv"}))
    assert len(narrowed.rows) == 10 and narrowed.heading[3] == "# filter: q=crowd-11"


def test_cohorts_in_the_file_are_those_on_the_page_the_latest_first(client):
    first, mistaken = f.EnrolmentFactory(), f.EnrolmentFactory()
    who, by = first.trainee, f.RoleFactory(program=first.program).user
    for n, entry in enumerate([first, mistaken]):
        later = f.CohortFactory(program=entry.program)
        line = {"trainee": entry.trainee, "program": entry.program, "cohort": later, "previous": entry}
        day = entry.since + datetime.timedelta(days=1)
        f.EnrolmentFactory(**line, since=day, **({"status": "void", "voids": entry, "correction": "Oh"} if n else {}))
    unseen = f.EnrolmentFactory(trainee=who)
    f.RoleFactory(program=mistaken.program, user=by)
    client.force_login(by)
    where = reverse("trainees:trainee_list")
    found = File(client.get(where, {"format": "csv"}))
    page = {one.roll_number: " ".join(map(str, cohorts)) for one, cohorts in client.get(where).context["rows"]}
    assert dict(zip(found.column("roll_number"), found.column("cohorts"), strict=True)) == page
    assert page[mistaken.trainee.roll_number] == "" and str(unseen.cohort) not in page[who.roll_number]
    assert page[who.roll_number].split()[1:] == [str(first.cohort)]


def test_lists_of_the_catalogue_in_the_file_are_those_of_the_page(file):
    found, page = file("programs:module_list", q="plain-2")
    assert found.column("code") == [module.code for module in page["page"]] == ["PLAIN-2"]
    found, page = file("programs:instructor_list", capacity="instructor")
    assert found.column("call_sign") == ["PlainINSTR"] and found.heading[3] == "# filter: capacity=instructor"
    found, page = file("programs:program_people")
    assert len(found.rows) == len(page["assignments"]) == 1 and found.column("may_assess") == ["PLAIN-1"]
    found, page = file("programs:program_people", "roles")
    assert len(found.rows) == len(page["roles"]) == 2
    found, page = file("trainees:cohort_list", program="trd")
    assert found.column("cohort") == [str(cohort) for cohort in page["page"]]


def test_a_filter_that_the_page_ignores_is_not_told(file):
    found, _page = file("cohort_roster", track="NONE", group="GROUP")  # one makes no sense: the page narrows nothing
    assert found.heading[3] == "# filter: none" and len(found.rows) == 6
    found, _page = file("session_list", module="NONE", kind="retake", state="nonsense")
    assert found.heading[3] == "# filter: kind=retake" and set(found.column("kind")) == {"retake"}
    found, _page = file("cohort_progress", group="GROUP", status="nonsense")
    assert found.heading[3] == "# filter: group=GROUP" and found.rows


# ---- nobody else's, no names, no formulas


@pytest.mark.parametrize(("name", "table"), BOTH)
def test_whoever_gets_no_page_gets_no_file(name, table, world, client):  # noqa: F811
    got = {}
    for actor, user in world.users.items():
        client.logout()
        if user:
            client.force_login(user)
        got[actor] = answered(client.get(where_of(name, table, world)))
    assert got == {actor: expected(TABLE[name], actor)[0] for actor in ACTORS}


@pytest.mark.parametrize(("name", "table"), BOTH)
def test_no_file_has_a_name_even_while_names_are_shown(name, table, one, client):
    client.force_login(one.coordinator)
    opened = reverse("trainees:cohort_names", args=[one.cohort.slug])
    client.post(opened, {"key": uuid.uuid4(), "reason": "diplomas"})
    assert "FIELDson" in client.get(address("trainees:cohort_roster", one)).text
    assert b"FIELDson" not in body(client.get(where_of(name, table, one)))
    book = load_workbook(io.BytesIO(body(client.get(where_of(name, table, one, "xlsx")))))
    assert not any(
        "FIELDson" in str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row
    )


def test_why_somebody_is_away_is_told_to_those_who_record(one, client):
    viewer = f.RoleFactory(program=one.program, kind="viewer").user
    found = {}
    for user in (viewer, one.recorder):
        client.force_login(user)
        answers = {(name, table): client.get(where_of(name, table, one) + "&day=2023-08-21") for name, table in BOTH}
        words = {place: body(answer).decode() for place, answer in answers.items() if answer.status_code == 200}
        said = {name for (name, _table), text in words.items() if "FIELD mark" in text or "FIELD excusal" in text}
        found[user] = {name.partition(":")[2].partition("_")[2] for name in said}
    assert not found[viewer]
    assert found[one.recorder] >= {"detail", "excusals", "register", "strength", "board"}


@pytest.mark.parametrize(("name", "table"), BOTH)
def test_no_file_has_a_formula(name, table, one, client):
    live = "=1+1"

    def poison(act):
        Trainee.objects.update(act=act, call_sign=live)
        Instructor.objects.update(act=act, call_sign=live, unit=live, languages=live, nation=live)
        Excusal.objects.update(act=act, reason=f"x;{live}")
        Attendance.objects.filter(session=one.sessions[2]).update(act=act, reason=f" {live}")

    f.do(poison, scope=one.program.pk)
    last = Enrolment.objects.filter(trainee=one.trainee).latest("pk")
    f.EnrolmentFactory(
        trainee=one.trainee, cohort=one.cohort, previous=last, status="suspended", reason="@SUM(A1)",
        since=datetime.date(2023, 8, 19),
    )  # fmt: skip
    client.force_login(one.coordinator)
    found = File(client.get(where_of(name, table, one)))
    numbers = re.compile(r"-?\d+(\.\d+)?")
    cells = [cell for row in [found.heading, *found.raw] for cell in row if not numbers.fullmatch(cell)]
    assert not [cell for cell in cells if cell.lstrip().startswith(SIGNS) or ";=" in cell]
    book = load_workbook(io.BytesIO(body(client.get(where_of(name, table, one, "xlsx")))))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d"}


def test_what_would_be_a_formula_comes_back_as_it_was(file, one):
    f.do(lambda act: Trainee.objects.filter(pk=one.trainee.pk).update(act=act, call_sign="'=1+1"))
    found, _page = file("cohort_roster")
    assert "'=1+1" in found.column("call_sign")


def test_anything_but_reading_and_any_other_format_is_answered_by_the_page(one, client):
    client.force_login(one.coordinator)
    where = address("trainees:cohort_roster", one)
    assert client.get(where, {"format": "pdf"})["Content-Type"].startswith("text/html")
    assert client.post(f"{where}?format=csv").status_code == 405
    closing = address("trainees:cohort_closing", one)
    assert client.post(f"{closing}?format=csv", {}).status_code == 422
    assert File(client.get(where, {"format": "csv", "table": "nonsense"})).columns[0] == "roll_number"
    head = client.head(where, {"format": "csv"})
    assert head.status_code == 200 and head["Content-Disposition"].startswith("attachment")


def test_the_browser_keeps_a_register_but_not_its_file(one, client):
    client.force_login(one.recorder)
    for name in ("trainees:session_register", "trainees:session_results", "trainees:cohort_record"):
        assert client.get(address(name, one))[KEEP_HEADER] == "yes"
        assert KEEP_HEADER not in client.get(address(name, one), {"format": "csv"})


# ---- what it costs

COSTS = {  # questions to the database, session and user among them
    "trainees": 6,
    "roster": 4,
    "matrix": 7,
    "cells": 7,
    "sessions": 8,
    "register": 13,
    "results": 13,
    "cohort results": 8,
    "strength": 7,
}


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_a_file_costs_the_same_for_any_number_of_trainees(trainees, client):
    one = crowd(trainees, modules=10)
    client.force_login(one.coordinator)
    client.get(reverse("trainees:progress_rule"))  # what is asked once in a process is asked here
    cohort, session = [one.cohort.slug], [one.sessions[0].pk]
    pages = {
        "trainees": reverse("trainees:trainee_list"),
        "roster": reverse("trainees:cohort_roster", args=cohort),
        "matrix": reverse("trainees:cohort_progress", args=cohort),
        "cells": reverse("trainees:cohort_progress", args=cohort) + "?table=cells",
        "sessions": reverse("trainees:session_list", args=cohort),
        "register": reverse("trainees:session_detail", args=session),
        "results": reverse("trainees:session_results", args=session),
        "cohort results": reverse("trainees:cohort_record", args=cohort),
        "strength": reverse("trainees:cohort_strength", args=cohort),
    }
    got = {}
    for name, where in pages.items():
        with CaptureQueriesContext(connection) as asked:
            body(client.get(where + ("&" if "?" in where else "?") + "format=csv"))
        got[name] = len(asked)
    assert got == COSTS


def test_a_long_list_is_fetched_as_it_is_sent(client):
    one = crowd(1, modules=1)

    def write(act):
        people = Trainee.objects.bulk_create(
            Trainee(act=act, roll_number=f"LONG-{n:04}", call_sign="VOVK" * 8) for n in range(4000)
        )
        Enrolment.objects.bulk_create(
            Enrolment(act=act, trainee=who, program=one.program, cohort=one.cohort, since=one.cohort.starts_on)
            for who in people
        )

    f.do(write)
    f.tell_the_planner()
    client.force_login(one.coordinator)
    where = reverse("trainees:trainee_list")
    client.get(where)  # what is made once in a process is made here
    tracemalloc.start()
    size = sum(len(part) for part in client.get(where, {"format": "csv"}).streaming_content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 4000 * 40
    assert peak < 14_000_000  # as much for 50 000
