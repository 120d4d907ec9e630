"""What the services refuse, whichever page, import or command asks: nothing is written then."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests import factories as f
from trainees import services
from trainees.models import CommanderRating, Completion, Record

DAY = datetime.date(2023, 8, 10)


def by(user):
    return {"user": user, "key": uuid.uuid4()}


# ---- sessions


def test_nobody_is_marked_who_is_not_on_the_roster_of_the_session(course, acts):
    from_elsewhere = f.EnrolmentFactory(cohort=course.other).trainee
    before = acts()
    with pytest.raises(ValidationError, match="not on the roster of this session"):
        services.mark_attendance(
            **by(course.instructor),
            session=course.session,
            marks={one.pk: ("present", "") for one in (course.trainee, from_elsewhere)},
            seen={},
        )
    assert not course.session.attendance.exists() and acts() == before


def test_nobody_is_marked_whom_the_session_was_not_for(course):
    services.update_session(
        **by(course.coordinator), session=course.session, seen=course.session.seen, audience=[course.trainee]
    )
    with pytest.raises(ValidationError, match="not on the roster of this session"):
        services.mark_attendance(
            **by(course.instructor), session=course.session, marks={course.second.pk: ("present", "")}, seen={}
        )


def test_whoever_is_marked_already_stays_to_be_marked_though_the_session_is_for_others_now(course):
    to_mark = {"session": course.session, "marks": {course.second.pk: ("present", "")}}
    services.mark_attendance(**by(course.instructor), **to_mark, seen={})
    services.update_session(
        **by(course.coordinator), session=course.session, seen=course.session.seen, audience=[course.trainee]
    )
    mark = course.session.attendance.get()
    to_mark["marks"] = {course.second.pk: ("absent", "")}
    services.mark_attendance(**by(course.instructor), **to_mark, seen={course.second.pk: mark.seen})
    assert course.session.attendance.get().status == "absent"


@pytest.mark.parametrize("what", ["place", "audience", "staff"])
def test_a_session_is_not_changed_once_its_register_is_closed(what, course, acts):
    services.mark_attendance(
        **by(course.instructor),
        session=course.session,
        marks={one.pk: ("present", "") for one in (course.trainee, course.second)},
        seen={},
    )
    services.close_register(**by(course.instructor), session=course.session, seen=course.session.seen)
    changes = {
        "place": {"place": "Range 2"},
        "audience": {"audience": [course.trainee]},
        "staff": {"staff": {course.assessor.pk: "lead"}},
    }
    before = acts()
    with pytest.raises(ValidationError, match="Reopen it first"):
        services.update_session(
            **by(course.coordinator), session=course.session, seen=course.session.seen, **changes[what]
        )
    course.session.refresh_from_db()
    assert course.session.place == "" and acts() == before
    assert not course.session.audience.exists() and not course.session.staff.exists()


# ---- people


def test_nobody_is_renamed_who_has_a_place_in_a_program_that_one_does_not_run(course):
    elsewhere = f.EnrolmentFactory(trainee=course.trainee).program
    rename = {"trainee": course.trainee, "seen": course.trainee.seen, "call_sign": "ORLAN"}
    with pytest.raises(ValidationError, match="a program that you do not run"):
        services.update_trainee(**by(course.coordinator), **rename)
    course.trainee.refresh_from_db()
    assert course.trainee.call_sign == "SOKIL"
    f.RoleFactory(user=course.coordinator, program=elsewhere)
    services.update_trainee(**by(course.coordinator), **rename)
    course.trainee.refresh_from_db()
    assert course.trainee.call_sign == "ORLAN"


# ---- cohorts


def test_a_rating_is_not_dated_in_the_future(course):
    rating = {"cohort": course.cohort, "module": course.module, "band": "T", "rated_by": "FJELL"}
    today = course.cohort.today()
    with pytest.raises(ValidationError, match="not come yet") as refused:
        services.rate_module(**by(course.coordinator), **rating, rated_on=today + datetime.timedelta(days=1))
    assert set(refused.value.error_dict) == {"rated_on"} and not CommanderRating.objects.exists()
    services.rate_module(**by(course.coordinator), **rating, rated_on=today)


def test_a_cohort_keeps_the_curriculum_that_it_began_with(course):
    first = course.cohort.curricula.get()
    later = services.follow_curriculum(
        **by(course.coordinator), cohort=course.cohort, curriculum=first.curriculum, since=DAY
    )
    with pytest.raises(ValidationError, match="began with"):
        services.unfollow_curriculum(**by(course.coordinator), followed=first, seen=first.seen)
    assert course.cohort.curricula.standing().count() == 2
    services.unfollow_curriculum(**by(course.coordinator), followed=later, seen=later.seen)
    first = course.cohort.curricula.standing().get()
    with pytest.raises(ValidationError, match="began with"):
        services.unfollow_curriculum(**by(course.coordinator), followed=first, seen=first.seen)


# ---- completing


def test_a_completion_is_revoked_by_whoever_runs_the_program(course):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    f.EnrolmentFactory(
        trainee=course.trainee, cohort=course.cohort, track=course.track, previous=course.trainee.enrolments.get()
    )
    last = course.trainee.enrolments.latest("pk")
    services.complete(
        **by(course.coordinator),
        cohort=course.cohort,
        completed_on=course.cohort.ends_on,
        seen={course.trainee.pk: str(last.act.key)},
    )
    completion = Completion.objects.get()
    revoke = {"completion": completion, "seen": completion.seen, "reason": "scores were false"}
    revoke["revoked_on"] = course.cohort.ends_on
    for user in (course.instructor, course.viewer, f.RoleFactory().user):
        with pytest.raises(PermissionDenied):
            services.revoke_completion(**by(user), **revoke)
    completion = Completion.objects.get()
    assert completion.revoked_on is None and course.trainee.enrolments.latest("pk").status == "completed"
    services.revoke_completion(**by(course.coordinator), **revoke | {"completion": completion})


# ---- recording


@pytest.fixture
def chain(db):
    """A trainee in a cohort whose second module needs the first, and how to record results there."""
    curriculum = f.CurriculumFactory()
    first, second = (f.EntryFactory(curriculum=curriculum, position=n) for n in (1, 2))
    f.link_prerequisite(second, first)
    f.publish(curriculum)
    place = f.EnrolmentFactory(cohort__program=curriculum.program)
    f.CohortCurriculumFactory(cohort=place.cohort, curriculum=curriculum)
    user = f.RoleFactory(program=place.program, kind="instructor").user
    assessor = f.AssignmentFactory(program=place.program).instructor
    place.first, place.second = first, second

    def record(entry, *, day=DAY, **more):
        fields = {"kind": "go", "assessor": assessor, "assessed_on": day, "seen": ""} | more
        return services.record_result(
            **by(user), trainee=place.trainee, program=place.program, module=entry.module, **fields
        )

    place.record = record
    return place


def test_a_go_before_what_it_needs_has_to_say_why(chain):
    with pytest.raises(ValidationError, match="prerequisite is missing") as refused:
        chain.record(chain.second)
    assert set(refused.value.error_dict) == {"reason"} and not Record.objects.exists()
    assert chain.record(chain.second, reason="learned it at home").reason == "learned it at home"


def test_a_go_after_what_it_needs_says_nothing(chain):
    chain.record(chain.first)
    assert chain.record(chain.second).reason == ""


def test_what_a_go_needs_has_to_be_there_on_its_day(chain):
    chain.record(chain.first, day=DAY + datetime.timedelta(days=1))
    with pytest.raises(ValidationError, match="prerequisite is missing"):
        chain.record(chain.second)


def test_a_no_go_in_what_it_needs_is_not_enough_and_an_exemption_is(chain):
    no_go = chain.record(chain.first, kind="no_go")
    with pytest.raises(ValidationError, match="prerequisite is missing"):
        chain.record(chain.second)
    services.exempt(
        **by(f.RoleFactory(program=chain.program).user),
        trainee=chain.trainee,
        program=chain.program,
        module=chain.first.module,
        seen=str(no_go.act.key),
        holds_from=DAY,
        authority="Head of training",
        reason="injury",
    )
    chain.record(chain.second)


@pytest.mark.parametrize("who", ["viewer", "coordinator of another program"])
def test_a_record_is_declared_wrong_by_whoever_may_record_there(who, course):
    record = f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    user = course.viewer if who == "viewer" else f.RoleFactory().user
    void = {"record": record, "seen": str(record.act.key), "reason": "typed for another"}
    with pytest.raises(PermissionDenied):
        services.void_record(**by(user), **void)
    assert Record.objects.count() == 1
    services.void_record(**by(course.instructor), **void)
