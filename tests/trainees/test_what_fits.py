"""What a record stands on has to fit: who is on the roster, who may assess and grant, which session it was."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.acts import add
from programs.models import AssignmentModule
from tests import factories as f
from trainees import services
from trainees.models import SessionStaff


@pytest.fixture
def mark(course):
    def write(**fields):
        known = {"assessed_on": datetime.date(2023, 8, 10), "assessor": course.assessor, "kind": "go", "seen": ""}
        return services.record_result(
            user=course.instructor,
            key=uuid.uuid4(),
            trainee=course.trainee,
            program=course.program,
            module=course.module,
            **known | fields,
        )

    return write


def test_a_wrong_result_can_be_voided_though_the_place_was_corrected_since(course):
    record = f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    entry = course.trainee.enrolments.get()
    services.correct_place(
        user=course.coordinator,
        key=uuid.uuid4(),
        entry=entry,
        seen=entry.act.key,
        correction="came later",
        since=record.holds_from + datetime.timedelta(days=1),
    )
    services.void_record(
        user=course.instructor, key=uuid.uuid4(), record=record, seen=record.act.key, reason="typed for another"
    )
    assert record.voided_by.kind == "void"


def test_whoever_has_left_or_not_arrived_cannot_be_assessed(course, mark):
    place = course.trainee.enrolments.get()
    services.place(
        user=course.coordinator,
        key=uuid.uuid4(),
        kind="withdraw",
        cohort=course.cohort,
        seen={course.trainee.pk: place.act.key},
        since=datetime.date(2023, 8, 9),
        status="withdrawn",
        reason="injury",
    )
    with pytest.raises(ValidationError, match="not on the roster"):
        mark(assessed_on=datetime.date(2023, 8, 10))


@pytest.mark.parametrize("kind", ["credit", "exemption"])
def test_only_coordinators_void_what_coordinators_granted(kind, course):
    grant = {"credit": services.credit, "exemption": services.exempt}[kind]
    record = grant(
        user=course.coordinator,
        key=uuid.uuid4(),
        trainee=course.trainee,
        program=course.program,
        module=course.module,
        seen="",
        holds_from=datetime.date(2023, 8, 10),
        authority="Head of training",
        reason="shown before",
    )
    void = {"key": uuid.uuid4(), "record": record, "seen": record.act.key, "reason": "mistake"}
    with pytest.raises(PermissionDenied):
        services.void_record(user=course.instructor, **void)
    services.void_record(user=course.coordinator, **void)


def test_a_viewer_voids_nothing(course):
    record = f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    with pytest.raises(PermissionDenied):
        services.void_record(
            user=course.viewer, key=uuid.uuid4(), record=record, seen=record.act.key, reason="I say so"
        )


@pytest.mark.parametrize(
    ("who", "why"),
    [("assigned elsewhere", "no instructor of this program"), ("an interpreter", "An interpreter cannot assess")],
)
def test_the_assessor_is_an_instructor_of_the_program(who, why, course, mark):
    capacity = "interpreter" if who == "an interpreter" else "instructor"
    stranger = f.InstructorFactory(capacity=capacity)
    f.AssignmentFactory(program=course.program if who == "an interpreter" else f.ProgramFactory(), instructor=stranger)
    with pytest.raises(ValidationError, match=why) as refused:
        mark(assessor=stranger)
    assert list(refused.value.message_dict) == ["assessor"]
    with pytest.raises(ValidationError, match=why):
        mark(assessor=stranger.pk)


def test_an_instructor_limited_to_other_modules_does_not_assess_this_one(course, mark):
    limited = f.AssignmentFactory(program=course.program)
    other = f.do(lambda act: add(AssignmentModule(assignment=limited, module=f.SkillModuleFactory()), act))
    with pytest.raises(ValidationError, match="not for this module"):
        mark(assessor=limited.instructor)
    f.do(lambda act: other.made(AssignmentModule).delete())
    mark(assessor=limited.instructor)


def test_who_was_on_duty_at_a_session_and_left_since_assessed_there(course, mark):
    left = f.AssignmentFactory(program=course.program)
    f.do(lambda act: add(SessionStaff(session=course.session, instructor=left.instructor, duty="assessor"), act))
    f.do(lambda act: left.delete())
    with pytest.raises(ValidationError, match="no instructor of this program"):
        mark(assessor=left.instructor)
    mark(assessor=left.instructor, session=course.session)


def test_the_session_of_a_result_is_of_its_day_its_cohort_and_its_module(course, mark):
    with pytest.raises(ValidationError, match="session was on 10 Aug"):
        mark(session=course.session, assessed_on=datetime.date(2023, 8, 11))
    elsewhere = f.TrainingSessionFactory(cohort=course.other, module=course.module)
    with pytest.raises(ValidationError, match="not in the cohort"):
        mark(session=elsewhere)
    with pytest.raises(ValidationError, match="another program or module"):
        mark(session=f.TrainingSessionFactory(cohort=course.cohort))
    mark(session=course.session)


def test_a_credit_or_exemption_does_not_begin_in_the_future(course):
    tomorrow = course.cohort.today() + datetime.timedelta(days=1)
    for grant in (services.credit, services.exempt):
        with pytest.raises(ValidationError, match="has not come yet"):
            grant(
                user=course.coordinator,
                key=uuid.uuid4(),
                trainee=course.trainee,
                program=course.program,
                module=course.module,
                seen="",
                holds_from=tomorrow,
                authority="Head of training",
                reason="shown before",
            )
