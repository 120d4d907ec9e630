"""Remedial groups in a real browser: proposed, thinned out by keyboard, planned by one confirmation, taken back by one button."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories as f

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cohort(db):
    """Two trainees who lack a module, with a month left."""
    program = f.ProgramFactory()
    curriculum = f.CurriculumFactory(program=program)
    f.EntryFactory(curriculum=curriculum, module__code="MED")
    f.publish(curriculum)
    today = timezone.localdate()
    made = f.CohortFactory(program=program, starts_on=today, ends_on=today + datetime.timedelta(days=30))
    f.CohortCurriculumFactory(cohort=made, curriculum=curriculum)
    for n in (1, 2):
        f.EnrolmentFactory(cohort=made, trainee__roll_number=f"R-{n}")
    f.AssignmentFactory(program=program)
    return made


@pytest.mark.parametrize("width", [320, 1280])
def test_groups_are_planned_by_one_confirmation_and_taken_back_by_one_button(width, cohort, new_page, sign_in, axe):
    page = sign_in(new_page(width=width), f.RoleFactory(program=cohort.program).user)
    page.goto(reverse("trainees:cohort_finish", args=[cohort.slug]))
    page.get_by_text("2 need an extra session").wait_for()
    page.get_by_role("link", name="Plan remedial groups").click()
    page.get_by_text("Leave somebody out").focus()
    page.keyboard.press("Enter")
    page.get_by_label("R-2 SOKIL").check()
    assert axe(page) == []
    page.get_by_role("button", name="Plan these sessions").click()
    page.get_by_text("1 session is planned.").wait_for()
    page.get_by_text("1 can finish as planned").wait_for()
    assert axe(page) == [] and cohort.sessions.get().audience.count() == 1
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back: 1 session.").wait_for()
    page.get_by_text("2 need an extra session").wait_for()
    assert not cohort.sessions.exists()
