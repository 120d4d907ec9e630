"""Planning in a real browser: clashes are told while one fills in the form, and say why without leaving it."""

import datetime

import pytest
from django.urls import reverse

from accounts.acts import add
from tests import factories as f
from tests.house.test_access import world  # noqa: F401  a fixture
from trainees.models import SessionStaff, TrainingSession

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
START = datetime.datetime(2023, 8, 14, 6, tzinfo=datetime.UTC)  # 08:00 in Oslo


@pytest.fixture
def taken(world):  # noqa: F811
    """The instructor is at a session of a program that nobody here knows of."""
    elsewhere = f.CohortFactory(program__code="SECRET")
    session = f.TrainingSessionFactory(cohort=elsewhere, starts_at=START, ends_at=START + datetime.timedelta(hours=2))
    who = world.assignment.instructor
    f.AssignmentFactory(program=elsewhere.program, instructor=who)
    f.do(lambda act: add(SessionStaff(session=session, instructor=who, duty="lead"), act))
    return who


def fill_in(page, world, who):  # noqa: F811
    page.goto(reverse("trainees:session_create", args=[world.cohort.slug]))
    page.get_by_label("Module").select_option(str(world.module.pk))
    page.get_by_label("Day", exact=False).first.fill("2023-08-14")
    page.get_by_label("Starts").fill("09:00")
    page.get_by_label("Ends", exact=False).first.fill("10:00")
    page.get_by_label("Person 1", exact=True).select_option(str(who.pk))


@pytest.mark.parametrize("width", [320, 1280])
def test_a_clash_is_told_while_planning_and_saved_with_its_reason(width, world, taken, new_page, sign_in, axe):  # noqa: F811
    page = sign_in(new_page(width=width), world.users["coordinator"])
    before = TrainingSession.objects.count()
    fill_in(page, world, taken)
    page.get_by_text(f"{taken}: planned elsewhere at that time").wait_for()
    assert "SECRET" not in page.content() and axe(page) == []
    page.get_by_label("Why does it have to be so?").fill("They change over at nine.")
    page.get_by_label("Location").fill("Hall 2")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_label("Note").click()  # the location is left: it is looked at again
    assert page.get_by_label("Why does it have to be so?").input_value() == "They change over at nine."
    page.get_by_role("button", name="Create session").click()
    page.get_by_text("They change over at nine.").wait_for()
    assert TrainingSession.objects.count() == before + 1


def test_without_a_script_the_same_form_refuses_and_then_asks(world, taken, new_page, sign_in):  # noqa: F811
    page = sign_in(new_page(javascript=False), world.users["coordinator"])
    page.expected_errors = ["422"]
    fill_in(page, world, taken)
    assert page.get_by_label("Why does it have to be so?").count() == 0
    page.get_by_role("button", name="Create session").click()
    page.get_by_label("Why does it have to be so?").fill("They change over at nine.")
    page.get_by_role("button", name="Create session").click()
    page.get_by_text("They change over at nine.").wait_for()
