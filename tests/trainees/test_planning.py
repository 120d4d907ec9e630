"""Series, copies, moves, substitutes and clones; the clock on the wall when it changes."""

import datetime
import uuid
import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests import factories as f
from trainees import services
from trainees.models import Cohort, SessionStaff, TrainingSession
from trainees.selectors.clock import at_local, moved

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
DAY = datetime.date.fromisoformat
AT = datetime.time.fromisoformat


def local(session):
    return f"{session.starts_at.astimezone(OSLO):%m-%d %H:%M}–{session.ends_at.astimezone(OSLO):%H:%M}"


def utc(session):
    return f"{session.starts_at:%m-%d %H:%M}"


@pytest.fixture
def year(course):
    """The cohort runs through all of 2026."""

    def write(act):
        course.cohort.starts_on, course.cohort.ends_on = DAY("2026-01-01"), DAY("2026-12-31")
        course.cohort.act = act
        course.cohort.save()

    f.do(write)
    return course


@pytest.fixture
def planned(year):
    """Plan a session at local times."""

    def make(day, starts, ends, until=None, **words):
        times = {
            "starts_at": at_local(DAY(day), AT(starts), OSLO),
            "ends_at": at_local(DAY(until or day), AT(ends), OSLO),
        }
        by = {"user": year.coordinator, "key": uuid.uuid4()}
        return services.create_session(**by, cohort=year.cohort, module=year.module, **times | words)

    return make


def series(course, *days, starts="08:00", ends="10:00", **words):
    by = {"user": course.coordinator, "key": uuid.uuid4(), "cohort": course.cohort, "module": course.module}
    return services.create_series(**by, days=[DAY(day) for day in days], starts=AT(starts), ends=AT(ends), **words)


def made(course):
    return list(course.cohort.sessions.filter(starts_at__year=2026).order_by("starts_at"))


# ---- the nights in which clocks change


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2026-03-29", "02:30", "There is no 02:30 on 29 Mar 2026"),
        ("2026-10-25", "02:30", "02:30 comes twice on 25 Oct 2026"),
    ],
)
def test_a_time_that_is_none_or_two_is_refused_in_words(day, time, words, year):
    with pytest.raises(ValidationError) as refused:
        at_local(DAY(day), AT(time), OSLO)
    assert words in refused.value.messages[0]
    with pytest.raises(ValidationError) as refused:
        series(year, day, starts=time, ends="05:00")
    assert words in refused.value.messages[0] and made(year) == []


@pytest.mark.parametrize(("day", "time", "utc"), [
    ("2026-03-29", "01:59", "00:59"), ("2026-03-29", "03:00", "01:00"),
    ("2026-10-25", "01:59", "23:59"), ("2026-10-25", "03:00", "02:00"),
])  # fmt: skip
def test_the_times_around_it_are_what_they_are(day, time, utc):
    assert f"{at_local(DAY(day), AT(time), OSLO):%H:%M}" == utc


def test_a_moved_time_keeps_the_clock(year):
    before = at_local(DAY("2026-03-28"), AT("08:00"), OSLO)
    assert moved(before, 1, OSLO) - before == datetime.timedelta(hours=23)
    before = at_local(DAY("2026-10-24"), AT("08:00"), OSLO)
    assert moved(before, 1, OSLO) - before == datetime.timedelta(hours=25)


def test_a_form_refuses_such_a_time_beside_its_field(year, client, send):
    client.force_login(year.coordinator)
    where = reverse("trainees:session_create", args=[year.cohort.slug])
    words = {"module": year.module.pk, "kind": "instruction", "day": "2026-03-29", "starts": "02:30", "ends": "05:00"}
    answer = send(where, **words)
    assert answer.status_code == 422 and "There is no 02:30" in answer.context["form"].errors["starts"][0]


def test_a_session_over_the_night_of_the_change_lasts_as_long_as_it_does(planned):
    assert planned("2026-10-24", "22:00", "06:00", until="2026-10-25").hours == 9
    assert planned("2026-03-28", "22:00", "06:00", until="2026-03-29").hours == 7


# ---- series


