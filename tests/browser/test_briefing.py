"""A briefing where it is used: on a projector, on A4, and in a message."""

import datetime
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories as f
from tests.trainees.crowd import cohorts_more, crowd

pytestmark = pytest.mark.django_db(transaction=True)
SCREENS = [(1280, 720), (1920, 1080)]


@pytest.fixture
def one(db):
    """A cohort as they usually are: forty trainees, twelve modules, sessions to come."""
    one = crowd(40, modules=12)
    for n, entry in enumerate(one.entries[:5]):
        starts = datetime.datetime(2023, 8, 21 + n, 8, tzinfo=datetime.UTC)
        f.TrainingSessionFactory(
            cohort=one.cohort,
            module_id=entry.module_id,
            module=None,
            starts_at=starts,
            ends_at=starts + datetime.timedelta(hours=2),
        )
    cohorts_more(one, 3)
    one.of_cohort = reverse("trainees:cohort_briefing", args=[one.cohort.slug]) + "?as_of=2023-08-18"
    one.of_program = reverse("trainees:program_briefing", args=[one.program.slug]) + "?as_of=2023-08-18"
    return one


def hidden_sideways(page):
    """What does not fit the width: the page, or a box in it that would have to be scrolled."""
    return page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('main .sheet, main .frame, main .card')]"
        ".filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.className || box.tagName)"
    )


def pages(page):
    page.emulate_media(color_scheme="light")
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, format="A4")))


def test_it_is_presented_by_keyboard_without_scrolling_sideways(one, new_page, sign_in):
    page = sign_in(new_page(), one.coordinator)
    for where in (one.of_cohort, one.of_program):
        page.goto(where)
        page.get_by_role("link", name="Present").press("Enter")
        expect(page.locator("main.present")).to_be_visible()
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            assert hidden_sideways(page) == [], (where, width)
            assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.headline')).fontSize)") > 22
        for gone in (".bar", ".tabs", ".footer"):
            expect(page.locator(gone).first).to_be_hidden()
        page.keyboard.press("Escape")
        expect(page.locator("main.briefing:not(.present)")).to_be_visible()
        assert page.url.endswith(where)


def test_the_full_screen_is_left_first(one, new_page, sign_in):
    page = sign_in(new_page(), one.coordinator)
    page.goto(f"{one.of_cohort}&present=1")
    page.get_by_role("button", name="Full screen").press("Enter")
    page.wait_for_function("document.fullscreenElement !== null")
    expect(page.locator("main.present")).to_be_visible()


def test_that_of_a_usual_cohort_fits_on_one_sheet_and_a_longer_one_breaks_well(one, new_page, sign_in):
    page = sign_in(new_page(), one.coordinator)
    page.goto(one.of_cohort)
    assert pages(page) == 1
    page.goto(f"{one.of_cohort}&present=1")
    assert pages(page) == 1
    page.goto(one.of_program)
    assert pages(page) <= 2


def test_the_bottom_line_is_copied_as_text(one, new_page, sign_in):
    page = sign_in(new_page(), one.coordinator)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(one.of_cohort)
    page.get_by_text("Copy as text").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#bottom-line").input_value()
    assert copied.startswith(f"Cohort {one.cohort} as of 18 Aug 2023") and "trainees need attention" in copied


def test_without_a_script_everything_is_there(one, new_page, sign_in):
    page = sign_in(new_page(javascript=False), one.coordinator)
    page.goto(one.of_cohort)
    page.get_by_text("Copy as text").click()
    expect(page.locator("#bottom-line")).to_be_visible()
    page.get_by_role("link", name="Present").click()
    expect(page.locator("main.present")).to_be_visible()
    page.get_by_role("link", name="Leave").click()
    expect(page.locator("main.briefing:not(.present)")).to_be_visible()
