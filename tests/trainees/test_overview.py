"""The overview of a cohort: who needs attention, why, and since when."""

import datetime

import pytest
from django.urls import reverse

from programs.access import EVERYBODY
from tests import factories as f
from trainees.selectors.bottom_line import bottom_line_of
from trainees.selectors.overview import MOST
from trainees.selectors.progress import cohort_view


@pytest.fixture
def small(db):
    """Two required modules, the second of which needs the first."""
    program = f.ProgramFactory(code="TRD")
    curriculum = f.CurriculumFactory(program=program)
    first = f.EntryFactory(curriculum=curriculum, position=1, module__code="TAC-1", module__title="Tactical maneuvers")
    second = f.EntryFactory(curriculum=curriculum, position=2, module__code="SIM-1")
    f.link_prerequisite(second, first)
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    cohort.first, cohort.second = first, second
    return cohort


def trainee(cohort, roll="R-1"):
    return f.EnrolmentFactory(cohort=cohort, trainee__roll_number=roll).trainee


def result(who, entry, kind, day, **more):
    last = who.records.filter(module=entry.module).order_by("pk").last()
    return f.RecordFactory(
        trainee=who, entry=entry, kind=kind, holds_from=datetime.date(2023, 8, day), previous=last, **more
    )


def sentences(cohort):
    return [one.sentence for case in bottom_line_of(cohort_view(cohort, EVERYBODY)).attention for one in case.reasons]


def test_no_goes_are_counted_since_the_first_of_them_with_what_waits_for_it(small):
    who = trainee(small)
    result(who, small.first, "no_go", 15)
    blocked = f"Blocked for {small.second.module.title} since 15 Aug"
    assert sentences(small) == ["No-go in Tactical maneuvers since 15 Aug", blocked]
    result(who, small.first, "no_go", 16)
    assert sentences(small) == ["No-go twice in Tactical maneuvers since 15 Aug", blocked]
    result(who, small.first, "no_go", 17)
    assert sentences(small) == ["No-go 3 times in Tactical maneuvers since 15 Aug", blocked]
    result(who, small.first, "go", 18)
    assert sentences(small) == []


def test_what_ran_out_is_told_with_the_first_day_without_it(small):
    who = trainee(small)
    result(who, small.first, "go", 9, holds_until=datetime.date(2023, 8, 17))
    assert sentences(small) == [
        "Tactical maneuvers expired on 18 Aug",
        f"Blocked for {small.second.module.title} since 18 Aug",
    ]
    result(who, small.first, "no_go", 20)
    assert sentences(small) == [
        "No-go at the recertification in Tactical maneuvers on 20 Aug",
        f"Blocked for {small.second.module.title} since 20 Aug",
    ]


def test_the_most_points_stand_first_and_of_equal_ones_the_longest_since(small):
    light, grave, last = trainee(small, "R-3"), trainee(small, "R-2"), trainee(small, "R-1")
    result(light, small.first, "go", 10)
    result(light, small.second, "no_go", 15)
    result(grave, small.first, "no_go", 16)
    result(last, small.first, "go", 10)
    result(last, small.second, "no_go", 16)
    headline = bottom_line_of(cohort_view(small, EVERYBODY))
    assert [one.person.roll_number for one in headline.attention] == ["R-2", "R-3", "R-1"]
    assert (
        "3 trainees need attention, first of all R-2 SOKIL: No-go in Tactical maneuvers since 16 Aug" in headline.text
    )
    assert "0 of 3 met all requirements. 2 lack a single module." in headline.text


def test_everybody_who_needs_attention_is_counted_and_reachable(small, client):
    many = MOST + 3
    for n in range(many):
        result(trainee(small, f"R-{n:02}"), small.first, "no_go", 15)
    client.force_login(f.RoleFactory(program=small.program, kind="viewer").user)
    text = client.get(reverse("trainees:cohort_detail", args=[small.slug])).text
    assert f"{many} trainees need attention" in text and "3 more" in text
    assert [f"R-{n:02}" in text for n in range(many)] == [True] * MOST + [False] * 3
    assert reverse("trainees:cohort_attention", args=[small.slug]) in text


def test_a_new_cohort_shows_no_numbers_of_nobody_and_says_what_comes_next(client, db):
    cohort = f.CohortFactory()
    client.force_login(f.RoleFactory(program=cohort.program).user)
    text = client.get(reverse("trainees:cohort_detail", args=[cohort.slug])).text
    assert 'class="cards"' not in text
    assert "Choose a published version" in text and "Follow another version" not in text


@pytest.mark.parametrize(("days", "words"), [(-1, "Close the cohort"), (1, "Add trainees")])
def test_the_first_button_is_what_is_due(days, words, small, client):
    last = small.today() + datetime.timedelta(days=days)
    cohort = f.CohortFactory(program=small.program, starts_on=datetime.date(2023, 1, 1), ends_on=last)
    client.force_login(f.RoleFactory(program=small.program).user)
    text = client.get(reverse("trainees:cohort_detail", args=[cohort.slug])).text
    assert words in text[text.index('class="btn primary"') :][:200]
