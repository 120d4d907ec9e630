"""Marks on a bad network: each waits in the browser for its answer; none is lost, doubled, or said to be saved too early."""

import re
import time
import uuid
from itertools import groupby

import pytest
from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from playwright.sync_api import expect

from tests import factories as f
from tests.browser.sheets import Held, Register, register_of
from trainees import services
from trainees.models import Attendance

SECRET = "JBSWY3DPEHPK3PXP"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three(db):
    return register_of(3)


@pytest.fixture
def sheet(three, new_page, sign_in):
    """The register of three, opened by an instructor."""
    return Register(sign_in(new_page(), three.instructor), three).open()


def statuses(register):
    return [one.status for one in Attendance.objects.order_by("trainee__roll_number")]


def test_a_mark_says_saving_until_its_answer_and_saved_with_the_time_then(sheet, axe):
    held, early = sheet.hold(), sheet.watch_for_early_saving()
    sheet.mark(0, "present")
    expect(sheet.state(0)).to_have_text("saving …")
    assert statuses(sheet) == [] and early() == [] and axe(sheet.page) == []
    held.let_go()
    expect(sheet.state(0)).to_have_text(re.compile(r"^saved \d\d:\d\d$"))
    assert statuses(sheet) == ["present"] and axe(sheet.page) == []
    expect(sheet.page.locator("#outbox-said")).to_have_text(re.compile(r"present, saved \d\d:\d\d"))
    expect(sheet.page.locator("[data-count]")).to_have_text("1 of 3 marked")


def test_several_marks_of_one_cell_are_sent_in_order_and_never_refused(sheet):
    held = sheet.hold()
    for status in ("present", "late", "absent", "", "excused"):
        sheet.mark(0, status)
    held.let_go()
    sheet.all_sent()
    assert statuses(sheet) == ["excused"]
    assert [one["status"] for one in sheet.sent] == ["present", "late", "absent", "", "excused"]
    assert [one["seen"] for one in sheet.sent[1:]] == [one["key"] for one in sheet.sent[:-1]]
    assert sheet.sent[0]["seen"] == ""
    sheet.mark(0, "present")
    sheet.all_sent()
    assert statuses(sheet) == ["present"]


def test_a_tap_before_the_script_is_there_is_not_lost(sheet):
    held = Held(sheet.page)
    sheet.page.route("**/js/marks*.js", held.take)
    sheet.page.goto(sheet.where, wait_until="commit")
    held.wait_for(1)
    sheet.mark(1, "late")
    held.let_go()
    expect(sheet.state(1)).to_have_text(re.compile("^saved"))
    assert statuses(sheet) == ["late"]


def test_a_page_that_comes_back_with_what_was_sent_marks_nothing_by_itself(sheet, three):
    sheet.page.expected_errors = ["409"]
    sheet.mark(0, "present")
    sheet.all_sent()
    mark = Attendance.objects.select_related("act").get()
    by = {"user": three.coordinator, "session": three.session, "trainee": mark.trainee}
    services.mark_trainee(**by, key=uuid.uuid4(), status="absent", reason="", seen=mark.seen)
    sheet.sent.clear()
    sheet.page.get_by_role("button", name="Save and close").click()
    expect(sheet.page.get_by_role("alert").first).to_be_visible()
    sheet.shows(0, "present")  # as sent, beside what stands there
    sheet.mark(1, "late")
    sheet.all_sent()
    assert [one["status"] for one in sheet.sent] == ["late"] and statuses(sheet) == ["absent", "late"]


def test_of_two_quick_marks_the_first_never_comes_back_over_the_second(sheet):
    sheet.page.evaluate(
        """() => {
          const row = document.querySelector("[data-cell]");
          window.values = [];
          new MutationObserver((changes) => { for (const { oldValue } of changes) window.values.push(oldValue || ""); })
            .observe(row, { attributeFilter: ["data-value"], attributeOldValue: true });
          for (const value of ["present", "late"]) row.querySelector(`input[value=${value}]`).click();
        }"""
    )
    sheet.all_sent()
    sheet.mark(0, "absent")
    sheet.all_sent()
    assert [value for value, _ in groupby(sheet.page.evaluate("window.values"))] == ["", "present", "late", "absent"]


# ---- the network fails


