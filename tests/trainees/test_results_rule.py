"""What a sheet asks of the rule: its own mark, the attempts that a limit counts, and a result from a checklist."""

import datetime

import pytest

from trainees.progress import (
    Evidence,
    Kind,
    NewMark,
    attempts,
    attempts_since_pass,
    by_steps,
    entered,
    refusals,
)

DAY = datetime.date(2023, 8, 10)
NEXT = DAY + datetime.timedelta(days=1)


def line(pk, kind, day=DAY, *, voids=None, session=None):
    return Evidence(pk, Kind(kind), day, None, DAY, voids=voids, session=session)


@pytest.mark.parametrize(
    ("steps", "needed", "kind"),
    [
        ([(False, True), (False, True), (False, True)], 100, "go"),
        ([(False, True), (False, True), (False, False)], 100, "no_go"),
        ([(False, True), (False, True), (False, False)], 66, "go"),
        ([(False, True), (False, True), (False, False)], 67, "no_go"),  # two of three is less: the exact share counts
        ([(True, False), (False, True), (False, True)], 50, "no_go"),  # a critical step
        ([(True, True), (False, False)], 0, "go"),
        ([(True, False)], 0, "no_go"),
        ([(True, False)], None, None),  # the assessor judges
        ([], 80, None),
    ],
)
def test_what_a_checklist_makes_of_the_result(steps, needed, kind):
    assert by_steps(steps, needed) == (Kind(kind) if kind else None)


@pytest.mark.parametrize(
    ("evidence", "session", "found"),
    [
        ([], 1, None),
        ([line(1, "go", session=1)], 1, 1),
        ([line(1, "go", session=2)], 1, None),
        ([line(1, "no_go", session=1), line(2, "go", session=1, voids=1)], 1, 2),
        ([line(1, "go", session=1), line(2, "void", voids=1)], 1, None),
        ([line(1, "credit")], None, None),
        ([line(1, "not_assessed")], None, 1),
        ([line(1, "go", NEXT)], None, None),
        ([line(1, "go", session=1)], None, 1),  # without a session, whatever was entered on the day
        ([line(1, "no_go"), line(2, "go")], None, 2),  # the last of several
    ],
)
def test_what_a_sheet_shows_as_entered(evidence, session, found):
    one = entered(evidence, session, DAY)
    assert (one.id if one else None) == found


@pytest.mark.parametrize(
    ("kinds", "made"),
    [
        ([], 0),
        (["no_go", "no_go"], 2),
        (["no_go", "not_assessed", "no_go"], 2),
        (["no_go", "go"], 0),
        (["no_go", "go", "no_go"], 1),
        (["no_go", "credit"], 0),
    ],
)
def test_the_limit_counts_attempts_since_the_last_pass(kinds, made):
    assert attempts_since_pass([line(pk, kind) for pk, kind in enumerate(kinds, start=1)]) == made


def test_what_is_corrected_or_void_is_no_attempt():
    evidence = [line(1, "no_go"), line(2, "no_go", voids=1), line(3, "no_go"), line(4, "void", voids=3)]
    assert attempts(evidence) == [2]
    assert attempts_since_pass(evidence) == 1
    assert attempts_since_pass(evidence, leaving_out=2) == 0


def test_a_correction_of_a_correction_revives_nothing():
    wrong = Evidence(1, Kind.GO, DAY, DAY, DAY)  # a pass of one day, entered by mistake
    evidence = [wrong, line(2, "no_go", NEXT, voids=1)]
    assert refusals(NewMark(Kind.NO_GO, NEXT, voids=2), evidence, today=NEXT) == ()
