"""Lessons identified: noted in a cohort, closed with what came of it, shown to whoever plans the next."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as f
from trainees import services
from trainees.models import Lesson
from trainees.selectors.lessons import to_be_learned

pytestmark = pytest.mark.django_db


def by(user):
    return {"user": user, "key": uuid.uuid4()}


@pytest.fixture
def lessons(course):
    return reverse("trainees:cohort_lessons", args=[course.cohort.slug])


@pytest.fixture
def later(course):
    """The next cohort of the program."""
    cohort = f.CohortFactory(
        program=course.program, code="C9", starts_on=datetime.date(2023, 10, 2), ends_on=datetime.date(2023, 10, 27)
    )
    f.CohortCurriculumFactory(cohort=cohort, curriculum=course.entry.curriculum)
    return cohort


def test_an_instructor_notes_a_lesson_from_the_page_of_its_module(course, client, send, lessons):
    client.force_login(course.instructor)
    module = reverse("trainees:cohort_module", args=[course.cohort.slug, "MED"])
    where = reverse("trainees:lesson_create", args=[course.cohort.slug]) + "?module=MED"
    assert where in client.get(module).text and "About the training, not about people" in client.get(where).text
    assert send(where, kind="change", module=course.module.pk, text="Two ranges at once", follow_up="S3").url == lessons
    one = Lesson.objects.get()
    assert (one.module, one.kind, one.added_by, one.state) == (course.module, "change", course.instructor, "open")
    assert "Two ranges at once" in client.get(module).text and "S3" in client.get(lessons).text


def test_closing_says_what_came_of_it_and_opening_again_takes_it_back(course, client, send, lessons):
    client.force_login(course.coordinator)
    one = f.LessonFactory(cohort=course.cohort)
    where = reverse("trainees:lesson_close", args=[one.pk])
    assert send(where, state="learned", outcome=" ").status_code == 422
    assert send(where, state="learned", outcome="A second range is booked").url == f"{lessons}#lesson-{one.pk}"
    one = Lesson.objects.select_related("act").get()
    assert (one.state, one.outcome, one.closed_on) == ("learned", "A second range is booked", course.cohort.today())
    assert "A second range is booked" in client.get(lessons).text
    assert send(where, state="dropped", outcome="No").status_code == 422  # closed already
    client.post(reverse("trainees:lesson_reopen", args=[one.pk]), {"key": uuid.uuid4(), "seen": one.seen})
    one.refresh_from_db()
    assert (one.state, one.outcome, one.closed_on) == ("open", "", None)


def test_ones_own_may_be_changed_others_only_by_who_runs_the_program(course):
    said = {"kind": "keep", "text": "Mixed pairs"}
    one = services.add_lesson(**by(course.instructor), cohort=course.cohort, **said)
    services.update_lesson(**by(course.instructor), lesson=one, seen=one.seen, text="Pairs of both nations")
    other = f.RoleFactory(program=course.program, kind="instructor").user
    one = Lesson.objects.select_related("act", "cohort").get()
    for write in (services.update_lesson, services.delete_lesson):
        with pytest.raises(PermissionDenied):
            write(**by(other), lesson=one, seen=one.seen)
    with pytest.raises(PermissionDenied):
        services.close_lesson(**by(course.instructor), lesson=one, seen=one.seen, state="learned", outcome="Done")
    with pytest.raises(PermissionDenied):
        services.add_lesson(**by(course.viewer), cohort=course.cohort, **said)
    services.update_lesson(**by(course.coordinator), lesson=one, seen=one.seen, follow_up="S7")
    one.refresh_from_db()
    services.delete_lesson(**by(course.instructor), lesson=one, seen=one.seen)
    assert not Lesson.objects.exists()


def test_what_is_closed_is_not_changed(course):
    one = f.LessonFactory(
        cohort=course.cohort, state="dropped", outcome="Too dear", closed_on=datetime.date(2023, 9, 1)
    )
    with pytest.raises(ValidationError):
        services.update_lesson(**by(course.coordinator), lesson=one, seen=one.seen, text="Other")


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"kind": "x"},
        {"state": "learned"},
        {"outcome": "Booked"},
        {"state": "dropped", "closed_on": datetime.date(2023, 9, 1)},
    ],
)
def test_a_lesson_says_what_it_is_and_only_a_closed_one_what_came_of_it(wrong, db):
    one = f.LessonFactory()
    with pytest.raises(ValidationError):
        f.do(lambda act: Lesson.objects.filter(pk=one.pk).update(act=act, **wrong))


def test_whoever_plans_the_next_cohort_is_shown_what_is_to_be_learned(course, later, client):
    client.force_login(course.coordinator)
    f.LessonFactory(cohort=course.cohort, module=course.module, text="Begin with tourniquets")
    f.LessonFactory(cohort=course.cohort, module=course.scored.module, text="Longer range days")
    f.LessonFactory(cohort=course.cohort, text="Arrive on a Sunday")
    f.LessonFactory(
        cohort=course.cohort, text="Old", state="dropped", outcome="No", closed_on=datetime.date(2023, 9, 1)
    )
    f.LessonFactory(cohort=later, text="Its own")
    f.LessonFactory(cohort=f.CohortFactory(program=course.program, practice=True), text="Only practice")
    f.LessonFactory(text="Of another program")
    assert [one.text for one in to_be_learned(course.program, later)] == [
        "Arrive on a Sunday", "Longer range days", "Begin with tourniquets",
    ]  # fmt: skip
    plan = reverse("trainees:session_create", args=[later.slug])
    page = client.get(plan).text
    assert "3 lessons of earlier cohorts to be learned" in page and "Longer range days" in page
    page = client.get(plan + "?module=MED").text
    assert "Begin with tourniquets" in page and "Arrive on a Sunday" in page and "Longer range days" not in page
    for where in (
        reverse("trainees:cohort_create") + f"?program={course.program.slug}",
        reverse("trainees:cohort_clone", args=[course.cohort.slug]),
    ):
        page = client.get(where).text
        assert "4 lessons of earlier cohorts to be learned" in page and "Begin with tourniquets" in page
        assert "Only practice" not in page and "Of another program" not in page
    plan = reverse("trainees:session_create", args=[course.cohort.slug])
    assert "to be learned" not in client.get(plan).text  # what is later teaches nothing here


def test_the_program_lists_all_cohorts_lessons_and_its_page_those_to_be_learned(course, later, client):
    client.force_login(course.viewer)
    for n, cohort in enumerate((course.cohort, later)):
        f.LessonFactory(cohort=cohort, text=f"Lesson {n}", kind=("keep", "change")[n], module=(course.module, None)[n])
    where = reverse("trainees:program_lessons", args=[course.program.slug])

    def shown(**asked):
        return [one.text for one in client.get(where, asked).context["page"]]

    assert shown() == ["Lesson 1", "Lesson 0"]
    assert (shown(kind="keep"), shown(module="MED"), shown(state="learned")) == (["Lesson 0"], ["Lesson 0"], [])
    page = client.get(course.program.get_absolute_url())
    assert page.context["program"].lessons == 2 and f"{where}?state=open" in page.text
    own = client.get(reverse("trainees:cohort_lessons", args=[course.cohort.slug])).text
    assert (
        "lessons/new/" not in own and "/edit/" not in own and "/close/" not in own
    )  # who only reads is offered no act


@pytest.mark.parametrize("many", [1, 30])
def test_the_list_asks_as_much_for_any_number_of_lessons(many, course, client, lessons):
    client.force_login(course.coordinator)
    for _ in range(many):
        f.LessonFactory(cohort=course.cohort, module=course.module)
    client.get(lessons)
    with CaptureQueriesContext(connection) as asked:
        client.get(lessons)
    assert len(asked) == 6