def test_a_cut_network_keeps_the_mark_says_so_and_sends_it_by_itself_when_it_is_back(sheet, axe):
    sheet.page.expected_errors = ["ERR_INTERNET_DISCONNECTED"]
    sheet.page.context.set_offline(True)
    sheet.mark(0, "present")
    sheet.mark(1, "late")
    expect(sheet.state(0)).to_have_text("waiting for the network")
    expect(sheet.unsent).to_have_text("2 not sent")
    assert statuses(sheet) == [] and axe(sheet.page) == []
    sheet.page.context.set_offline(False)
    sheet.all_sent()
    assert statuses(sheet) == ["present", "late"]


def test_what_no_answer_came_for_offers_retry_with_the_same_key_and_keeps_the_value(sheet, axe):
    sheet.page.expected_errors = ["ERR_FAILED", "500"]
    sheet.page.route(sheet.MARKS, lambda route: route.abort())
    sheet.mark(0, "late")
    retry = sheet.state(0).get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    sheet.shows(0, "late")
    assert axe(sheet.page) == []
    sheet.page.unroute(sheet.MARKS)
    retry.focus()
    retry.press("Enter")
    sheet.all_sent()
    assert statuses(sheet) == ["late"] and len({one["key"] for one in sheet.sent}) == 1
    sheet.has_focus(0)  # the button is gone, its row has the focus


def test_a_request_that_takes_too_long_is_given_up_and_made_again_with_the_same_key(sheet):
    sheet.page.clock.install()
    held = sheet.hold()
    sheet.mark(0, "present")
    expect(sheet.state(0)).to_have_text("saving …")
    held.wait_for(1)
    sheet.page.clock.run_for(14_000)
    assert len(held.waiting) == 1
    sheet.page.clock.run_for(2_000)  # too long: a second one follows at once
    held.wait_for(2)
    sheet.page.clock.run_for(16_000)
    expect(sheet.state(0)).to_contain_text("not saved")
    held.let_go()
    sheet.page.clock.resume()
    sheet.all_sent()
    assert statuses(sheet) == ["present"] and len({one["key"] for one in sheet.sent}) == 1 and len(sheet.sent) >= 3


def test_an_answer_that_is_not_ours_is_no_answer(sheet):
    portal = {"status": 200, "content_type": "text/html", "body": "<h1>Welcome to the hotel</h1>"}
    sheet.page.route(sheet.MARKS, lambda route: route.fulfill(**portal))
    sheet.mark(0, "present")
    expect(sheet.state(0)).to_contain_text("not saved")
    sheet.page.unroute(sheet.MARKS)
    sheet.all_sent()
    assert statuses(sheet) == ["present"]


def test_one_mark_that_the_server_fails_on_does_not_hold_up_the_others(sheet):
    sheet.page.expected_errors = ["500"]
    first = sheet.row(0).get_attribute("data-cell")
    sheet.page.route(f"**{first}", lambda route: route.fulfill(status=500, body=""))
    sheet.mark(0, "present")
    sheet.mark(1, "present")
    sheet.mark(2, "absent")
    expect(sheet.state(2)).to_contain_text("saved")
    expect(sheet.state(0)).to_contain_text("not saved")
    expect(sheet.unsent).to_have_text("1 not sent")
    assert statuses(sheet) == ["present", "absent"]


def test_two_tabs_of_one_person_send_each_mark_once_and_show_the_same(sheet, three, new_page):
    other = Register(new_page(context=sheet.page.context), three).open()
    held = sheet.hold()
    sheet.mark(0, "present")
    expect(other.row(0).locator("input[value=present]")).to_be_checked()
    expect(other.unsent).to_have_text("1 not sent")
    other.mark(0, "late")
    held.let_go()
    sheet.all_sent()
    other.all_sent()
    assert statuses(sheet) == ["late"] and len(sheet.sent) + len(other.sent) == 2
    expect(sheet.row(0).locator("input[value=late]")).to_be_checked()
    sheet.mark(0, "absent")
    sheet.all_sent()
    assert statuses(sheet) == ["absent"]


# ---- many hands