def test_a_series_keeps_its_time_on_the_clock(year):
    first = series(year, "2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25")
    assert {local(one)[6:] for one in made(year)} == {"08:00–10:00"}
    assert [utc(one)[6:] for one in made(year)] == ["07:00", "07:00", "06:00", "06:00", "06:00", "07:00"]
    assert first == made(year)[0]


def test_a_series_is_all_or_nothing_and_its_clashes_are_told_together(year, planned):
    planned("2026-05-05", "09:00", "11:00")
    planned("2026-05-07", "09:00", "11:00")
    with pytest.raises(ValidationError) as refused:
        series(year, "2026-05-04", "2026-05-05", "2026-05-06", "2026-05-07")
    told = refused.value.message_dict["clash_reason"]
    assert [line[:14] for line in told[1:]] == ["Tue 5 May 08:0", "Thu 7 May 08:0"] and len(made(year)) == 2
    series(year, "2026-05-04", "2026-05-05", clash_reason="two instructors")
    assert [one.clash_reason for one in made(year)] == ["", "two instructors", "", ""]


def test_a_series_is_made_by_days_of_the_week(year, client, send):
    client.force_login(year.coordinator)
    where = reverse("trainees:session_series", args=[year.cohort.slug])
    words = {"module": year.module.pk, "kind": "instruction", "starts": "20:00", "ends": "01:00"}
    words |= {"day": "2026-03-23", "until": "2026-04-05", "who_0": year.assessor.pk, "duty_0": "lead"}
    answer = send(where, **words, weekdays=["0", "6"])
    assert answer.status_code == 302 and answer.url.endswith("/schedule/?week=2026-W13")
    assert [local(one) for one in made(year)] == [f"{day} 20:00–01:00" for day in ("03-23", "03-29", "03-30", "04-05")]
    assert {one.staff.get().instructor for one in made(year)} == {year.assessor}
    assert send(where, **words | {"until": "2026-03-20"}, weekdays=["0"]).status_code == 422
    assert send(where, **words).status_code == 422  # no day of the week
    assert send(where, **words | {"until": "2026-03-24"}, weekdays=["5"]).status_code == 422  # none lies between


# ---- copies


def test_a_week_is_copied_over_the_change_of_clocks_with_staff_and_audience(year, planned):
    planned("2026-03-23", "08:00", "10:00", staff={year.assessor.pk: "lead"}, audience=[year.group], place="Hall")
    planned("2026-03-27", "20:00", "01:00", until="2026-03-28", kind="assessment", note="lamps")
    gone = planned("2026-03-24", "08:00", "10:00")
    by = {"user": year.coordinator, "key": uuid.uuid4()}
    services.cancel_session(**by, session=gone, seen=gone.seen, reason="storm")
    copy = {"first": DAY("2026-03-23"), "last": DAY("2026-03-29"), "to": DAY("2026-03-30")}
    services.copy_sessions(**by | {"key": uuid.uuid4()}, cohort=year.cohort, **copy)
    monday, friday = made(year)[3:]
    assert (local(monday), local(friday)) == ("03-30 08:00–10:00", "04-03 20:00–01:00")
    assert monday.staff.get().instructor == year.assessor and monday.audience.get().group == year.group
    assert (monday.place, friday.kind, friday.note) == ("Hall", "assessment", "lamps")
    with pytest.raises(ValidationError) as refused:
        services.copy_sessions(**by | {"key": uuid.uuid4()}, cohort=year.cohort, **copy)
    assert len(refused.value.message_dict["clash_reason"]) == 1 + 4  # the instructor, the group, the hall; the cohort


def test_a_day_is_copied_by_the_form(year, planned, client, send):
    client.force_login(year.coordinator)
    planned("2026-03-23", "08:00", "10:00")
    planned("2026-03-24", "08:00", "10:00")
    where = reverse("trainees:session_copy", args=[year.cohort.slug])
    assert send(where, what="day", day="2026-03-23", to="2026-03-23").status_code == 422
    assert send(where, what="day", day="2026-06-01", to="2026-06-02").status_code == 422  # nothing is planned then
    assert send(where, what="day", day="2026-03-23", to="2026-10-26").url.endswith("?week=2026-W44")
    assert local(made(year)[-1]) == "10-26 08:00–10:00" and len(made(year)) == 3


