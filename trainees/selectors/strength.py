"""The daily strength return: of those on strength on a day, who was there, who not, why and since when."""

import datetime
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programs.access import Limits

from ..models import Attendance, Cohort, Enrolment, Excusal, Trainee, TrainingSession
from .excusals import excusals_on

THERE = {Attendance.Status.PRESENT.value, Attendance.Status.LATE.value}
ABSENT, EXCUSED = Attendance.Status.ABSENT.value, Attendance.Status.EXCUSED.value
STATES: dict[str, "str | Promise"] = {  # everybody on strength is in exactly one
    "present": _("present"),
    "sick": _("sick"),
    "excused": _("excused"),
    "absent": _("absent"),
    "unmarked": _("not marked"),
}


class Mark(NamedTuple):
    """What a register of the day says of somebody."""

    session: TrainingSession
    status: str
    reason: str


@dataclass(frozen=True)
class Presence:
    """One trainee on that day. `since`: since when sick, excused or absent; `missed`: sessions of the day they were not at."""

    trainee: Trainee
    group: str
    group_code: str
    state: str
    why: str = ""
    since: datetime.date | None = None
    missed: tuple[TrainingSession, ...] = ()

    @property
    def words(self) -> "str | Promise":
        return STATES[self.state]


@dataclass(frozen=True)
class Row:
    """The numbers of one group, or of all: of `code` None. Those without a group are of the code "". `told`: which states."""

    label: str
    code: str | None
    told: tuple[str, ...]
    people: list[Presence] = field(default_factory=list)

    @property
    def counts(self) -> list[tuple[str, "str | Promise", int]]:
        return [(state, STATES[state], sum(one.state == state for one in self.people)) for state in self.told]


@dataclass(frozen=True)
class Strength:
    """A cohort on one day. `sessions` are those it had on that day; `total` has everybody."""

    day: datetime.date
    sessions: list[TrainingSession]
    groups: list[Row]
    total: Row

    def shown(self, state: str | None, group: str | None) -> list[Presence]:
        """The people whom a number counts: of all states or groups where None is asked."""
        return [
            one
            for one in self.total.people
            if (state is None or one.state == state) and (group is None or one.group_code == group)
        ]

    def away(self) -> list[Presence]:
        """Whoever was not there, and whoever nobody marked."""
        return [one for one in self.total.people if one.state != "present"]


def strength_of(cohort: Cohort, day: datetime.date, limits: Limits, *, health: bool = True) -> Strength:
    """The cohort's strength on `day` by what is recorded now: five queries for any number of people and sessions.

    On strength is whoever was active in the cohort on that day. Who was at one session of the day was present; of everybody
    else an excusal in force says why not; without one, one mark "absent" is absent. Without `health` the sick are excused like
    others, and nobody's remark is told.
    """
    active = Enrolment.objects.within(limits).in_force(day).filter(cohort=cohort, status=Enrolment.Status.ACTIVE)
    places = sorted(active.select_related("trainee", "group"), key=_in_order)
    here = [one.trainee_id for one in places]
    excusals = excusals_on(cohort.program_id, day, here)
    marks, sessions = _marks(cohort, day, here), _sessions(cohort, day)
    states = {pk: _state(marks[pk], excusals.get(pk), health) for pk in here}
    absent = [pk for pk, state in states.items() if state == "absent"]
    since = _absent_since(cohort, day, absent)
    people = []
    for one in places:
        pk, state, excusal = one.trainee_id, states[one.trainee_id], excusals.get(one.trainee_id)
        missed = tuple(mark.session for mark in marks[pk] if mark.status not in THERE)
        away = excusal if state in {"sick", "excused"} else None
        group, code = (str(one.group), one.group.code) if one.group else ("", "")
        began = away.since if away else since.get(pk)
        why = _why(state, marks[pk], away) if health else ""
        people.append(Presence(one.trainee, group, code, state, why, began, missed))
    told = tuple(state for state in STATES if health or state != "sick")
    return Strength(day, sessions, _rows(people, told), Row(str(_("All")), None, told, people))


def _in_order(place: Enrolment) -> tuple[bool, str, str]:
    """By group and roll number; those without a group come last."""
    return place.group is None, place.group.code if place.group else "", place.trainee.roll_number


def _state(marks: Iterable[Mark], excusal: Excusal | None, health: bool) -> str:
    said = {mark.status for mark in marks}
    if said & THERE:
        return "present"
    if excusal is not None:
        return "sick" if health and excusal.kind == Excusal.Kind.SICK else "excused"
    if ABSENT in said:
        return "absent"
    return "excused" if EXCUSED in said else "unmarked"


def _why(state: str, marks: Iterable[Mark], excusal: Excusal | None) -> str:
    """What the excusal says beyond the state, or what the marks of that state give as their reason."""
    if excusal is not None:
        return excusal.reason if state == "sick" else excusal.words
    reasons = (mark.reason for mark in marks if mark.status == state)
    return ", ".join(dict.fromkeys(filter(None, reasons)))


def _rows(people: Iterable[Presence], told: tuple[str, ...]) -> list[Row]:
    found: dict[str, Row] = {}
    for one in people:
        row = found.setdefault(one.group_code, Row(one.group or str(_("without a group")), one.group_code, told))
        row.people.append(one)
    return list(found.values())


def _on(cohort: Cohort, day: datetime.date, path: str = "") -> Q:
    """Sessions that began on `day` in the program's time zone and were not cancelled."""
    zone = zoneinfo.ZoneInfo(cohort.program.time_zone)
    first = datetime.datetime.combine(day, datetime.time(), zone)
    end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), zone)
    words = {"starts_at__gte": first, "starts_at__lt": end, "cancelled_at": None}
    return Q(**{f"{path}{name}": value for name, value in words.items()})


def _sessions(cohort: Cohort, day: datetime.date) -> list[TrainingSession]:
    rows = cohort.sessions.filter(_on(cohort, day)).select_related("module", "cohort__program")
    return list(rows.order_by("starts_at", "pk"))


def _marks(cohort: Cohort, day: datetime.date, trainees: list[int]) -> dict[int, list[Mark]]:
    """By trainee, the marks of the day, at sessions of other cohorts of the program too."""
    rows = Attendance.objects.filter(
        _on(cohort, day, "session__"), trainee__in=trainees, session__cohort__program=cohort.program_id
    ).select_related("session__module", "session__cohort__program")
    found: dict[int, list[Mark]] = defaultdict(list)
    for one in rows.order_by("session__starts_at", "session"):
        found[one.trainee_id].append(Mark(one.session, one.status, one.reason))
    return found


def _absent_since(cohort: Cohort, day: datetime.date, trainees: list[int]) -> dict[int, datetime.date]:
    """By trainee, the first of the days without a break on which they were marked absent and at no session."""
    zone = zoneinfo.ZoneInfo(cohort.program.time_zone)
    end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), zone)
    rows = Attendance.objects.filter(
        trainee__in=trainees,
        session__cohort__program=cohort.program_id,
        session__starts_at__lt=end,
        session__cancelled_at=None,
    )
    said: dict[int, dict[datetime.date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for trainee, at, status in rows.values_list("trainee_id", "session__starts_at", "status"):
        said[trainee][at.astimezone(zone).date()].add(status)
    found = {}
    for trainee, days in said.items():
        for one in sorted(days, reverse=True):
            if ABSENT not in days[one] or days[one] & THERE:
                break
            found[trainee] = one
    return found
