"""Downloading in a browser: what was narrowed since the page was opened, with and without script, on a narrow screen."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.house.test_access import world  # noqa: F401  a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [  # with the menu where it has least room, and with most in it
    ("trainees:cohort_progress", 320),
    ("trainees:cohort_progress", 768),
    ("trainees:cohort_roster", 320),
    ("trainees:trainee_detail", 768),
    ("trainees:trainee_list", 1280),
    ("programs:program_people", 1280),
]


def lines_of(download):
    return Path(download.path()).read_text(encoding="utf-8-sig").splitlines()


def test_what_was_narrowed_on_the_page_is_what_is_downloaded(world, new_page, sign_in):  # noqa: F811
    page = sign_in(new_page(), world.users["coordinator"])
    page.goto(reverse("trainees:trainee_list") + "?page=1")
    page.get_by_label("Roll number, call sign").fill("nobody at all")
    expect(page.get_by_text("Nobody matches")).to_be_visible()
    page.locator(".download summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="CSV")).to_be_focused()
    with page.expect_download() as heard:
        page.keyboard.press("Enter")
    lines = lines_of(heard.value)
    assert heard.value.suggested_filename.startswith("trainees-")
    assert lines[3:] == ["# filter: q=nobody at all", "roll_number,call_sign,nation,cohorts"]
    expect(page.get_by_role("link", name="CSV")).to_be_hidden()
    expect(page.get_by_role("heading", name="Trainees")).to_be_visible()


def test_a_file_is_downloaded_without_script_too(world, new_page, sign_in):  # noqa: F811
    page = sign_in(new_page(javascript=False), world.users["viewer"])
    page.goto(reverse("trainees:cohort_roster", args=[world.cohort.slug]) + "?q=" + world.trainee.roll_number)
    page.locator(".download summary").click()
    with page.expect_download() as heard:
        page.get_by_role("link", name="CSV").click()
    assert lines_of(heard.value)[5].startswith(f"{world.trainee.roll_number},")


@pytest.mark.parametrize(("name", "width"), PAGES)
def test_the_menu_is_within_the_page_and_not_on_paper(name, width, world, new_page, sign_in, axe):  # noqa: F811
    words = {"slug": world.cohort.slug} if "cohort" in name else {}
    words = {"uuid": world.trainee.uuid} if "detail" in name else words
    words = {"slug": world.program.slug} if "people" in name else words
    page = sign_in(new_page(width=width), world.users["coordinator"])
    page.goto(reverse(name, kwargs=words))
    page.locator(".download summary").click()
    menu = page.locator(".download .menu-sheet")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert axe(page) == []
    page.emulate_media(media="print")
    expect(page.locator(".download")).to_be_hidden()
