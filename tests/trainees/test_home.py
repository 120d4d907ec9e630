"""The first page: my cohorts, and what waits for me with the button that resolves it."""

import datetime
import re
import uuid
import zoneinfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.acts import add
from tests import factories as f
from trainees import services
from trainees.models import SessionStaff
from trainees.selectors.home import home_of

DAY = datetime.date(2023, 8, 31)
OSLO = zoneinfo.ZoneInfo("Europe/Oslo")


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
    today = course.cohort.today()
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
    assert "R-9 SOKIL: MED is due to expire" in text and f"/trainees/{place.trainee.uuid}/trd/MED/record/" in text
    assert "is due to expire" not in shown(client, course.viewer)  # who cannot record has nothing to do about it


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
    attention = reverse("trainees:cohort_attention", args=[course.cohort.slug])
    assert re.search(f'<a href="{attention}[^"]+">1 trainee needs attention</a>, <a [^>]+>R-2 ', text)
    assert re.search("No-go in [^<]+ since 15 Aug</a>[.] Not recorded: <a [^>]+>1 register</a>[.]", text)
    assert "Nothing is waiting" not in text


def test_the_sentences_stand_also_on_days_with_a_session(course, client):
    now, end = timezone.now(), timezone.now() + datetime.timedelta(minutes=1)
    f.TrainingSessionFactory(cohort=course.cohort, module=course.module, starts_at=now, ends_at=end)
    text = shown(client, course.viewer)
    assert "met all requirements" in text and "today at" in text and "Waiting for you" not in text


def test_what_waits_longest_stands_first_whatever_its_cohort(course, client):
    day = datetime.datetime(2023, 8, 20, 8, tzinfo=datetime.UTC)
    later = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=day, ends_at=day + datetime.timedelta(hours=1)
    )
    between = f.TrainingSessionFactory(
        cohort=course.other,
        module=course.module,
        starts_at=day - datetime.timedelta(days=3),
        ends_at=day - datetime.timedelta(days=3, hours=-1),
    )
    client.force_login(course.instructor)
    items = client.get("/").context["items"]
    assert [one.session for one in items] == [course.session, between, later]
    assert [one.days for one in items] == [(course.cohort.today() - one.since).days for one in items]


def test_an_expired_pass_waits_for_a_recertification(course, client):
    today = course.cohort.today()
    start = today - datetime.timedelta(days=200)
    running = f.CohortFactory(program=course.program, code="NOW", starts_on=start, ends_on=today)
    f.CohortCurriculumFactory(cohort=running, curriculum=course.entry.curriculum)
    place = f.EnrolmentFactory(cohort=running, trainee__roll_number="R-9")
    gone = today - datetime.timedelta(days=3)
    f.RecordFactory(trainee=place.trainee, entry=course.entry, holds_from=start, holds_until=gone)
    assert "R-9 SOKIL: MED has expired" in shown(client, course.instructor)


def test_what_was_held_after_the_last_day_still_waits(course, client):
    f.TrainingSessionFactory(
        cohort=course.cohort,
        module=course.module,
        kind="retake",
        starts_at=datetime.datetime(2023, 9, 4, 8, tzinfo=datetime.UTC),
        ends_at=datetime.datetime(2023, 9, 4, 9, tzinfo=datetime.UTC),
    )
    assert shown(client, course.instructor).count("Register of") == 2


# ---- who is told what, and when it is no longer told


def desk_of(user, cohort):
    return next(desk for desk in home_of(user) if desk.view.cohort == cohort)


def sessions(desk, what):
    return [one.session for one in desk.items if one.what == what]


def test_whoever_may_not_record_is_told_of_no_register_and_no_result(course):
    assessment = f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment")
    services.mark_attendance(
        user=course.instructor,
        key=uuid.uuid4(),
        session=assessment,
        marks={course.trainee.pk: ("present", "")},
        seen={},
    )
    told = desk_of(course.instructor, course.cohort)
    assert sessions(told, "register") == [course.session, assessment] and sessions(told, "results") == [assessment]
    assert desk_of(course.viewer, course.cohort).items == []


