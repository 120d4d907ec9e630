"""Who needs attention by the rule: each reason from its records, what it counts, and since when."""

import datetime
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from trainees.progress import (
    AT_MOST,
    WEIGHTS,
    Concern,
    Evidence,
    History,
    Kind,
    Mark,
    MarkStatus,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Session,
    SessionKind,
    Thresholds,
    Unsaid,
    cohort_progress,
    ranking,
)

TODAY = datetime.date(2023, 8, 20)
COHORT, EARLIER = 1, 2


def aug(day):
    return datetime.date(2023, 8, day)


class Course:
    """A cohort of `people` trainees, here since 1 August, asked for modules 1 to 4; 4 needs 1. Filled in by the tests."""

    def __init__(self, people=2):
        self.places = {who: [self.place("active", aug(1))] for who in range(1, people + 1)}
        self.evidence = {who: {} for who in self.places}
        self.registers = []
        self.plan = [Requirement(n, n, position=n) for n in (1, 2, 3)]
        self.plan.append(Requirement(4, 4, prerequisites=frozenset({1}), position=4))
        self.last = 100

    def number(self):
        self.last += 1
        return self.last

    def place(self, status, day, cohort=COHORT):
        pk = len(getattr(self, "places", {})) + day.toordinal()
        return Place(pk, cohort, None, None, PlaceStatus(status), day, day)

    def result(self, who, module, kind, day, score=None, until=None, recorded=None, **more):
        score = None if score is None else Decimal(score)
        line = Evidence(self.number(), Kind(kind), day, until, recorded or day, score=score, **more)
        self.evidence[who].setdefault(module, []).append(line)
        return line

    def session(self, module, day, kind="instruction", *, closed=True, **marks):
        """`marks`: w1="absent"; everybody else was present."""
        pk = self.number()
        by = {who: MarkStatus(marks.get(f"w{who}", "present")) for who in self.places}
        session = Session(pk, module, COHORT, SessionKind(kind), day, register_closed_on=day if closed else None)
        self.registers.append(Register(session, [Mark(pk, who, mark, day, self.number()) for who, mark in by.items()]))
        return pk

    def ranking(self, as_of=TODAY, known=TODAY, weights=WEIGHTS):
        histories = [History(who, line, self.evidence[who]) for who, line in self.places.items()]
        progress = cohort_progress(
            COHORT,
            histories,
            self.plan,
            self.registers,
            tracks=frozenset(),
            thresholds=Thresholds(),
            as_of=as_of,
            known=known,
        )
        return ranking(progress, self.evidence, weights)

    def reasons(self, who=1, **asked):
        found = {one.trainee: one.reasons for one in self.ranking(**asked).trainees}
        return {reason.concern.value: reason for reason in found.get(who, ())}


@pytest.fixture
def course():
    return Course()


def test_nothing_recorded_gives_no_reason_and_says_what_is_not_known(course):
    assert course.ranking() == ((), (Unsaid.SCORES,))
    course.session(1, aug(2), closed=False)
    assert course.ranking() == ((), (Unsaid.REGISTERS, Unsaid.SCORES))
    course.session(1, aug(3), "assessment")
    assert course.ranking() == ((), (Unsaid.OPEN_REGISTERS, Unsaid.RESULTS, Unsaid.SCORES))


def test_no_goes_count_from_the_first_of_the_row_that_stands_three_at_most(course):
    for day in (3, 5, 6, 7, 8):
        course.result(1, 1, "no_go", aug(day))
    found = course.reasons()["no_go"]
    assert (found.since, found.seen, found.counts, found.points) == (aug(3), 5, 3, 9)
    assert course.reasons()["blocked"].modules == (4,)
    assert course.reasons()["blocked"].since == aug(3)
    course.result(1, 1, "go", aug(9))
    assert course.reasons() == {}


