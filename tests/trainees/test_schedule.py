"""Weeks and days of a cohort, an instructor, a location; the board of a day; hours; one's own day on the first page."""

import datetime
import re
import uuid
import zoneinfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.acts import add
from programs import services as teaching
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees import services
from trainees.models import Excusal, SessionAudience, SessionStaff
from trainees.selectors.schedule import Span

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
UTC = datetime.UTC
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def session(course):
    """A session of the first cohort at a local time, with the assessor as its lead unless told otherwise."""

    def make(when="2023-08-14 08:00", hours=2, staff="lead", audience=(), cohort=None, **words):
        starts = datetime.datetime.fromisoformat(when).replace(tzinfo=OSLO)
        made = f.TrainingSessionFactory(
            cohort=cohort or course.cohort,
            starts_at=starts.astimezone(UTC),
            ends_at=starts.astimezone(UTC) + hours * HOUR,
            **{"module": course.module} | words,
        )
        if made.cohort.program != course.program and staff:
            f.AssignmentFactory(program=made.cohort.program, instructor=course.assessor)
        if staff:
            if not course.assessor.assignments.filter(program=made.cohort.program).exists():
                f.AssignmentFactory(program=made.cohort.program, instructor=course.assessor)
            f.do(lambda act: add(SessionStaff(session=made, instructor=course.assessor, duty=staff), act))
        return made

    return make


@pytest.fixture
def page(client):
    def get(name, *args, user, **asked):
        client.force_login(user)
        return client.get(reverse(f"trainees:{name}", args=args), asked)

    return get


# ---- which days


@pytest.mark.parametrize(
    ("asked", "first", "days"),
    [
        ({"week": "2026-W48"}, "2026-11-23", 7),
        ({"week": "2026-W53"}, "2026-12-28", 7),
        ({"week": "2025-W53"}, "2023-08-07", 7),  # 2025 has no such week
        ({"day": "2026-11-24"}, "2026-11-24", 1),
        ({"day": "nonsense"}, "2023-08-07", 7),
        ({"week": "9999-W99"}, "2023-08-07", 7),
        ({}, "2023-08-07", 7),
    ],
)
def test_the_address_says_which_days(asked, first, days):
    span = Span.of(asked.get("week", ""), asked.get("day", ""), datetime.date(2023, 8, 10))
    assert (span.first.isoformat(), len(span.days)) == (first, days)


def test_before_and_after_cross_the_year():
    span = Span.of("2026-W01", "", datetime.date(2023, 8, 10))
    assert (span.before, span.after) == ("week=2025-W52", "week=2026-W02")
    assert Span.of("", "2026-03-01", datetime.date(2023, 8, 10)).before == "day=2026-02-28"


@pytest.mark.parametrize(
    "asked", [{"day": "0001-01-01"}, {"day": "9999-12-31"}, {"week": "0001-W01"}, {"week": "9999-W52"}]
)
def test_the_first_and_the_last_day_of_the_calendar_break_nothing(asked, course, page):
    assert page("cohort_schedule", course.cohort.slug, user=course.viewer, **asked).status_code == 200
    assert page("cohort_board", course.cohort.slug, user=course.viewer, **asked).status_code == 200


# ---- schedules


def test_a_week_shows_each_session_on_its_local_day(course, session, page):
    session("2023-08-14 00:30", place="Night range")
    session("2023-08-20 23:30", place="Late hall")
    session("2023-08-21 00:00", place="Next week")
    answer = page("cohort_schedule", course.cohort.slug, user=course.viewer, week="2023-W33")
    shown = {day.day.isoformat(): [slot.hours for slot in day.slots] for day in answer.context["days"] if day.slots}
    assert shown == {"2023-08-14": ["00:30–02:30"], "2023-08-20": ["23:30–01:30 Mon"]}
    assert "Next week" not in answer.text and "?week=2023-W34" in answer.text and "?week=2023-W32" in answer.text


def test_a_cohort_that_is_over_opens_on_its_last_week(course, page):
    assert (
        page("cohort_schedule", course.cohort.slug, user=course.viewer).context["span"].first.isoformat()
        == "2023-08-28"
    )


def test_the_week_of_the_change_of_clocks_has_its_seven_days(course, session, page):
    for day in ("2026-10-25 08:00", "2026-10-26 08:00", "2026-03-29 08:00"):
        session(day)
    for week, hours in (("2026-W43", "08:00–10:00"), ("2026-W44", "08:00–10:00"), ("2026-W13", "08:00–10:00")):
        answer = page("cohort_schedule", course.cohort.slug, user=course.viewer, week=week)
        assert [slot.hours for day in answer.context["days"] for slot in day.slots] == [hours]


