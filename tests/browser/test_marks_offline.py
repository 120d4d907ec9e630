"""A sheet opened in the morning reloads and is marked without network; nothing else is kept, and nothing after signing out."""

import re
import threading
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from accounts.acts import add
from programs.models import Role
from tests import factories as f
from tests.browser.sheets import Register, SlowNetwork, register_of
from trainees.models import Attendance, Identity

pytestmark = pytest.mark.django_db(transaction=True)
QUIET = ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]


@pytest.fixture
def three(db):
    return register_of(3)


@pytest.fixture
def sheet(three, new_page, sign_in):
    """A register that the worker has kept, in a browser of its own."""
    page = sign_in(new_page(worker=True), three.instructor)
    page.expected_errors = QUIET
    sheet = Register(page, three).open()
    sheet.wait_until_kept()
    return sheet


def test_the_sheet_reloads_without_network_is_marked_and_sent_in_order_when_it_is_back(sheet, axe):
    sheet.mark(0, "late")
    sheet.all_sent()
    sheet.page.context.set_offline(True)
    sheet.page.reload()
    expect(sheet.page.locator("#outbox-kept")).to_contain_text(re.compile(r"Kept copy of \d\d:\d\d, no network"))
    sheet.shows(0, "late")  # marked after the copy was made
    assert axe(sheet.page) == []
    sheet.mark(0, "absent")
    sheet.mark(1, "present")
    sheet.mark(0, "excused")
    expect(sheet.unsent).to_have_text("3 not sent")
    sheet.page.reload()
    expect(sheet.unsent).to_have_text("3 not sent")
    for n, value in enumerate(["excused", "present", ""]):
        sheet.shows(n, value)
    expect(sheet.state(0)).to_contain_text("waiting for the network")
    sheet.sent.clear()
    sheet.page.context.set_offline(False)
    sheet.all_sent()
    done = [one["status"] for one in sheet.sent if one["key"] in sheet.written()]
    assert done == ["absent", "present", "excused"]
    assert [one.status for one in Attendance.objects.order_by("trainee__roll_number")] == ["excused", "present"]


@pytest.fixture
def slow_network(live_server):
    """Started before the browser's pages, and ended after them."""
    there = urlsplit(live_server.url)
    with SlowNetwork((there.hostname, there.port)) as network:
        threading.Thread(target=network.serve_forever, daemon=True).start()
        yield network
        network.moving.set()
        network.shutdown()


def test_where_no_answer_comes_in_time_the_kept_sheet_is_shown_and_its_marks_are_sent_once_one_comes(
    slow_network, three, new_page, sign_in, settings
):
    settings.KEPT_SHEET_AFTER = 1
    page = sign_in(new_page(worker=True, at=slow_network.url), three.instructor)
    sheet = Register(page, three).open()
    sheet.wait_until_kept()
    page.context.new_cdp_session(page).send(
        "Network.clearBrowserCache"
    )  # so that files come from the worker, or not at all
    slow_network.moving.clear()
    page.reload()
    expect(page.locator("#outbox-kept")).to_contain_text(re.compile(r"Kept copy of \d\d:\d\d: no answer in time"))
    sheet.mark(0, "late")
    expect(sheet.unsent).to_have_text("1 not sent")
    assert not Attendance.objects.exists()
    slow_network.moving.set()
    sheet.all_sent()
    assert [one.status for one in Attendance.objects.all()] == ["late"]


def test_what_waited_is_sent_from_whichever_page_is_opened_next_also_after_the_tab_was_closed(sheet, new_page):
    sheet.page.context.set_offline(True)
    sheet.mark(0, "present")
    expect(sheet.unsent).to_have_text("1 not sent")
    context = sheet.page.context
    next_page = new_page(context=context)
    sheet.page.close()
    context.set_offline(False)
    next_page.goto("/cohorts/")
    expect(next_page.locator("#outbox-count")).to_be_hidden()
    expect(next_page.locator("#outbox-said")).to_have_text("")
    Register(next_page, sheet.world).all_sent()
    assert [one.status for one in Attendance.objects.all()] == ["present"]


def test_a_sheet_that_is_no_longer_theirs_to_see_is_not_kept(sheet, three):
    sheet.page.expected_errors = [*QUIET, "404"]
    f.do(lambda act: Role.objects.filter(user=three.instructor).delete())
    sheet.page.reload()
    expect(sheet.page.locator("[data-marks]")).to_have_count(0)
    sheet.page.wait_for_function(f"async () => !(await caches.match({sheet.page.url!r}))")
    sheet.page.context.set_offline(True)
    sheet.page.reload()
    expect(sheet.page.locator("[data-marks]")).to_have_count(0)


def test_other_pages_are_not_kept_and_say_which_sheets_are(sheet, axe):
    sheet.page.goto("/cohorts/")
    sheet.page.context.set_offline(True)
    sheet.page.goto("/cohorts/")
    expect(sheet.page.get_by_role("heading", level=1)).to_have_text("No network")
    assert axe(sheet.page) == []
    sheet.page.get_by_role("link", name="Register").click()
    expect(sheet.page.locator("[data-cell]")).to_have_count(3)


def test_no_name_is_kept_in_the_browser(sheet, three):
    trainee = three.cohort.enrolments.first().trainee
    f.do(lambda act: add(Identity(trainee=trainee, family_name="Petrenko", given_name="Olena"), act))
    sheet.open()
    sheet.mark(0, "present")
    sheet.all_sent()
    everything = sheet.dump()
    assert "R-001" in everything and "present" in everything and "Petrenko" not in everything


def test_signing_out_leaves_no_sheet_and_no_mark_in_the_browser(sheet):
    sheet.mark(0, "present")
    sheet.all_sent()
    assert len(sheet.kept()) == 2
    sheet.page.locator("details.menu summary").filter(has_text="instructor").click()
    sheet.page.get_by_role("button", name="Sign out").click()
    sheet.page.wait_for_url("**/accounts/login/")
    assert sheet.kept() == []
    sheet.page.context.set_offline(True)
    sheet.page.goto(sheet.where)
    expect(sheet.page.get_by_role("heading", level=1)).to_have_text("No network")


def test_the_sheets_of_one_person_are_gone_when_another_signs_in(sheet, three, sign_in):
    assert any(one.startswith("sheets-") for one in sheet.kept())
    sheet.page.context.clear_cookies()
    sign_in(sheet.page, three.coordinator)
    expect(sheet.page.get_by_role("heading", level=1)).to_be_visible()
    assert not any(one.startswith("sheets-") for one in sheet.kept())
