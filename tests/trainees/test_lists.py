"""The lists of cohorts and trainees: search and filters in the address, the same as in every list."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories as f


@pytest.fixture(autouse=True)
def signed_in(course, client):
    client.force_login(course.viewer)


@pytest.fixture
def shown(client):
    def ask(name, **asked):
        return [str(row) for row in client.get(reverse(f"trainees:{name}_list"), asked).context["page"]]

    return ask


def test_archived_cohorts_are_shown_when_asked_for(course, shown):
    f.CohortFactory(program=course.program, code="OLD", archived_at=timezone.now())
    assert sorted(shown("cohort")) == ["TRD-C1", "TRD-C2"]
    assert shown("cohort", show="archived") == ["TRD-OLD"]
    assert sorted(shown("cohort", show="all")) == ["TRD-C1", "TRD-C2", "TRD-OLD"]


def test_a_programs_page_links_to_its_archived_cohorts(course, client):
    f.CohortFactory(program=course.program, code="OLD", archived_at=timezone.now())
    link = "/cohorts/?program=trd&show=all"
    assert link.replace("&", "&amp;") in client.get("/programs/trd/").text
    assert "TRD-OLD" in [str(row) for row in client.get(link).context["page"]]


def test_trainees_are_found_by_roll_number_and_by_cohort(course, shown):
    f.EnrolmentFactory(cohort=course.other, trainee__roll_number="X-9", trainee__call_sign="ЖУРАВЕЛЬ")
    assert shown("trainee", q="журавель") == ["X-9 ЖУРАВЕЛЬ"]
    assert shown("trainee", cohort="trd-c2") == ["X-9 ЖУРАВЕЛЬ"]
    assert shown("trainee", cohort="trd-c1", q="X-9") == []


@pytest.mark.parametrize(("name", "told"), [("cohort", "Nothing matches"), ("trainee", "Nobody matches")])
def test_an_empty_answer_offers_to_clear_the_filters(name, told, client):
    assert told in client.get(reverse(f"trainees:{name}_list"), {"q": "zzz"}).text


def test_an_empty_list_without_filters_is_no_matter_of_filters(client):
    client.force_login(f.UserFactory())
    assert "No cohorts yet" in client.get(reverse("trainees:cohort_list")).text
    assert "No trainees yet" in client.get(reverse("trainees:trainee_list")).text
