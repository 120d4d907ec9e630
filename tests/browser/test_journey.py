"""The whole job in a real browser: a coordinator sets up a program and records, others read it or do not learn of it."""

import re

import pytest

from programs.models import Program, Role
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees.models import Cohort, Record

pytestmark = pytest.mark.django_db(transaction=True)


def send(page, words):
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
    assert page.locator("tbody tr").count() == 3

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
    assert page.locator("tbody .s-achieved").count() == 3
    assert page.locator("tbody .s-not_started").count() == 3
    page.locator("tbody .s-achieved").first.click()
    assert page.locator(".badge.go").first.inner_text() == "decides"


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
    assert page.get_by_role("link", name="Add trainees").count() == 0
    page.goto("/cohorts/trd-1/progress/")
    page.locator("tbody .s-achieved").click()
    assert page.get_by_role("link", name="Record a result").count() == 0


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
    assert page.locator("tbody tr").count() == 2
    page.evaluate("window.kept = true")  # gone if the page were loaded anew
    page.locator("main details.menu summary").filter(has_text="Filter").click()
    page.locator("main [name=show]").select_option("not_met")
    page.wait_for_url("**/progress/?*show=not_met*")
    assert page.locator("tbody tr").count() == 1  # the other one meets all
    assert page.evaluate("window.kept") is True
    page.reload()
    assert page.locator("main [name=show]").input_value() == "not_met"
    assert page.locator("tbody tr").count() == 1


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
    assert page.locator("td.tick input:checked").count() == 2
    withdraw.click()
    page.wait_for_url("**/roster/withdraw/?t=*&t=*")


def test_data_entry_in_the_admin(new_page, sign_in, db):
    page = sign_in(new_page(), f.UserFactory(is_staff=True, is_superuser=True))
    page.goto("/admin/programs/program/add/")
    page.locator("[name=code]").fill("ADM")
    page.locator("[name=title]").fill("By the admin")
    page.locator("[name=host]").fill("Norway")
    page.locator("#tracks-group .add-row a").click()
    page.locator("[name=tracks-0-code]").fill("SL")
    page.locator("[name=tracks-0-title]").fill("Section leader")
    page.locator("[name=_save]").first.click()
    page.wait_for_url("**/program/")
    program = Program.objects.get(slug="adm")
    assert program.tracks.get().title == "Section leader"


ADDRESSES = [
    "/",
    "/programs/",
    "/programs/new/",
    "/programs/trd/",
    "/programs/trd/curriculum/",
    "/programs/trd/people/",
    "/programs/trd/curricula/{number}/",
    "/modules/",
    "/modules/TAC-1/",
    "/instructors/",
    "/instructors/new/",
    "/cohorts/",
    "/cohorts/new/?program=trd",
    "/cohorts/trd-1/",
    "/cohorts/trd-1/edit/",
    "/cohorts/trd-1/progress/",
    "/cohorts/trd-1/modules/TAC-1/",
    "/cohorts/trd-1/modules/TAC-1/rate/",
    "/cohorts/trd-1/roster/",
    "/cohorts/trd-1/roster/add/",
    "/cohorts/trd-1/sessions/",
    "/cohorts/trd-1/sessions/new/",
    "/cohorts/trd-1/closing/",
    "/cohorts/trd-1/roll/",
    "/sessions/{session}/",
    "/sessions/{session}/register/",
    "/trainees/",
    "/trainees/new/?cohort=trd-1",
    "/trainees/{trainee}/",
    "/trainees/{trainee}/name/",
    "/trainees/{trainee}/trd/TAC-1/",
    "/trainees/{trainee}/trd/TAC-1/record/",
    "/progress-rule/",
    "/accounts/password/change/",
    "/nothing-here/",
]


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_is_sound_for_whoever_sees_hears_or_moves_differently(dark, width, cohort, new_page, sign_in, axe):
    page = sign_in(new_page(dark=dark, width=width), f.RoleFactory(program=cohort.program).user)
    page.expected_errors = ["404"]
    trainee = cohort.enrolments.first().trainee
    known = {
        "session": cohort.sessions.get().pk,
        "trainee": trainee.uuid,
        "number": cohort.curricula.get().curriculum.number,
    }
    found = {}
    for address in ADDRESSES:
        page.goto(address.format(**known))
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        problems = [*axe(page), *(["scrolls sideways"] if wide else [])]
        if problems:
            found[address] = problems
    assert found == {}
