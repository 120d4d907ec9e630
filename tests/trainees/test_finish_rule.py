"""Can they still finish, by the rule: hand-worked cohorts, one hard case after the other, and what holds for all."""

import datetime
import zoneinfo

from hypothesis import given, settings
from hypothesis import strategies as st

from trainees.progress import (
    Coming,
    Course,
    Evidence,
    History,
    Hold,
    How,
    Kind,
    Lack,
    Mark,
    MarkStatus,
    Outcome,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Session,
    SessionKind,
    Thresholds,
    cohort_progress,
    finish,
)

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
COHORT = 1
FIRST, TODAY, LAST = (datetime.date(2023, 8, day) for day in (1, 20, 31))
A, B, C, D = 1, 2, 3, 4  # modules; B needs A, C needs B, D is elective


def aug(day):
    return datetime.date(2023, 8, day)


class Case:
    """One trainee, active since the first day, asked for A, B (after A) and C (after B), D elective. Filled in by the tests."""

    def __init__(self, **validity):
        need = {A: (), B: (A,), C: (B,), D: ()}
        self.plan = [
            Requirement(
                n, n, n != D, prerequisites=frozenset(need[n]), validity_months=validity.get("ABCD"[n - 1]), position=n
            )
            for n in need
        ]
        self.places = [Place(1, COHORT, None, None, PlaceStatus.ACTIVE, FIRST, FIRST)]
        self.evidence = {}
        self.registers = []
        self.coming = []
        self.away = []
        self.last = 100
        self.tracks = frozenset()
        self.thresholds = Thresholds()

    def number(self):
        self.last += 1
        return self.last

    def place(self, status, day):
        self.places.append(Place(self.number(), COHORT, None, None, PlaceStatus(status), day, day))

    def line(self, module, kind, day, until=None):
        line = Evidence(self.number(), Kind(kind), day, until, day)
        self.evidence.setdefault(module, []).append(line)

    def go(self, *modules, day=None, until=None):
        for module in modules:
            self.line(module, "go", day or aug(10), until)

    def session(self, module, day, hour=8, kind="assessment", who=(1,), hours=2):
        starts = datetime.datetime.combine(day, datetime.time(hour), OSLO)
        ends = starts + datetime.timedelta(hours=hours)
        pk = self.number()
        self.coming.append(Coming(pk, module, SessionKind(kind), starts, ends, day, ends.date(), frozenset(who)))
        return pk

    def held(self, module, day, kind="assessment", mark="present", *, closed=True):
        pk = self.number()
        session = Session(pk, module, COHORT, SessionKind(kind), day, register_closed_on=day if closed else None)
        marks = [Mark(pk, 1, MarkStatus(mark), day, self.number())] if mark else []
        self.registers.append(Register(session, marks, frozenset({1})))
        return pk

    def finish(self, as_of=TODAY, last=LAST, first=FIRST):
        progress = cohort_progress(
            COHORT, [History(1, self.places, self.evidence)], self.plan, self.registers,
            tracks=self.tracks, thresholds=self.thresholds, as_of=as_of, known=as_of,
        )  # fmt: skip
        course = Course(
            first, last, as_of, as_of, {one.module: one for one in self.plan}, self.coming,
            {one.session.id: one.session.kind for one in self.registers}, self.thresholds.attendance_limit,
        )  # fmt: skip
        return finish(course, progress.trainees[1], self.evidence, self.away)


def ways(found):
    return [(step.module, step.how, step.day) for step in found.steps]


def test_whoever_meets_all_has_nothing_left():
    case = Case()
    case.go(A, B, C)
    found = case.finish()
    assert (found.outcome, found.steps, found.holds) == (Outcome.MET, (), ())


def test_each_remaining_module_takes_the_earliest_session_after_its_prerequisites():
    case = Case()
    case.go(A)
    case.session(C, aug(21))  # before B can be met
    second, third = case.session(B, aug(22)), case.session(C, aug(23))
    case.session(B, aug(24))
    found = case.finish()
    assert found.outcome is Outcome.AS_PLANNED
    assert ways(found) == [(B, How.SESSION, aug(22)), (C, How.SESSION, aug(23))]
    assert [step.session for step in found.steps] == [second, third]


