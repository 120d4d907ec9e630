"""Whether all judge alike: first attempts counted by iteration and assessor, with what chance explains."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as f
from tests.trainees.crowd import cohorts_more, crowd
from trainees.models import Cohort, Record
from trainees.progress import Share, differ, interval

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [  # worked with the closed formula by hand; the first is the example of Wilson's method in many textbooks
        ((18, 20), 69, 98),
        ((0, 10), 0, 28),
        ((10, 10), 72, 100),
        ((1, 1), 20, 100),
        ((50, 100), 40, 60),
    ],
)
def test_a_share_truly_lies_within_its_interval(share, low, high):
    assert interval(Share(*share)) == (low, high)


def test_of_nothing_there_is_no_interval():
    assert interval(Share(0, 0)) is None


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((19, 20), (8, 20), 1),
        ((8, 20), (19, 20), -1),
        ((18, 20), (15, 20), 0),
        ((1, 1), (0, 1), 0),  # one against one says nothing
        ((0, 0), (19, 20), 0),
        ((19, 20), (0, 0), 0),
    ],
)
def test_two_shares_differ_only_where_their_intervals_do_not_touch(one, other, told):
    assert differ(Share(*one), Share(*other)) == told


# ---- the page


@pytest.fixture
def course(db):
    """One module; a mild assessor in the first cohort and a strict one in the second, both of whom judge 12 people."""
    program = f.ProgramFactory(code="P1")
    entry = f.EntryFactory(curriculum__program=program, module__code="M1")
    f.publish(entry.curriculum)
    judges = [f.AssignmentFactory(program=program).instructor for _ in range(2)]
    for n, judge in enumerate(judges):
        cohort = f.CohortFactory(program=program, code=f"C{n + 1}")
        f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
        for m in range(12):
            who = f.EnrolmentFactory(cohort=cohort, program=program, trainee__roll_number=f"R{n}-{m:02}").trainee
            _judged(who, entry, judge, "go" if m < (11 if n == 0 else 2) else "no_go")
    f.RoleFactory(program=program, user__username="coordinator")
    return program


def _judged(who, entry, judge, kind, day=10, **more):
    said = {"trainee": who, "program": entry.curriculum.program, "module": entry.module, "entry": entry}
    on = datetime.date(2023, 8, day)
    return f.RecordFactory(**said, kind=kind, assessor=judge, holds_from=on, **more)


@pytest.fixture
def page(course, client):
    client.force_login(course.roles.get(user__username="coordinator").user)

    def get(**asked):
        return client.get(reverse("trainees:program_standards", args=[course.slug]), asked)

    return get


def told(answer):
    return {
        (one.by.code, one.entry.code): (tuple(one.share), tuple(one.others), one.differs)
        for _title, _what, comparisons in answer.context["comparisons"]
        for one in comparisons
    }


def test_first_attempts_are_counted_by_iteration_and_by_assessor_beside_all_others(page, course):
    codes = list(course.assignments.order_by("pk").values_list("instructor__code", flat=True))
    mild, strict = ((11, 12), (2, 12), 1), ((2, 12), (11, 12), -1)
    assert told(page()) == {
        ("C1", "M1"): mild, ("C2", "M1"): strict, (codes[0], "M1"): mild, (codes[1], "M1"): strict,
    }  # fmt: skip
    assert "4 of 4 comparisons differ from the others beyond what chance explains." in page().text


def test_a_second_attempt_a_voided_one_and_practice_count_for_nothing(page, course):
    wrong = (
        Record.objects.filter(trainee__roll_number="R1-11")
        .select_related("entry__curriculum__program", "assessor")
        .get()
    )
    _judged(wrong.trainee, wrong.entry, wrong.assessor, "go", day=12, previous=wrong)
    other = Record.objects.select_related("entry__curriculum__program", "assessor").get(trainee__roll_number="R1-10")
    _judged(other.trainee, other.entry, None, "void", previous=other, voids=other, reason="Somebody else")
    assert told(page())["C2", "M1"][0] == (2, 11)
    f.do(lambda act: Cohort.objects.filter(code="C1").update(act=act, practice=True))
    assert ("C1", "M1") not in told(page()) and told(page())["C2", "M1"] == ((2, 11), (0, 0), 0)


def test_every_number_opens_to_the_attempts_that_make_it(page):
    number = page(module="M1", cohort="C2")
    assert [one.person.roll_number for one in number.context["attempts"]] == [f"R1-{n:02}" for n in range(12)]
    assert [one.go for one in number.context["attempts"]] == [True] * 2 + [False] * 10
    assert 'href="?module=M1&amp;cohort=C2"' in page().text


def test_on_an_earlier_day_there_was_nothing_to_compare(page):
    assert told(page(as_of="2023-08-09")) == {} and "Nobody has been assessed yet" in page(as_of="2023-08-09").text


def test_only_who_runs_the_program_sees_it(course, client):
    client.force_login(f.RoleFactory(program=course, kind="instructor").user)
    assert client.get(reverse("trainees:program_standards", args=[course.slug])).status_code == 403


@pytest.mark.parametrize(("trainees", "cohorts"), [(1, 0), (30, 0), (30, 10)])
def test_it_asks_as_much_for_any_number_of_trainees_and_cohorts(trainees, cohorts, client):
    one = crowd(trainees, modules=4)
    cohorts_more(one, cohorts)
    client.force_login(one.coordinator)
    where = reverse("trainees:program_standards", args=[one.program.slug])
    client.get(where)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(where).status_code == 200
    assert len(asked) == (11 if cohorts else 10)