def test_a_copy_into_an_hour_that_is_not_there_names_the_session(year, planned):
    planned("2026-03-22", "02:30", "04:00")
    by = {"user": year.coordinator, "key": uuid.uuid4(), "cohort": year.cohort}
    with pytest.raises(ValidationError) as refused:
        services.copy_sessions(**by, first=DAY("2026-03-22"), last=DAY("2026-03-22"), to=DAY("2026-03-29"))
    assert "MED, Sun 22 Mar 02:30: There is no 02:30" in refused.value.messages[0] and len(made(year)) == 1


# ---- moved, substituted


def test_a_moved_session_says_when_it_was_first_planned_and_why(year, planned, client, send):
    client.force_login(year.coordinator)
    session = planned("2026-05-04", "08:00", "10:00")
    first, where = session.starts_at, reverse("trainees:session_move", args=[session.pk])
    assert send(where, day="2026-05-05", starts="08:00", ends="10:00").status_code == 422
    assert (
        send(where, day="2026-05-04", starts="08:00", ends="10:00", reason="storm").status_code == 422
    )  # the same time as before
    assert send(where, day="2026-05-05", starts="09:00", ends="11:00", reason="storm").status_code == 302
    assert send(where, day="2026-05-06", starts="09:00", ends="11:00", reason="again").status_code == 302
    session.refresh_from_db()
    assert local(session) == "05-06 09:00–11:00" and session.postponed_from == first
    text = client.get(session.get_absolute_url()).text
    assert "first planned for Monday 4 May 2026, 08:00: again" in text


def test_a_move_into_a_clash_needs_its_reason(year, planned, client, send):
    client.force_login(year.coordinator)
    session = planned("2026-05-04", "08:00", "10:00")
    planned("2026-05-05", "08:00", "10:00")
    where, words = (
        reverse("trainees:session_move", args=[session.pk]),
        {"day": "2026-05-05", "starts": "08:00", "ends": "10:00"},
    )
    words["reason"] = "storm"
    answer = send(where, **words)
    assert answer.status_code == 422 and "the whole cohort: also in MED" in answer.text
    assert 'name="clash_reason"' in answer.text
    assert send(where, **words, clash_reason="two halls").status_code == 302


def test_a_substitute_takes_the_duty_and_who_was_planned_stays_in_sight(year, planned, client, send):
    client.force_login(year.coordinator)
    other = f.AssignmentFactory(program=year.program).instructor
    third = f.AssignmentFactory(program=year.program).instructor
    session = planned("2026-05-04", "08:00", "10:00", staff={year.assessor.pk: "lead"})
    where = reverse("trainees:session_substitute", args=[session.pk])
    assert f"{other}, instructor</option>" in client.get(where).text
    assert send(where, instead_of=year.assessor.pk, instructor=other.pk, reason="").status_code == 422
    assert send(where, instead_of=year.assessor.pk, instructor=other.pk, reason="flu").status_code == 302
    assert send(where, instead_of=other.pk, instructor=third.pk, reason="flu too").status_code == 302
    row = session.staff.get()
    assert (row.instructor, row.duty, row.instead_of, row.reason) == (third, "lead", year.assessor, "flu too")
    assert f"instead of {year.assessor}: flu too" in client.get(session.get_absolute_url()).text
    assert send(where, instead_of=third.pk, instructor=year.assessor.pk, reason="well again").status_code == 302
    row = session.staff.get()
    assert (row.instructor, row.instead_of, row.reason) == (year.assessor, None, "")


def test_a_substitute_who_is_elsewhere_clashes(year, planned, client, send):
    client.force_login(year.coordinator)
    other = f.AssignmentFactory(program=year.program).instructor
    session = planned("2026-05-04", "08:00", "10:00", staff={year.assessor.pk: "lead"}, audience=[year.group])
    planned("2026-05-04", "08:00", "10:00", staff={other.pk: "lead"}, audience=[year.track])
    where = reverse("trainees:session_substitute", args=[session.pk])
    words = {"instead_of": year.assessor.pk, "instructor": other.pk, "reason": "flu"}
    assert send(where, **words).status_code == 422
    assert send(where, **words, clash_reason="next door").status_code == 302