def test_a_cell_that_somebody_else_marked_shows_both_values_and_the_rest_goes_on(sheet, three, new_page, sign_in, axe):
    sheet.page.expected_errors = ["409"]
    other = Register(sign_in(new_page(), three.coordinator), three).open()
    for n in (0, 1):
        other.mark(n, "absent")
    other.all_sent()
    for n in (0, 1, 2):
        sheet.mark(n, "present")
    expect(sheet.state(2)).to_contain_text("saved")
    for n in (0, 1):
        expect(sheet.state(n)).to_contain_text(re.compile(r"coordinator marked absent at \d\d:\d\d, you present"))
    expect(sheet.unsent).to_have_text("2 not sent")
    assert statuses(sheet) == ["absent", "absent", "present"] and axe(sheet.page) == []

    sheet.state(0).get_by_role("button", name="Keep absent").click()
    sheet.has_focus(0)
    sheet.state(1).get_by_role("button", name="Record present").click()
    sheet.all_sent()
    sheet.shows(0, "absent")
    assert statuses(sheet) == ["absent", "present", "present"]
    sheet.mark(0, "late")  # what was kept has been seen
    sheet.all_sent()
    assert statuses(sheet) == ["late", "present", "present"]


def test_a_conflict_is_still_there_after_a_reload(sheet, three, new_page, sign_in):
    sheet.page.expected_errors = ["409"]
    other = Register(sign_in(new_page(), three.coordinator), three).open()
    other.mark(0, "absent")
    other.all_sent()
    sheet.mark(0, "present")
    expect(sheet.state(0)).to_contain_text("you present")
    sheet.open()
    expect(sheet.state(0)).to_contain_text("you present")
    sheet.state(0).get_by_role("button", name="Record present").click()
    sheet.all_sent()
    assert statuses(sheet) == ["present"]


def test_what_is_refused_says_why_beside_its_field_and_the_next_mark_takes_its_place(sheet, axe):
    sheet.page.expected_errors = ["422"]
    said = {"errors": {"reason": ["Say why."], "": ["Not like this."]}}
    sheet.page.route(sheet.MARKS, lambda route: route.fulfill(status=422, json=said))
    sheet.mark(0, "excused")
    field = sheet.row(0).locator("[data-field=reason]")
    expect(sheet.row(0).locator("[data-complaint]")).to_have_text("Say why.")
    expect(sheet.state(0)).to_contain_text("Not like this.")
    expect(sheet.page.locator("[data-count]")).to_have_text("0 of 3 marked")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert axe(sheet.page) == []
    sheet.unsent.click()
    listed = sheet.page.get_by_role("dialog").locator("li")
    expect(listed).to_contain_text("excused")
    expect(listed.get_by_role("link")).to_have_attribute("href", sheet.where)
    assert axe(sheet.page) == []
    sheet.page.keyboard.press("Escape")
    sheet.page.unroute(sheet.MARKS)
    field.fill("sick")
    field.press("Enter")
    sheet.all_sent()
    assert [(one.status, one.reason) for one in Attendance.objects.all()] == [("excused", "sick")]
    expect(sheet.row(0).locator("[data-complaint]")).to_have_count(0)


def test_what_is_locked_says_so_and_can_be_discarded_from_any_page(sheet, three, axe):
    sheet.page.expected_errors = ["403"]
    f.do(
        lambda act: three.program.roles.filter(user=three.instructor).update(kind="viewer", act=act),
        scope=three.program.pk,
    )
    sheet.mark(0, "present")
    expect(sheet.state(0)).to_contain_text("locked")
    assert axe(sheet.page) == [] and statuses(sheet) == []
    sheet.page.goto("/")
    expect(sheet.unsent).to_have_text("1 not sent")
    sheet.unsent.click()
    sheet.page.get_by_role("dialog").locator("li > button").click()
    expect(sheet.unsent).to_be_hidden()


def test_typing_a_reason_is_no_mark_of_its_own(sheet):
    sheet.mark(0, "late")
    sheet.all_sent()
    sheet.row(0).locator("[data-field=reason]").fill("bus")
    sheet.mark(0, "absent")  # with the reason still in the field
    sheet.all_sent()
    assert [(one["status"], one["reason"]) for one in sheet.sent] == [("late", ""), ("absent", "bus")]
    sheet.row(0).locator("[data-field=reason]").fill("no bus")
    sheet.row(1).locator("input[value=present]").focus()
    sheet.all_sent()
    assert [(one.status, one.reason) for one in Attendance.objects.all()] == [("absent", "no bus")]


