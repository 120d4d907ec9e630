"""The cases of the progress rule as plain data, told with codes instead of keys.

Whoever runs them lays out a case, asks about `who` (a trainee or a cohort) on `as_of`, as known on `known`, and
compares what `seen` reads from the answer with `shows`. Every fact is recorded on its own day unless it says otherwise.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainees.progress import CohortProgress, TraineeProgress

Day = datetime.date


def day(text: str) -> Day:
    """A day of 2026 as "12 Aug", or of another year as "12 Aug 2027"."""
    return datetime.datetime.strptime(text if len(text.split()) == 3 else f"{text} 2026", "%d %b %Y").date()


START = day("1 Aug")
THEN = day("10 Aug")  # when a thing happened, unless a case says otherwise
TODAY = day("1 Sep")


@dataclass(frozen=True)
class Module:
    code: str
    required: bool = True
    tracks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    validity: int | None = None
    pass_mark: int | None = None


@dataclass(frozen=True)
class Version:
    """A curriculum version that the cohorts follow from a day on."""

    modules: tuple[Module, ...]
    since: Day = START


@dataclass(frozen=True)
class Place:
    trainee: str = "T1"
    status: str = "active"
    since: Day = START
    cohort: str = "C1"
    track: str | None = None
    reason: str = ""
    recorded: Day | None = None
    name: str = ""
    voids: str = ""


@dataclass(frozen=True)
class Line:
    """Evidence. Without `until` a GO holds as long as its module's validity says."""

    kind: str
    on: Day = THEN
    module: str = "A"
    trainee: str = "T1"
    until: Day | None = None
    recertification: bool = False
    at: datetime.time | None = None
    session: str = ""
    score: int | None = None
    recorded: Day | None = None
    name: str = ""
    voids: str = ""


@dataclass(frozen=True)
class Session:
    """`marks` by trainee, made on the day; `closed` None: the register is open, and for `audience`."""

    name: str
    module: str = "A"
    kind: str = "instruction"
    on: Day = THEN
    cohort: str = "C1"
    marks: Mapping[str, str] = field(default_factory=dict)
    closed: Day | None = None
    audience: tuple[str, ...] = ()
    cancelled: Day | None = None
    over: bool = True


@dataclass(frozen=True)
class Case:
    name: str
    shows: dict[str, Any]
    lines: tuple[Line, ...] = ()
    sessions: tuple[Session, ...] = ()
    places: tuple[Place, ...] = (Place(),)
    versions: tuple[Version, ...] = (Version((Module("A"), Module("B"), Module("C"))),)
    tracks: tuple[str, ...] = ()
    attendance_limit: int | None = None
    who: str = "T1"
    as_of: Day = TODAY
    known: Day = TODAY


def go(module: str = "A", on: str = "10 Aug", **more: Any) -> Line:
    return Line("go", day(on), module, **more)


def no_go(module: str = "A", on: str = "10 Aug", **more: Any) -> Line:
    return Line("no_go", day(on), module, **more)


def ones(code: str, count: int) -> tuple[Version, ...]:
    return (Version(tuple(Module(f"{code}{number}") for number in range(count))),)


def exempt(module: str, until: Day | None = None, **more: Any) -> Line:
    return Line("exemption", day("5 Aug"), module, until=until, **more)


TWO = (Place("T1"), Place("T2"))
PRESENT = {"T1": "present"}
MEDIC = (Version((Module("A"), Module("M", tracks=("medic",)), Module("E", required=False))),)
VALID = (Version((Module("A", validity=12), Module("B"), Module("C"))),)

