"""Files of sessions and of attendance."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from accounts.imports import Refused
from programs.models import Role
from tests import factories as f
from trainees.models import Attendance, TrainingSession

from .telling import said, tell
from .test_modules import changes, outcome

SESSIONS = """
    cohort,module,kind,starts_at,ends_at,place,lead,audience
    1,TAC,undervisning,18.08.2023 08:30,18.08.2023 11:30,Hall 1,NOR-1,
    TRD-1,MED,assessment,2023-08-19T08:30:00+02:00,2023-08-19T11:30:00+02:00,,,A
"""


@pytest.fixture
def group(cohort):
    return f.GroupFactory(cohort=cohort, code="A")


def test_sessions_come_with_staff_and_audience_at_the_clock_of_the_program(program, coordinator, group):
    assert outcome(tell("sessions", SESSIONS, coordinator, program)) == {"new": 2}
    first, second = TrainingSession.objects.order_by("starts_at")
    assert first.starts_at == datetime.datetime(2023, 8, 18, 6, 30, tzinfo=datetime.UTC)
    assert (first.kind, first.place, first.staff.get().instructor.code) == ("instruction", "Hall 1", "NOR-1")
    assert (second.kind, second.audience.get().group) == ("assessment", group)
    with pytest.raises(Refused) as caught:
        tell("sessions", SESSIONS, coordinator, program)
    assert outcome(caught.value.report) == {"unchanged": 2}


def test_a_session_known_by_its_number_is_moved_with_a_reason(program, coordinator, group):
    tell("sessions", SESSIONS, coordinator, program)
    number = TrainingSession.objects.earliest("starts_at").pk
    text = f"session,module,starts_at,ends_at,reason\n{number},TAC,2023-08-18 09:30,2023-08-18 12:30,"
    assert said(tell("sessions", text, coordinator, program, rehearse=True)) == [
        (2, "Why it clashes or is moved", "", "Say why the session is moved.")
    ]
    assert changes(tell("sessions", f"{text}Fog", coordinator, program)) == [
        ("Starts", "2023-08-18 08:30", "2023-08-18 09:30"),
        ("Ends", "2023-08-18 11:30", "2023-08-18 12:30"),
    ]


def test_a_clash_is_told_and_saved_with_a_reason_only(program, coordinator, group):
    text = "cohort,module,starts_at,ends_at,reason\n"
    text += "1,TAC,2023-08-18 08:00,2023-08-18 10:00,\n1,MED,2023-08-18 09:00,2023-08-18 11:00,"
    report = tell("sessions", text, coordinator, program, rehearse=True)
    assert said(report)[0] == (
        3,
        "Why it clashes or is moved",
        "",
        "This clashes. Choose another time, or say why it has to be so.",
    )
    assert outcome(tell("sessions", f"{text}Two halls", coordinator, program)) == {"new": 2}


def test_what_no_session_can_be_is_refused(program, coordinator, group):
    f.AssignmentFactory(program__code="ELSE", instructor__code="NOR-9")
    elsewhere = f.TrainingSessionFactory()
    rows = [
        ("", "1", "TAC", "2023-08-18 08:00", "2023-08-18 07:00", "", ""),
        ("", "9", "TAC", "2023-08-18 08:00", "2023-08-18 09:00", "", ""),
        ("", "1", "XXX", "2023-08-18 08:00", "2023-08-18 09:00", "", ""),
        ("", "1", "TAC", "2023-08-18 08:00", "2023-08-18 09:00", "NOR-9", ""),
        ("", "1", "TAC", "2023-08-18 08:00", "2023-08-18 09:00", "", "ZZZ"),
        (str(elsewhere.pk), "1", "TAC", "2023-08-18 08:00", "2023-08-18 09:00", "", ""),
        ("", "1", "TAC", "yesterday", "2023-08-18 09:00", "", ""),
    ]
    text = "session,cohort,module,starts_at,ends_at,lead,audience\n" + "\n".join(map(",".join, rows))
    report = tell("sessions", text, coordinator, program, rehearse=True)
    assert sorted(said(report)) == [
        (2, "", "", "The end has to be after the start."),
        (3, "Cohort", "9", "This program has no cohort 9."),
        (4, "Module", "XXX", "There is no module XXX in the catalogue."),
        (5, "lead", "NOR-9", "There is no instructor with the staff number NOR-9."),
        (6, "For whom", "ZZZ", "TRD-1 has no track, group or trainee ZZZ."),
        (7, "Number of the session", str(elsewhere.pk), f"This program has no session {elsewhere.pk}."),
        (8, "Starts", "yesterday", "Write day and time as in 2023-08-18 08:30 or 18.08.2023 08:30."),
    ]


# ---- attendance


@pytest.fixture
def session(cohort):
    return f.TrainingSessionFactory(cohort=cohort, module=cohort.curricula.get().curriculum.entries.first().module)


def test_marks_come_change_and_stay(program, coordinator, session):
    text = f"session,roll_number,attendance,reason\n{session.pk},R-1,til stede,\n{session.pk},R-2,excused,Ill"
    assert outcome(tell("attendance", text, coordinator, program)) == {"new": 2}
    report = tell(
        "attendance", f"session,roll_number,attendance\n{session.pk},R-1,late\n{session.pk},R-2,", coordinator, program
    )
    assert changes(report) == [("Attendance", "present", "late")] and outcome(report) == {"changed": 1, "unchanged": 1}
    assert dict(Attendance.objects.values_list("trainee__roll_number", "status")) == {"R-1": "late", "R-2": "excused"}
    assert Attendance.objects.get(trainee__roll_number="R-2").reason == "Ill"


def test_a_session_is_found_by_cohort_module_and_start(program, coordinator, session):
    local = session.starts_at.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
    text = f"cohort,module,starts_at,roll_number,attendance\n1,{session.module.code},{local:%d.%m.%Y %H:%M},R-1,a"
    assert outcome(tell("attendance", text, coordinator, program)) == {"new": 1}
    assert Attendance.objects.get().status == "absent"


def test_who_is_not_on_the_roster_and_what_is_closed_is_refused(program, coordinator, session):
    f.TraineeFactory(roll_number="E-1")
    text = f"session,roll_number,attendance\n{session.pk},E-1,present\n999999,R-1,present\n{session.pk},R-1,perhaps"
    assert sorted(said(tell("attendance", text, coordinator, program, rehearse=True))) == [
        (2, "Roll number", "E-1", "Nobody with the roll number E-1 is in this program. Import the roster first."),
        (3, "Number of the session", "999999", "This program has no session 999999."),
        (4, "Attendance", "perhaps", "Write one of: present, late, excused, absent."),
    ]
    f.do(lambda act: TrainingSession.objects.update(act=act, register_closed_at=act.at))
    text = f"session,roll_number,attendance\n{session.pk},R-1,present"
    report = tell("attendance", text, coordinator, program, rehearse=True)
    assert said(report) == [(2, "", "", "This register is closed. Reopen it first.")]


@pytest.mark.parametrize("kind", ["attendance", "results"])
def test_a_liaison_officer_imports_nothing(kind, program, cohort):
    viewer = f.RoleFactory(program=program, kind=Role.Kind.VIEWER).user
    with pytest.raises(PermissionDenied):
        tell(kind, "roll_number\nR-1", viewer, program)
