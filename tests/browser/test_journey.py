"""The whole job in a real browser: a coordinator sets up a program and records, others read it or do not learn of it."""

import re

import pytest
from playwright.sync_api import expect

from programs.models import Instructor, Program, Role
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees.models import Cohort, Record

pytestmark = pytest.mark.django_db(transaction=True)


def send(page, words):
    with page.expect_navigation():
        page.locator("main form button").filter(has_text=re.compile(f"^{words}")).first.click()


def fill(page, **fields):
    for name, value in fields.items():
        field = page.locator(f"main [name={name}]").first
        if value is True:
            field.check()
        elif field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def record(page, trainee, kind, day, code="TAC-1", **more):
    page.goto(f"/trainees/{trainee.uuid}/trd/{code}/record/")
    page.locator(f"main [name=kind][value={kind}]").check()
    page.locator("main [name=assessor]").select_option(index=1)
    fill(page, assessed_on=day, **more)
    send(page, "Record")
    page.wait_for_url(f"**/{code}/")


@pytest.fixture
def coordinator(db):
    """Somebody who coordinates a program already, so that they may begin another."""
    return f.RoleFactory(program__code="OLD").user


@pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="with JavaScript", marks=pytest.mark.smoke), pytest.param(False, id="without")]
)
def test_a_coordinator_does_the_whole_job(javascript, coordinator, new_page, sign_in):
    page = sign_in(new_page(javascript=javascript), coordinator)

    page.goto("/programs/")
    page.get_by_role("link", name="New program").click()
    fill(page, code="TRD", title="Trondheim", host="Norway", partner="Ukraine")
    send(page, "(Create|Add|Make) ")
    page.wait_for_url("**/programs/trd/")

    for code, title in (("FND-1", "Modern warfare"), ("TAC-1", "Tactical maneuvers")):
        page.goto("/modules/new/")
        fill(page, code=code, title=title)
        send(page, "(Create|Add|Make) ")
        page.wait_for_url(f"**/modules/{code}/")

    page.goto("/programs/trd/")
    page.get_by_role("link", name="Curriculum and tracks").click()
    page.get_by_role("link", name="New version").click()
    send(page, "(Create|Add|Make) ")
    page.wait_for_url("**/curricula/1/")
    for _ in range(2):
        page.get_by_role("link", name="Add a module").first.click()
        page.locator("main [name=module]").select_option(index=1)
        fill(page, hours="8")
        send(page, "Add the module")
        page.wait_for_url("**/curricula/1/")
    page.get_by_role("link", name="Publish").click()
    send(page, "Publish")
    page.wait_for_url("**/curricula/1/")

    page.goto("/cohorts/new/?program=trd")
    fill(page, code="1", starts_on="2023-08-07", ends_on="2023-08-31")
    page.locator("main [name=curriculum]").select_option(index=1)
    send(page, "(Create|Add|Make) ")
    page.wait_for_url("**/cohorts/trd-1/")

    page.get_by_role("link", name="Add trainees").first.click()
    fill(page, lines="R-1, SOKIL, Ukraine\nR-2, ЖУРАВЕЛЬ\nR-3, MAK", since="2023-08-07")
    send(page, "Add them")
    page.wait_for_url("**/roster/")
    expect(page.locator("tbody tr")).to_have_count(3)

    cohort = Cohort.objects.get(slug="trd-1")
    f.AssignmentFactory(program=cohort.program)
    first, second, _third = (one.trainee for one in cohort.enrolments.order_by("trainee__roll_number"))
    record(page, first, "go", "2023-08-10", code="FND-1")
    record(page, first, "go", "2023-08-11")
    record(page, second, "no_go", "2023-08-10")
    record(page, second, "go", "2023-08-14")
    assert Record.objects.count() == 4

    page.goto("/cohorts/trd-1/")
    cards = page.locator(".cards").inner_text()
    assert "3 of 6" in cards and "1 of 3" in cards.replace("\n", " ")
    page.goto("/cohorts/trd-1/progress/")
    expect(page.locator("tbody .s-achieved")).to_have_count(3)
    expect(page.locator("tbody .s-not_started")).to_have_count(3)
    page.locator("tbody .s-achieved").first.click()
    expect(page.locator(".badge.go").first).to_have_text("decides")