def test_a_pass_that_ran_out_counts_from_the_day_after_and_one_that_will_from_its_warning(course):
    course.result(1, 1, "go", aug(1), until=aug(15))
    assert course.reasons()["expired"].since == aug(16)
    course.result(1, 2, "go", aug(1), until=aug(23))  # 22 days: its last 5
    assert course.reasons(as_of=aug(17), known=aug(17)).keys() == {"expired", "blocked"}
    found = course.reasons()["expiring"]
    assert (found.since, found.modules, found.counts) == (aug(18), (2,), 1)


def test_whoever_was_not_at_an_assessment_owes_it_until_assessed(course):
    first = course.session(2, aug(4), "assessment", w1="absent")
    course.session(3, aug(6), "assessment", w1="excused")
    course.result(2, 2, "go", aug(4), session=first)
    found = course.reasons()["not_assessed"]
    assert (found.since, found.modules, found.counts, found.points) == (aug(4), (2, 3), 2, 6)
    course.result(1, 2, "go", aug(10))
    assert course.reasons()["not_assessed"].modules == (3,)


def test_a_record_that_is_outstanding_is_not_the_trainees_debt(course):
    course.session(2, aug(4), "assessment")
    course.result(2, 2, "go", aug(4))
    assert "behind" not in course.reasons(who=1)


def test_behind_is_who_lacks_what_half_have_since_the_day_they_had_it():
    course = Course(people=5)
    course.result(2, 2, "go", aug(4))
    course.result(3, 2, "credit", aug(5))
    assert "behind" not in course.reasons()
    course.result(4, 2, "go", aug(9))
    found = course.reasons()["behind"]
    assert (found.since, found.modules, found.points) == (aug(9), (2,), 2)
    course.result(1, 2, "no_go", aug(10))
    assert course.reasons().keys() == {"no_go"}  # each module keeps back in one way


def test_absences_are_those_of_the_last_five_sessions_expected(course):
    course.session(1, aug(2), w1="absent")
    for day in (3, 4, 5):
        course.session(1, aug(day))
    late = course.session(1, aug(6), w1="absent")
    course.session(1, aug(7), w1="excused")
    course.session(1, aug(8), w1="late")
    course.session(1, aug(9), closed=False, w1="absent")
    found = course.reasons()["absent"]
    assert (found.since, found.seen, found.of, found.sessions) == (aug(6), 1, 5, (late,))


def test_inactive_counts_whole_weeks_since_the_last_trace_while_sessions_were_missed(course):
    course.session(1, aug(2))
    assert "inactive" not in course.reasons()  # nothing was missed since
    course.session(1, aug(4), w1="absent")
    found = course.reasons()["inactive"]
    assert (found.since, found.seen, found.counts) == (aug(2), 18, 2)
    assert "inactive" not in course.reasons(as_of=aug(8), known=aug(8))
    course.result(1, 1, "go", aug(6))
    assert "inactive" not in course.reasons()


def test_whoever_never_came_is_inactive_since_they_arrived_here(course):
    course.places[1] = [
        course.place("active", datetime.date(2022, 8, 1), EARLIER),
        course.place("active", aug(3)),
        course.place("active", aug(5)),
    ]
    course.session(1, aug(6), w1="absent")
    found = course.reasons()["inactive"]
    assert (found.since, found.seen) == (aug(3), 17)


def test_a_module_that_keeps_back_itself_is_not_blocked_besides(course):
    course.result(1, 1, "no_go", aug(4))
    course.result(1, 4, "no_go", aug(5))
    assert course.reasons().keys() == {"no_go"}


@pytest.mark.parametrize(
    ("scores", "seen", "counts"),
    [
        ((40, 50, 60, 70, 80, 90), 10, 5),
        ((60, 50, 60, 70, 80, 90), 7, 2),  # three of five scored better, one the same: seven of ten
        ((70, 50, 60, 70, 80, 90), None, 0),  # five of ten
        ((40, 50, 60, 70), None, 0),  # too few to compare
    ],
)
def test_low_is_what_more_than_half_of_the_others_scored_better(scores, seen, counts):
    course = Course(people=len(scores))
    for who, score in enumerate(scores, 1):
        course.result(who, 1, "go", aug(4), score=score)
    found = course.reasons().get("low_scores")
    assert (found.seen, found.counts) == (seen, counts) if found else counts == 0
    assert (Unsaid.SCORES in course.ranking().unsaid) == (len(scores) < 5)


