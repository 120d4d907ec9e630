"""What should be met by now: worked by hand, and for made-up cohorts counted a second time from the rule's own answer."""

import datetime
from random import Random

import pytest

from tests.trainees.test_over_time_rule import FIRST, LAST, TRACKS, cohort_of, day, planned
from trainees.progress import (
    Evidence,
    History,
    Kind,
    Need,
    Place,
    PlaceStatus,
    Requirement,
    SessionKind,
    Status,
    Thresholds,
    cohort_progress,
    coming_in,
    due_by,
    overdue,
    plan_of,
)


def late(registers, as_of=9, last=20, required=True, **evidence):
    """Who lacks what on a day: one trainee with a GO in module 1, two modules asked; `evidence` adds to it by module."""
    lines = {1: [Evidence(1, Kind.GO, day(1), None, day(1))]} | {int(name[1:]): of for name, of in evidence.items()}
    place = Place(1, 1, None, None, PlaceStatus.ACTIVE, day(0), day(0))
    found = cohort_progress(
        1, [History(7, [place], lines)], [Requirement(1, 1), Requirement(2, 2, required)], registers,
        tracks=frozenset(), thresholds=Thresholds(), as_of=day(as_of), known=day(as_of),
    )  # fmt: skip
    return overdue(found, due_by(found, plan_of(1, registers, day(as_of)), day(last)))


def test_a_module_is_due_on_the_day_of_its_last_session_and_overdue_while_it_is_not_met():
    registers = [planned(1, 2), planned(2, 4), planned(2, 6)]
    assert late(registers, as_of=5) == {}
    assert late(registers, as_of=7) == {7: {2: day(6)}}
    assert late(registers, as_of=7, m2=[Evidence(9, Kind.GO, day(7), None, day(7))]) == {}
    assert late(registers, as_of=7, m2=[Evidence(9, Kind.EXEMPTION, day(7), None, day(7))]) == {}
    assert late(registers, as_of=7, required=False) == {}


def test_a_pass_that_ran_out_is_lacked_again():
    assert late([planned(1, 2)], as_of=7, m1=[Evidence(1, Kind.GO, day(1), day(6), day(1))]) == {7: {1: day(2)}}


def test_neither_a_retake_nor_a_cancelled_session_puts_it_off():
    registers = [planned(2, 4), planned(2, 12, kind=SessionKind.RETAKE), planned(2, 13, cancelled_on=day(3))]
    assert late(registers) == {7: {2: day(4)}}


def test_what_was_never_planned_is_due_at_the_end_of_the_course_and_nothing_later():
    assert late([], as_of=9, last=10) == {}
    assert late([], as_of=10, last=10) == {7: {2: day(10)}}
    assert late([planned(2, 15)], as_of=10, last=10) == {7: {2: day(10)}}


def test_what_is_taught_later_today_is_owed_tomorrow():
    this_noon = planned(2, 9)
    assert late([this_noon], as_of=9) == {}
    over = this_noon._replace(session=this_noon.session._replace(ended_on=day(9)))
    assert late([over], as_of=9) == {7: {2: day(9)}}
    assert coming_in(1, [this_noon], day(9), day(9)) == [9] and coming_in(1, [over], day(9), day(9)) == []
    assert coming_in(1, [over], day(8), day(9)) == [9]  # on the day before it was to come
    assert coming_in(2, [this_noon], day(9), day(9)) == []


@pytest.mark.parametrize("seed", range(60))
def test_who_lacks_what_is_due_is_what_the_statuses_say(seed):
    chance = Random(seed)
    people, registers, versions = cohort_of(chance)
    as_of = FIRST + datetime.timedelta(chance.randrange((LAST - FIRST).days))
    found = cohort_progress(
        1, people, versions[0].requirements, registers, tracks=TRACKS, thresholds=Thresholds(), as_of=as_of, known=as_of
    )
    plan = plan_of(1, registers, as_of)
    got = overdue(found, due_by(found, plan, LAST))
    expected = {
        (trainee, module)
        for trainee, one in found.trainees.items()
        for module, standing in one.standings.items()
        if standing.need is Need.REQUIRED
        and standing.status not in {Status.ACHIEVED, Status.EXEMPT}
        and module in plan
        and plan[module] <= as_of
    }
    assert {(trainee, module) for trainee, lacks in got.items() for module in lacks} == expected