@pytest.mark.parametrize(("over_for", "kinds"), [(0, ["due"]), (1, [])])
def test_a_finished_cohort_tells_of_nothing_that_ends(over_for, kinds, course):
    today = course.cohort.today()
    last = today - datetime.timedelta(days=over_for)
    start = today - datetime.timedelta(days=200)
    cohort = f.CohortFactory(program=course.program, starts_on=start, ends_on=last)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=course.entry.curriculum)
    until = today + datetime.timedelta(days=10)
    f.RecordFactory(
        trainee=f.EnrolmentFactory(cohort=cohort).trainee, entry=course.entry, holds_from=start, holds_until=until
    )
    assert [one.ends for one in desk_of(course.instructor, cohort).items] == kinds


@pytest.mark.parametrize(
    ("starts", "ends", "today"),
    [
        ("10 18:00", "10 19:00", False),  # over
        ("10 19:00", "10 21:00", True),  # going on
        ("10 23:00", "11 01:00", True),
        ("11 00:30", "11 02:00", False),  # today in UTC, tomorrow in Oslo
        ("11 08:00", "11 09:00", False),
        ("12 08:00", "12 09:00", False),
    ],
)
def test_today_is_the_day_in_the_time_zone_of_the_program(starts, ends, today, course, time_machine):
    time_machine.move_to(datetime.datetime(2023, 8, 10, 20, tzinfo=OSLO))
    starts_at, ends_at = (
        datetime.datetime.strptime(f"2023-08-{one}", "%Y-%m-%d %H:%M").replace(tzinfo=OSLO) for one in (starts, ends)
    )
    session = f.TrainingSessionFactory(cohort=course.other, module=course.module, starts_at=starts_at, ends_at=ends_at)
    assert desk_of(course.viewer, course.other).today == ([session] if today else [])


def test_a_cancelled_session_is_not_today(course, time_machine):
    time_machine.move_to("2023-08-10 06:00Z")
    assert desk_of(course.viewer, course.cohort).today == [course.session]
    services.cancel_session(
        user=course.coordinator, key=uuid.uuid4(), session=course.session, seen=course.session.seen, reason="storm"
    )
    assert desk_of(course.viewer, course.cohort).today == []


def test_a_retake_after_the_last_day_is_told_here_and_on_closing(course, client):
    retake = f.TrainingSessionFactory(
        cohort=course.cohort,
        module=course.module,
        kind="retake",
        starts_at=datetime.datetime(2023, 9, 4, 8, tzinfo=datetime.UTC),
        ends_at=datetime.datetime(2023, 9, 4, 9, tzinfo=datetime.UTC),
    )
    services.mark_attendance(
        user=course.instructor, key=uuid.uuid4(), session=retake, marks={course.trainee.pk: ("present", "")}, seen={}
    )
    told = desk_of(course.instructor, course.cohort)
    assert sessions(told, "register") == [course.session, retake] and sessions(told, "results") == [retake]
    client.force_login(course.instructor)
    closing = client.get(reverse("trainees:cohort_closing", args=[course.cohort.slug])).context["closing"]
    assert closing.open_registers == [course.session, retake] and closing.missing_results == [(retake, 1)]


# ---- what matters to whoever opens it stands first


def test_each_role_begins_with_what_matters_to_it(course, client):
    def heads(user):
        text = shown(client, user)
        return [
            words for words in ("Waiting for you", "How far they have come", "Next sessions") if words in text
        ], text

    for user in (course.coordinator, course.instructor):
        found, text = heads(user)
        assert len(found) == 3 and text.index("Waiting for you") < text.index("How far they have come")
    found, text = heads(course.viewer)
    assert found == ["How far they have come", "Next sessions"]
    assert reverse("trainees:cohort_changes", args=[course.cohort.slug]) in text


def test_what_waits_at_one_s_own_sessions_stands_before_what_waits_longer(course, client):
    day = datetime.datetime(2023, 8, 20, 8, tzinfo=datetime.UTC)
    own = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=day, ends_at=day + datetime.timedelta(hours=1)
    )
    who = f.InstructorFactory(account=course.instructor)
    f.AssignmentFactory(program=course.program, instructor=who)
    f.do(lambda act: add(SessionStaff(session=own, instructor=who, duty="lead"), act))
    client.force_login(course.instructor)
    assert [(one.session, one.mine) for one in client.get("/").context["items"]] == [
        (own, True),
        (course.session, False),
    ]
    client.force_login(course.coordinator)
    assert [one.session for one in client.get("/").context["items"]] == [course.session, own]
