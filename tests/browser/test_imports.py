"""Somebody imports a roster in a real browser: with errors, mended, decided, confirmed, taken back."""

import pytest
from playwright.sync_api import expect

from tests import factories as f

pytestmark = pytest.mark.django_db(transaction=True)

ROSTER = "Обліковий номер;Позивний;Група;Дата\nR-1;SOKIL;A;08.08.2023\nR-2;DUB;A;{day}\nR-3;KLEN;;\n"


@pytest.fixture
def page(new_page, sign_in):
    cohort = f.CohortFactory(program__code="TRD", code="1")
    f.GroupFactory(cohort=cohort, code="A")
    f.EnrolmentFactory(cohort=cohort, trainee__roll_number="R-0", trainee__call_sign="Klen")
    page = new_page()
    sign_in(page, f.RoleFactory(program=cohort.program).user)
    page.goto("/programs/trd/")
    page.get_by_role("link", name="Import", exact=True).click()
    return page


def choose(page, text):
    page.get_by_role("radio", name="Roster").check()
    page.get_by_label("Cohort", exact=True).select_option("trd-1")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode("cp1251")}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()


def test_a_roster_with_errors_is_mended_decided_confirmed_and_taken_back(page, axe):
    choose(page, ROSTER.format(day="40.08.2023"))
    expect(page.get_by_role("heading", name="1 row cannot be imported as it is.")).to_be_visible()
    wrong = page.get_by_role("row").filter(has_text="40.08.2023")
    expect(wrong).to_contain_text("Write a day as in 2023-08-18 or 18.08.2023.")
    assert axe(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="as CSV").click()
    assert "40.08.2023" in download.value.path().read_text(encoding="utf-8")

    page.goto("/programs/trd/import/?kind=roster")
    choose(page, ROSTER.format(day="09.08.2023"))
    expect(page.get_by_role("heading", name="1 row has to be decided.")).to_be_visible()
    page.get_by_role("radio", name="Somebody new: R-3 KLEN").check()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("heading", name="3 rows say something new.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.get_by_role("heading", name="What it wrote")).to_be_visible()
    assert axe(page) == []
    page.goto("/cohorts/trd-1/roster/")
    expect(page.get_by_role("row").filter(has_text="R-2")).to_contain_text("9 Aug 2023")

    page.go_back()
    page.get_by_role("button", name="Take the whole import back").click()
    expect(page.get_by_text("Taken back: 3 rows.")).to_be_visible()
    page.goto("/cohorts/trd-1/roster/")
    expect(page.get_by_text("R-2")).to_have_count(0)
