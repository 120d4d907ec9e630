"""What nobody means and somebody sends all the same is refused in words, or taken for nothing; never a fault of ours."""

import uuid

import pytest
from django.urls import reverse


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_strength_return_of_a_day_at_the_end_of_the_calendar_is_refused(course, client, day):
    client.force_login(course.viewer)
    answer = client.get(reverse("trainees:cohort_strength", args=[course.cohort.slug]), {"day": day})
    assert "Enter a year from 1900 to 2199." in answer.content.decode()


@pytest.mark.parametrize(("name", "words"), [("excusal_create", "trainee"), ("place_schedule", "place")])
def test_an_address_with_a_character_that_no_database_keeps_opens_the_page(course, client, name, words):
    """PostgreSQL refuses it; SQLite does not mind."""
    client.force_login(course.instructor)
    address = reverse(f"trainees:{name}", args=[course.cohort.slug] if name == "excusal_create" else [])
    answer = client.get(address, {words: "R-1\x00"})
    assert answer.status_code == 200
    if name == "excusal_create":
        assert answer.context["form"]["trainee"].value() == course.trainee.pk


def sent(**words):
    return {"key": uuid.uuid4(), "seen": "", **words}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_nothing_is_planned_at_the_end_of_the_calendar(course, client, day):
    client.force_login(course.coordinator)
    times = {
        "module": course.module.pk,
        "kind": "instruction",
        "starts": "23:00",
        "ends": "22:00",
        "weekdays": range(7),
    }
    for name, words in (
        ("session_copy", {"what": "week", "day": day, "to": "2023-08-20"}),
        ("session_copy", {"what": "week", "day": "2023-08-10", "to": day}),
        ("cohort_clone", {"code": "C9", "title": "C9", "starts_on": day}),
        ("session_create", times | {"day": day, "ends_on": day}),
        ("session_series", times | {"day": day, "until": day}),
        ("excusal_create", {"trainee": course.trainee.pk, "kind": "sick", "since": day}),
    ):
        answer = client.post(reverse(f"trainees:{name}", args=[course.cohort.slug]), sent(**words))
        assert answer.status_code == 422 and "Enter a year from" in answer.content.decode(), name