@pytest.fixture
def cohort(db):
    """A cohort of two, one module achieved by one of them."""
    program = f.ProgramFactory(code="TRD")
    entry = f.EntryFactory(curriculum__program=program, module__code="TAC-1")
    f.publish(entry.curriculum)
    cohort = f.CohortFactory(program=program, code="1")
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
    f.AssignmentFactory(program=program)
    f.GroupFactory(cohort=cohort)
    f.TrackFactory(program=program)
    for roll in ("R-1", "R-2"):
        f.EnrolmentFactory(cohort=cohort, trainee__roll_number=roll)
    session = f.TrainingSessionFactory(cohort=cohort, module=entry.module)
    f.RecordFactory(trainee=cohort.enrolments.first().trainee, entry=entry, session=session)
    return cohort


def test_a_liaison_officer_reads_how_far_it_is_and_is_offered_nothing_to_change(cohort, new_page, sign_in):
    page = sign_in(new_page(), f.RoleFactory(program=cohort.program, kind=Role.Kind.VIEWER).user)
    page.get_by_role("link", name="TRD-1").first.click()
    assert "1 of 2" in page.locator(".cards").inner_text()
    expect(page.get_by_role("link", name="Add trainees")).to_have_count(0)
    page.goto("/cohorts/trd-1/progress/")
    page.locator("tbody .s-achieved").click()
    expect(page.get_by_role("link", name="Record a result")).to_have_count(0)


def test_an_instructor_of_another_program_does_not_learn_of_it(cohort, new_page, sign_in):
    page = sign_in(new_page(), f.RoleFactory(kind=Role.Kind.INSTRUCTOR).user)
    page.expected_errors = ["404"]
    for address in ("/cohorts/trd-1/", "/cohorts/trd-1/progress/", "/programs/trd/"):
        assert page.goto(address).status == 404
    page.goto("/cohorts/")
    assert "TRD" not in page.locator("main").inner_text()


def test_the_matrix_is_filtered_in_place_and_the_address_keeps_it(cohort, new_page, sign_in):
    page = sign_in(new_page(), f.RoleFactory(program=cohort.program).user)
    page.goto("/cohorts/trd-1/progress/")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.evaluate("window.kept = true")  # gone if the page were loaded anew
    page.locator("main details.menu summary").filter(has_text="Filter").click()
    page.locator("main [name=show]").select_option("not_met")
    page.wait_for_url("**/progress/?*show=not_met*")
    expect(page.locator("tbody tr")).to_have_count(1)  # the other one meets all
    assert page.evaluate("window.kept") is True
    page.reload()
    expect(page.locator("main [name=show]")).to_have_value("not_met")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_matrix_shows_22_trainees_at_once(new_page, sign_in, db):
    one = crowd(30, 8)
    page = sign_in(new_page(width=1280, height=900), one.coordinator)
    page.goto(f"/cohorts/{one.cohort.slug}/progress/")
    ends = page.locator(".matrix tbody tr").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().bottom)")
    assert sum(end <= 900 for end in ends) >= 22


def test_what_can_be_done_with_those_ticked_comes_with_the_first_tick(cohort, new_page, sign_in):
    page = sign_in(new_page(), f.RoleFactory(program=cohort.program).user)
    page.goto("/cohorts/trd-1/roster/")
    withdraw = page.get_by_role("button", name="Withdraw")
    assert not withdraw.is_visible()
    page.get_by_label("Tick all").check()
    expect(page.locator("td.tick input:checked")).to_have_count(2)
    withdraw.click()
    page.wait_for_url("**/roster/withdraw/?t=*&t=*")


def choose(page, name, words):
    """Choose by typing, where the admin offers thousands."""
    page.locator(f".field-{name.rpartition('-')[2]}", has=page.locator(f"[name='{name}']")).locator(".select2").click()
    page.locator(".select2-container--open .select2-search__field").press_sequentially(words)
    page.locator(".select2-results__option--highlighted").filter(has_text=words).click()


