"""Names in a real browser: they leave the screen by themselves, nothing of them stays in it, and Back shows nothing."""

import datetime
import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.acts import add
from tests import factories as f
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.sheets import Register, register_of
from trainees import services
from trainees.models import Excusal, Identity
from trainees.selectors import names

pytestmark = pytest.mark.django_db(transaction=True)
FAMILY, REMARK = "Зозуляк", "fever since Monday"


@pytest.fixture
def world(db):
    world = register_of(2)
    world.trainee = world.cohort.enrolments.order_by("trainee__roll_number").first().trainee
    f.do(lambda act: add(Identity(trainee=world.trainee, family_name=FAMILY, given_name="Мотря"), act))
    world.roster = reverse("trainees:cohort_roster", args=[world.cohort.slug])
    return world


def open_names(page, world):
    page.goto(world.roster)
    page.get_by_role("link", name="Show names").click()
    page.get_by_label("Why do you need the names?").fill("Travel papers")
    page.get_by_role("button", name="Show names").click()
    expect(page.get_by_text(f"{FAMILY} Мотря")).to_be_visible()


def test_names_leave_the_screen_by_themselves_when_their_time_is_over(world, new_page, sign_in, monkeypatch):
    page = sign_in(new_page(javascript=False), world.coordinator)
    monkeypatch.setattr(names, "SHOWN_FOR", datetime.timedelta(seconds=5))
    open_names(page, world)
    expect(page.get_by_role("link", name="Show names")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(FAMILY)).to_have_count(0)


def test_names_are_printed_with_who_opened_them_and_why_and_hidden_by_a_button(world, new_page, sign_in, axe):
    page = sign_in(new_page(), world.coordinator)
    open_names(page, world)
    assert axe(page) == []
    page.emulate_media(media="print")
    expect(page.get_by_text("Names, opened by coordinator")).to_be_visible()
    expect(page.get_by_text("Why: Travel papers")).to_be_visible()
    expect(page.get_by_text(FAMILY)).to_be_visible()
    expect(page.get_by_role("button", name="Hide names")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Hide names").click()
    expect(page.get_by_role("link", name="Show names")).to_be_visible()
    expect(page.get_by_text(FAMILY)).to_have_count(0)


def look_for(page, roll):
    """Narrow the roster by htmx, which keeps a history of its own: that must hold nothing either."""
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.locator("form.filters input[name=q]").press_sequentially(roll)
    expect(page.get_by_text("R-002")).to_have_count(0)
    expect(page.get_by_text(FAMILY)).to_be_visible()


@pytest.fixture
def remembering(chromium):
    """A browser that keeps whole pages to go back to, as people's browsers do; Playwright has its own not do it."""
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    args = {"args": flags, "ignore_default_args": ["--disable-back-forward-cache"]}
    browser = chromium.browser_type.launch(executable_path=chromium_path(), **args)
    yield browser
    browser.close()


def test_after_signing_out_going_back_shows_nothing(world, remembering, live_server, new_page, sign_in):
    page = sign_in(new_page(context=remembering.new_context(base_url=live_server.url)), world.coordinator)
    page.expected_errors = ["htmx:sendAbort", "htmx:afterRequest"]  # a search that signing out overtakes
    open_names(page, world)
    look_for(page, "R-001")
    page.locator("details.menu summary").filter(has_text="coordinator").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/")
    for _time in range(3):
        page.go_back()
        expect(page.get_by_label("Username")).to_be_visible()
        assert FAMILY not in page.content()


def test_nothing_of_a_name_stays_in_the_browser_after_a_whole_journey(world, new_page, sign_in):
    page = sign_in(new_page(worker=True), world.coordinator)
    page.expected_errors = ["htmx:sendAbort", "htmx:afterRequest"]
    page.evaluate("navigator.serviceWorker.ready")
    sheet = Register(page, world).open()
    sheet.wait_until_kept()
    sheet.mark(0, "present")
    sheet.all_sent()
    open_names(page, world)
    look_for(page, "R-001")
    page.goto(reverse("trainees:cohort_roll", args=[world.cohort.slug]))
    page.goto(reverse("trainees:trainee_name", args=[world.trainee.uuid]))
    page.get_by_label("Why do you need the name?").fill("Diploma")
    page.get_by_role("button", name="Show name").click()
    expect(page.get_by_text(FAMILY)).to_be_visible()
    page.goto(reverse("trainees:name_edit", args=[world.trainee.uuid]))
    page.get_by_label("Family name").fill(FAMILY)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The name is kept apart.")).to_be_visible()
    everything = sheet.dump()
    assert "R-001" in everything and FAMILY not in everything and "Мотря" not in everything


def test_a_kept_sheet_has_no_remark_about_who_is_ill(world, new_page, sign_in):
    day = world.session.starts_on
    ill = Excusal(trainee=world.trainee, program=world.program, kind="sick", since=day, reason=f'{REMARK} <"38">')
    f.do(lambda act: add(ill, act))
    other = world.cohort.enrolments.order_by("trainee__roll_number").last().trainee
    mark = {"session": world.session, "trainee": other, "status": "late", "reason": f'{REMARK} > "39"', "seen": ""}
    services.mark_trainee(user=world.coordinator, key="3a3c9d0e-0000-4000-8000-000000000001", **mark)
    page = sign_in(new_page(worker=True), world.instructor)
    page.expected_errors = ["ERR_INTERNET_DISCONNECTED", "Failed to fetch"]
    sheet = Register(page, world).open()
    expect(sheet.row(0)).to_contain_text(f'excused, sick: {REMARK} <"38">')
    expect(sheet.row(1).get_by_placeholder("reason")).to_have_value(f'{REMARK} > "39"')
    sheet.wait_until_kept()
    everything = sheet.dump()
    assert "R-001" in everything and REMARK not in everything and "sick:" not in everything
    page.context.set_offline(True)
    page.reload()
    expect(sheet.row(0)).to_contain_text("excused")
    sheet.shows(1, "late")
    expect(sheet.row(1).get_by_placeholder("reason")).to_have_value("")
    sheet.mark(1, "absent")
    sheet.page.context.set_offline(False)
    sheet.all_sent()
    mark = world.session.attendance.get(trainee=other)
    assert (mark.status, mark.reason) == ("absent", f'{REMARK} > "39"')  # what it did not have it did not take away