THE_TABLE = (
    Case("nothing", {"share": (0, 3), "percent": 0, "status A": "not_started"}),
    Case(
        "GO, GO, attended only",
        {"share": (2, 3), "percent": 66, "status C": "in_training"},
        (go("A"), go("B")),
        (Session("s1", "C", marks=PRESENT, closed=day("10 Aug")),),
    ),
    Case(
        "NO-GO then GO",
        {"status A": "achieved", "attempts A": ["first", "second"], "left out A": {"first": "superseded"}},
        (no_go(name="first"), go(on="12 Aug", name="second")),
    ),
    Case(
        "GO then ordinary NO-GO",
        {"status A": "achieved", "deciding A": ["first"], "left out A": {"second": "outweighed"}},
        (go(name="first"), no_go(on="12 Aug", name="second")),
    ),
    Case(
        "GO then recertification NO-GO",
        {"status A": "no_go_recertification", "share": (0, 3), "left out A": {"first": "cancelled"}},
        (go(name="first"), no_go(on="12 Aug", recertification=True)),
    ),
    Case(
        "GO, recertification NO-GO, then GO again",
        {"status A": "achieved", "deciding A": ["again"]},
        (go(), no_go(on="12 Aug", recertification=True), go(on="14 Aug", name="again")),
    ),
    Case(
        "GO, expired, then NO-GO",
        {"status A": "no_go_recertification", "left out A": {"old": "cancelled"}},
        (go(on="5 Aug", until=day("10 Aug"), name="old"), no_go(on="12 Aug")),
    ),
    Case(
        "validity ended yesterday",
        {"status A": "expired", "flags A": set(), "share": (0, 3)},
        (go(until=day("31 Aug")),),
    ),
    Case(
        "validity ends today",
        {"status A": "achieved", "flags A": {"due_to_expire"}, "share": (1, 3)},
        (go(until=day("1 Sep")),),
    ),
    Case(
        "credit until 2026, new GO until 2025, asked in 2026",
        {"status A": "achieved", "deciding A": ["credit"], "by credit A": True, "left out A": {"go": "expired"}},
        (
            Line("credit", day("1 Jan 2024"), until=day("31 Dec"), name="credit"),
            go(on="1 Jun 2024", until=day("1 Jun 2025"), name="go"),
        ),
    ),
    Case(
        "credit past its date", {"status A": "expired"}, (Line("credit", day("1 Jan 2024"), until=day("1 Jan 2025")),)
    ),
    Case(
        "one exempt and two GO",
        {"share": (2, 2), "percent": 100, "status A": "exempt", "requirements met": True},
        (exempt("A", TODAY), go("B"), go("C")),
    ),
    Case(
        "the day after the exemption ends",
        {"share": (2, 3), "percent": 66, "status A": "not_started", "requirements met": False},
        (exempt("A", day("31 Aug")), go("B"), go("C")),
    ),
    Case(
        "one credit and two GO",
        {"share": (3, 3), "percent": 100, "by credit A": True, "by credit B": False},
        (Line("credit"), go("B"), go("C")),
    ),
    Case(
        "all exempt",
        {"share": (0, 0), "percent": None, "requirements met": False},
        (exempt("A"), exempt("B"), exempt("C")),
    ),
    Case(
        "voided GO, nothing else",
        {"status A": "not_started", "attempts A": [], "left out A": {"go": "voided", "void": "void"}},
        (go(name="go"), Line("void", day("11 Aug"), name="void", voids="go")),
    ),
    Case(
        "GO of 10 Aug recorded on 20 Aug, as known today",
        {"status A": "achieved"},
        (go(recorded=day("20 Aug")),),
        as_of=day("12 Aug"),
    ),
    Case(
        "GO of 10 Aug recorded on 20 Aug, as known on 12 Aug",
        {"status A": "not_started", "left out A": {"go": "not_yet_recorded"}},
        (go(recorded=day("20 Aug"), name="go"),),
        as_of=day("12 Aug"),
        known=day("12 Aug"),
    ),
    Case(
        "withdrawal of 15 Aug recorded on 20 Aug, as known today",
        {"counted": [], "withdrawn": {"knee": ["T1"]}, "coverage": (0, 0)},
        places=(Place(), Place(status="withdrawn", since=day("16 Aug"), reason="knee", recorded=day("20 Aug"))),
        who="C1",
        as_of=day("18 Aug"),
    ),
    Case(
        "withdrawal of 15 Aug recorded on 20 Aug, as known on 18 Aug",
        {"counted": ["T1"], "withdrawn": {}, "coverage": (0, 3)},
        places=(Place(), Place(status="withdrawn", since=day("16 Aug"), reason="knee", recorded=day("20 Aug"))),
        who="C1",
        as_of=day("18 Aug"),
        known=day("18 Aug"),
    ),
    *(
        Case(
            f"transferred on 15 Aug: {cohort} on {when}",
            {"counted": counted, "transferred": gone, "coverage": coverage},
            (go(),),
            places=(Place(), Place(cohort="C2", since=day("16 Aug"), recorded=day("15 Aug"))),
            who=cohort,
            as_of=day(when),
        )
        for cohort, when, counted, gone, coverage in (
            ("C1", "15 Aug", ["T1"], [], (1, 3)),
            ("C2", "15 Aug", [], [], (0, 0)),
            ("C1", "16 Aug", [], ["T1"], (0, 0)),
            ("C2", "16 Aug", ["T1"], [], (1, 3)),
        )
    ),
    Case(
        "medic module, trainee of another track",
        {"cells": ["A", "E"], "share": (0, 1), "additional": ["M"]},
        (go("M"),),
        places=(Place(track="rifle"),),
        versions=MEDIC,
        tracks=("medic", "rifle"),
    ),
    Case(
        "medic module, cohort with one medic",
        {"module M": (1, 1), "module A": (0, 2), "first time M": (1, 1), "coverage": (1, 3)},
        (go("M"), go("M", trainee="T2")),
        places=(Place("T1", track="rifle"), Place("T2", track="medic")),
        versions=MEDIC,
        tracks=("medic", "rifle"),
        who="C1",
    ),
    Case(
        "pass mark raised from 60 to 70 after a GO at 65",
        {"status A": "achieved", "share": (1, 1)},
        (go(score=65),),
        versions=(Version((Module("A", pass_mark=60),)), Version((Module("A", pass_mark=70),), day("20 Aug"))),
    ),
    *(
        Case(
            f"GO at 31 Jan {year}, validity one month, on {when}",
            {"status A": status},
            (go(on=f"31 Jan {year}"),),
            places=(Place(since=day("1 Jan 2023")),),
            versions=(Version((Module("A", validity=1),), day("1 Jan 2023")),),
            as_of=day(f"{when} {year}"),
        )
        for year, when, status in (
            (2026, "28 Feb", "achieved"),
            (2026, "1 Mar", "expired"),
            (2024, "29 Feb", "achieved"),
            (2024, "1 Mar", "expired"),
        )
    ),
    Case(
        "199 of 200",
        {"share": (199, 200), "percent": 99},
        tuple(go(f"N{number}") for number in range(199)),
        versions=ones("N", 200),
    ),
    Case("1 of 300", {"share": (1, 300), "percent": 0}, (go("N0"),), versions=ones("N", 300)),
    Case(
        "elective GO on top of 3 of 3",
        {"share": (3, 3), "percent": 100, "electives": (1, 2)},
        (go("A"), go("B"), go("C"), go("E")),
        versions=(Version((Module("A"), Module("B"), Module("C"), Module("E", False), Module("F", False))),),
    ),
    Case(
        "cohort of two: 3 of 3, and 0 of 1 with two exempt",
        {"coverage": (3, 4), "coverage percent": 75, "meet all": (1, 2), "module A": (1, 1), "module C": (1, 2)},
        (go("A"), go("B"), go("C"), exempt("A", trainee="T2"), exempt("B", trainee="T2")),
        places=TWO,
        who="C1",
    ),
    Case(
        "cohort of nobody",
        {
            "counted": [],
            "coverage": (0, 0),
            "coverage percent": None,
            "meet all": (0, 0),
            "module A": (0, 0),
            "band A": None,
            "first time A": (0, 0),
            "attendance": (0, 0),
            "registers": (0, 0),
            "results": (0, 0),
            "newest": None,
        },
        places=(),
        who="C1",
    ),
)

