"""Rosters: somebody new, somebody known, somebody who looks like somebody known."""

import datetime

import pytest

from accounts.imports import Refused
from accounts.models import Change
from tests import factories as f
from trainees.models import Enrolment, Identity, Trainee

from .telling import said, tell
from .test_modules import changes, outcome

NAMES = """
    Обліковий номер,Позивний,Прізвище,Імʼя,Група,Від
    R-8,DUB,Vyhadana,Olena,A,08.08.2023
    R-9,KLEN,,,,
"""


def test_new_people_come_with_place_group_and_name(program, coordinator, cohort):
    f.GroupFactory(cohort=cohort, code="A")
    assert outcome(tell("roster", NAMES, coordinator, program, cohort=cohort)) == {"new": 2}
    first, second = Enrolment.objects.filter(trainee__roll_number__in=["R-8", "R-9"]).order_by("trainee__roll_number")
    assert (first.group.code, first.since, first.status) == ("A", datetime.date(2023, 8, 8), "active")
    assert (second.group, second.since) == (None, cohort.starts_on)
    identity = Identity.objects.get()
    assert (identity.trainee, identity.family_name, identity.given_name) == (first.trainee, "Vyhadana", "Olena")
    assert not Change.objects.filter(table="trainees_identity", after__family_name="Vyhadana").exists()
    with pytest.raises(Refused) as caught:
        tell("roster", NAMES, coordinator, program, cohort=cohort)
    assert outcome(caught.value.report) == {"unchanged": 2}


def test_a_name_that_changed_is_not_shown(program, coordinator, cohort):
    f.do(
        lambda act: Identity.objects.create(
            act=act, trainee=Trainee.objects.get(roll_number="R-1"), family_name="Stara"
        )
    )
    report = tell("roster", "roll_number,family_name\nR-1,Nova", coordinator, program)
    assert changes(report) == [("Name", "•••", "•••")]
    assert Identity.objects.latest("pk").family_name == "Nova"


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("R-8,,,,", "Call sign", "Somebody new needs a call sign."),
        ("R-8,DUB,Z,,", "Track", "This program has no track Z."),
        ("R-8,DUB,,Z,", "Group", "TRD-1 has no group Z."),
        ("R-8,DUB,,,2023-13-01", "Since", "Write a day as in 2023-08-18 or 18.08.2023."),
        ("not a code!,DUB,,,", "Roll number", "Use Latin letters, digits and single hyphens, as in TRD-2023."),
        (
            "R-1,SOKIL1,,,2023-08-09",
            "Since",
            "R-1 SOKIL1 has this place since 2023-08-07. Correct it on the trainee's page.",
        ),
        (",DUB,,,", "Roll number", "Fill in “Roll number”."),
    ],
)
def test_a_row_that_the_page_would_refuse_is_refused(row, column, words, program, coordinator, cohort):
    text = f"roll_number,call_sign,track,group,since\n{row}"
    report = tell("roster", text, coordinator, program, cohort=cohort, rehearse=True)
    [(line, label, _value, told)] = said(report)
    assert (line, label, told) == (2, column, words)


def test_a_change_of_track_group_or_place_is_a_new_entry(program, coordinator, cohort):
    f.TrackFactory(program=program, code="INF")
    text = "roll_number,track,place,since,reason\nR-1,INF,,2023-08-09,\nR-2,,вибув,10.08.2023,Left for home"
    report = tell("roster", text, coordinator, program)
    assert changes(report) == [("Track", "", "INF"), ("Place", "active", "withdrawn")]
    first, second = (Enrolment.objects.filter(trainee__roll_number=roll).latest("pk") for roll in ("R-1", "R-2"))
    assert (first.track.code, first.status, first.since) == ("INF", "active", datetime.date(2023, 8, 9))
    assert (second.status, second.reason) == ("withdrawn", "Left for home")


def test_leaving_needs_its_reason_as_on_the_page(program, coordinator, cohort):
    report = tell("roster", "roll_number,place\nR-2,withdrawn", coordinator, program, rehearse=True)
    assert said(report) == [(2, "Reason", "", "Say why.")]


def test_another_cohort_is_a_transfer_and_needs_its_reason(program, coordinator, cohort):
    other = f.CohortFactory(program=program, code="2")
    report = tell("roster", "roll_number\nR-1", coordinator, program, cohort=other, rehearse=True)
    assert said(report) == [(2, "Cohort", "", "R-1 SOKIL1 is in TRD-1. Give a reason: then they are transferred.")]
    report = tell("roster", "roll_number,cohort,since,reason\nR-1,2,2023-08-20,Recovered", coordinator, program)
    assert changes(report) == [("Cohort", "TRD-1", "TRD-2")]
    assert Enrolment.objects.latest("pk").cohort == other


def test_the_same_call_sign_or_name_has_to_be_decided(program, coordinator, cohort):
    known = Trainee.objects.get(roll_number="R-1")
    f.do(lambda act: Identity.objects.create(act=act, trainee=known, family_name="Vyhadana", given_name="Olena"))
    for row in ("sokil1,,", "DUB,VYHADANA,olena"):
        text = f"roll_number,call_sign,family_name,given_name\nR-8,{row}"
        report = tell("roster", text, coordinator, program, cohort=cohort, rehearse=True)
        [(_words, choices)] = report.undecided.values()
        assert [value for value, _label in choices] == ["new", str(known.pk)]
        assert "yhadana" not in str(report.as_json()).casefold() and outcome(report) == {"open": 1}
        new = tell("roster", text, coordinator, program, cohort=cohort, rehearse=True, decided={2: "new"})
        same = tell("roster", text, coordinator, program, cohort=cohort, rehearse=True, decided={2: str(known.pk)})
        assert (outcome(new)["new"], same.counts["wrong"], same.counts["open"]) == (1, 0, 0)


def test_somebody_of_another_program_is_enrolled_only_by_who_may_name_them(program, coordinator, cohort):
    f.EnrolmentFactory(trainee=f.TraineeFactory(roll_number="E-1", call_sign="HAI"))
    report = tell("roster", "roll_number,call_sign\nE-1,HAI", coordinator, program, cohort=cohort, rehearse=True)
    assert said(report) == [(2, "", "", "You may not change this.")]


def test_a_name_that_cannot_be_kept_is_not_shown_either(program, coordinator, cohort):
    name = "Vyhadana" * 11
    report = tell(
        "roster",
        f"roll_number,call_sign,family_name\nR-8,DUB,{name}",
        coordinator,
        program,
        cohort=cohort,
        rehearse=True,
    )
    [(_line, label, value, words)] = said(report)
    assert (label, value) == ("Family name", "•••") and "at most 80 characters" in words
    assert "Vyhadana" not in str(report.as_json())


def test_whoever_is_alike_in_another_program_is_not_told_of(program, coordinator, cohort):
    stranger = f.TraineeFactory(roll_number="E-1", call_sign="DUB")
    f.EnrolmentFactory(trainee=stranger)
    f.do(lambda act: Identity.objects.create(act=act, trainee=stranger, family_name="Vyhadana", given_name="Olena"))
    text = "roll_number,call_sign,family_name,given_name\nR-8,DUB,Vyhadana,Olena"
    assert outcome(tell("roster", text, coordinator, program, cohort=cohort, rehearse=True)) == {"new": 1}
