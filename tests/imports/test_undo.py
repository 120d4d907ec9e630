"""Taking an import back: what it made goes, what it changed is as before, what others did since stays."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Act
from programs.models import Curriculum, Role, SkillModule
from tests import factories as f
from trainees import services
from trainees.models import Attendance, Enrolment, Identity, SessionStaff, TrainingSession

from .telling import tell
from .test_modules import outcome


def undo(user, act=None):
    act = act or Act.objects.filter(kind__startswith="import.").latest("pk")
    return services.undo(user=user, key=uuid.uuid4(), act=act)


def test_modules_made_go_changed_ones_are_as_before_and_what_somebody_changed_since_stays(program, coordinator):
    for code in ("OLD", "SINCE"):
        f.SkillModuleFactory(code=code, title="Before")
    text = "code,title\nFINE,New\nOLD,After\nSINCE,After"
    tell("modules", text, coordinator, program)
    f.do(lambda act: SkillModule.objects.filter(code="SINCE").update(act=act, title="Mine"))
    undone = undo(coordinator)
    assert (undone.rows, undone.kept) == (2, ("SINCE Mine",))
    assert dict(SkillModule.objects.values_list("code", "title")) == {"OLD": "Before", "SINCE": "Mine"}
    assert SkillModule.objects.get(code="OLD").search == "old before"  # found by its old words again
    assert outcome(tell("modules", text, coordinator, program)) == {"new": 1, "changed": 2}


def test_a_module_that_is_used_meanwhile_stays(program, coordinator):
    tell("modules", "code,title\nFINE,New", coordinator, program)
    f.EntryFactory(curriculum__program=program, module=SkillModule.objects.get(code="FINE"))
    assert undo(coordinator).kept == ("FINE New",)


def test_an_import_is_taken_back_once_and_by_whom_it_is_theirs(program, coordinator, cohort):
    tell("roster", "roll_number,call_sign\nR-8,DUB", coordinator, program, cohort=cohort)
    act = Act.objects.get(kind="import.roster")
    f.do(lambda act: Role.objects.filter(user=coordinator).update(act=act, kind=Role.Kind.INSTRUCTOR))
    assert not services.may_undo(coordinator, act)
    with pytest.raises(PermissionDenied):
        undo(coordinator, act)
    other = f.RoleFactory(program=program).user
    undo(other, act)
    with pytest.raises(ValidationError, match="has undone this already"):
        undo(other, act)


def test_people_who_came_by_it_have_no_place_and_no_name_any_more(program, coordinator, cohort):
    text = "roll_number,call_sign,family_name\nR-8,DUB,Vyhadana\nR-9,KLEN,"
    tell("roster", text, coordinator, program, cohort=cohort)
    last = Enrolment.objects.get(trainee__roll_number="R-9")
    by = {"user": coordinator, "key": uuid.uuid4(), "kind": "suspend", "cohort": cohort, "since": last.since}
    services.place(**by, seen={last.trainee_id: last.act.key}, status="suspended", reason="Away")
    undone = undo(coordinator)
    assert undone.kept == ("R-9 KLEN",) and not Identity.objects.exists()
    assert not Enrolment.objects.standing().filter(trainee__roll_number="R-8").exists()
    assert Enrolment.objects.standing().filter(trainee__roll_number="R-9").count() == 2
    report = tell("roster", "roll_number,call_sign\nR-8,DUB", coordinator, program, cohort=cohort)
    assert outcome(report) == {"changed": 1}


def test_a_session_changed_has_its_staff_and_place_back_and_a_new_one_goes(program, coordinator, cohort):
    f.AssignmentFactory(program=program, instructor__code="NOR-2")
    text = "cohort,module,starts_at,ends_at,place,lead\n1,TAC,2023-08-18 08:00,2023-08-18 10:00,{},{}"
    tell("sessions", text.format("Hall 1", "NOR-1"), coordinator, program)
    first = Act.objects.get(kind="import.sessions")
    tell("sessions", text.format("Hall 2", "NOR-2"), coordinator, program)
    undo(coordinator)
    session = TrainingSession.objects.get()
    assert (session.place, session.staff.get().instructor.code) == ("Hall 1", "NOR-1")
    assert str(session) in undo(coordinator, first).kept  # it was changed since, and put back by another act
    assert SessionStaff.objects.count() == 1


def test_a_draft_made_goes_with_all_its_entries(program, coordinator):
    for code in ("TAC", "MED"):
        f.SkillModuleFactory(code=code)
    tell("curriculum", "module,needs\nTAC,\nMED,TAC", coordinator, program)
    assert undo(coordinator).kept == () and not Curriculum.objects.exists()


def test_marks_made_go_and_changed_ones_say_what_they_said(program, coordinator, cohort):
    session = f.TrainingSessionFactory(cohort=cohort, module=SkillModule.objects.get(code="TAC"))
    text = "session,roll_number,attendance,reason\n"
    tell("attendance", text + f"{session.pk},R-1,excused,Ill", coordinator, program)
    tell("attendance", text + f"{session.pk},R-1,present,\n{session.pk},R-2,late,", coordinator, program)
    assert undo(coordinator).rows == 2
    assert [(one.status, one.reason) for one in Attendance.objects.all()] == [("excused", "Ill")]
