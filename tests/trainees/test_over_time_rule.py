"""A cohort over time: every day of it is what the rule answers for that day, however dense the records are."""

import datetime
from random import Random

import pytest

from trainees.progress import (
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
    Share,
    Thresholds,
    Version,
    cohort_over_time,
    cohort_progress,
)

FIRST = datetime.date(2026, 1, 1)
SPAN = 24
LAST = FIRST + datetime.timedelta(SPAN)
MODULES, TRACKS = (1, 2, 3), frozenset({1, 2})


def day(number):
    return FIRST + datetime.timedelta(number)


def cohort_of(chance):
    """People, registers and two curricula with everything that the rule knows, made up by `chance`."""

    def some(lowest=-3):
        return day(chance.randint(lowest, SPAN))

    def lines(base):
        for number in range(base, base + chance.randint(0, 4)):
            kind = chance.choice([Kind.GO, Kind.GO, Kind.GO, *Kind])
            since = some()
            ends = kind in {Kind.GO, Kind.CREDIT, Kind.EXEMPTION} and chance.random() < 0.6
            until = since + datetime.timedelta(chance.randint(0, 8)) if ends else None
            session = chance.choice([None, None, *range(6)]) if kind in {Kind.GO, Kind.NO_GO} else None
            voids = number - 1 if kind == Kind.VOID and number > base else None
            yield Evidence(number, kind, since, until, some(), voids, chance.random() < 0.2, session=session)

    def person(trainee):
        places = [Place(10 * trainee, 1, chance.choice([1, 2]), None, PlaceStatus.ACTIVE, day(0), day(0))]
        for number in range(1, chance.choice([1, 1, 3])):
            status = chance.choice([PlaceStatus.ACTIVE, PlaceStatus.COMPLETED, *PlaceStatus])
            cohort, track = chance.choice([1, 1, 2]), chance.choice([None, 1, 2])
            places.append(Place(10 * trainee + number, cohort, track, None, status, some(0), some()))
        return History(trainee, places, {module: list(lines(1000 * trainee + 10 * module)) for module in MODULES})

    def register(number):
        ended = some(0)
        session = Session(
            number,
            chance.choice(MODULES),
            chance.choice([1, 1, 2]),
            chance.choice(list(SessionKind)),
            ended,
            cancelled_on=some() if chance.random() < 0.1 else None,
            register_closed_on=some() if chance.random() < 0.8 else None,
            ends_on=ended,
        )
        return Register(session, [Mark(number, who, chance.choice(list(MarkStatus)), some(), who) for who in range(4)])

    def plan(since):
        asked = [
            Requirement(
                module, module, chance.random() < 0.8, frozenset(chance.sample([1, 2], chance.choice([0, 0, 1])))
            )
            for module in MODULES
        ]
        return Version(since, asked, TRACKS)

    return [person(who) for who in range(4)], [register(n) for n in range(6)], [plan(day(0)), plan(some())]


@pytest.mark.parametrize("limit", [None, 50])
@pytest.mark.parametrize("known", [SPAN, SPAN // 2])
def test_every_day_is_what_is_answered_for_that_day(known, limit):
    for seed in range(20):
        people, registers, versions = cohort_of(Random(seed))
        thresholds = Thresholds(attendance_limit=limit)
        dates = {"first": day(2), "last": LAST, "known": day(known)}
        over_time = cohort_over_time(1, people, versions, registers, thresholds=thresholds, **dates)
        told = {found.day: found for found in over_time.days}
        assert (min(told), max(told)) == (day(2), LAST)
        found = None
        for number in range(2, SPAN + 1):
            found = told.get(day(number), found)
            asked = [one for one in versions if one.since <= day(number)][-1].requirements
            answer = cohort_progress(
                1, people, asked, registers, tracks=TRACKS, thresholds=thresholds, as_of=day(number), known=day(known)
            )
            assert found.counted == len(answer.counted)
            for name in ("coverage", "meeting", "first_time", "attendance"):
                assert getattr(found, name) == getattr(answer, name), (seed, number, name)
            assert found.completed == (len(answer.completed), len(answer.meet_all))
            assert found.modules == {module: of.share for module, of in answer.modules.items()}


def course(**more):
    """Two trainees of whom two modules are asked; the first has a GO in both, on the 2nd and on the 4th day."""
    places = [Place(who, 1, None, None, PlaceStatus.ACTIVE, day(0), day(0)) for who in (1, 2)]
    goes = {module: [Evidence(module, Kind.GO, day(on), None, day(on))] for module, on in ((1, 1), (2, 3))}
    people = [History(1, [places[0]], goes), History(2, [places[1]])]
    asked = [Version(day(0), [Requirement(1, 1), Requirement(2, 2)], more.pop("tracks", frozenset()))]
    dates = {"first": day(0), "last": day(9), "known": day(9)} | more.pop("dates", {})
    return cohort_over_time(1, people, asked, more.get("registers", ()), thresholds=Thresholds(), **dates)


def test_whoever_has_no_track_where_there_are_tracks_does_not_meet_all():
    assert course().days[-1].meeting == (1, 2)
    assert course(tracks=TRACKS).days[-1].meeting == (0, 2)


def planned(module, ends, **more):
    return Register(
        Session(ends, module, 1, more.pop("kind", SessionKind.INSTRUCTION), None, ends_on=day(ends), **more)
    )


def test_only_the_days_on_which_a_number_changed_are_told_between_the_first_and_the_last():
    assert [(found.day, found.coverage.part) for found in course().days] == [
        (day(0), 0), (day(1), 1), (day(3), 2), (day(9), 2),
    ]  # fmt: skip


def test_a_course_of_a_single_day_is_told():
    [only] = course(dates={"last": day(0)}).days
    assert only.coverage == (0, 4) and only.attendance == (0, 0)


def test_a_module_is_planned_from_the_day_of_its_last_session():
    found = course(registers=[planned(1, 2), planned(1, 4), planned(2, 6)])
    assert {one.day: one.planned for one in found.days} == {
        day(0): (0, 4), day(1): (0, 4), day(3): (0, 4), day(4): (2, 4), day(6): (4, 4), day(9): (4, 4),
    }  # fmt: skip


def test_the_plan_goes_on_after_today_and_knows_no_retake_and_nothing_cancelled():
    registers = [
        planned(1, 2), planned(2, 12), planned(1, 14, kind=SessionKind.RETAKE), planned(1, 16, cancelled_on=day(3)),
    ]  # fmt: skip
    assert list(course(registers=registers).ahead(day(20))) == [(day(12), Share(4, 4)), (day(20), Share(4, 4))]
    assert list(course(registers=registers).ahead(day(9))) == []