def test_an_empty_week_says_so_and_offers_to_plan_to_whoever_may(course, page):
    where = reverse("trainees:session_create", args=[course.cohort.slug])
    asked = {"week": "2030-W01"}
    assert "Nothing is planned then" in page("cohort_schedule", course.cohort.slug, user=course.viewer, **asked).text
    assert where not in page("cohort_schedule", course.cohort.slug, user=course.viewer, **asked).text
    assert where in page("cohort_schedule", course.cohort.slug, user=course.coordinator, **asked).text


def test_an_instructors_schedule_shows_the_readers_programs_only(course, session, page):
    session(place="Our hall")
    elsewhere = f.CohortFactory(program__code="SECRET", code="X")
    session(cohort=elsewhere, place="Hidden hall")
    text = page("instructor_schedule", course.assessor.code, user=course.viewer, week="2023-W33").text
    assert "Our hall" in text and "Hidden hall" not in text and "SECRET" not in text


def test_a_location_is_found_by_its_name_in_the_readers_programs(course, session, page):
    session(place="Range 2")
    session(place="Lecture hall", cohort=course.other)
    session(place="Range 2", cohort=f.CohortFactory(program__code="SECRET", code="X"))
    answer = page("place_schedule", user=course.viewer, place="range 2", week="2023-W33")
    assert answer.context["places"] == ["Lecture hall", "Range 2"]
    assert [slot.session.cohort for day in answer.context["days"] for slot in day.slots] == [course.cohort]
    assert "place=range+2" in answer.text  # kept in the links to other weeks
    assert (
        len([s for d in page("place_schedule", user=course.viewer, week="2023-W33").context["days"] for s in d.slots])
        == 2
    )


# ---- the board


def lists(card):
    names = ("ready", "blocked", "expired", "met", "not_asked", "away")
    return {name: [one.person.roll_number for one in getattr(card, name)] for name in names if getattr(card, name)}


def excuse(course, trainee, since, until=None):
    words = {"program": course.program, "trainee": trainee, "since": since, "until": until}
    f.do(lambda act: add(Excusal(**words), act))


@pytest.fixture
def board(course, page):
    def get(day="2023-08-14", user=None):
        return page("cohort_board", course.cohort.slug, user=user or course.coordinator, day=day)

    return get


def test_the_board_says_who_is_ready_who_has_it_and_who_is_away(course, session, board):
    session(kind="assessment")
    assert lists(board().context["cards"][0]) == {"ready": ["R-1", "R-2"]}
    excuse(course, course.second, datetime.date(2023, 8, 14), datetime.date(2023, 8, 14))
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor, holds_until=None)
    assert lists(board().context["cards"][0]) == {"met": ["R-1"], "away": ["R-2"]}
    assert "sick" in board().text


def test_the_board_says_whose_pass_ran_out(course, session, board):
    session(kind="assessment")
    f.RecordFactory(trainee=course.trainee, entry=course.entry, holds_until=datetime.date(2024, 2, 10))
    assert lists(board().context["cards"][0]) == {"ready": ["R-2"], "expired": ["R-1"]}
    assert "through 10 Feb 2024" in board().text


def test_the_board_says_who_lacks_a_prerequisite(course, session, board):
    draft = f.CurriculumFactory(program=course.program)
    first = f.EntryFactory(curriculum=draft, position=1, module=course.module)
    second = f.EntryFactory(curriculum=draft, position=2, module=course.scored.module)
    f.link_prerequisite(second, first)
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since=datetime.date(2023, 8, 8))
    f.RecordFactory(trainee=course.trainee, entry=first)
    session(module=course.scored.module)
    assert lists(board().context["cards"][0]) == {"ready": ["R-1"], "blocked": ["R-2"]}
    assert "lacks MED" in board().text


def test_the_board_says_who_judges_and_whether_they_may(course, session, board):
    one = session(kind="assessment")
    session("2023-08-14 12:00", staff="")
    assessed, taught = board().context["cards"]
    assert [row.instructor for row in assessed.may_assess] == [course.assessor] and not assessed.may_not_assess
    assert not taught.may_assess and "missing" in board().text  # no interpreter
    assignment = course.program.assignments.select_related("act").get(instructor=course.assessor)
    teaching.limit_assessing(
        user=course.coordinator, key=uuid.uuid4(), assignment=assignment, seen=assignment.seen,
        modules=[course.scored.module],
    )  # fmt: skip
    assert f"{course.assessor} may not assess MED" in board().text
    interpreter = f.AssignmentFactory(program=course.program, instructor__capacity="interpreter").instructor
    f.do(lambda act: add(SessionStaff(session=one, instructor=interpreter, duty="interpreter"), act))
    assert board().context["cards"][0].interpreters[0].instructor == interpreter