def test_on_one_day_the_hours_decide():
    case = Case()
    case.go(A)
    case.session(B, aug(22), 8)
    case.session(C, aug(22), 9)  # B ends at ten
    assert case.finish().outcome is Outcome.EXTRA
    on_time = case.session(C, aug(22), 10)
    found = case.finish()
    assert found.outcome is Outcome.AS_PLANNED and found.steps[1].session == on_time


def test_without_a_session_an_extra_one_is_needed_from_the_next_day_on():
    case = Case()
    case.go(A, B)
    found = case.finish()
    assert found.outcome is Outcome.EXTRA
    assert ways(found) == [(C, How.EXTRA, aug(21))]
    assert found.steps[0].lack is Lack.NONE


def test_instruction_shows_no_result_and_a_retake_does():
    case = Case()
    case.go(A, B)
    case.session(C, aug(22), kind="instruction")
    assert case.finish().outcome is Outcome.EXTRA
    case.session(C, aug(23), kind="retake")
    assert case.finish().outcome is Outcome.AS_PLANNED


def test_a_session_for_others_or_after_the_last_day_does_not_count():
    case = Case()
    case.go(A, B)
    case.session(C, aug(22), who=(2,))
    case.session(C, datetime.date(2023, 9, 1))
    case.session(C, aug(31), 23)  # ends on 1 September
    assert case.finish().steps[0].lack is Lack.NONE
    case.session(C, aug(31))
    assert case.finish().outcome is Outcome.AS_PLANNED


def test_whoever_is_excused_is_at_no_session_of_those_days():
    case = Case()
    case.go(A, B)
    case.session(C, aug(22))
    case.away = [(aug(21), aug(22))]
    found = case.finish()
    assert (found.outcome, found.steps[0].lack) == (Outcome.EXTRA, Lack.AWAY)
    case.away = [(aug(23), None)]
    assert case.finish().outcome is Outcome.AS_PLANNED
    case.away = [(aug(22), None)]
    assert case.finish().outcome is Outcome.EXTRA


def test_each_extra_session_of_a_chain_needs_a_day_of_its_own():
    case = Case()
    found = case.finish(as_of=aug(28))
    assert ways(found) == [(A, How.EXTRA, aug(29)), (B, How.EXTRA, aug(30)), (C, How.EXTRA, aug(31))]
    found = case.finish(as_of=aug(29))
    assert ways(found) == [(A, How.EXTRA, aug(30)), (B, How.EXTRA, aug(31)), (C, How.NOT, None)]
    assert found.outcome is Outcome.CANNOT and found.steps[2].after == (B,)


def test_a_session_before_the_extra_one_of_its_prerequisite_comes_too_early():
    case = Case()
    case.go(A)
    case.session(C, aug(21))
    found = case.finish()
    assert ways(found) == [(B, How.EXTRA, aug(21)), (C, How.EXTRA, aug(22))]
    assert found.steps[1].lack is Lack.ORDER
    case.session(C, aug(22))
    assert ways(case.finish()) == [(B, How.EXTRA, aug(21)), (C, How.SESSION, aug(22))]


def test_once_the_last_day_is_past_it_cannot_be_met():
    case = Case()
    case.go(A, B)
    found = case.finish(as_of=LAST)
    assert (found.outcome, found.holds) == (Outcome.CANNOT, (Hold.OVER,))
    assert ways(found) == [(C, How.NOT, None)]


def test_a_session_later_on_the_last_day_still_counts():
    case = Case()
    case.go(A, B)
    case.session(C, LAST)
    assert case.finish(as_of=LAST).outcome is Outcome.AS_PLANNED


def test_before_a_cohort_begins_an_extra_session_is_from_its_first_day_on():
    case = Case()
    case.places = [Place(1, COHORT, None, None, PlaceStatus.ACTIVE, aug(1), aug(1))]
    found = case.finish(as_of=aug(2), first=aug(7))
    assert found.steps[0].day == aug(7)