def test_the_last_score_counts(course):
    course = Course(people=5)
    for who in (1, 2, 3, 4, 5):
        course.result(who, 1, "no_go" if who == 1 else "go", aug(4), score=30 + 10 * who)
    course.result(1, 1, "go", aug(6), score=95)
    assert course.reasons() == {}


def test_suspended_and_back_again(course):
    course.places[1] = [
        course.place("active", datetime.date(2022, 8, 1), EARLIER),
        course.place("withdrawn", datetime.date(2022, 8, 9), EARLIER),
        course.place("active", aug(1)),
        course.place("suspended", aug(12)),
    ]
    found = course.reasons()
    assert (found["suspended"].since, found["came_back"].since) == (aug(12), aug(1))


def test_a_transfer_is_no_coming_back(course):
    course.places[1] = [course.place("active", datetime.date(2023, 7, 1), EARLIER), course.place("active", aug(1))]
    assert course.reasons() == {}


def test_of_whoever_has_completed_only_what_they_hold_counts(course):
    course.result(1, 1, "go", aug(1), until=aug(15))
    course.session(2, aug(10), "assessment", w1="absent")
    assert {"not_assessed", "absent", "inactive"} <= course.reasons().keys()
    course.places[1].append(course.place("completed", aug(14)))
    assert course.reasons().keys() == {"expired", "blocked"}


def test_whoever_meets_all_requirements_is_not_measured_against_the_others():
    course = Course(people=5)
    course.session(1, aug(3), w1="absent")
    for who in range(1, 6):
        course.result(who, 1, "go", aug(4), score=50 + who)
    assert course.reasons().keys() == {"absent", "low_scores"}
    for module in (2, 3, 4):
        course.result(1, module, "go", aug(5))
    assert course.reasons() == {}


def test_the_most_points_stand_first_of_equal_ones_the_longest_since():
    course = Course(people=4)
    course.result(1, 2, "no_go", aug(5))
    course.result(2, 2, "no_go", aug(4))
    course.result(3, 2, "no_go", aug(6))
    course.result(3, 3, "no_go", aug(7))
    assert [(one.trainee, one.points) for one in course.ranking().trainees] == [(3, 6), (2, 3), (1, 3)]


def test_a_concern_without_weight_is_no_reason(course):
    course.result(1, 2, "no_go", aug(5))
    course.result(2, 2, "no_go", aug(5))
    course.result(2, 2, "no_go", aug(6))
    assert [one.points for one in course.ranking(weights={**WEIGHTS, Concern.NO_GO: 10}).trainees] == [20, 10]
    assert course.ranking(weights={**WEIGHTS, Concern.NO_GO: 0}).trainees == ()


def test_what_comes_later_or_was_not_yet_recorded_changes_nothing():
    course = Course(people=6)
    for who in range(1, 7):
        course.result(who, 1, "go", aug(4), score=40 + 10 * who)
    course.result(1, 2, "no_go", aug(5))
    course.session(1, aug(5), w1="absent")
    before = course.ranking(as_of=aug(10), known=aug(10))
    course.result(1, 2, "go", aug(8), recorded=aug(11))
    course.result(1, 1, "go", aug(11), score=100)
    course.session(3, aug(12), "assessment", w2="absent")
    course.places[3].append(course.place("suspended", aug(11)))
    assert course.ranking(as_of=aug(10), known=aug(10)) == before
    assert course.ranking() != before


def test_every_concern_has_a_weight_and_a_limit():
    assert set(WEIGHTS) == set(AT_MOST) == set(Concern)


def test_the_measure_of_the_benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from attention import auc

    monkeypatch.delitem(sys.modules, "attention")
    assert auc([(3, True), (2, False), (1, False)]) == 1
    assert auc([(1, True), (1, False)]) == 0.5
    assert auc([(2, True), (1, True), (2, False), (0, False)]) == (1.5 + 1) / 4
