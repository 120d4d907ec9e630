"""Whoever or whatever is planned twice at the same time is told, and saved only with the reason."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acts import add
from programs import services as teaching
from programs.access import EVERYBODY
from tests import factories as f
from trainees import services
from trainees.models import SessionStaff, TrainingSession
from trainees.selectors.clashes import Plan, clashes_of, planned

START = datetime.datetime(2023, 8, 14, 6, tzinfo=datetime.UTC)  # 08:00 in Oslo
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def plan(course):
    """Plan a session of the first cohort through the service."""

    def make(hours=(0, 2), cohort=None, user=None, key=None, **words):
        times = {"starts_at": START + hours[0] * HOUR, "ends_at": START + hours[1] * HOUR}
        return services.create_session(
            user=user or course.coordinator,
            key=key or uuid.uuid4(),
            cohort=cohort or course.cohort,
            **{"module": course.module} | times | words,
        )

    return make


def told(refused):
    return refused.value.message_dict["clash_reason"][1:]


def staffed(session, instructor, duty="lead"):
    f.do(lambda act: add(SessionStaff(session=session, instructor=instructor, duty=duty), act))
    return session


@pytest.mark.parametrize(
    ("hours", "clash"), [((0, 2), True), ((1, 3), True), ((-1, 1), True), ((2, 4), False), ((-2, 0), False)]
)
def test_only_what_overlaps_clashes(hours, clash, course, plan):
    plan()
    if clash:
        with pytest.raises(ValidationError) as refused:
            plan(hours)
        assert told(refused) == ["the whole cohort: also in MED of TRD-C1, 14 Aug 08:00–10:00"]
    else:
        plan(hours)
    assert TrainingSession.objects.filter(starts_at__gt=START - 3 * HOUR).count() == 1 + (not clash)


def test_a_clash_is_saved_with_its_reason_and_only_a_clash_keeps_one(course, plan):
    first = plan(clash_reason="nothing clashes yet")
    assert first.clash_reason == ""
    assert plan(clash_reason="two halls").clash_reason == "two halls"
    with pytest.raises(ValidationError):
        plan(clash_reason="  ")


def test_the_same_session_twice_is_asked_about_though_nobody_is_enrolled_yet(course, plan):
    empty = f.CohortFactory(program=course.program, code="C3")
    plan(cohort=empty)
    with pytest.raises(ValidationError) as refused:
        plan(cohort=empty)
    assert told(refused) == ["the whole cohort: also in MED of TRD-C3, 14 Aug 08:00–10:00"]
    assert plan(cohort=empty, module=course.scored.module, hours=(2, 4))


@pytest.mark.parametrize("duty", ["lead", "interpreter"])
def test_people_clash_across_programs_and_a_foreign_program_is_not_told(duty, course, plan):
    elsewhere = f.CohortFactory(program__code="SECRET", code="X")
    f.AssignmentFactory(program=elsewhere.program, instructor=course.assessor)
    session = f.TrainingSessionFactory(cohort=elsewhere, starts_at=START, ends_at=START + HOUR, place="Hidden hall")
    staffed(session, course.assessor, duty)
    with pytest.raises(ValidationError) as refused:
        plan(staff={course.assessor.pk: "assistant"})
    assert told(refused) == [f"{course.assessor}: planned elsewhere at that time"]
    f.RoleFactory(program=elsewhere.program, user=course.coordinator, kind="viewer")
    with pytest.raises(ValidationError) as refused:
        plan(staff={course.assessor.pk: "assistant"})
    assert "SECRET-X" in told(refused)[0]


def test_a_trainee_in_two_programs_is_planned_once(course, plan):
    elsewhere = f.CohortFactory(program__code="SECRET", code="X")
    f.EnrolmentFactory(cohort=elsewhere, trainee=course.trainee)
    f.TrainingSessionFactory(cohort=elsewhere, starts_at=START, ends_at=START + HOUR)
    with pytest.raises(ValidationError) as refused:
        plan(audience=[course.trainee])
    assert told(refused) == ["R-1 SOKIL: planned elsewhere at that time"]
    assert plan(audience=[course.second])


def test_a_location_of_the_program_is_used_once_whatever_the_case(course, plan):
    plan(cohort=course.other, place="Range 2")
    with pytest.raises(ValidationError) as refused:
        plan(place="range 2 ")
    assert told(refused) == ["range 2: also in MED of TRD-C2, 14 Aug 08:00–10:00"]
    elsewhere = f.CohortFactory(program__code="SECRET", code="X")
    f.TrainingSessionFactory(cohort=elsewhere, starts_at=START, ends_at=START + HOUR, place="Range 3")
    assert plan(place="Range 3")  # another program's place of this name is another place
    assert plan((3, 4), place="")


def test_groups_tracks_and_named_trainees_clash_where_they_share_somebody(course, plan):
    place = course.cohort.enrolments.get(trainee=course.trainee)
    f.EnrolmentFactory(
        cohort=course.cohort, trainee=course.trainee, group=course.group, since=place.since, previous=place
    )
    plan(audience=[course.group])
    for audience, words in (
        ([course.group], "A"),
        ([course.trainee], "R-1 SOKIL"),
        ([], "A"),
    ):
        with pytest.raises(ValidationError) as refused:
            plan(audience=audience)
        assert told(refused) == [f"{words}: also in MED of TRD-C1, 14 Aug 08:00–10:00"]
    assert plan(audience=[course.track])  # nobody of the group is in it
    assert plan(audience=[course.second])


def test_a_cancelled_session_is_in_nobodys_way(course, plan):
    first = plan()
    services.cancel_session(user=course.coordinator, key=uuid.uuid4(), session=first, seen=first.seen, reason="storm")
    assert plan()


def test_a_change_is_looked_at_and_one_that_plans_nothing_anew_is_not(course, plan):
    first, second = plan(), plan((2, 4), place="Hall")
    assert second.clash_reason == ""
    f.TrainingSessionFactory(cohort=course.cohort, module=course.module, starts_at=START, ends_at=START + HOUR)
    note = {"user": course.coordinator, "session": first, "seen": first.seen}
    assert services.update_session(**note, key=uuid.uuid4(), note="bring water").note == "bring water"
    with pytest.raises(ValidationError):
        services.update_session(**note | {"seen": first.seen}, key=uuid.uuid4(), place="Hall")


def test_an_act_sent_twice_plans_once_although_it_would_now_clash_with_itself(course, plan):
    key = uuid.uuid4()
    assert plan(key=key) == plan(key=key)


@pytest.mark.parametrize("sessions", [1, 12])
def test_looking_for_clashes_asks_the_same_of_any_number_of_plans(sessions, course, plan):
    made = [staffed(plan((n, n + 1)), course.assessor) for n in range(sessions)]
    for one in made:
        f.TrainingSessionFactory(
            cohort=course.other, module=course.module, starts_at=one.starts_at, ends_at=one.ends_at
        )
        staffed(course.other.sessions.latest("pk"), course.assessor)
    plans = [Plan.of(one) for one in planned().filter(pk__in=[one.pk for one in made])]
    with CaptureQueriesContext(connection) as asked:
        found = clashes_of(plans, course.coordinator, EVERYBODY)
    assert [len(one) for one in found] == [1] * sessions
    assert len(asked) == 4  # sessions, their staff, their audiences, where trainees are


def test_the_form_tells_clashes_while_one_plans_and_asks_why_only_then(course, plan, client, fill):
    client.force_login(course.coordinator)
    where = reverse("trainees:session_create", args=[course.cohort.slug])
    sent = fill(where, module=course.module.pk, kind="instruction", day="2023-08-14", starts="08:00", ends="09:00")
    look = {"headers": {"HX-Request": "true"}}
    before = TrainingSession.objects.count()
    assert "clash" not in client.post(where, sent | {"look": "1"}, **look).text
    plan()
    text = client.post(where, sent | {"look": "1"}, **look).text
    assert "the whole cohort: also in MED" in text and 'name="clash_reason"' in text and "<html" not in text
    assert TrainingSession.objects.count() == before + 1
    answer = client.post(where, sent)
    assert answer.status_code == 422 and "the whole cohort: also in MED" in answer.text
    assert answer.text.count("Why does it have to be so?</a>:") == 1  # before the first of its lines, not before each
    assert client.post(where, sent | {"clash_reason": "two halls"}).status_code == 302
    session = TrainingSession.objects.latest("pk")
    assert "two halls" in client.get(session.get_absolute_url()).text


def test_the_form_does_not_ask_why_without_a_clash(course, client):
    client.force_login(course.coordinator)
    for name in ("session_create", "session_series", "session_copy", "cohort_clone"):
        assert 'name="clash_reason"' not in client.get(reverse(f"trainees:{name}", args=[course.cohort.slug])).text


# ---- who may assess what


def limit(course, *modules):
    assignment = course.program.assignments.select_related("act").get(instructor=course.assessor)
    return teaching.limit_assessing(
        user=course.coordinator, key=uuid.uuid4(), assignment=assignment, seen=assignment.seen, modules=modules
    )


def test_whoever_may_not_assess_a_module_is_not_planned_as_its_assessor(course, plan):
    limit(course, course.scored.module)
    with pytest.raises(ValidationError) as refused:
        plan(staff={course.assessor.pk: "assessor"})
    assert f"{course.assessor} may not assess MED." in refused.value.messages[0]
    session = plan(staff={course.assessor.pk: "lead"})
    change = {"user": course.coordinator, "session": session}
    with pytest.raises(ValidationError):
        services.update_session(**change, key=uuid.uuid4(), seen=session.seen, staff={course.assessor.pk: "assessor"})
    limit(course)
    session.refresh_from_db()
    services.update_session(**change, key=uuid.uuid4(), seen=session.seen, staff={course.assessor.pk: "assessor"})
    assert session.staff.get().duty == "assessor"


def test_a_coordinator_says_who_may_assess_what(course, client, send):
    client.force_login(course.coordinator)
    assignment = course.program.assignments.get(instructor=course.assessor)
    people = reverse("programs:program_people", args=[course.program.slug])
    assert "every module" in client.get(people).text
    where = reverse("programs:assignment_edit", args=[course.program.slug, assignment.pk])
    foreign = f.SkillModuleFactory(code="OTHER")
    assert send(where, modules=[foreign.pk]).status_code == 422
    assert send(where, modules=[course.scored.module.pk]).url == people
    assert [one.module.code for one in assignment.may_assess.all()] == ["RNG"]
    text = client.get(people).text
    assert "every module" not in text and "RNG" in text
    assert send(where, modules=[]).status_code == 302 and not assignment.may_assess.exists()
