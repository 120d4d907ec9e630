"""Every case of the progress rule, on plain values."""

import datetime
from collections import defaultdict
from decimal import Decimal

import pytest

from tests.trainees import cases
from tests.trainees.cases import CASES, Case, Codes, day
from trainees import progress
from trainees.progress import (
    Evidence,
    Kind,
    NewMark,
    Refusal,
    Requirement,
    Share,
    add_months,
    asked_of,
    refusals,
    voided_since,
)


def lay_out(case: Case) -> tuple[Codes, dict]:
    """The case's facts as the values that the rule is given, with the codes of their keys."""
    codes = Codes()
    given = [one for version in case.versions for one in version.modules]
    named = {
        "module": [module.code for module in given],
        "track": case.tracks,
        "cohort": ["C1", "C2", *(place.cohort for place in case.places)],
        "trainee": sorted(["T1", *(place.trainee for place in case.places)]),
        "session": [session.name for session in case.sessions],
        "line": [line.name or f"#{number}" for number, line in enumerate(case.lines)],
        "place": [place.name or f"#{number}" for number, place in enumerate(case.places)],
    }
    for offset, (table, names) in enumerate(named.items()):
        for number, name in enumerate(dict.fromkeys(names)):
            codes.put(table, name, 1000 * (offset + 1) + number)

    version = max((one for one in case.versions if one.since <= case.as_of), key=lambda one: one.since)
    validity = {module.code: module.validity for module in given}
    requirements = [
        progress.Requirement(
            entry=position,
            module=codes.key("module", module.code),
            required=module.required,
            tracks=frozenset(codes.key("track", track) for track in module.tracks),
            prerequisites=frozenset(codes.key("module", code) for code in module.needs),
            validity_months=module.validity,
            position=position,
        )
        for position, module in enumerate(version.modules)
    ]
    evidence: dict = defaultdict(lambda: defaultdict(list))
    for name, line in zip(named["line"], case.lines, strict=True):
        until, months = line.until, validity[line.module]
        if until is None and months and line.kind == Kind.GO:
            until = add_months(line.on, months)
        evidence[line.trainee][codes.key("module", line.module)].append(
            Evidence(
                id=codes.key("line", name),
                kind=Kind(line.kind),
                holds_from=line.on,
                holds_until=until,
                recorded_on=line.recorded or line.on,
                voids=codes.key("line", line.voids) if line.voids else None,
                recertification=line.recertification,
                at_time=line.at,
                session=codes.key("session", line.session) if line.session else None,
            )
        )
    places = defaultdict(list)
    for name, place in zip(named["place"], case.places, strict=True):
        places[place.trainee].append(
            progress.Place(
                id=codes.key("place", name),
                cohort=codes.key("cohort", place.cohort),
                track=codes.key("track", place.track) if place.track else None,
                group=None,
                status=progress.PlaceStatus(place.status),
                since=place.since,
                recorded_on=place.recorded or place.since,
                voids=codes.key("place", place.voids) if place.voids else None,
                reason=place.reason,
            )
        )
    registers = [
        progress.Register(
            progress.Session(
                id=codes.key("session", one.name),
                module=codes.key("module", one.module),
                cohort=codes.key("cohort", one.cohort),
                kind=progress.SessionKind(one.kind),
                ended_on=one.on if one.over else None,
                recorded_on=cases.START,
                cancelled_on=one.cancelled,
                register_closed_on=one.closed,
            ),
            [
                progress.Mark(
                    codes.key("session", one.name), codes.key("trainee", who), progress.MarkStatus(mark), one.on
                )
                for who, mark in one.marks.items()
            ],
            frozenset(codes.key("trainee", who) for who in one.audience),
        )
        for one in case.sessions
    ]
    histories = {
        code: progress.History(codes.key("trainee", code), places[code], evidence[code]) for code in named["trainee"]
    }
    return codes, {"requirements": requirements, "registers": registers, "histories": histories}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rule_shows_what_its_case_says(case):
    codes, given = lay_out(case)
    settings = {
        "tracks": frozenset(codes.key("track", track) for track in case.tracks),
        "thresholds": progress.Thresholds(attendance_limit=case.attendance_limit),
        "as_of": case.as_of,
        "known": case.known,
    }
    plan = given["requirements"], given["registers"]
    if case.who.startswith("C"):
        answer = progress.cohort_progress(codes.key("cohort", case.who), given["histories"].values(), *plan, **settings)
    else:
        answer = progress.trainee_progress(given["histories"][case.who], *plan, **settings)
    assert {what: cases.seen(answer, what, codes) for what in case.shows} == case.shows


def test_every_case_has_its_own_name():
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("31 Jan 2026", 1, "28 Feb 2026"),
        ("31 Jan 2024", 1, "29 Feb 2024"),
        ("29 Feb 2024", 12, "28 Feb 2025"),
        ("15 Dec 2026", 1, "15 Jan 2027"),
        ("30 Nov 2026", 3, "28 Feb 2027"),
        ("1 Dec 2026", 0, "1 Dec 2026"),
        ("31 Aug 2026", 24, "31 Aug 2028"),
    ],
)
def test_months_are_added_whole_and_clamped(start, months, end):
    assert add_months(day(start), months) == day(end)