ONE_MODULE = (
    Case(
        "exemption over a GO",
        {"status A": "exempt", "share": (0, 2), "left out A": {"go": "exempt"}},
        (exempt("A"), go(name="go")),
    ),
    Case(
        "GO made during an exemption counts after it",
        {"status A": "achieved", "share": (1, 3)},
        (exempt("A", day("31 Aug")), go()),
    ),
    Case("exemption ends in 30 days", {"flags A": {"exemption_ends"}}, (exempt("A", day("1 Oct")),)),
    Case("exemption ends in 31 days", {"flags A": set()}, (exempt("A", day("2 Oct")),)),
    Case("exemption starts tomorrow", {"status A": "not_started"}, (exempt("A"),), as_of=day("4 Aug")),
    Case("NO-GO", {"status A": "no_go", "attempts A": ["n"]}, (no_go(name="n"),)),
    Case(
        "the latest NO-GO decides",
        {"deciding A": ["second"], "left out A": {"first": "superseded"}},
        (no_go(name="first"), no_go(on="12 Aug", name="second")),
    ),
    Case(
        "the exemption that lasts longest decides",
        {"deciding A": ["long"], "flags A": set()},
        (exempt("A", name="long"), Line("exemption", day("12 Aug"), until=day("2 Sep"))),
    ),
    Case(
        "a result of tomorrow",
        {"status A": "not_started", "left out A": {"go": "later"}},
        (go(on="2 Sep", name="go"),),
        known=day("3 Sep"),
    ),
    Case(
        "not assessed is no attempt",
        {"status A": "no_go", "attempts A": ["n"], "left out A": {"x": "no_attempt"}},
        (no_go(name="n"), Line("not_assessed", day("12 Aug"), name="x")),
    ),
    Case("recertification NO-GO after no pass", {"status A": "no_go"}, (no_go(recertification=True),)),
    Case(
        "recertification NO-GO cancels a credit too",
        {"status A": "no_go_recertification"},
        (Line("credit", day("5 Aug")), no_go(recertification=True)),
    ),
    Case(
        "a credit restores",
        {"status A": "achieved", "by credit A": True},
        (go(), no_go(on="12 Aug", recertification=True), Line("credit", day("13 Aug"))),
    ),
    Case(
        "cancelled passes stay cancelled once the new GO has expired",
        {"status A": "expired", "deciding A": ["short"], "left out A": {"long": "cancelled", "n": "superseded"}},
        (
            go(name="long"),
            no_go(on="12 Aug", recertification=True, name="n"),
            go(on="13 Aug", until=day("20 Aug"), name="short"),
        ),
    ),
    Case(
        "a voided recertification NO-GO cancels nothing",
        {"status A": "achieved"},
        (go(), no_go(on="12 Aug", recertification=True, name="n"), Line("void", day("13 Aug"), voids="n")),
    ),
    Case(
        "a correction replaces",
        {"status A": "no_go", "left out A": {"wrong": "voided"}},
        (go(name="wrong"), no_go(recorded=day("11 Aug"), voids="wrong")),
    ),
    Case(
        "a voided correction revives nothing",
        {"status A": "not_started"},
        (
            go(name="wrong"),
            no_go(recorded=day("11 Aug"), voids="wrong", name="other"),
            Line("void", day("12 Aug"), voids="other"),
        ),
    ),
    Case(
        "the void was not known yet",
        {"status A": "achieved"},
        (go(name="go"), Line("void", day("20 Aug"), voids="go")),
        as_of=day("19 Aug"),
        known=day("19 Aug"),
    ),
    Case(
        "a GO before a NO-GO by the clock, recorded after it",
        {"attempts A": ["early", "late"]},
        (no_go(at=datetime.time(15), name="late"), go(at=datetime.time(9), name="early")),
    ),
    Case(
        "a recertification NO-GO without a time is later than a GO at noon",
        {"status A": "no_go_recertification"},
        (no_go(recertification=True), go(at=datetime.time(12))),
    ),
    Case(
        "due to expire at a quarter of a short validity, not before",
        {"flags A": set()},
        (go(on="21 Aug", until=day("5 Sep")),),
    ),
    Case("a quarter of the validity is left", {"flags A": {"due_to_expire"}}, (go(on="20 Aug", until=day("5 Sep")),)),
    Case("31 of 365 days left", {"flags A": set()}, (go(on="2 Oct 2025", until=day("2 Oct")),), places=(Place(),)),
    Case("30 of 365 days left", {"flags A": {"due_to_expire"}}, (go(on="1 Oct 2025"),), versions=VALID),
    Case(
        "the longest-lasting pass decides",
        {"deciding A": ["long"], "left out A": {"new": "superseded"}, "flags A": set()},
        (go(until=day("1 Dec 2027"), name="long"), go(on="12 Aug", until=day("1 Dec"), name="new")),
    ),
    Case(
        "blocked by a prerequisite not achieved",
        {"flags B": {"blocked"}, "status B": "not_started"},
        versions=(Version((Module("A"), Module("B", needs=("A",)))),),
    ),
    Case(
        "an exempt prerequisite blocks nothing",
        {"flags B": set()},
        (exempt("A"),),
        versions=(Version((Module("A"), Module("B", needs=("A",)))),),
    ),
    Case(
        "a GO recorded while blocked counts",
        {"flags B": set(), "status B": "achieved"},
        (go("B"),),
        versions=(Version((Module("A"), Module("B", needs=("A",)))),),
    ),
    Case(
        "a prerequisite outside the track blocks nothing",
        {"flags B": set()},
        places=(Place(track="rifle"),),
        versions=(Version((Module("A", tracks=("medic",)), Module("B", needs=("A",)))),),
        tracks=("medic", "rifle"),
    ),
)

