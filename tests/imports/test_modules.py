"""Files of modules, curricula and instructors."""

from types import SimpleNamespace

import pytest

from accounts.imports import Refused
from programs.models import Curriculum, Instructor, SkillModule
from tests import factories as f

from .telling import said, tell


def outcome(report):
    return {key: n for key, n in report.counts.items() if n}


def changes(report):
    return [
        (change.label, change.before, change.after) for _line, one in report.rows["changed"] for change in one.changes
    ]


MODULES = """
    code,title,kind,standard,archived
    TAC,Tactical maneuvers,skill,As written,no
    OLD,Something else,інше,,yes
"""


def test_modules_come_change_and_are_archived(program, coordinator):
    assert outcome(tell("modules", MODULES, coordinator, program)) == {"new": 2}
    assert SkillModule.objects.get(code="OLD").archived_at and SkillModule.objects.get(code="OLD").kind == "other"
    report = tell(
        "modules", "code,title,archived\nTAC,Tactical manoeuvres,\nOLD,Something else,nei", coordinator, program
    )
    assert changes(report) == [("Title", "Tactical maneuvers", "Tactical manoeuvres"), ("Archived", "yes", "no")]
    with pytest.raises(Refused) as caught:
        tell("modules", "Kode,Navn\nTAC,Tactical manoeuvres", coordinator, program)
    assert outcome(caught.value.report) == {"unchanged": 1}


def test_a_module_that_others_teach_too_is_not_changed_under_their_feet(program, coordinator):
    elsewhere = f.EntryFactory(curriculum__program__code="ELSE", module__code="MED", module__title="Medicine")
    with pytest.raises(Refused) as caught:
        tell("modules", "code,title\nMED,Else\nFINE,X\nWAY TOO LONG A CODE,X\nTAC,", coordinator, program)
    told = said(caught.value.report)
    assert [line for line, *_rest in told] == [2, 4, 4, 5]
    assert told[0][3].startswith("Another program teaches this module too.")
    assert told[1][1:] == (
        "Code",
        "WAY TOO LONG A CODE",
        "Use Latin letters, digits and single hyphens, as in TRD-2023.",
    )
    assert told[3][1:] == ("Title", "", "Fill in “Title”.")
    elsewhere.module.refresh_from_db()
    assert elsewhere.module.title == "Medicine" and not SkillModule.objects.filter(code="FINE").exists()


CURRICULUM = """
    module,asked,tracks,hours,pass_mark,validity_months,needs,checklist,steps_needed
    TAC,required,,12,,,,,
    MED,elective,INF,"6",70,12,TAC,,
"""


@pytest.fixture
def catalogue(program):
    f.TrackFactory(program=program, code="INF")
    return [f.SkillModuleFactory(code=code) for code in ("TAC", "MED")]


def test_a_curriculum_becomes_a_draft_and_a_published_one_is_left_alone(program, coordinator, catalogue):
    text = CURRICULUM.replace('"6"', "6.5")
    assert outcome(tell("curriculum", text, coordinator, program)) == {"new": 2}
    draft = Curriculum.objects.get(program=program)
    tac, med = draft.entries.order_by("position")
    assert (med.hours, med.pass_mark, med.validity_months, med.required) == (6.5, 70, 12, False)
    assert [one.needs for one in med.prerequisites.all()] == [tac] and med.for_tracks.get().track.code == "INF"
    f.publish(draft)
    with pytest.raises(Refused) as caught:
        tell("curriculum", text, coordinator, program)
    assert outcome(caught.value.report) == {"unchanged": 2} and Curriculum.objects.count() == 1
    report = tell("curriculum", text.replace("70", "80"), coordinator, program)
    assert changes(report) == [("Pass mark", "70", "80")]
    versions = Curriculum.objects.order_by("number")
    assert [(one.number, one.published_at is None) for one in versions] == [(1, False), (2, True)]
    assert Curriculum.objects.get(number=2).entries.count() == 2


def test_a_curriculum_names_what_is_missing(program, coordinator, catalogue):
    text = "module,tracks,needs\nXXX,,\nTAC,ZZZ,\nMED,,TAC"
    report = tell("curriculum", text, coordinator, program, rehearse=True)
    assert said(report) == [
        (2, "Module", "XXX", "There is no module XXX in the catalogue."),
        (3, "Tracks", "ZZZ", "This program has no track ZZZ."),
        (4, "Prerequisites", "TAC", "TAC does not stand above it in this file, nor in the curriculum."),
    ]


def test_a_checklist_comes_with_its_critical_steps(program, coordinator, catalogue):
    rows = [(2, ["TAC", "! Stop\nGo on", "50"])]
    file = SimpleNamespace(columns=("module", "checklist", "steps_needed"), rows=rows)
    tell("curriculum", file, coordinator, program)
    entry = Curriculum.objects.get(program=program).entries.get()
    assert list(entry.steps.values_list("title", "critical")) == [("Stop", True), ("Go on", False)]


INSTRUCTORS = """
    Ansattnummer,Kallesignal,Rolle,Land,Språk,may_assess
    NOR-1,FJELL,instruktør,Norway,Norwegian,TAC
    UKR-1,MOVA,tolk,Ukraine,Ukrainian,
"""


def test_instructors_come_into_the_program_and_may_assess_what_is_said(program, coordinator, catalogue):
    assert outcome(tell("instructors", INSTRUCTORS, coordinator, program)) == {"new": 2}
    fjell = Instructor.objects.get(code="NOR-1")
    assignment = fjell.assignments.get(program=program)
    assert [one.module.code for one in assignment.may_assess.all()] == ["TAC"]
    assert Instructor.objects.get(code="UKR-1").capacity == "interpreter"
    report = tell("instructors", "code,call_sign,nation,may_assess\nNOR-1,ELV,Norway,MED", coordinator, program)
    assert changes(report) == [("Call sign", "FJELL", "ELV"), ("May assess only these modules", "TAC", "MED")]


def test_an_instructor_of_another_program_is_not_told_of(program, coordinator):
    f.AssignmentFactory(program__code="ELSE", instructor__code="NOR-9", instructor__call_sign="HAVN")
    report = tell("instructors", "code,call_sign,nation\nNOR-9,ELV,Norway", coordinator, program, rehearse=True)
    [(_line, column, value, words)] = said(report)
    assert (column, value) == ("Staff number", "NOR-9") and "HAVN" not in words
    assert words == "This staff number is taken in another program. Ask an administrator."
