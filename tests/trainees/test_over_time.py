"""A cohort over time and the cohorts of a program: the numbers of the pages, drawn, with a table behind, at a fixed cost."""

import datetime
import re
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from programs.access import EVERYBODY
from tests import factories as f
from tests.trainees.crowd import cohorts_more, crowd
from trainees.selectors.over_time import MOST
from trainees.selectors.progress import cohort_view

pytestmark = pytest.mark.django_db
COSTS = {
    "cohort": 7,
    "cohort, an earlier day": 8,
    "program": 8,
    "program, ten cohorts": 9,
}  # session and user among them


def page_of(client, name, about, **asked):
    return client.get(reverse(f"trainees:{name}_over_time", args=[about.slug]), asked)


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_the_last_day_has_the_numbers_of_the_page_and_costs_the_same_for_any_number_of_trainees(trainees, client):
    one = crowd(trainees, modules=6)
    client.force_login(one.coordinator)
    page_of(client, "cohort", one.cohort)  # what is asked once in a process is asked here

    def cost(name, about, **asked):
        with CaptureQueriesContext(connection) as queries:
            assert page_of(client, name, about, **asked).status_code == 200
        return len(queries)

    got = {
        "cohort": cost("cohort", one.cohort),
        "cohort, an earlier day": cost("cohort", one.cohort, as_of="2023-08-12", known="2023-08-12"),
        "program": cost("program", one.program),
    }
    view = cohort_view(one.cohort, EVERYBODY)
    for as_of in (view.moment.as_of, datetime.date(2023, 8, 12)):
        answer, last = view.on(as_of).progress, view.on(as_of).over_time().days[-1]
        assert last.day == as_of and last.counted == len(answer.counted) == trainees
        for name in ("coverage", "meeting", "first_time", "attendance"):
            assert getattr(last, name) == getattr(answer, name), name
        assert last.modules == {module: of.share for module, of in answer.modules.items()}
    assert answer.coverage.part and answer.attendance.part and answer.first_time.part
    cohorts_more(one, 9)
    got["program, ten cohorts"] = cost("program", one.program)
    assert got == COSTS


def test_a_chart_is_told_to_those_who_do_not_see_it_and_its_days_lead_to_theirs(course, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    client.force_login(course.viewer)
    text = page_of(client, "cohort", course.cohort).text
    assert '<g role="img" aria-labelledby="met-title met-told">' in text
    assert re.search(r'<desc id="met-told">met: 0 of 2 \(0\s%\) at first, 1 of 2 \(50\s%\) at last\.', text)
    assert "style=" not in text[text.index("<main") : text.index("</main>")]
    known = timezone.localdate(timezone=zoneinfo.ZoneInfo("Europe/Oslo")).isoformat()
    day = f"{reverse('trainees:cohort_progress', args=[course.cohort.slug])}?as_of=2023-08-10&amp;known={known}"
    assert f'<th scope="row" class="day"><a href="{day}">' in text
    assert f'<a href="{day}" tabindex="-1">' in text


def test_what_was_planned_stands_beside_it_with_the_modules_that_are_in_no_plan(course, client):
    client.force_login(course.viewer)
    [met, *_others] = page_of(client, "cohort", course.cohort).context["over_time"].charts
    assert [line.name for line in met.lines] == ["met", "plan"] and met.lines[1].last == (2, 2)
    other = f.CohortFactory(program=course.program, code="C3")
    f.CohortCurriculumFactory(cohort=other, curriculum=course.entry.curriculum)
    f.EnrolmentFactory(cohort=other)
    page = page_of(client, "cohort", other)
    [met, *_others] = page.context["over_time"].charts
    assert [line.name for line in met.lines] == ["met"]
    assert re.search(r'never met by the plan: <span class="code">MED</span>\.', page.text)


def test_a_day_in_the_middle_is_marked_and_the_lines_end_there(course, client):
    client.force_login(course.viewer)
    [met, *_others] = page_of(client, "cohort", course.cohort, as_of="2023-08-13").context["over_time"].charts
    assert met.now == met.lines[0].x != "100%"
    assert met.lines[1].x == "100%"  # the plan goes on
    assert page_of(client, "cohort", course.cohort).context["over_time"].charts[0].now == ""


def test_before_the_first_day_without_a_curriculum_and_without_anybody_the_page_says_what_is_missing(course, client):
    client.force_login(course.coordinator)
    assert "has not begun on this day" in page_of(client, "cohort", course.cohort, as_of="2023-08-01").text
    assert "Nobody is counted yet" in page_of(client, "cohort", course.other).text
    empty = f.CohortFactory(program=course.program)
    assert "Nothing is asked yet" in page_of(client, "cohort", empty).text
    assert "No cohort has begun on this day" in page_of(client, "program", course.program, as_of="2023-08-01").text


def test_cohorts_are_laid_over_each_other_by_day_of_course(course, client):
    later = f.CohortFactory(
        program=course.program, code="C9", starts_on=datetime.date(2023, 9, 4), ends_on=datetime.date(2023, 9, 8)
    )
    f.CohortCurriculumFactory(cohort=later, curriculum=course.entry.curriculum, since=later.starts_on)
    who = f.EnrolmentFactory(cohort=later, since=later.starts_on).trainee
    f.RecordFactory(
        trainee=who,
        entry=course.entry,
        assessor=course.assessor,
        holds_from=datetime.date(2023, 9, 6),
        holds_until=None,
    )
    client.force_login(course.viewer)
    page = page_of(client, "program", course.program)
    chart = page.context["over_time"].chart
    assert [line.name for line in chart.lines] == ["cohort C1", "cohort C9"]
    assert len({line.look for line in chart.lines}) == 2
    by_day = {row.words: [share for share, _link in row.cells] for row in chart.rows}
    assert by_day["day 1"] == [(0, 2), (0, 0), (0, 1)] and by_day["day 3"] == [(0, 2), (0, 0), (1, 1)]
    link = reverse("trainees:cohort_progress", args=[later.slug]) + "?as_of=2023-09-06&amp;known="
    assert link in page.text


def test_of_many_cohorts_the_newest_are_drawn(course, client):
    course.curriculum = course.entry.curriculum
    cohorts_more(course, MOST)
    client.force_login(course.viewer)
    chart = page_of(client, "program", course.program).context["over_time"].chart
    assert len(chart.columns) == MOST