SESSIONS = (
    Case("late is there", {"status A": "in_training"}, sessions=(Session("s", marks={"T1": "late"}),)),
    Case("excused is not there", {"status A": "not_started"}, sessions=(Session("s", marks={"T1": "excused"}),)),
    Case(
        "attended in another cohort of the program",
        {"status A": "in_training", "attendance": (0, 0)},
        sessions=(Session("s", cohort="C2", marks=PRESENT, closed=day("10 Aug")),),
    ),
    Case(
        "a session not over yet",
        {"status A": "not_started", "flags A": set()},
        sessions=(Session("s", on=TODAY, marks=PRESENT, audience=("T1",), over=False),),
    ),
    Case(
        "a cancelled session",
        {"status A": "not_started", "flags A": set()},
        sessions=(Session("s", audience=("T1",), cancelled=day("9 Aug")),),
    ),
    Case(
        "the cancelling was not known yet",
        {"flags A": {"outstanding"}},
        sessions=(Session("s", audience=("T1",), cancelled=day("20 Aug")),),
        as_of=day("19 Aug"),
        known=day("19 Aug"),
    ),
    Case("register open", {"flags A": {"outstanding"}}, sessions=(Session("s", audience=("T1",)),)),
    Case(
        "register of an instruction closed",
        {"flags A": set()},
        sessions=(Session("s", marks=PRESENT, closed=day("11 Aug")),),
    ),
    Case(
        "present at an assessment without a result",
        {"flags A": {"outstanding"}, "status A": "in_training"},
        sessions=(Session("s", kind="assessment", marks=PRESENT, closed=day("11 Aug")),),
    ),
    Case(
        "absent from an assessment",
        {"flags A": set()},
        sessions=(Session("s", kind="retake", marks={"T1": "absent"}, closed=day("11 Aug")),),
    ),
    Case(
        "not assessed, with its reason, closes the record",
        {"flags A": set()},
        (Line("not_assessed", session="s"),),
        (Session("s", kind="assessment", marks=PRESENT, closed=day("11 Aug")),),
    ),
    Case(
        "a voided result opens it again",
        {"flags A": {"outstanding"}},
        (go(session="s", name="go"), Line("void", day("12 Aug"), voids="go")),
        (Session("s", kind="assessment", marks=PRESENT, closed=day("11 Aug")),),
    ),
    *(
        Case(
            f"attendance two of three, limit {limit}",
            {"attendance": (2, 3), "requirements met": met, "provisional": False},
            (go(),),
            tuple(
                Session(f"s{number}", marks={"T1": mark}, closed=day("11 Aug"))
                for number, mark in enumerate(("present", "late", "absent", "excused"))
            ),
            versions=(Version((Module("A"),)),),
            attendance_limit=limit,
        )
        for limit, met in ((66, True), (67, False), (None, True))
    ),
    Case(
        "nothing expected, a register open",
        {"attendance": (0, 0), "requirements met": True, "provisional": True},
        (go(),),
        (Session("s", audience=("T1",)),),
        versions=(Version((Module("A"),)),),
        attendance_limit=80,
    ),
    Case(
        "a register open where attendance is no condition",
        {"requirements met": True, "provisional": False},
        (go(),),
        (Session("s", audience=("T1",)),),
        versions=(Version((Module("A"),)),),
    ),
    Case(
        "taught in another cohort only",
        {"taught A": False, "held A": [], "registers": (0, 0)},
        sessions=(Session("s", cohort="C2", marks=PRESENT, closed=day("10 Aug")),),
        who="C1",
    ),
    Case(
        "cohort's registers, results and attendance, a leaver included",
        {
            "attendance": (3, 4),
            "registers": (2, 3),
            "open registers": ["s3"],
            "results": (1, 2),
            "results missing": [("s2", "T2")],
            "first time A": (1, 2),
            "held A": ["s1", "s2"],
            "taught B": True,
            "taught C": False,
            "newest": day("31 Aug"),
        },
        (go(session="s2", recorded=day("31 Aug")), no_go(trainee="T3"), no_go(on="12 Aug", recorded=day("13 Aug"))),
        (
            Session("s1", marks={"T1": "present", "T2": "excused", "T3": "absent"}, closed=day("11 Aug")),
            Session("s2", kind="assessment", marks={"T1": "present", "T2": "late"}, closed=day("11 Aug")),
            Session("s3", "B", marks={"T1": "absent"}, audience=("T1", "T2")),
        ),
        places=(*TWO, Place("T3"), Place("T3", "withdrawn", since=day("16 Aug"), reason="knee")),
        who="C1",
    ),
    Case(
        "the register was closed later than known",
        {"attendance": (0, 0), "registers": (0, 1)},
        sessions=(Session("s", marks=PRESENT, closed=day("20 Aug"), audience=("T1",)),),
        who="C1",
        as_of=day("12 Aug"),
        known=day("12 Aug"),
    ),
    Case(
        "a first attempt elsewhere is none here",
        {"first time A": (0, 0), "module A": (1, 1)},
        (no_go(on="5 Aug"), go(on="18 Aug")),
        places=(Place(cohort="C2"), Place(since=day("16 Aug"))),
        who="C1",
    ),
)

