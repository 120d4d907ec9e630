"""The register as a page: with and without JavaScript, and large enough for gloves."""

import re

import pytest
from playwright.sync_api import expect

from accounts.acts import add
from tests import factories as f
from tests.browser.sheets import Register, register_of
from trainees.models import Attendance, Excusal, Trainee

pytestmark = pytest.mark.django_db(transaction=True)


def statuses():
    return list(Attendance.objects.order_by("trainee__roll_number").values_list("status", flat=True))


def test_the_whole_register_works_without_javascript(new_page, sign_in, db):
    world = register_of(3)
    page = sign_in(new_page(javascript=False, width=768), world.instructor)
    sheet = Register(page, world).open()
    reason = sheet.row(0).get_by_placeholder("reason")
    expect(reason).to_be_hidden()
    sheet.mark(0, "late")
    expect(reason).to_be_visible()  # asked for where there is something to explain
    reason.fill("bus")
    page.get_by_role("button", name="Rest present").click()
    expect(page.get_by_text("3 of 3 marked")).to_be_visible()
    assert statuses() == ["late", "present", "present"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 of 3 marked")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert statuses() == ["late"]
    page.get_by_label("Roll number or call sign").last.fill("VOVK")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("waits for a coordinator")).to_be_visible()
    page.expected_errors = ["422"]
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_role("alert").first).to_contain_text("2 trainees are not marked yet: R-002 SOKIL, R-003 SOKIL")
    sheet.mark(1, "absent")
    sheet.mark(2, "present")
    page.get_by_role("button", name="Save and close").click()
    page.wait_for_url(f"**/sessions/{world.session.pk}/")
    assert statuses() == ["late", "absent", "present"]


def test_one_tap_marks_and_one_tap_takes_the_rest_back_also_with_javascript(new_page, sign_in, db):
    world = register_of(4)
    sheet = Register(sign_in(new_page(width=768), world.instructor), world).open()
    held = sheet.hold()
    sheet.mark(0, "absent")
    sheet.page.get_by_role("button", name="Rest present").click()  # the mark goes first
    held.let_go()
    expect(sheet.page.locator("[data-count]")).to_have_text("4 of 4 marked")
    assert statuses() == ["absent", "present", "present", "present"]
    sheet.mark(1, "late")
    expect(sheet.state(1)).to_have_text(re.compile(r"^saved"))
    sheet.page.get_by_role("button", name="Undo").click()
    expect(sheet.page.get_by_text("left as it is: R-002 SOKIL.")).to_be_visible()
    assert statuses() == ["absent", "late"]


def test_the_rest_is_offered_while_somebody_is_unmarked(new_page, sign_in, db):
    sheet = Register(sign_in(new_page(), (world := register_of(2)).instructor), world).open()
    rest = sheet.page.get_by_role("button", name="Rest present")
    sheet.mark(0, "present")
    expect(rest).to_be_visible()
    sheet.mark(1, "present")
    expect(rest).to_be_hidden()
    sheet.mark(0, "")
    expect(rest).to_be_visible()


@pytest.mark.parametrize("width", [320, 768])
def test_forty_are_marked_by_touch_and_what_one_touches_is_large_enough(width, new_page, sign_in, axe, db):
    world = register_of(40)
    page = sign_in(new_page(width=width, height=1024), world.instructor)
    sheet = Register(page, world).open()
    small = page.evaluate(
        """() => [...document.querySelectorAll(".mark-row .seg label, .mark-bar button:not([hidden])")]
          .map((one) => [one.innerText, one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 44 || box.height < 44)
          .map(([text, box]) => [text, box.width, box.height])"""
    )
    assert small == []
    for n in range(40):
        sheet.row(n).locator("label").nth(n % 4).click()  # as a finger does: on the label, wherever it is then
        if width == 320 and n == 7:
            break
    sheet.all_sent(30_000)
    assert Attendance.objects.count() == (8 if width == 320 else 40)
    assert set(statuses()) == {"present", "late", "excused", "absent"}
    assert axe(page) == []


def test_an_excusal_stands_in_the_register_before_anybody_is_marked(new_page, sign_in, axe, db):
    world = register_of(2)
    excusal = Excusal(
        trainee=Trainee.objects.get(roll_number="R-001"), program=world.program, since=world.session.starts_on
    )
    f.do(lambda act: add(excusal, act))
    page = sign_in(new_page(width=320, dark=True), world.instructor)
    sheet = Register(page, world).open()
    expect(sheet.row(0)).to_contain_text("excused, sick")
    expect(page.locator("[data-count]")).to_have_text("0 of 2 marked")
    assert axe(page) == []
    page.get_by_role("button", name="Rest present").click()
    expect(page.locator("[data-count]")).to_have_text("2 of 2 marked")
    assert statuses() == ["excused", "present"]