def test_what_runs_out_before_the_last_day_remains_to_be_met():
    case = Case()
    case.go(B, C)
    case.go(A, until=aug(25))
    found = case.finish()
    assert found.outcome is Outcome.EXTRA
    assert [(step.module, step.runs_out) for step in found.steps] == [(A, aug(25))]
    case.session(A, aug(22))
    assert case.finish().outcome is Outcome.AS_PLANNED
    case.go(A, day=aug(12), until=LAST)
    assert case.finish().outcome is Outcome.MET


def test_an_expired_module_remains_to_be_met():
    case = Case()
    case.go(B, C)
    case.go(A, until=aug(15))
    assert [step.module for step in case.finish().steps] == [A]


def test_an_exemption_that_ends_asks_for_the_module_again_unless_a_pass_stands_behind_it():
    case = Case()
    case.go(A, B)
    case.line(C, "exemption", aug(5), aug(25))
    found = case.finish()
    assert (found.outcome, found.steps[0].runs_out) == (Outcome.EXTRA, aug(25))
    case.go(C)
    assert case.finish().outcome is Outcome.MET


def test_a_pass_has_to_hold_on_the_last_day():
    case = Case(C=1)
    case.go(A, B)
    case.session(C, aug(22))
    later = datetime.date(2023, 9, 30)
    found = case.finish(last=later)
    assert (found.steps[0].how, found.steps[0].lack) == (How.EXTRA, Lack.EARLY)
    assert found.steps[0].day == aug(30)  # holds up to 30 September
    late = case.session(C, aug(30))
    assert case.finish(last=later).steps[0].session == late


def test_a_no_go_remains_to_be_met():
    case = Case()
    case.go(A, B)
    case.line(C, "no_go", aug(12))
    assert case.finish().outcome is Outcome.EXTRA


def test_an_assessment_that_is_over_counts_while_its_record_is_outstanding():
    case = Case()
    case.go(A)
    over = case.held(B, aug(19))
    case.session(C, aug(21))
    found = case.finish()
    assert found.steps[0][:3] == (B, How.OUTSTANDING, over)
    assert found.outcome is Outcome.AS_PLANNED
    case.registers.clear()
    case.held(B, aug(19), "instruction", closed=False)
    assert case.finish().outcome is Outcome.EXTRA


def test_an_elective_counts_only_where_a_required_module_needs_it():
    case = Case()
    case.go(A, B, C)
    assert case.finish().outcome is Outcome.MET
    case.plan[C - 1] = case.plan[C - 1]._replace(prerequisites=frozenset({D}))
    case.evidence.pop(C)
    assert [step.module for step in case.finish().steps] == [D, C]


def test_a_prerequisite_outside_the_track_is_not_waited_for():
    case = Case()
    case.go(A, B)
    case.plan[C - 1] = case.plan[C - 1]._replace(prerequisites=frozenset({99}))
    case.session(C, aug(22))
    assert case.finish().outcome is Outcome.AS_PLANNED


def test_the_suspended_cannot_finish_until_they_resume():
    case = Case()
    case.go(A, B)
    case.place("suspended", aug(15))
    case.session(C, aug(22), who=())
    found = case.finish()
    assert (found.outcome, found.holds) == (Outcome.CANNOT, (Hold.SUSPENDED,))
    case.session(C, aug(25))  # they are back by then: the audience has them
    assert case.finish().outcome is Outcome.AS_PLANNED


def test_completed_and_not_completed_say_it_themselves():
    case = Case()
    case.place("completed", aug(15))
    assert case.finish().outcome is Outcome.MET
    case = Case()
    case.go(A, B, C)
    case.place("not_completed", aug(15))
    found = case.finish()
    assert (found.outcome, found.holds) == (Outcome.CANNOT, (Hold.NOT_COMPLETED,))


def test_without_a_track_or_anything_asked_it_cannot_be_told():
    case = Case()
    case.go(A, B, C)
    case.tracks = frozenset({7})
    found = case.finish()
    assert (found.outcome, found.holds) == (Outcome.UNTOLD, (Hold.NO_TRACK,))
    case.evidence.pop(C)
    assert case.finish().outcome is Outcome.EXTRA  # whatever the track will ask besides
    case = Case()
    case.plan = []
    found = case.finish()
    assert (found.outcome, found.holds) == (Outcome.UNTOLD, (Hold.NOTHING_ASKED,))


