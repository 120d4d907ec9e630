"""The first page: my cohorts, and what waits for me with the button that resolves it."""

import datetime
import zoneinfo

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories as f
from trainees import services

DAY = datetime.date(2023, 8, 31)


def shown(client, user):
    client.force_login(user)
    return client.get("/").text


def met(course):
    """The first trainee has all that is asked."""
    return f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)


def test_it_shows_my_cohorts_and_nobody_else_s(course, client):
    f.CohortFactory(program__code="FOREIGN", code="X")
    text = shown(client, course.coordinator)
    assert "TRD-C1" in text and "TRD-C2" in text and "FOREIGN" not in text


def test_numbers_lead_to_the_page_that_shows_them(course, client):
    met(course)
    text = shown(client, course.viewer)
    assert "1 of 2 (50" in text
    assert f"/cohorts/trd-c1/progress/?as_of={DAY.isoformat()}&known=" in text.replace("&amp;", "&")


def test_an_open_register_waits_for_those_who_may_record(course, client):
    address = reverse("trainees:session_register", args=[course.session.pk])
    assert address in shown(client, course.instructor)
    assert address not in shown(client, course.viewer)


def test_missing_results_wait_with_their_number(course, client):
    session = f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment")
    services.mark_attendance(
        user=course.instructor,
        key="6f1a2f0e-8f0b-5c39-9b60-6f2b8f1f2023",
        session=session,
        marks={course.trainee.pk: ("present", ""), course.second.pk: ("absent", "")},
        seen={},
    )
    assert f"1 result of {course.module.title} missing" in shown(client, course.instructor)


def test_whoever_meets_all_waits_for_the_coordinator_to_complete_them(course, client):
    ready = f.EnrolmentFactory(cohort=course.cohort, track=course.track, trainee__roll_number="R-3").trainee
    f.RecordFactory(trainee=ready, entry=course.entry, assessor=course.assessor)
    services.mark_attendance(
        user=course.instructor,
        key="6f1a2f0e-8f0b-5c39-9b60-6f2b8f1f2023",
        session=course.session,
        marks={one.pk: ("present", "") for one in (course.trainee, course.second, ready)},
        seen={},
    )
    address = reverse("trainees:cohort_closing", args=[course.cohort.slug])
    assert "1 trainee meets all and is not completed" in shown(client, course.coordinator)
    assert address in shown(client, course.coordinator)
    assert "not completed" not in shown(client, course.instructor)


def test_a_session_of_today_is_told_with_its_hour_in_the_program_s_time_zone(course, client):
    now, end = timezone.now(), timezone.now() + datetime.timedelta(minutes=1)
    day = timezone.localdate(now, zoneinfo.ZoneInfo(course.program.time_zone))
    today = f.CohortFactory(program=course.program, code="NOW", starts_on=day, ends_on=day)
    session = f.TrainingSessionFactory(cohort=today, module=course.module, starts_at=now, ends_at=end)
    text = shown(client, course.viewer)
    hour = timezone.localtime(now, zoneinfo.ZoneInfo(course.program.time_zone))
    assert session.get_absolute_url() in text and f"today at {hour:%H:%M}" in text


def test_a_pass_about_to_expire_in_a_running_cohort_is_told(course, client):
    today = timezone.localdate()
    running = f.CohortFactory(
        program=course.program, code="NOW", starts_on=today - datetime.timedelta(days=200), ends_on=today
    )
    f.CohortCurriculumFactory(cohort=running, curriculum=course.entry.curriculum)
    place = f.EnrolmentFactory(cohort=running, trainee__roll_number="R-9")
    f.RecordFactory(
        trainee=place.trainee,
        entry=course.entry,
        holds_from=today - datetime.timedelta(days=170),
        holds_until=today + datetime.timedelta(days=10),
    )
    text = shown(client, course.instructor)
    assert "R-9" in text and "holds through" in text and f"/trainees/{place.trainee.uuid}/trd/MED/record/" in text
    assert "R-9" not in shown(client, course.viewer)  # who cannot record has nothing to do about it


@pytest.mark.parametrize("kind", ["viewer", "coordinator"])
def test_with_nothing_yet_it_says_what_comes_first(kind, client, db):
    user = f.RoleFactory(kind=kind).user
    text = shown(client, user)
    assert ("Go to programs" in text) == (kind == "coordinator")


def test_whoever_only_reads_gets_each_cohort_in_one_sentence(course, client):
    met(course)
    f.RecordFactory(
        trainee=course.second,
        entry=course.entry,
        assessor=course.assessor,
        kind="no_go",
        holds_from=datetime.date(2023, 8, 15),
    )
    text = " ".join(shown(client, course.viewer).split())
    cohort = course.cohort.get_absolute_url()
    assert f'<a href="{cohort}#attention">1 trainee needs attention</a>, since 15 Aug.' in text
    assert "1 register</a> is open." in text and "Nothing is waiting" not in text


def test_what_waits_stands_under_its_cohort_the_newest_first(course, client):
    day = datetime.datetime(2023, 8, 20, 8, tzinfo=datetime.UTC)
    later = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=day, ends_at=day + datetime.timedelta(hours=1)
    )
    f.TrainingSessionFactory(cohort=course.other, module=course.module)
    client.force_login(course.instructor)
    desks = client.get("/").context["waiting"]
    assert {str(desk.view.cohort): len(desk.registers) for desk in desks} == {"TRD-C1": 2, "TRD-C2": 1}
    assert desks[0].registers == [later, course.session]


def test_an_expired_pass_waits_for_a_recertification(course, client):
    today = timezone.localdate()
    start = today - datetime.timedelta(days=200)
    running = f.CohortFactory(program=course.program, code="NOW", starts_on=start, ends_on=today)
    f.CohortCurriculumFactory(cohort=running, curriculum=course.entry.curriculum)
    place = f.EnrolmentFactory(cohort=running, trainee__roll_number="R-9")
    gone = today - datetime.timedelta(days=3)
    f.RecordFactory(trainee=place.trainee, entry=course.entry, holds_from=start, holds_until=gone)
    assert "expired, held through" in shown(client, course.instructor)


def test_what_was_held_after_the_last_day_still_waits(course, client):
    f.TrainingSessionFactory(
        cohort=course.cohort,
        module=course.module,
        kind="retake",
        starts_at=datetime.datetime(2023, 9, 4, 8, tzinfo=datetime.UTC),
        ends_at=datetime.datetime(2023, 9, 4, 9, tzinfo=datetime.UTC),
    )
    assert shown(client, course.instructor).count("register of") == 2