def test_the_board_tells_clashes(course, session, board):
    session()
    session("2023-08-14 09:00", cohort=course.other)
    assert f"{course.assessor}: also in MED of TRD-C2" in board().text


@pytest.fixture
def no_go(course):
    return f.RecordFactory(trainee=course.second, entry=course.entry, kind="no_go", holds_until=None)


def tap(client, text):
    """Press the board's button; the page that follows."""
    [where] = re.findall(r'action="(/sessions/\d+/retake/)"', text)
    return client.post(where, {"key": str(uuid.uuid4())}, follow=True)


def test_one_tap_plans_a_retake_for_everybody_who_waits_for_one(course, session, board, client, no_go):
    one = session("2098-08-11 08:00", kind="assessment", place="Range 2")  # a Monday, later than the record was entered
    with time_machine.travel(datetime.datetime(2098, 8, 11, 12, tzinfo=OSLO)):
        text = board("2098-08-11").text
        assert "Plan a retake of MED for 1 with NO-GO" in text
        answer = tap(client, text)
        made = course.cohort.sessions.get(kind="retake")
        assert answer.redirect_chain == [(made.get_absolute_url(), 302)] and "planned for 1 trainee," in answer.text
        assert [row.trainee for row in made.audience.all()] == [course.second]
        assert [(row.instructor, row.duty) for row in made.staff.all()] == [(course.assessor, "lead")]
        assert (made.module, made.place, made.clash_reason) == (one.module, "Range 2", "")
        day = datetime.timedelta(days=1)
        assert (made.starts_at, made.ends_at) == (one.starts_at + day, one.ends_at + day)
        assert "retake/" not in board("2098-08-11").text  # they have one now
        again = client.post(f"/sessions/{one.pk}/retake/", {"key": str(uuid.uuid4())})
        assert again.status_code == 422 and "Nobody with a NO-GO waits" in again.text
    assert course.cohort.sessions.filter(kind="retake").count() == 1


def test_a_retake_at_one_tap_falls_on_the_first_day_on_which_nothing_clashes(course, session, no_go):
    one = session("2098-08-14 08:00", kind="assessment")  # a Thursday
    session("2098-08-15 09:00", cohort=course.other)  # the assessor is there
    with time_machine.travel(datetime.datetime(2098, 8, 14, 12, tzinfo=OSLO)):
        made = services.plan_retake(user=course.coordinator, key=uuid.uuid4(), session=one)
    assert made.starts_at.astimezone(OSLO).isoformat() == "2098-08-18T08:00:00+02:00"  # not at the weekend


def test_a_retake_leaves_out_an_assessor_who_may_not_assess(course, session, no_go):
    one = session(kind="assessment", staff="assessor")
    assignment = course.program.assignments.select_related("act").get(instructor=course.assessor)
    teaching.limit_assessing(
        user=course.coordinator, key=uuid.uuid4(), assignment=assignment, seen=assignment.seen,
        modules=[course.scored.module],
    )  # fmt: skip
    assert not services.plan_retake(user=course.coordinator, key=uuid.uuid4(), session=one).staff.exists()


def test_where_no_day_is_free_the_retake_is_refused_in_words_and_nothing_is_planned(course, session, no_go, client):
    one = session(kind="assessment")
    with time_machine.travel(
        datetime.datetime(2098, 9, 14, 12, tzinfo=OSLO)
    ):  # the cohort is over: two weeks are asked
        for day in range(15, 31):
            session(f"2098-09-{day} 08:00", cohort=course.other)
        client.force_login(course.coordinator)
        answer = client.post(f"/sessions/{one.pk}/retake/", {"key": str(uuid.uuid4())})
    assert answer.status_code == 422 and "Up to 29 Sep 2098, no day is free" in answer.text
    assert not course.cohort.sessions.filter(kind="retake").exists()


