"""What holds for the progress rule whatever the history, and a second, plainer reading of the rule beside it."""

import datetime
from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from trainees.progress import (
    COUNTED,
    Evidence,
    History,
    Kind,
    Mark,
    MarkStatus,
    Need,
    Place,
    PlaceStatus,
    Register,
    Requirement,
    Session,
    SessionKind,
    Share,
    Status,
    Thresholds,
    assess,
    cohort_progress,
    trainee_progress,
)

FIRST = datetime.date(2026, 1, 1)
SPAN = 16  # days in which everything happens: few, so that things coincide
MODULES = (1, 2, 3, 4)
TRAINEES = (1, 2, 3)
TRACKS = frozenset({1, 2})

days = st.integers(0, SPAN).map(lambda number: FIRST + datetime.timedelta(number))
maybe = st.none() | days
percent = st.none() | st.integers(0, 100)


@st.composite
def evidences(draw, at_most=6):
    """Lines about one trainee in one module; a void or a correction names any earlier line."""
    lines = []
    for number in range(draw(st.integers(0, at_most))):
        kind = draw(st.sampled_from([Kind.GO, Kind.GO, *Kind]))
        voids = draw(st.integers(1, number)) if number and (kind == Kind.VOID or draw(st.integers(0, 4)) == 0) else None
        since = draw(days)
        until = draw(maybe)
        lines.append(
            Evidence(
                id=number + 1,
                kind=kind,
                holds_from=since,
                holds_until=max(since, until) if until and kind in {Kind.GO, Kind.CREDIT, Kind.EXEMPTION} else None,
                recorded_on=draw(days),
                voids=voids,
                recertification=kind in {Kind.GO, Kind.NO_GO} and draw(st.booleans()),
                at_time=draw(st.sampled_from([None, None, datetime.time(9), datetime.time(15)])),
                session=draw(st.none() | st.integers(1, 4))
                if kind in {Kind.GO, Kind.NO_GO, Kind.NOT_ASSESSED}
                else None,
            )
        )
    return lines