COHORTS = (
    Case(
        "a first attempt as a guest of another cohort is none here",
        {"first time A": (0, 0)},
        (go(session="s"),),
        (Session("s", cohort="C2", kind="assessment", marks=PRESENT, closed=day("10 Aug")),),
        who="C1",
    ),
    Case(
        "a first attempt after leaving is none here",
        {"first time A": (0, 0), "first time B": (1, 1)},
        (go("A", "20 Aug"), go("B")),
        places=(Place(), Place(status="withdrawn", since=day("16 Aug"))),
        who="C1",
    ),
    Case(
        "the newest entry is the newest known",
        {"newest": day("10 Aug")},
        (go(), go("B", recorded=day("30 Aug"))),
        who="C1",
        known=day("29 Aug"),
    ),
    Case(
        "a place entered afterwards for an earlier day",
        {"counted": ["T1"], "withdrawn": {}},
        places=(
            Place(),
            Place(since=day("20 Aug")),
            Place(status="withdrawn", since=day("12 Aug"), recorded=day("25 Aug")),
        ),
        who="C1",
    ),
    Case(
        "without a track only what every track requires counts",
        {"cells": ["A", "E", "U"], "share": (2, 2), "no track": True, "requirements met": False},
        (go("A"), go("U")),
        versions=(
            Version(
                (*MEDIC[0].modules, Module("U", tracks=("medic", "rifle"))),
            ),
        ),
        tracks=("medic", "rifle"),
    ),
    Case(
        "a program without tracks misses none",
        {"no track": False, "requirements met": True},
        (go("A"), go("B"), go("C")),
    ),
    *(
        Case(
            f"all achieved and {status}",
            {"share": (3, 3), "requirements met": met},
            (go("A"), go("B"), go("C")),
            places=(Place(status=status),),
        )
        for status, met in (
            ("expected", False),
            ("active", True),
            ("suspended", False),
            ("completed", True),
            ("not_completed", False),
            ("withdrawn", False),
        )
    ),
    Case(
        "who is counted",
        {
            "counted": ["T2", "T3", "T4", "T5"],
            "expected": ["T1"],
            "withdrawn": {"home": ["T7"], "knee": ["T6"]},
            "meet all": (0, 4),
        },
        places=(
            Place("T1", "expected"),
            Place("T2", "active"),
            Place("T3", "suspended"),
            Place("T4", "completed"),
            Place("T5", "not_completed"),
            Place("T6", "withdrawn", reason="knee"),
            Place("T7", "withdrawn", reason="home"),
        ),
        who="C1",
    ),
    Case(
        "of those who meet all, completed",
        {"meet all": (2, 3), "completed": ["T2"]},
        tuple(go(trainee=trainee) for trainee in ("T1", "T2")),
        places=(*TWO, Place("T3", "completed"), Place("T2", "completed", since=day("30 Aug"))),
        versions=(Version((Module("A"),)),),
        who="C1",
    ),
    Case(
        "a return is a new period, results count throughout",
        {"counted": ["T1"], "withdrawn": {}, "coverage": (1, 3)},
        (go(),),
        places=(Place(), Place(status="withdrawn", since=day("12 Aug")), Place(since=day("20 Aug"))),
        who="C1",
    ),
    Case(
        "withdrawn here, later placed in another cohort: withdrawn, not transferred",
        {"counted": [], "transferred": [], "withdrawn": {"knee": ["T1"]}},
        places=(
            Place(),
            Place(status="withdrawn", since=day("12 Aug"), reason="knee"),
            Place(cohort="C2", since=TODAY),
        ),
        who="C1",
    ),
    Case(
        "a voided transfer never happened",
        {"counted": ["T1"], "transferred": []},
        places=(
            Place(),
            Place(cohort="C2", since=day("16 Aug"), name="slip"),
            Place(since=day("16 Aug"), recorded=day("17 Aug"), voids="slip"),
        ),
        who="C1",
    ),
    Case(
        "a place entered by mistake is none",
        {"counted": [], "withdrawn": {}, "transferred": [], "places": {}},
        places=(Place(name="slip"), Place(status="void", recorded=day("17 Aug"), voids="slip")),
        who="C1",
    ),
    *(
        Case(
            f"band at {achieved} of {whole}",
            {"band A": band, "module A": (achieved, whole)},
            tuple(go(trainee=f"T{number}") for number in range(achieved)),
            places=tuple(Place(f"T{number}") for number in range(whole)),
            versions=(Version((Module("A"),)),),
            who="C1",
        )
        for achieved, whole, band in ((9, 10, "T"), (26, 29, "P"), (6, 10, "P"), (22, 37, "U"), (0, 3, "U"))
    ),
    Case(
        "statuses of a module",
        {"statuses A": {"achieved": ["T1"], "exempt": ["T2"]}, "module A": (1, 1)},
        (go(), exempt("A", trainee="T2")),
        places=TWO,
        who="C1",
    ),
    Case(
        "an elective adds to no number",
        {"coverage": (0, 1), "module E": (0, 0), "band E": None, "statuses E": {"achieved": ["T1"]}},
        (go("E"),),
        versions=(Version((Module("A"), Module("E", required=False))),),
        who="C1",
    ),
    Case(
        "a new version asks more from its day on",
        {"share": (1, 2)},
        (go(),),
        versions=(Version((Module("A"),)), Version((Module("A"), Module("B")), TODAY)),
    ),
    Case(
        "the day before it asked less",
        {"share": (1, 1)},
        (go(),),
        versions=(Version((Module("A"),)), Version((Module("A"), Module("B")), TODAY)),
        as_of=day("31 Aug"),
    ),
)

