"""The daily strength return: everybody on strength in one state, why, since when."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.access import EVERYBODY
from tests import factories as f
from tests.trainees.crowd import crowd
from tests.trainees.test_rest_and_undo import by
from trainees import services
from trainees.models import Enrolment
from trainees.selectors.strength import strength_of

DAY = datetime.date(2023, 8, 10)
ONE = datetime.timedelta(days=1)


@pytest.fixture
def people(course):
    """Six trainees, the last three in group A."""
    groups = [None, None, course.group, course.group]
    more = [
        f.EnrolmentFactory(cohort=course.cohort, group=group, trainee__roll_number=f"R-{n}").trainee
        for n, group in enumerate(groups, 3)
    ]
    return [course.trainee, course.second, *more]


@pytest.fixture
def hold(course):
    """Hold a session on a day, with marks by trainee: `hold(day, {trainee: "late"}, hour=8)`."""

    def write(day, marks, hour=8, cohort=None):
        start = datetime.datetime.combine(day, datetime.time(hour), datetime.UTC)
        session = f.TrainingSessionFactory(
            cohort=cohort or course.cohort, module=course.module, starts_at=start, ends_at=start + ONE / 24
        )
        given = {one.pk: mark if isinstance(mark, tuple) else (mark, "") for one, mark in marks.items()}
        services.mark_attendance(**by(course.instructor), session=session, marks=given, seen={})
        return session

    return write


def excuse(course, trainee, since, until=None, **fields):
    return services.create_excusal(
        **by(course.instructor), program=course.program, trainee=trainee, since=since, until=until, **fields
    )


def states(strength):
    return {one.trainee.roll_number: (one.state, one.why, one.since) for one in strength.total.people}


def test_everybody_on_strength_is_in_one_state(course, people, hold):
    first, second, third, fourth, fifth, sixth = people
    hold(DAY, {first: "present", second: ("absent", "unknown"), third: "absent", fourth: ("excused", "dentist")})
    excuse(course, third, DAY - 2 * ONE, reason="fever")
    excuse(course, fifth, DAY, DAY, kind="leave")
    strength = strength_of(course.cohort, DAY, EVERYBODY)
    assert states(strength) == {
        "R-1": ("present", "", None),
        "R-2": ("absent", "unknown", DAY),
        "R-3": ("sick", "fever", DAY - 2 * ONE),
        "R-4": ("excused", "dentist", None),
        "R-5": ("excused", "on leave", DAY),
        "R-6": ("unmarked", "", None),
    }
    assert [(row.label, row.code, [n for _state, _words, n in row.counts]) for row in strength.groups] == [
        ("A", "A", [0, 0, 1, 0, 1]),
        ("without a group", "", [1, 1, 1, 1, 0]),
    ]
    assert [n for _state, _words, n in strength.total.counts] == [1, 1, 2, 1, 1]
    assert [one.trainee for one in strength.shown("excused", "A")] == [fifth]
    assert [one.trainee for one in strength.shown(None, "A")] == [fifth, sixth]
    assert first not in [one.trainee for one in strength.away()] and len(strength.away()) == 5


def test_who_was_at_one_of_several_sessions_was_present_and_what_they_missed_is_told(course, people, hold, client):
    hold(DAY, {course.trainee: "absent", course.second: "late"})
    missed = hold(DAY, {course.trainee: "late", course.second: "absent"}, hour=12)
    excuse(course, course.second, DAY)
    found = {one.trainee: one for one in strength_of(course.cohort, DAY, EVERYBODY).total.people}
    assert found[course.trainee].state == found[course.second].state == "present"
    assert found[course.second].missed == (missed,) and found[course.second].since is None
    client.force_login(course.viewer)
    where = reverse("trainees:cohort_strength", args=[course.cohort.slug])
    assert "but not at" in client.get(where, {"day": DAY, "show": "present"}).text


def test_somebody_at_a_session_of_another_cohort_of_the_program_was_present(course, hold):
    session = f.TrainingSessionFactory(cohort=course.other, module=course.module)
    unlisted = services.add_unlisted(**by(course.instructor), session=session, told="somebody")
    services.resolve_unlisted(**by(course.coordinator), unlisted=unlisted, seen=unlisted.seen, trainee=course.trainee)
    assert states(strength_of(course.cohort, DAY, EVERYBODY))["R-1"][0] == "present"


def test_absent_since_the_first_of_the_days_without_a_break(course, hold):
    who = course.trainee
    hold(DAY - 3 * ONE, {who: "absent"})
    hold(DAY - 3 * ONE, {who: "present"}, hour=12)
    hold(DAY - 2 * ONE, {who: "absent"})  # no session on the day after
    hold(DAY, {who: "absent"})
    hold(DAY, {who: "absent"}, hour=12)
    hold(DAY + ONE, {who: "present"})
    assert states(strength_of(course.cohort, DAY, EVERYBODY))["R-1"] == ("absent", "", DAY - 2 * ONE)
    hold(DAY - ONE, {who: "absent"})
    hold(DAY - ONE, {who: "excused"}, hour=12)
    assert states(strength_of(course.cohort, DAY, EVERYBODY))["R-1"][2] == DAY - 2 * ONE
    hold(DAY - ONE, {who: "late"}, hour=14)
    assert states(strength_of(course.cohort, DAY, EVERYBODY))["R-1"][2] == DAY


def test_a_cancelled_session_and_one_of_the_next_day_here_say_nothing(course, hold):
    """Half past ten in the evening in Greenwich is the next day in Oslo."""
    late = datetime.datetime(2023, 8, 10, 22, 30, tzinfo=datetime.UTC)
    session = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=late, ends_at=late + ONE / 24
    )
    services.mark_attendance(
        **by(course.instructor), session=session, marks={course.trainee.pk: ("absent", "")}, seen={}
    )
    storm = hold(DAY, {course.trainee: "absent"})
    services.cancel_session(**by(course.coordinator), session=storm, seen=storm.seen, reason="storm")
    assert states(strength_of(course.cohort, DAY, EVERYBODY))["R-1"][0] == "unmarked"
    assert states(strength_of(course.cohort, DAY + ONE, EVERYBODY))["R-1"] == ("absent", "", DAY + ONE)


def test_on_strength_is_whoever_was_active_on_that_day(course):
    last = Enrolment.objects.get(trainee=course.second)
    services.place(
        **by(course.coordinator),
        kind="suspend",
        cohort=course.cohort,
        seen={course.second.pk: str(last.act.key)},
        since=DAY + ONE,
        status="suspended",
        reason="knee",
    )
    assert set(states(strength_of(course.cohort, DAY, EVERYBODY))) == {"R-1", "R-2"}
    assert set(states(strength_of(course.cohort, DAY + ONE, EVERYBODY))) == {"R-1"}
    assert states(strength_of(course.cohort, course.cohort.starts_on - ONE, EVERYBODY)) == {}


def test_each_number_opens_into_the_people_it_counts(course, people, hold, client):
    first, second, *_others, sixth = people
    hold(DAY, {first: "present", second: "absent", sixth: "absent"})
    client.force_login(course.viewer)
    where = reverse("trainees:cohort_strength", args=[course.cohort.slug])
    page = client.get(where, {"day": "2023-08-10"})
    assert "Not there, or not marked" in page.text and "Thursday 10 August 2023" in page.text
    assert 'href="?day=2023-08-10&amp;show=absent#people">2</a>' in page.text
    assert 'href="?day=2023-08-10&amp;show=absent&amp;group=A#people">1</a>' in page.text

    def opened(**asked):
        return [one.trainee for one in client.get(where, {"day": "2023-08-10"} | asked).context["people"]]

    assert opened(show="absent") == [sixth, second]  # by group
    assert opened(show="absent", group="") == [second]
    assert opened(show="all", group="A") == people[-2:]
    assert len(opened(show="all")) == 6 and len(opened(show="nonsense")) == 5
    assert opened(show="sick") == []


def test_the_page_says_what_it_does_not_know(course, client):
    client.force_login(course.viewer)
    where = reverse("trainees:cohort_strength", args=[course.cohort.slug])
    assert client.get(where).context["strength"].day == course.cohort.ends_on  # of a finished cohort its last day
    assert "No session on this day" in client.get(where, {"day": "2023-08-12"}).text
    assert "Nobody was on strength" in client.get(where, {"day": "2023-08-01"}).text
    page = client.get(where, {"day": "yesterday"}).text
    assert "Enter a valid date." in page and "31 August 2023" in page


QUERIES = 8  # session and user among them


@pytest.mark.parametrize("trainees", [5, 200])
def test_the_return_and_the_list_of_excusals_cost_the_same_for_any_number(trainees, client, db):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    for who in one.trainees[: trainees // 5]:
        services.create_excusal(**by(one.coordinator), program=one.program, trainee=who, since=one.cohort.starts_on)
    client.get(reverse("trainees:progress_rule"))  # what is asked once in a process is asked here
    got = {}
    for name in ("cohort_strength", "cohort_excusals"):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(
                reverse(f"trainees:{name}", args=[one.cohort.slug]), {"day": "2023-08-15", "show": "all"}
            )
        got[name] = len(asked)
        assert answer.status_code == 200
    assert got == {"cohort_strength": QUERIES, "cohort_excusals": 4}