@st.composite
def histories(draw, trainee=1):
    """One trainee's places and evidence, with keys that are unique over trainees and modules."""
    places = [
        Place(
            id=number + 1,
            cohort=draw(st.sampled_from([1, 1, 2])),
            track=draw(st.sampled_from([None, 1, 2])),
            group=None,
            status=draw(st.sampled_from([PlaceStatus.ACTIVE, *PlaceStatus])),
            since=draw(days),
            recorded_on=draw(days),
            voids=draw(st.none() | st.integers(1, number)) if number else None,
            reason=draw(st.sampled_from(["knee", "home"])),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    evidence = {}
    for module in draw(st.sets(st.sampled_from((*MODULES, 9)))):
        base = 10_000 * trainee + 100 * module
        evidence[module] = [
            line._replace(id=base + line.id, voids=line.voids and base + line.voids) for line in draw(evidences(4))
        ]
    return History(trainee, places, evidence)


@st.composite
def plans(draw):
    return [
        Requirement(
            entry=module,
            module=module,
            required=draw(st.booleans()),
            tracks=draw(st.frozensets(st.sampled_from(sorted(TRACKS)))),
            prerequisites=draw(st.frozensets(st.sampled_from(MODULES), max_size=2)) - {module},
            position=draw(st.integers(0, 3)),
        )
        for module in MODULES
    ]


@st.composite
def register_lists(draw):
    found = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        closed = draw(maybe)
        session = Session(
            id=number,
            module=draw(st.sampled_from(MODULES)),
            cohort=draw(st.sampled_from([1, 1, 2])),
            kind=draw(st.sampled_from(SessionKind)),
            ended_on=draw(maybe),
            recorded_on=draw(days),
            cancelled_on=draw(maybe) if closed is None else None,
            register_closed_on=closed,
        )
        marks = [
            Mark(number, draw(st.sampled_from(TRAINEES)), draw(st.sampled_from(MarkStatus)), draw(days), key)
            for key in range(draw(st.integers(0, 4)))
        ]
        found.append(Register(session, marks, draw(st.frozensets(st.sampled_from(TRAINEES)))))
    return found


thorough = settings(max_examples=200, deadline=None)
heavy = settings(max_examples=40, deadline=None)  # whole cohorts: slow to make up


# -- the second reading: no order kept, no list carried along; each sentence of the rule asked of the whole history


def rank(line):
    return line.holds_from, line.at_time or datetime.time.max, line.id


def read_status(evidence, as_of, known, attended):
    def counts(line):
        return (
            line.kind != Kind.VOID
            and line.recorded_on <= known
            and line.holds_from <= as_of
            and not [other for other in evidence if other.voids == line.id and other.recorded_on <= known]
        )

    lines = [line for line in evidence if counts(line)]

    def still(line, on):
        return line.holds_until is None or on <= line.holds_until

    def passes_before(line):
        return [one for one in lines if one.kind in {Kind.GO, Kind.CREDIT} and rank(one) < rank(line)]

    def is_recertification(line):
        earlier = passes_before(line)
        return line.kind == Kind.NO_GO and (
            line.recertification or (bool(earlier) and not any(still(one, line.holds_from) for one in earlier))
        )

    def cancelled(line):
        return any(is_recertification(later) and rank(later) > rank(line) for later in lines)

    passed = [line for line in lines if line.kind in {Kind.GO, Kind.CREDIT}]
    if any(line.kind == Kind.EXEMPTION and still(line, as_of) for line in lines):
        return Status.EXEMPT
    if any(still(line, as_of) and not cancelled(line) for line in passed):
        return Status.ACHIEVED
    if passed and all(cancelled(line) for line in passed):
        return Status.NO_GO_RECERTIFICATION
    if passed:
        return Status.EXPIRED
    if any(line.kind == Kind.NO_GO for line in lines):
        return Status.NO_GO
    return Status.IN_TRAINING if attended else Status.NOT_STARTED


def read_place(history, on, known):
    found = []
    for place in history.places:
        voided = any(other.voids == place.id and other.recorded_on <= known for other in history.places)
        if place.recorded_on <= known and place.since <= on and not voided and place.status != PlaceStatus.VOID:
            found.append(place)
    return max(found, key=lambda place: (place.since, place.id), default=None)


def read_mark(register, trainee, known):
    marks = [mark for mark in register.marks if mark.trainee == trainee and mark.recorded_on <= known]
    return max(marks, key=lambda mark: (mark.recorded_on, mark.id)).status if marks else None


def read_held(register, as_of, known):
    session = register.session
    cancelled = session.cancelled_on is not None and session.cancelled_on <= known
    return bool(session.ended_on and session.ended_on <= as_of and session.recorded_on <= known and not cancelled)


def read_closed(register, known):
    return register.session.register_closed_on is not None and register.session.register_closed_on <= known


def read_need(requirement, track):
    if requirement.tracks and track not in requirement.tracks and requirement.tracks != TRACKS:
        return None
    return Need.REQUIRED if requirement.required else Need.ELECTIVE


def read_attended(registers, trainee, module, as_of, known):
    return any(
        read_mark(register, trainee, known) in {MarkStatus.PRESENT, MarkStatus.LATE}
        for register in registers
        if register.session.module == module and read_held(register, as_of, known)
    )


def read_statuses(history, plan, registers, as_of, known):
    """By module in the trainee's track: what is asked, and the status."""
    place = read_place(history, as_of, known)
    found = {}
    for requirement in plan:
        need = read_need(requirement, place and place.track)
        if need:
            attended = read_attended(registers, history.trainee, requirement.module, as_of, known)
            lines = history.evidence.get(requirement.module, [])
            found[requirement.module] = need, read_status(lines, as_of, known, attended)
    return found


# -- one trainee in one module


@thorough
@given(evidences(), days, days, st.booleans())
def test_both_readings_give_the_same_status(lines, as_of, known, attended):
    standing = assess(1, Need.REQUIRED, lines, as_of=as_of, known=known, attended=(7,) if attended else ())
    assert standing.status == read_status(lines, as_of, known, attended)


@thorough
@given(evidences(), days, days, st.randoms())
def test_the_order_of_the_lines_never_matters(lines, as_of, known, random):
    mixed = random.sample(lines, len(lines))
    asked = {"as_of": as_of, "known": known}
    assert assess(1, Need.REQUIRED, mixed, **asked) == assess(1, Need.REQUIRED, lines, **asked)


@thorough
@given(evidences(), days, days)
def test_every_line_decides_or_is_left_out_with_a_reason(lines, as_of, known):
    standing = assess(1, Need.REQUIRED, lines, as_of=as_of, known=known)
    named = [*standing.deciding, *(one.id for one in standing.left_out)]
    assert sorted(named) == sorted(line.id for line in lines)


@thorough
@given(evidences(), days, days)
def test_a_day_answers_as_if_later_lines_did_not_exist(lines, as_of, known):
    asked = {"as_of": as_of, "known": known}
    full = assess(1, Need.REQUIRED, lines, **asked)
    past = assess(1, Need.REQUIRED, [line for line in lines if line.recorded_on <= known], **asked)
    assert past._replace(left_out=()) == full._replace(left_out=())


@thorough
@given(evidences(), days, days, days, maybe, st.booleans())
def test_another_go_never_lowers(lines, as_of, known, since, until, recertification):
    new = Evidence(99, Kind.GO, since, max(since, until) if until else None, known, recertification=recertification)
    asked = {"as_of": as_of, "known": known}
    before = assess(1, Need.REQUIRED, lines, **asked).status
    after = assess(1, Need.REQUIRED, [*lines, new], **asked).status
    assert after == before or before not in {Status.EXEMPT, Status.ACHIEVED}


@thorough
@given(evidences(), days, days)
def test_flags_belong_to_their_status(lines, as_of, known):
    standing = assess(1, Need.REQUIRED, lines, as_of=as_of, known=known)
    assert not standing.due_to_expire or standing.status == Status.ACHIEVED
    assert not standing.by_credit or standing.status == Status.ACHIEVED
    assert not standing.exemption_ends or standing.status == Status.EXEMPT
    if standing.status in {Status.EXEMPT, Status.ACHIEVED} and standing.holds_until:
        assert standing.holds_until >= as_of
    if standing.status == Status.EXPIRED:
        assert standing.holds_until < as_of


# -- one trainee


def ask_trainee(history, plan, registers, limit, as_of, known):
    thresholds = Thresholds(attendance_limit=limit)
    return trainee_progress(history, plan, registers, tracks=TRACKS, thresholds=thresholds, as_of=as_of, known=known)


@heavy
@given(histories(), plans(), register_lists(), percent, days, days)
def test_both_readings_give_the_same_trainee(history, plan, registers, limit, as_of, known):
    answer = ask_trainee(history, plan, registers, limit, as_of, known)
    statuses = read_statuses(history, plan, registers, as_of, known)
    assert {module: (one.need, one.status) for module, one in answer.standings.items()} == statuses

    required = {module for module, (need, status) in statuses.items() if need == Need.REQUIRED}
    assert set(answer.exempt) == {module for module in required if statuses[module][1] == Status.EXEMPT}
    assert set(answer.required) == required - set(answer.exempt)
    assert set(answer.satisfied) == {module for module in required if statuses[module][1] == Status.ACHIEVED}
    assert set(answer.electives) == set(statuses) - required

    settled = {module for module, (_, status) in statuses.items() if status in {Status.EXEMPT, Status.ACHIEVED}}
    for requirement in plan:
        if requirement.module in statuses:
            missing = {one for one in requirement.prerequisites if one in statuses and one not in settled}
            blocked = missing if requirement.module not in settled else set()
            assert set(answer.standings[requirement.module].blocked_by) == blocked

    place = read_place(history, as_of, known)
    held = [one for one in registers if read_held(one, as_of, known) and place and one.session.cohort == place.cohort]
    marks = [read_mark(register, history.trainee, known) for register in held if read_closed(register, known)]
    attended = sum(mark in {MarkStatus.PRESENT, MarkStatus.LATE} for mark in marks)
    expected = attended + marks.count(MarkStatus.ABSENT)
    assert tuple(answer.attendance.share) == (attended, expected)
    met = limit is None or expected == 0 or Fraction(attended, expected) >= Fraction(limit, 100)
    assert answer.attendance_met == met
    assert answer.requirements_met == (
        len(answer.required) > 0
        and set(answer.required) == set(answer.satisfied)
        and place is not None
        and place.track is not None
        and place.status in {PlaceStatus.ACTIVE, PlaceStatus.COMPLETED}
        and met
    )


@heavy
@given(histories(), plans(), register_lists(), percent, days, days)
def test_a_part_is_never_more_than_the_whole(history, plan, registers, limit, as_of, known):
    answer = ask_trainee(history, plan, registers, limit, as_of, known)
    for share in (answer.share, answer.attendance.share):
        assert 0 <= share.part <= share.whole
        assert share.percent is None or 0 <= share.percent <= 100
        assert (share.percent == 100) == (share.part == share.whole > 0)
    assert set(answer.satisfied) <= set(answer.required)
    assert set(answer.electives_achieved) <= set(answer.electives)
    assert not set(answer.additional) & set(answer.standings)


@heavy
@given(histories(), plans(), register_lists(), percent, days, days, st.sampled_from(MODULES), days)
def test_another_go_never_lowers_a_trainee(history, plan, registers, limit, as_of, known, module, since):
    new = Evidence(99, Kind.GO, since, None, known)
    more = {**history.evidence, module: [*history.evidence.get(module, []), new]}
    before = ask_trainee(history, plan, registers, limit, as_of, known)
    after = ask_trainee(history._replace(evidence=more), plan, registers, limit, as_of, known)
    assert after.required == before.required
    assert set(after.satisfied) >= set(before.satisfied)
    assert set(after.electives_achieved) >= set(before.electives_achieved)
    assert after.requirements_met >= before.requirements_met
    for one, standing in after.standings.items():
        assert set(standing.blocked_by) <= set(before.standings[one].blocked_by)


# -- one cohort


def ask_cohort(people, plan, registers, limit, as_of, known):
    thresholds = Thresholds(attendance_limit=limit)
    return cohort_progress(1, people, plan, registers, tracks=TRACKS, thresholds=thresholds, as_of=as_of, known=known)


people = st.tuples(*(histories(trainee) for trainee in TRAINEES))
a_cohort = given(people, plans(), register_lists(), percent, days, days)


@heavy
@a_cohort
def test_both_readings_give_the_same_cohort(people, plan, registers, limit, as_of, known):
    answer = ask_cohort(people, plan, registers, limit, as_of, known)
    places = {one.trainee: read_place(one, as_of, known) for one in people}
    here = {who: place for who, place in places.items() if place and place.cohort == 1}
    counted = {who for who, place in here.items() if place.status in COUNTED}
    assert set(answer.counted) == counted
    assert set(answer.expected) == {who for who, place in here.items() if place.status == PlaceStatus.EXPECTED}

    pooled = [0, 0]
    for history in people:
        if history.trainee not in counted:
            continue
        for module, (need, status) in read_statuses(history, plan, registers, as_of, known).items():
            if need == Need.REQUIRED and status != Status.EXEMPT:
                pooled[1] += 1
                pooled[0] += status == Status.ACHIEVED
                assert history.trainee in answer.modules[module].required_of
    assert list(answer.coverage) == pooled

    held = [one for one in registers if one.session.cohort == 1 and read_held(one, as_of, known)]
    closed = [one for one in held if read_closed(one, known)]
    assert tuple(answer.registers) == (len(closed), len(held))
    marks = [read_mark(register, who, known) for register in closed for who in TRAINEES]
    attended = marks.count(MarkStatus.PRESENT) + marks.count(MarkStatus.LATE)
    assert tuple(answer.attendance) == (attended, attended + marks.count(MarkStatus.ABSENT))
    due = sum(
        read_mark(register, who, known) in {MarkStatus.PRESENT, MarkStatus.LATE}
        for register in held
        if register.session.kind != SessionKind.INSTRUCTION
        for who in TRAINEES
    )
    assert answer.results.whole == due


@heavy
@a_cohort
def test_the_numbers_of_a_cohort_are_those_of_its_trainees(people, plan, registers, limit, as_of, known):
    answer = ask_cohort(people, plan, registers, limit, as_of, known)
    for history in people:
        if history.trainee in answer.trainees:
            assert answer.trainees[history.trainee] == ask_trainee(history, plan, registers, limit, as_of, known)
    modules = answer.modules.values()
    assert answer.coverage.part == sum(one.share.part for one in modules)
    assert answer.coverage.whole == sum(one.share.whole for one in modules)
    for module in modules:
        asked = [who for who, one in answer.trainees.items() if module.module in one.standings]
        assert sorted(who for group in module.statuses.values() for who in group) == asked
        assert set(module.achieved) <= set(module.required_of)
        assert set(module.first_goes) <= set(module.first_attempts)
        assert (module.band is None) == (module.share.whole == 0)
    assert set(answer.completed) <= set(answer.meet_all) <= set(answer.counted)
    for share in (answer.meeting, answer.attendance, answer.registers, answer.results):
        assert 0 <= share.part <= share.whole


@heavy
@a_cohort
def test_everybody_who_was_in_the_cohort_is_in_one_list(people, plan, registers, limit, as_of, known):
    answer = ask_cohort(people, plan, registers, limit, as_of, known)
    placed = [who for group in answer.places.values() for who in group]
    listed = sorted([*placed, *answer.transferred])
    assert listed == sorted(set(listed))
    withdrawn = sorted(who for group in answer.withdrawn.values() for who in group)
    assert withdrawn == sorted(answer.places.get(PlaceStatus.WITHDRAWN, ()))
    for history in people:
        place = read_place(history, as_of, known)
        if place and place.cohort == 1:
            assert history.trainee in answer.places[place.status]


@heavy
@given(people, plans(), register_lists(), percent, days, days, st.randoms())
def test_the_order_of_what_is_given_never_matters(people, plan, registers, limit, as_of, known, random):
    def mix(some):
        return random.sample(list(some), len(some))

    mixed_people = [
        History(one.trainee, mix(one.places), {module: mix(one.evidence[module]) for module in mix(one.evidence)})
        for one in mix(people)
    ]
    mixed_registers = [one._replace(marks=mix(one.marks)) for one in mix(registers)]
    before = ask_cohort(people, plan, registers, limit, as_of, known)
    after = ask_cohort(mixed_people, mix(plan), mixed_registers, limit, as_of, known)
    assert after == before
    assert list(after.modules) == list(before.modules)
    assert list(after.trainees) == list(before.trainees)


@thorough
@example(Fraction(9, 10), 90)
@given(st.fractions(0, 1, max_denominator=400), st.integers(0, 100))
def test_a_limit_is_compared_unrounded(fraction, limit):
    assert Share(fraction.numerator, fraction.denominator).reaches(limit) == (100 * fraction >= limit)