def test_a_retake_can_also_be_planned_by_hand_from_the_board(course, session, board, client, no_go):
    session(kind="assessment", audience=())
    text = board().text
    [where] = re.findall(r'href="(/cohorts/trd-c1/sessions/new/\?[^"]+)"', text)
    form = client.get(where.replace("&amp;", "&")).context["form"]
    assert form["module"].value() == course.module.pk and form["kind"].value() == "retake"
    assert form["trainees"].value() == [course.second.pk]
    assert "/sessions/new/?module" not in board(user=course.viewer).text
    assert "/retake/" not in board(user=course.viewer).text
    retake = session("2099-08-14 08:00", kind="retake", staff="")
    f.do(lambda act: add(SessionAudience(session=retake, trainee=course.second), act))
    assert "/sessions/new/?module" not in board().text  # they have one already


def test_a_proposal_in_the_address_that_makes_no_sense_proposes_nothing(course, client):
    client.force_login(course.coordinator)
    where = reverse("trainees:session_create", args=[course.cohort.slug])
    answer = client.get(where, {"module": "NONE", "kind": "party", "t": ["x", "9" * 30], "day": "2023-02-30"})
    form = answer.context["form"]
    assert answer.status_code == 200 and form["module"].value() is None and form["kind"].value() == "instruction"


def test_an_empty_board_leads_to_the_next_day_with_a_session(course, session, board):
    session()
    assert (
        "?day=2023-08-14" in board("2023-08-11").text
        and "The next is on Monday 14 August 2023" in board("2023-08-11").text
    )
    empty = board("2023-08-15").text
    assert "none is planned after it" in empty and "See all its sessions" in empty


def test_the_board_of_a_program_has_the_sessions_of_all_its_cohorts(course, session, page):
    session(kind="assessment")
    session("2023-08-14 12:00", cohort=course.other)
    f.RecordFactory(trainee=course.second, entry=course.entry, kind="no_go", holds_until=None)
    answer = page("program_board", course.program.slug, user=course.coordinator, day="2023-08-14")
    assert [(card.view.cohort, card.expected) for card in answer.context["cards"]] == [
        (course.cohort, 2),
        (course.other, 0),
    ]
    assert f"/cohorts/trd-c1/sessions/new/?module=MED&amp;kind=retake&amp;t={course.second.pk}" in answer.text
    assert page("program_board", course.program.slug, user=course.coordinator).status_code == 200
    empty = f.RoleFactory(program=f.ProgramFactory(code="EMPTY"), user=course.coordinator).program
    assert "No session on this day" in page("program_board", empty.slug, user=course.coordinator).text


# ---- hours


def test_hours_are_counted_for_each_trainee_and_not_added_up_over_groups(course, session, page):
    draft = f.CurriculumFactory(program=course.program)
    f.EntryFactory(curriculum=draft, position=1, module=course.module, hours=12)
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since=datetime.date(2023, 8, 8))
    place = course.cohort.enrolments.get(trainee=course.second)
    words = {"cohort": course.cohort, "trainee": course.second, "group": course.group, "previous": place}
    f.EnrolmentFactory(**words, since=datetime.date(2023, 8, 8))
    session(hours=4)  # with the course's own of three hours, for everybody
    one = session("2023-08-15 08:00", hours=2)
    f.do(lambda act: add(SessionAudience(session=one, group=course.group), act))
    session("2023-08-16 08:00", hours=5, kind="retake")
    session("2023-08-17 08:00", hours=5, cancelled_at=timezone.now(), cancelled_reason="storm")
    session("2099-08-17 08:00", hours=1)
    [line] = page("cohort_hours", course.cohort.slug, user=course.viewer).context["lines"]
    assert (line.held.least, line.held.most, line.ahead.least, line.open) == (7, 9, 1, 4)


def test_hours_of_a_cohort_without_trainees_are_those_planned(course, session, page):
    session(cohort=course.other, hours=4)
    lines = page("cohort_hours", course.other.slug, user=course.viewer).context["lines"]
    assert {line.entry.code: line.held.most for line in lines} == {"MED": 4, "RNG": 0}


# ---- the form and the page of a session

FORMS = {"create": 12, "series": 12, "edit": 13, "move": 3, "substitute": 5, "detail": 16}


@pytest.mark.parametrize("trainees", [3, 30])
def test_forms_and_page_of_a_session_cost_the_same_for_any_number_of_trainees(trainees, db, client):
    one = crowd(trainees)
    made = f.TrainingSessionFactory(cohort=one.cohort, module=one.lines[0][0].entry.module)
    for duty in ("lead", "assistant")[: 1 + (trainees > 3)]:
        who = f.AssignmentFactory(program=one.program).instructor
        f.do(lambda act, who=who, duty=duty: add(SessionStaff(session=made, instructor=who, duty=duty), act))
    client.force_login(one.coordinator)
    client.get(reverse("trainees:progress_rule"))
    got = {}
    for name in FORMS:
        args = [one.cohort.slug] if name in {"create", "series"} else [made.pk]
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse(f"trainees:session_{name}", args=args)).status_code == 200
        got[name] = len(asked)
    assert got == FORMS