def test_closing_the_register_sends_its_marks_first(sheet):
    sheet.page.expected_errors = ["ERR_INTERNET_DISCONNECTED"]
    sheet.page.context.set_offline(True)
    for n in range(3):
        sheet.mark(n, "present")
    expect(sheet.unsent).to_have_text("3 not sent")
    sheet.page.get_by_role("button", name="Save and close").click()
    expect(sheet.page.get_by_role("alert")).to_contain_text("not sent yet (3)")
    sheet.page.context.set_offline(False)
    sheet.page.get_by_role("button", name="Save and close").click()
    sheet.page.wait_for_url(f"**/sessions/{sheet.world.session.pk}/")
    assert statuses(sheet) == ["present"] * 3
    sheet.world.session.refresh_from_db()
    assert sheet.world.session.register_closed_at


def test_a_register_of_forty_is_marked_by_touch_on_a_tablet(new_page, sign_in, db, axe):
    world = register_of(40)
    sheet = Register(sign_in(new_page(width=768, touch=True), world.instructor), world).open()
    for n in range(40):
        sheet.row(n).locator("label.absent" if n % 8 == 7 else "label.present").tap()
    sheet.all_sent(30_000)
    assert [statuses(sheet).count(one) for one in ("present", "absent")] == [35, 5]
    small = sheet.page.locator(".seg label").evaluate_all("all => all.filter(one => one.offsetHeight < 43.5).length")
    assert small == 0 and axe(sheet.page) == []


def test_an_answer_far_below_scrolls_nobody_else_under_the_finger(new_page, sign_in, db):
    world = register_of(40)
    sheet = Register(sign_in(new_page(width=768, touch=True), world.instructor), world).open()
    sheet.page.expected_errors = ["422"]
    sheet.page.route(sheet.MARKS, lambda route: route.fulfill(status=422, json={"errors": {"reason": ["Say why."]}}))
    sheet.row(39).locator("label.excused").tap()
    expect(sheet.row(39).locator("[data-complaint]")).to_be_visible()
    sheet.page.unroute(sheet.MARKS)
    sheet.row(39).locator("[data-field=reason]").fill("sick")
    sheet.page.keyboard.press("Tab")  # to the button of its state, which goes with the next answer
    sheet.row(0).locator("label.absent").tap()
    sheet.all_sent()
    marks = dict(Attendance.objects.values_list("trainee__roll_number", "status"))
    assert marks == {"R-001": "absent", "R-040": "excused"}


def test_forty_are_marked_by_keyboard_alone_and_the_focus_is_never_lost(new_page, sign_in, db):
    world = register_of(40)
    sheet = Register(sign_in(new_page(), world.instructor), world).open()
    sheet.row(0).locator("input").first.focus()
    for n in range(40):
        sheet.page.keyboard.press("ple"[n % 3])
        sheet.page.keyboard.press("ArrowDown")
    sheet.all_sent(30_000)
    assert Attendance.objects.count() == 40
    sheet.has_focus(39)
    sheet.page.keyboard.press(" ")
    sheet.all_sent()
    assert Attendance.objects.count() == 39


# ---- who is signed in


def test_whoever_was_signed_out_signs_in_in_place_and_the_marks_are_sent(sheet, axe):
    sheet.page.expected_errors = ["401", "400"]
    sheet.page.context.clear_cookies()
    sheet.mark(0, "present")
    expect(sheet.state(0)).to_contain_text("not saved: signed out")
    sheet.mark(1, "late")  # nothing comes between, and no key that is pressed goes anywhere else
    assert axe(sheet.page) == []
    sheet.page.get_by_role("button", name="Sign in and send").click()
    dialog = sheet.page.get_by_role("dialog")
    assert axe(sheet.page) == []
    dialog.get_by_label("Username").fill("instructor")
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Sign in and send").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not correct")
    dialog.get_by_label("Password").fill(f.PASSWORD)
    dialog.get_by_role("button", name="Sign in and send").click()
    sheet.all_sent()
    expect(dialog).to_be_hidden()
    assert statuses(sheet) == ["present", "late"] and len({one["key"] for one in sheet.sent if "key" in one}) == 2
    assert {one.act.user for one in Attendance.objects.all()} == {sheet.world.instructor}