def test_attendance_that_cannot_be_reached_any_more_needs_more_sessions():
    case = Case()
    case.thresholds = Thresholds(attendance_limit=80)
    case.go(A, B, C)
    for day in (11, 12):
        case.held(A, aug(day), "instruction", "absent")
    case.held(A, aug(13), "instruction")
    case.session(A, aug(22), kind="instruction")
    found = case.finish()  # at best 2 of 4
    assert (found.outcome, found.holds, found.attendance) == (Outcome.EXTRA, (Hold.ATTENDANCE,), (2, 4))
    for day in range(23, 29):
        case.session(A, aug(day), kind="instruction")
    found = case.finish()  # at best 8 of 10: to be attended still
    assert (found.outcome, found.attendance) == (Outcome.AS_PLANNED, (8, 10))
    case.coming.clear()
    assert case.finish(as_of=LAST).outcome is Outcome.CANNOT


@st.composite
def cases(draw):
    case = Case(A=draw(st.sampled_from([None, 1])))
    days = st.integers(1, 31)
    for module in (A, B, C, D):
        if draw(st.booleans()):
            kind = draw(st.sampled_from(["go", "no_go", "exemption"]))
            until = draw(st.none() | st.integers(20, 31)) if kind != "no_go" else None
            case.line(module, kind, aug(draw(st.integers(1, 20))), until and aug(until))
        for day in draw(st.lists(days, max_size=3)):
            case.session(module, aug(day), draw(st.sampled_from([8, 10, 12])))
    if draw(st.booleans()):
        since = draw(days)
        case.away = [(aug(since), aug(min(31, since + 3)))]
    if draw(st.integers(0, 4)) == 0:
        case.place(draw(st.sampled_from(["suspended", "completed", "not_completed"])), aug(15))
    as_of = draw(st.integers(20, 31))
    case.coming = [one for one in case.coming if one.day > aug(as_of)]
    return case, aug(as_of)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_whatever_the_history_a_remaining_module_is_required_open_and_in_order(drawn):
    case, as_of = drawn
    found = case.finish(as_of=as_of)
    steps = {step.module: step for step in found.steps}
    by_id = {one.id: one for one in case.coming}
    needs = {one.module: one.prerequisites for one in case.plan}
    for step in found.steps:
        assert step.module != D  # elective, and nothing needs it
        if step.how is How.SESSION:
            session = by_id[step.session]
            assert session.module == step.module and as_of < session.day <= LAST
            for need in needs[step.module] & steps.keys():
                before = steps[need]
                if before.runs_out is None:
                    assert before.how in {How.SESSION, How.EXTRA} and before.day <= session.day
        if step.how is How.EXTRA:
            assert as_of < step.day <= LAST
    lacking = {step.how for step in found.lacking}
    if How.NOT in lacking:
        assert found.outcome is Outcome.CANNOT
    elif found.lacking and not found.holds:
        assert found.outcome is Outcome.EXTRA
    elif not found.holds:
        assert found.outcome in {Outcome.AS_PLANNED, Outcome.MET}
    if found.outcome is Outcome.MET:
        assert not found.steps


@settings(max_examples=300, deadline=None)
@given(cases())
def test_a_session_where_an_extra_one_is_said_to_be_needed_is_one(drawn):
    case, as_of = drawn
    found = case.finish(as_of=as_of)
    steps = [step for step in found.lacking if step.how is How.EXTRA]
    for step in steps:
        absent = any(since <= step.day <= until for since, until in case.away)
        if not absent:
            made = case.session(step.module, step.day, 23, hours=1)
            case.coming[-1] = case.coming[-1]._replace(last=step.day)
            again = {one.module: one for one in case.finish(as_of=as_of).steps}
            waits = {need for need in step.after if again[need].how in {How.EXTRA, How.NOT}}
            assert again[step.module].session == made or waits or again[step.module].how is How.SESSION