# ---- one's own day


@pytest.fixture
def mine(course):
    """The instructor who signs in is the one who teaches."""

    def write(act):
        course.assessor.account, course.assessor.act = course.instructor, act
        course.assessor.save()

    f.do(write)


@pytest.mark.parametrize("now", ["07:00", "09:00", "11:00", "23:30"])
def test_the_first_page_shows_an_instructors_day_with_what_comes_next(now, course, mine, session, page):
    with time_machine.travel(datetime.datetime.fromisoformat(f"2023-08-14T{now}").replace(tzinfo=OSLO), tick=False):
        one = session()
        session("2023-08-15 08:00")
        session("2023-08-14 12:00", staff="", cohort=course.other)
        answer = page("home", user=course.instructor)
        turns = answer.context["my_day"]
        assert [(turn.slot.session, turn.step) for turn in turns] == [(one, "register")]
        address = reverse("trainees:session_register", args=[one.pk])
        assert address in answer.text  # from the morning on: opened with a network, it is at hand without
        assert page("home", user=course.coordinator).context["my_day"] == []


def test_once_the_register_is_closed_the_results_come_next_and_then_it_is_done(course, mine, session, page):
    with time_machine.travel(datetime.datetime(2030, 8, 14, 12, tzinfo=OSLO), tick=False):
        one = session("2030-08-14 08:00", kind="assessment")
        by = {"user": course.instructor, "session": one}
        marks = {course.trainee.pk: ("present", ""), course.second.pk: ("absent", "")}
        services.mark_attendance(**by, key=uuid.uuid4(), marks=marks, seen={})
        services.close_register(**by, key=uuid.uuid4(), seen=one.seen)
        answer = page("home", user=course.instructor)
        assert [turn.step for turn in answer.context["my_day"]] == ["results"]
        assert reverse("trainees:session_results", args=[one.pk]) in answer.text
        f.RecordFactory(trainee=course.trainee, entry=course.entry, session=one, holds_from=datetime.date(2030, 8, 14))
        assert [turn.step for turn in page("home", user=course.instructor).context["my_day"]] == ["done"]


def test_a_day_without_ones_own_sessions_has_no_such_part(course, mine, session, page):
    session()
    assert "Your day" not in page("home", user=course.instructor).text


# ---- what it costs

COSTS = {"week": 6, "instructor": 6, "place": 6, "board": 18, "program board": 19, "hours": 11}


@pytest.mark.parametrize("trainees", [3, 30])
def test_pages_of_planning_cost_the_same_for_any_number_of_trainees_and_sessions(trainees, db, client):
    one = crowd(trainees)
    day = datetime.datetime(2023, 8, 14, 8, tzinfo=UTC)
    modules = [entry.module for entry in one.curriculum.entries.order_by("position")]
    for n in range(trainees // 3):
        words = {
            "cohort": one.cohort,
            "module": modules[n % len(modules)],
            "kind": "assessment",
            "place": "Hall",
        }
        made = f.TrainingSessionFactory(**words, starts_at=day + n * HOUR / 2, ends_at=day + n * HOUR / 2 + HOUR)
        f.do(lambda act, made=made: add(SessionStaff(session=made, instructor=one.assessor, duty="assessor"), act))
    client.force_login(one.coordinator)
    got, slug = {}, one.cohort.slug
    client.get(reverse("trainees:progress_rule"))
    for name, where in (
        ("week", reverse("trainees:cohort_schedule", args=[slug]) + "?week=2023-W33"),
        ("instructor", reverse("trainees:instructor_schedule", args=[one.assessor.code]) + "?week=2023-W33"),
        ("place", reverse("trainees:place_schedule") + "?week=2023-W33"),
        ("board", reverse("trainees:cohort_board", args=[slug]) + "?day=2023-08-14"),
        ("program board", reverse("trainees:program_board", args=[one.program.slug]) + "?day=2023-08-14"),
        ("hours", reverse("trainees:cohort_hours", args=[slug])),
    ):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(where).status_code == 200
        got[name] = len(asked)
    assert got == COSTS