def test_a_session_whose_register_is_closed_or_that_is_cancelled_stays_as_it_is(year, planned, client, send):
    client.force_login(year.coordinator)
    session = planned("2026-05-04", "08:00", "10:00", staff={year.assessor.pk: "lead"})
    by = {"user": year.coordinator, "key": uuid.uuid4()}
    services.cancel_session(**by, session=session, seen=session.seen, reason="storm")
    where = reverse("trainees:session_move", args=[session.pk])
    answer = send(where, day="2026-05-05", starts="08:00", ends="10:00", reason="calm")
    assert answer.status_code == 422 and "was cancelled" in answer.text


# ---- a whole cohort


def clone(course, code="C9", starts_on="2026-09-07", **words):
    by = {"user": course.coordinator, "key": uuid.uuid4(), "cohort": course.cohort}
    return services.clone_cohort(**by, code=code, title="Next", starts_on=DAY(starts_on), **words)


def test_a_cohort_is_cloned_with_its_sessions_on_the_same_clock(year, planned):
    left = f.AssignmentFactory(program=year.program)
    planned(
        "2026-03-23", "08:00", "10:00", staff={year.assessor.pk: "lead", left.instructor.pk: "assistant"}, place="Hall"
    )
    planned("2026-04-02", "08:00", "10:00", audience=[year.group])
    planned("2026-04-03", "08:00", "10:00", audience=[year.track], kind="assessment")
    planned("2026-04-04", "08:00", "10:00", audience=[year.trainee], kind="retake")
    f.do(lambda act: left.delete())
    new = clone(year, starts_on="2026-09-10")  # 252 days, 36 weeks later
    assert (new.slug, new.title, new.ends_on) == ("trd-c9", "Next", DAY("2027-09-09"))
    assert new.curricula.get().curriculum == year.cohort.curricula.get().curriculum
    found = list(new.sessions.filter(starts_at__year__gte=2026).order_by("starts_at"))
    assert [local(one) for one in found] == ["11-30 08:00–10:00", "12-10 08:00–10:00", "12-11 08:00–10:00"]
    assert found[0].staff.get().instructor == year.assessor and found[0].place == "Hall"
    group = found[1].audience.get().group
    assert group.cohort == new and group.code == year.group.code
    assert found[2].audience.get().track == year.track and found[2].kind == "assessment"
    assert not new.enrolments.exists() and not SessionStaff.objects.filter(session__cohort=new, reason__gt="").exists()


def test_the_clashes_of_a_clone_are_summarised_and_need_one_reason(year, planned, client, send):
    client.force_login(year.coordinator)
    for day in range(1, 13):
        planned(f"2026-05-{day:02}", "08:00", "10:00", staff={year.assessor.pk: "lead"})
    where, words = reverse("trainees:cohort_clone", args=[year.cohort.slug]), {"code": "C9", "title": "Next"}
    answer = send(where, **words, starts_on="2026-01-02")
    assert (
        answer.status_code == 422 and "3 more clashes" in answer.text and not Cohort.objects.filter(code="C9").exists()
    )
    sent = {"starts_on": "2026-01-02", "clash_reason": "a second instructor comes"}
    assert send(where, **words, **sent).url == reverse("trainees:cohort_detail", args=["trd-c9"])
    reasons = TrainingSession.objects.filter(cohort__code="C9").values_list("clash_reason", flat=True)
    assert (
        sorted(map(bool, reasons)) == [False, False] + [True] * 11
    )  # the last one, and the course's own of 2023, are free


def test_a_code_that_is_taken_is_told(year, client, send):
    client.force_login(year.coordinator)
    where = reverse("trainees:cohort_clone", args=[year.cohort.slug])
    answer = send(where, code="C2", starts_on="2026-09-07")
    assert answer.status_code == 422 and "already" in answer.text