CASES = THE_TABLE + ONE_MODULE + SESSIONS + COHORTS


class Codes:
    """Codes for keys, so that an answer can be compared with what a case says."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], int] = {}
        self._codes: dict[tuple[str, int], str] = {}

    def put(self, table: str, code: str, key: int) -> None:
        self._keys[table, code] = key
        self._codes[table, key] = code

    def key(self, table: str, code: str) -> int:
        return self._keys[table, code]

    def code(self, table: str, key: int) -> str:
        return self._codes[table, key]

    def codes(self, table: str, keys: Any) -> list[str]:
        return [self.code(table, key) for key in keys]


FLAGS = ("blocked", "due_to_expire", "exemption_ends", "outstanding")


def seen(answer: TraineeProgress | CohortProgress, what: str, codes: Codes) -> Any:
    """Read from an answer what a case speaks of, in its words: "share", "status A", "first time A" ..."""
    words, _, code = what.rpartition(" ")
    if isinstance(answer, CohortProgress):
        return _seen_of_cohort(answer, what, words, code, codes)
    if what in {"share", "percent", "no track", "requirements met", "provisional", "attendance"}:
        plain: dict[str, Any] = {
            "share": tuple(answer.share),
            "percent": answer.share.percent,
            "no track": answer.no_track,
            "requirements met": answer.requirements_met,
            "provisional": answer.provisional,
            "attendance": tuple(answer.attendance.share),
        }
        return plain[what]
    if what == "electives":
        return len(answer.electives_achieved), len(answer.electives)
    if what == "additional":
        return codes.codes("module", answer.additional)
    if what == "cells":
        return codes.codes("module", answer.standings)
    standing = answer.standings[codes.key("module", code)]
    if words == "left out":  # only lines that the case names
        return {
            name: str(why)
            for name, why in ((codes.code("line", one.id), one.why) for one in standing.left_out)
            if not name.startswith("#")
        }
    of_module: dict[str, Any] = {
        "status": standing.status,
        "deciding": codes.codes("line", standing.deciding),
        "attempts": codes.codes("line", standing.attempts),
        "by credit": standing.by_credit,
        "flags": {flag for flag in FLAGS if getattr(standing, flag)},
    }
    return of_module[words]


def _seen_of_cohort(answer: CohortProgress, what: str, words: str, code: str, codes: Codes) -> Any:
    plain: dict[str, Any] = {
        "counted": codes.codes("trainee", answer.counted),
        "expected": codes.codes("trainee", answer.expected),
        "withdrawn": {reason: codes.codes("trainee", who) for reason, who in answer.withdrawn.items()},
        "transferred": codes.codes("trainee", answer.transferred),
        "places": {str(status): codes.codes("trainee", who) for status, who in answer.places.items()},
        "coverage": tuple(answer.coverage),
        "coverage percent": answer.coverage.percent,
        "meet all": tuple(answer.meeting),
        "completed": codes.codes("trainee", answer.completed),
        "attendance": tuple(answer.attendance),
        "registers": tuple(answer.registers),
        "open registers": codes.codes("session", answer.open_registers),
        "results": tuple(answer.results),
        "results missing": [
            (codes.code("session", session), codes.code("trainee", who))
            for session, one in answer.sessions.items()
            for who in one.results_missing
        ],
        "newest": answer.newest_entry,
    }
    if what in plain:
        return plain[what]
    module = answer.modules[codes.key("module", code)]
    of_module: dict[str, Any] = {
        "module": tuple(module.share),
        "band": module.band,
        "first time": tuple(module.first_time),
        "held": codes.codes("session", module.held),
        "taught": module.taught,
        "statuses": {str(status): codes.codes("trainee", who) for status, who in module.statuses.items()},
    }
    return of_module[words]