@pytest.mark.parametrize(
    ("share", "percent"),
    [
        (Share(0, 0), None),
        (Share(0, 9), 0),
        (Share(7, 9), 77),
        (Share(9, 9), 100),
        (Share(999, 1000), 99),
        (Share(1, 300), 0),
        (Share(1, 100), 1),
    ],
)
def test_a_percentage_is_rounded_down(share, percent):
    assert share.percent == percent


TODAY = day("1 Sep")
PASS = Evidence(1, Kind.GO, day("1 Aug"), day("20 Aug"), day("1 Aug"))
MARK = Decimal(60)


def mark(kind, on=TODAY, **more):
    return NewMark(Kind(kind), on, **more)


@pytest.mark.parametrize(
    ("new", "evidence", "pass_mark", "blocked", "found"),
    [
        (mark("go"), [], None, False, []),
        (mark("go", day("2 Sep")), [], None, False, [Refusal.FUTURE]),
        (mark("not_assessed", day("2 Sep"), reason="rain"), [], None, False, [Refusal.FUTURE]),
        (mark("no_go", recertification=True), [], None, False, [Refusal.NO_EARLIER_PASS]),
        (mark("no_go", recertification=True), [PASS], None, False, []),
        (
            mark("go", recertification=True),
            [PASS._replace(holds_from=day("2 Sep"))],
            None,
            False,
            [Refusal.NO_EARLIER_PASS],
        ),
        (mark("go", recertification=True, voids=1), [PASS], None, False, [Refusal.NO_EARLIER_PASS]),
        (mark("go"), [PASS], None, False, [Refusal.NEEDS_RECERTIFICATION]),
        (mark("no_go"), [PASS], None, False, [Refusal.NEEDS_RECERTIFICATION]),
        (mark("go", day("20 Aug")), [PASS], None, False, []),
        (mark("not_assessed", reason="rain"), [PASS], None, False, []),
        (mark("go", voids=1), [PASS], None, False, []),
        (
            mark("go"),
            [PASS, Evidence(2, Kind.NO_GO, day("21 Aug"), None, day("21 Aug"), recertification=True)],
            None,
            False,
            [],
        ),
        (mark("go", score=Decimal("59.9")), [], MARK, False, [Refusal.BELOW_PASS_MARK]),
        (mark("go", score=MARK), [], MARK, False, []),
        (mark("go"), [], MARK, False, [Refusal.SCORE_MISSING]),
        (mark("go", score=Decimal(90), failed_critical=True), [], MARK, False, [Refusal.CRITICAL_FAILED]),
        (mark("no_go", score=Decimal("59.9")), [], MARK, False, []),
        (mark("no_go"), [], MARK, False, []),
        (mark("no_go", score=MARK), [], MARK, False, [Refusal.AT_PASS_MARK]),
        (mark("no_go", score=MARK, reason=" "), [], MARK, False, [Refusal.AT_PASS_MARK]),
        (mark("no_go", score=MARK, reason="unsafe"), [], MARK, False, []),
        (mark("no_go", score=MARK, failed_critical=True), [], MARK, False, []),
        (mark("go"), [], None, True, [Refusal.BLOCKED]),
        (mark("go", reason="as agreed"), [], None, True, []),
        (mark("no_go"), [], None, True, []),
        (mark("not_assessed"), [], None, False, [Refusal.NO_REASON]),
        (mark("not_assessed", reason="rain"), [], None, False, []),
    ],
)
def test_a_mark_is_refused_for_what_the_rule_forbids(new, evidence, pass_mark, blocked, found):
    assert list(refusals(new, evidence, today=TODAY, pass_mark=pass_mark, blocked=blocked)) == found


def test_a_pass_later_on_the_day_is_no_earlier_pass():
    later = PASS._replace(holds_from=TODAY, holds_until=None, recorded_on=TODAY, at_time=datetime.time(15))
    new = mark("no_go", at_time=datetime.time(9), recertification=True)
    assert refusals(new, [later], today=TODAY) == (Refusal.NO_EARLIER_PASS,)


def test_a_pass_recorded_before_on_the_day_is_an_earlier_one():
    earlier = PASS._replace(holds_from=TODAY, holds_until=None, recorded_on=TODAY)
    assert refusals(mark("no_go", recertification=True), [earlier], today=TODAY) == ()


def test_required_wins_where_two_entries_ask_for_a_module():
    elective = Requirement(1, 7, required=False, position=1)
    required = Requirement(2, 7, tracks=frozenset({5}), position=2)
    tracks = frozenset({5, 6})
    assert asked_of(5, [elective, required], tracks) == {7: required}
    assert asked_of(6, [elective, required], tracks) == {7: elective}


def test_what_only_a_track_asks_is_not_asked_in_a_program_without_tracks():
    assert asked_of(None, [Requirement(1, 7, tracks=frozenset({5}))], frozenset()) == {}


def test_a_line_voided_inside_a_snapshot_is_named():
    void = Evidence(3, Kind.VOID, day("20 Aug"), None, day("20 Aug"), voids=1)
    assert voided_since([1, 2], [PASS, void], day("20 Aug")) == (1,)
    assert voided_since([1, 2], [PASS, void], day("19 Aug")) == ()
    assert voided_since([2], [PASS, void], day("20 Aug")) == ()