def enter(page, table, row=None, **values):
    """Fill in an add page of the admin, or a row's page, and save it."""
    page.goto(f"/admin/{table}/{row.pk}/change/" if row else f"/admin/{table}/add/")
    for name, value in values.items():
        name = name.replace("__", "-")
        field = page.locator(f"#content [name='{name}']").first
        if field.evaluate("e => e.classList.contains('admin-autocomplete')"):
            choose(page, name, value)
        elif field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(label=field.locator("option", has_text=value).inner_text())
        else:
            field.fill(value)
    save(page)
    page.wait_for_url(f"**/admin/{table}/")


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def test_the_same_job_is_done_in_the_admin_and_the_pages_show_it(new_page, sign_in, db):
    page = sign_in(new_page(), f.UserFactory(is_staff=True, is_superuser=True))

    page.goto("/admin/programs/program/add/")
    for name, value in (("code", "ADM"), ("title", "By the admin"), ("host", "Norway")):
        page.locator(f"[name={name}]").fill(value)
    page.locator("#tracks-group .add-row a").click()
    page.locator("[name=tracks-0-code]").fill("SL")
    page.locator("[name=tracks-0-title]").fill("Section leader")
    save(page)
    page.wait_for_url("**/program/")
    program = Program.objects.get(slug="adm")
    assert program.tracks.get().title == "Section leader"

    enter(page, "programs/program", code="HOME", title="Where the instructor comes from", host="Norway")
    enter(page, "programs/instructor", program="HOME", code="I-1", call_sign="FJELL", nation="Norway")
    enter(page, "programs/assignment", instructor="FJELL", program="ADM")
    assert [one.call_sign for one in Instructor.objects.assessing(program)] == ["FJELL"]

    enter(page, "programs/skillmodule", code="FND-1", title="Modern warfare")
    enter(page, "programs/skillmodule", code="TAC-1", title="Tactical maneuvers")
    enter(page, "programs/curriculum", program="ADM")
    page.goto(f"/admin/programs/curriculum/{program.curricula.get().pk}/change/")
    for n, code in enumerate(("FND-1", "TAC-1")):
        page.locator("#entries-group .add-row a").click()
        choose(page, f"entries-{n}-module", code)
        page.locator(f"[name=entries-{n}-hours]").fill("8")
    save(page)
    page.wait_for_url("**/curriculum/")
    page.locator("tbody [name=_selected_action]").check()
    page.locator("[name=action]").select_option("publish")
    page.locator("#changelist-form").get_by_role("button", name=re.compile("Go|Run")).click()
    page.wait_for_url("**/curriculum/")
    assert program.curricula.get().published_at and program.curricula.get().entries.count() == 2

    page.goto("/admin/trainees/cohort/add/")
    choose(page, "program", "ADM")
    for name, value in (("code", "1"), ("starts_on", "2023-08-07"), ("ends_on", "2023-08-31")):
        page.locator(f"[name={name}]").fill(value)
    page.locator("#curricula-group .add-row a").click()
    choose(page, "curricula-0-curriculum", "ADM")
    page.locator("[name=curricula-0-since]").fill("2023-08-07")
    save(page)
    page.wait_for_url("**/cohort/")
    for roll in ("R-1", "R-2", "R-3"):
        enter(
            page, "trainees/trainee", roll_number=roll, call_sign="SOKIL", nation="Ukraine", cohort="ADM",
            since="2023-08-07", track="Section leader",
        )  # fmt: skip

    go, no_go = re.compile("^GO$"), re.compile("^NO-GO$")

    def mark(roll, module, kind, day):
        cell = {"trainee": roll, "program": "ADM", "module": module}
        enter(page, "trainees/record", **cell, kind=kind, holds_from=day, assessor="FJELL")

    mark("R-1", "FND-1", go, "2023-08-10")
    mark("R-1", "TAC-1", go, "2023-08-11")
    mark("R-2", "FND-1", no_go, "2023-08-10")
    second = Record.objects.get(kind="no_go")
    again = f"trainee={second.trainee_id}&program={program.pk}&module={second.module_id}"
    page.goto(f"/admin/trainees/record/add/?{again}")  # the retake, from where the line is known
    page.locator("[name=kind]").select_option("go")
    page.locator("[name=holds_from]").fill("2023-08-14")
    choose(page, "assessor", "FJELL")
    save(page)
    page.wait_for_url("**/record/")
    assert Record.objects.count() == 4

    page.goto("/cohorts/adm-1/")
    text = " ".join(page.get_by_role("main").inner_text().split())
    assert "3 of 6" in text and "1 of 3" in text
    page.goto("/cohorts/adm-1/progress/")
    expect(page.locator("tbody").get_by_role("link", name=re.compile("^Achieved", re.I))).to_have_count(3)