def test_marks_of_one_person_are_not_sent_under_the_name_of_another(sheet, three, new_page, sign_in, axe):
    sheet.page.expected_errors = ["401", "403"]
    sheet.mark(0, "present")
    sheet.all_sent()
    other = new_page(context=sheet.page.context)
    other.context.clear_cookies()
    sign_in(other, three.coordinator)
    sheet.mark(1, "present")
    expect(sheet.state(1)).to_contain_text("somebody else is signed in")
    expect(sheet.page.locator("#outbox-notice")).to_contain_text("not sent under their name")
    other.reload()
    expect(other.locator("#outbox-others")).to_contain_text("A mark of somebody else")
    assert statuses(sheet) == ["present"] and axe(sheet.page) == [] and axe(other) == []
    other.context.clear_cookies()
    again = Register(sign_in(other, three.instructor), three)
    again.all_sent()  # the first page that they open sends
    assert {one.act.user for one in Attendance.objects.all()} == {three.instructor} and Attendance.objects.count() == 2


@pytest.mark.parametrize("choice", ["Send and sign out", "Discard them and sign out"])
def test_signing_out_with_marks_that_wait_offers_to_send_or_to_discard_them(choice, sheet, axe):
    sheet.page.expected_errors = ["ERR_FAILED"]
    sheet.page.route(sheet.MARKS, lambda route: route.abort())
    sheet.mark(0, "present")
    expect(sheet.unsent).to_have_text("1 not sent")
    sheet.page.locator("details.menu summary").filter(has_text="instructor").click()
    sheet.page.get_by_role("button", name="Sign out").click()
    dialog = sheet.page.get_by_role("dialog")
    expect(dialog).to_contain_text("A mark is not sent yet")
    assert axe(sheet.page) == []
    if choice.startswith("Send"):
        sheet.page.unroute(sheet.MARKS)  # else it would be sent by itself before it is discarded
    dialog.get_by_role("button", name=choice).click()
    sheet.page.wait_for_url("**/accounts/login/")
    assert statuses(sheet) == (["present"] if choice.startswith("Send") else [])
    assert sheet.kept() == []


def test_leaving_muster_with_marks_that_wait_warns_and_moving_within_it_does_not(sheet):
    sheet.page.expected_errors = ["ERR_FAILED"]
    sheet.page.route(sheet.MARKS, lambda route: route.abort())
    warned = []
    sheet.page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    sheet.mark(0, "present")
    expect(sheet.unsent).to_have_text("1 not sent")
    sheet.page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Cohorts").click()
    sheet.page.wait_for_url("**/cohorts/")
    assert warned == []
    expect(sheet.unsent).to_have_text("1 not sent")
    sheet.page.locator("main").click(position={"x": 1, "y": 1})  # browsers warn only where somebody did something
    sheet.page.goto("about:blank")
    assert warned == ["beforeunload"]


def test_a_browser_that_keeps_nothing_still_sends_and_warns_on_every_way_out(three, new_page, sign_in):
    page = sign_in(new_page(), three.instructor)
    page.expected_errors = ["ERR_FAILED"]
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    sheet = Register(page, three).open()
    sheet.mark(0, "present")
    sheet.all_sent()
    sheet.page.route(sheet.MARKS, lambda route: route.abort())
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    sheet.mark(1, "late")
    expect(sheet.unsent).to_have_text("1 not sent")
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Cohorts").click()
    page.wait_for_url("**/cohorts/")
    assert warned == ["beforeunload"] and statuses(sheet) == ["present"]


def test_whoever_needs_more_than_a_password_is_led_to_a_tab_of_its_own_and_back(sheet):
    sheet.page.expected_errors = ["401"]
    TOTP.activate(sheet.world.instructor, SECRET)
    sheet.page.context.clear_cookies()
    sheet.mark(0, "present")
    sheet.page.get_by_role("button", name="Sign in and send").click()
    dialog = sheet.page.get_by_role("dialog")
    dialog.get_by_label("Username").fill("instructor")
    dialog.get_by_label("Password").fill(f.PASSWORD)
    dialog.get_by_role("button", name="Sign in and send").click()
    with sheet.page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in in a new tab").click()
    other = opened.value
    other.locator("#id_code").fill(format_hotp_value(hotp_value(SECRET, int(time.time()) // TOTP_PERIOD)))
    other.locator("#id_code").press("Enter")
    other.wait_for_url("/")
    sheet.page.bring_to_front()
    sheet.page.evaluate("window.dispatchEvent(new Event('focus'))")  # no window of a headless browser ever has it
    sheet.all_sent()
    assert statuses(sheet) == ["present"]
