"""Results by keyboard and by touch: of a session in rows, of a cohort in a grid."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from programs.models import Program
from tests import factories as f
from tests.browser.sheets import Grid, Results, register_of
from trainees import services
from trainees.models import Record, Trainee

pytestmark = pytest.mark.django_db(transaction=True)


def kinds():
    """What stands, by trainee and module."""
    voided = Record.objects.exclude(voids=None).values_list("voids", flat=True)
    standing = Record.objects.exclude(pk__in=voided).exclude(kind="void").select_related("trainee", "module")
    return {(one.trainee.roll_number, one.module.code): one.kind for one in standing}


def test_two_hundred_marks_over_a_network_that_loses_every_third_answer_are_two_hundred_records(new_page, sign_in, db):
    world = register_of(200)
    sheet = Results(sign_in(new_page(), world.instructor), world)
    sheet.page.expected_errors = ["ERR_FAILED"]
    sheet.open()
    told = sheet.lose_answers(every=3)
    early = sheet.watch_for_early_saving()
    sheet.row(0).locator("input[value=go]").focus()
    for _ in range(200):
        sheet.page.keyboard.press("g")
        sheet.page.keyboard.press("ArrowDown")
    sheet.all_sent(240_000)
    assert Record.objects.count() == 200 and set(kinds().values()) == {"go"} and len(kinds()) == 200
    assert len(told.answered) == 200 and told.lost == 99  # 299 requests
    assert early() == []
    expect(sheet.page.locator("[data-is=saved]")).to_have_count(200)


def test_the_button_for_several_says_whom_it_would_mark_now(new_page, sign_in, db):
    world = register_of(3)
    marks = {one.pk: ("present", "") for one in Trainee.objects.all()}
    services.mark_attendance(user=world.instructor, key=uuid.uuid4(), session=world.session, marks=marks, seen={})
    f.do(lambda act: Program.objects.update(act=act, bulk_go=True))
    sheet = Results(sign_in(new_page(), world.instructor), world).open()
    button = sheet.page.get_by_role("button", name="GO for")
    expect(button).to_have_text("GO for 3 present")
    sheet.row(0).locator("input").first.focus()
    for key in ("n", "ArrowDown", "g"):
        sheet.page.keyboard.press(key)
    expect(button).to_have_text("GO for 1 present")
    sheet.page.keyboard.press(" ")
    expect(button).to_have_text("GO for 2 present")
    button.click()
    expect(sheet.page.locator(".undo")).to_contain_text("Several were marked GO at once")
    assert sorted(kinds().values()) == ["go", "go", "no_go"]


@pytest.fixture
def grid(new_page, sign_in, db):
    """The sheet of three trainees by two modules, opened by the instructor who assesses."""
    world = register_of(3, modules=2)
    return Grid(sign_in(new_page(), world.instructor), world).open()


def test_results_of_a_session_are_marked_by_keyboard_and_corrected(new_page, sign_in, db, axe):
    world = register_of(3)
    sheet = Results(sign_in(new_page(), world.instructor), world).open()
    sheet.row(0).locator("input").first.focus()
    for key in ("g", "ArrowDown", "n", "ArrowDown", "g", " "):
        sheet.page.keyboard.press(key)
    sheet.all_sent()
    assert kinds() == {("R-001", "TAC-1"): "go", ("R-002", "TAC-1"): "no_go"}
    sheet.page.keyboard.press("ArrowUp")
    sheet.page.keyboard.press("g")
    sheet.all_sent()
    assert kinds() == {("R-001", "TAC-1"): "go", ("R-002", "TAC-1"): "go"}
    assert axe(sheet.page) == []


def test_a_grid_is_filled_by_arrows_and_letters_and_its_bar_says_how_each_cell_stands(grid, axe):
    grid.row(0).focus()
    for key in ("g", "ArrowRight", "n", "ArrowDown", "g", "ArrowLeft", "g", " "):
        grid.page.keyboard.press(key)
    grid.all_sent()
    assert kinds() == {("R-001", "TAC-1"): "go", ("R-001", "TAC-2"): "no_go", ("R-002", "TAC-2"): "go"}
    grid.has_focus(2)
    assert axe(grid.page) == []
    expect(grid.row(1)).to_have_text("NO-GO")
    grid.page.keyboard.press("ArrowRight")
    expect(grid.bar).to_contain_text(re.compile(r"R-002 SOKIL, TAC-2.*saved \d\d:\d\d", re.S))
    grid.page.reload()
    assert [grid.value(n) for n in range(6)] == ["go", "no_go", "", "go", "", ""]


def test_enter_leads_to_the_reason_esc_back_and_enter_sends_it(grid):
    grid.row(0).focus()
    grid.page.keyboard.press("n")
    grid.all_sent()
    grid.page.keyboard.press("Enter")
    grid.page.keyboard.type("never mind")
    grid.page.keyboard.press("Escape")
    grid.has_focus(0)
    grid.page.keyboard.press("Enter")
    grid.page.keyboard.type("rifle jammed")
    grid.page.keyboard.press("Enter")
    grid.has_focus(0)
    grid.all_sent()
    assert [one["reason"] for one in grid.sent] == ["", "rifle jammed"]


@pytest.mark.parametrize("kind", [Results, Grid])
def test_a_go_against_a_pass_mark_asks_for_its_score_first(kind, new_page, sign_in, db, axe):
    world = register_of(2, pass_mark=60)
    sheet = kind(sign_in(new_page(), world.instructor), world).open()
    sheet.row(0).locator("input").first.focus() if kind is Results else sheet.row(0).focus()
    press = sheet.page.keyboard.press
    press("g")
    expect(sheet.state(0)).to_have_text("enter the score")
    sheet.page.evaluate(
        "document.dispatchEvent(new CustomEvent('muster:changed', { detail: {} }))"
    )  # news of other marks
    expect(sheet.state(0)).to_have_text("enter the score")
    assert axe(sheet.page) == []
    press("Escape")
    sheet.has_focus(0)
    assert sheet.sent == []
    for key in ("g", *"75", "Enter", "ArrowDown", "n"):
        press(key)
    sheet.all_sent()
    sheet.has_focus(1)
    assert [(one.kind, one.score) for one in Record.objects.order_by("trainee__roll_number")] == [
        ("go", 75),
        ("no_go", None),
    ]


def test_a_grid_is_marked_by_touch_with_the_bar(new_page, sign_in, db, axe):
    world = register_of(3, modules=2)
    grid = Grid(sign_in(new_page(width=768, touch=True), world.instructor), world).open()
    for n, words in ((0, "GO"), (3, "NO-GO")):
        grid.row(n).tap()
        grid.bar.get_by_role("button", name=words, exact=True).tap()
    grid.all_sent()
    assert kinds() == {("R-001", "TAC-1"): "go", ("R-002", "TAC-2"): "no_go"}
    expect(grid.bar.locator("[data-field=score]")).to_be_hidden()  # no module here has a pass mark
    assert axe(grid.page) == []
    small = grid.bar.locator("button").evaluate_all("all => all.filter(one => one.offsetHeight < 44).length")
    assert small == 0


def test_a_cell_of_a_grid_that_somebody_else_marked_shows_both_values(grid, new_page, sign_in, axe):
    grid.page.expected_errors = ["409", "422"]
    world = grid.world
    other = Grid(sign_in(new_page(), world.coordinator), world).open()
    other.page.locator("[data-common=assessor]").select_option(index=1)
    other.row(0).focus()
    other.page.keyboard.press("n")
    other.all_sent()
    grid.row(0).focus()
    grid.page.keyboard.press("g")
    grid.page.keyboard.press("ArrowDown")
    grid.page.keyboard.press("g")
    expect(grid.row(2)).to_have_attribute("data-is", "saved")
    expect(grid.row(0)).to_contain_text("you GO")  # for whoever listens
    assert axe(grid.page) == []
    grid.page.keyboard.press("ArrowUp")
    grid.bar.get_by_role("button", name="Record GO").press("Enter")
    expect(grid.bar.locator("[data-complaint=reason]")).to_be_visible()  # over somebody else's mark only with a reason
    assert axe(grid.page) == []
    for key in ("Enter", *"seen twice", "Enter"):
        grid.page.keyboard.press(key)
    grid.all_sent()
    grid.has_focus(0)
    assert kinds()["R-001", "TAC-1"] == "go"


def test_forty_trainees_by_ten_modules_without_a_mouse(new_page, sign_in, db):
    world = register_of(40, modules=10)
    grid = Grid(sign_in(new_page(), world.instructor), world).open()
    events = "['pointerdown', 'mousedown', 'click']"
    heard = f"{events}.forEach((name) => addEventListener(name, () => {{ window.mouse = true; }}, true))"
    grid.page.evaluate(heard)
    grid.row(0).focus()
    for n in range(40):
        for _ in range(9):
            grid.page.keyboard.press("g")
            grid.page.keyboard.press("ArrowRight" if n % 2 == 0 else "ArrowLeft")
        grid.page.keyboard.press("n")
        grid.page.keyboard.press("ArrowDown")
    grid.all_sent(240_000)
    assert Record.objects.count() == 400 and len(kinds()) == 400
    assert grid.page.evaluate("window.mouse") is None
