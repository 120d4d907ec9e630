"""What is not recorded and what waits: each with its age and whose it is, adding up to the completeness told elsewhere."""

import datetime
import uuid

import pytest
from django.urls import reverse

from accounts.acts import add
from programs.access import EVERYBODY
from tests import factories as f
from trainees import services
from trainees.models import Cohort, SessionStaff, Sheet, Unlisted
from trainees.selectors.outstanding import outstanding_of
from trainees.selectors.progress import cohort_view

AUGUST = datetime.datetime(2023, 8, 1, 8, tzinfo=datetime.UTC)


def at(day, hours=0):
    return AUGUST + datetime.timedelta(days=day - 1, hours=hours)


def page(client, cohort, query=""):
    return client.get(reverse("trainees:cohort_outstanding", args=[cohort.slug]) + query)


def told(client, cohort, query=""):
    return [
        (one.what.value, one.n, [p.roll_number for p in one.people])
        for one in page(client, cohort, query).context["outstanding"].shown
    ]


@pytest.fixture
def assessed(course):
    """On the 20th the first trainee was at an assessment, the second not; no result is in."""
    session = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, kind="assessment", starts_at=at(20), ends_at=at(20, 2)
    )
    marks = {course.trainee.pk: ("present", ""), course.second.pk: ("absent", "")}
    services.mark_attendance(user=course.instructor, key=uuid.uuid4(), session=session, marks=marks, seen={})
    return session


def test_it_lists_registers_and_results_with_whose_they_are_the_oldest_first(course, assessed, client):
    client.force_login(course.viewer)
    assert told(client, course.cohort) == [
        ("register", 2, ["R-1", "R-2"]),  # of the 10th, nobody marked
        ("register", 0, []),  # of the 20th, marked and not closed
        ("results", 1, ["R-1"]),
    ]
    found = page(client, course.cohort).context["outstanding"]
    assert [one.since.day for one in found.items] == [10, 20, 20]
    assert found.counts == {"register": 2, "results": 1}


def test_what_is_listed_adds_up_to_the_completeness_of_every_page(course, assessed, client):
    client.force_login(course.viewer)
    overview = client.get(course.cohort.get_absolute_url())
    recorded, counts = overview.context["p"].recorded, page(client, course.cohort).context["outstanding"].counts
    for name, what in (("registers", "register"), ("results", "results")):
        share = getattr(recorded, name)
        assert share.whole - share.part == counts[what] > 0
    assert reverse("trainees:cohort_outstanding", args=[course.cohort.slug]) in overview.text


def test_people_to_be_resolved_and_sheets_that_are_out_are_listed(course, client):
    client.force_login(course.coordinator)
    for told_by in ("VOVK", "LYS"):
        f.do(
            lambda act, told_by=told_by: add(Unlisted(session=course.session, told=told_by), act),
            scope=course.program.pk,
        )
    coming = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1),
        ends_at=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1, hours=1),
    )  # fmt: skip
    for session in (course.session, coming):
        f.do(lambda act, session=session: add(Sheet(session=session, kind="register"), act), scope=course.program.pk)
    found = page(client, course.cohort).context["outstanding"]
    assert found.counts == {"register": 1, "unlisted": 2, "sheet": 1}  # a sheet for tomorrow is not late
    # as known before they were written down, they were not there
    assert page(client, course.cohort, "?known=2023-08-30").context["outstanding"].counts == {"register": 1}


def test_a_sheet_that_came_back_since_was_still_out_as_known_before(course, client, time_machine):
    client.force_login(course.coordinator)
    time_machine.move_to(at(12))
    sheet = f.do(lambda act: add(Sheet(session=course.session, kind="register"), act), scope=course.program.pk).made(
        Sheet
    )
    time_machine.move_to(at(14))
    f.do(lambda act: Sheet.objects.filter(pk=sheet.pk).update(act=act, returned_at=act.at), scope=course.program.pk)
    counts = {
        known: page(client, course.cohort, f"?known=2023-08-{known}").context["outstanding"].counts
        for known in (11, 13, 14)
    }
    assert [counts[known].get("sheet", 0) for known in (11, 13, 14)] == [0, 1, 0]


def test_a_cohort_that_is_over_lists_what_was_held_since_and_whom_to_complete(course, client):
    late = datetime.datetime(2023, 9, 4, 8, tzinfo=datetime.UTC)
    f.TrainingSessionFactory(
        cohort=course.cohort,
        module=course.module,
        kind="retake",
        starts_at=late,
        ends_at=late + datetime.timedelta(hours=1),
    )
    ready = f.EnrolmentFactory(cohort=course.cohort, track=course.track, trainee__roll_number="R-3").trainee
    until = datetime.date(2024, 2, 10)
    f.RecordFactory(trainee=ready, entry=course.entry, assessor=course.assessor, holds_until=until)
    client.force_login(course.coordinator)
    assert [what for what, *_rest in told(client, course.cohort)] == ["register", "complete", "register"]
    assert ("complete", 1, ["R-3"]) in told(client, course.cohort)  # though the pass has run out by today
    assert len(told(client, course.cohort, "?as_of=2023-08-31&what=register")) == 1


def test_only_whoever_may_do_it_is_offered_the_button(course, assessed, client):
    where = reverse("trainees:session_register", args=[course.session.pk])
    for user, offered in ((course.viewer, False), (course.instructor, True), (course.coordinator, True)):
        client.force_login(user)
        assert (where in page(client, course.cohort).text) == offered


def test_the_address_narrows_and_the_file_has_what_the_page_shows(course, assessed, client):
    client.force_login(course.viewer)
    assert told(client, course.cohort, "?what=results") == [("results", 1, ["R-1"])]
    text = b"".join(page(client, course.cohort, "?what=results&format=csv")).decode()
    assert "results,1 result of" in text and ",1,R-1" in text and "register" not in text
    assert "Nothing of that kind is outstanding" in page(client, course.cohort, "?what=sheet").text
    assert told(client, course.cohort, "?what=nonsense") == told(client, course.cohort)


def test_with_everything_recorded_it_says_so(course, client):
    client.force_login(course.viewer)
    assert "Everything is recorded" in page(client, course.other).text


def test_a_program_lists_all_its_cohorts_and_counts_them_together(course, assessed, client):
    f.TrainingSessionFactory(cohort=course.other, module=course.module, starts_at=at(5), ends_at=at(5, 1))
    client.force_login(course.viewer)
    answer = client.get(reverse("trainees:program_outstanding", args=[course.program.slug]))
    found = answer.context["outstanding"]
    assert [str(one.cohort) for one in found.items] == ["TRD-C2", "TRD-C1", "TRD-C1", "TRD-C1"]
    assert (found.recorded.registers, found.recorded.results) == ((0, 3), (0, 1)) and found.counts == {
        "register": 3,
        "results": 1,
    }
    f.do(lambda act: Cohort.objects.filter(pk=course.other.pk).update(act=act, archived_at=act.at))
    answer = client.get(reverse("trainees:program_outstanding", args=[course.program.slug]))
    assert len(answer.context["outstanding"].items) == 3


def test_it_lists_one_s_own_sessions_alone_when_asked(course, assessed):
    who = f.InstructorFactory(account=course.instructor)
    f.AssignmentFactory(program=course.program, instructor=who)
    f.do(lambda act: add(SessionStaff(session=assessed, instructor=who, duty="lead"), act))
    found = outstanding_of([cohort_view(course.cohort, EVERYBODY)], course.instructor, EVERYBODY, mine=True)
    assert {one.session for one in found.shown} == {assessed} and len(found.items) == 3
