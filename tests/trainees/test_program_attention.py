"""Who needs attention in all cohorts of a program that run, in one ranking."""

import datetime

import pytest
from django.urls import reverse

from tests import factories as f
from tests.trainees.test_overview import result, small, trainee  # noqa: F401  small is a fixture
from trainees.models import Cohort

ON = "?as_of=2023-08-20"


@pytest.fixture
def two(small, client):  # noqa: F811
    """Two cohorts that run in August, with one trainee each who has a NO-GO; a third is over by then."""
    for code, ends in (("C2", 31), ("OVER", 10)):
        cohort = f.CohortFactory(program=small.program, code=code, ends_on=datetime.date(2023, 8, ends))
        f.CohortCurriculumFactory(cohort=cohort, curriculum=small.first.curriculum)
    second, over = (Cohort.objects.get(code=code) for code in ("C2", "OVER"))
    result(trainee(small, "R-1"), small.first, "no_go", 15)
    grave = trainee(second, "R-2")
    result(grave, small.first, "no_go", 16)
    result(grave, small.first, "no_go", 17)
    result(trainee(over, "R-3"), small.first, "no_go", 9)
    client.force_login(f.RoleFactory(program=small.program, kind="viewer").user)
    small.second_cohort = second
    return small


def page(client, program, query=ON):
    return client.get(reverse("trainees:program_attention", args=[program.slug]) + query)


def rolls(answer):
    return [one.case.person.roll_number for one in answer.context["cases"]]


def test_the_gravest_of_all_running_cohorts_stand_first(two, client):
    answer = page(client, two.program)
    assert rolls(answer) == ["R-2", "R-1"]
    assert "2 trainees of 2" in answer.text and "R-3" not in answer.text
    assert reverse("trainees:cohort_attention", args=[two.second_cohort.slug]) in answer.text


def test_it_is_narrowed_by_cohort_and_by_reason(two, client):
    assert rolls(page(client, two.program, f"{ON}&cohort={two.slug}")) == ["R-1"]
    assert rolls(page(client, two.program, f"{ON}&reason=blocked")) == ["R-2", "R-1"]
    none = page(client, two.program, f"{ON}&reason=absent")
    assert rolls(none) == [] and "Nobody needs attention for that" in none.text
    assert rolls(page(client, two.program, f"{ON}&cohort=nonsense")) == ["R-2", "R-1"]


def test_the_file_has_the_rows_of_the_page(two, client):
    text = b"".join(page(client, two.program, f"{ON}&reason=no_go&format=csv")).decode()
    assert [line.split(",")[:2] for line in text.splitlines() if "no_go" in line][1:] == [
        [str(two.second_cohort), "R-2"],
        [str(two), "R-1"],
    ]


def test_on_a_day_on_which_no_cohort_runs_it_says_so(two, client):
    assert "No cohort runs on this day" in page(client, two.program, "").text
