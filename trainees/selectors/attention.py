"""Who needs attention in a cohort, in words: each reason with since when, what it counts, and the records that it is."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import progress
from ..progress import Concern, Unsaid
from ..words import STATE
from .loading import Entry, Person
from .progress import CohortView


@dataclass(frozen=True)
class Told:
    """A reason with what names its parts: modules, and the days of sessions. `state`: the glyph of its cell, if it has one."""

    reason: progress.Reason
    state: str
    entries: list[Entry]
    sessions: list[tuple[int, datetime.date | None]]

    @property
    def sentence(self) -> str:
        return _sentence(self.reason, self.entries, self.state)

    @property
    def words(self) -> str:
        return str(STATE[self.state])

    @property
    def entry(self) -> Entry | None:
        """The module, where the reason is one."""
        return self.entries[0] if len(self.entries) == 1 else None

    @property
    def weighed(self) -> str:
        """How its points come about."""
        said = {"n": self.reason.counts, "weight": self.reason.weight, "points": self.reason.points}
        return ngettext("%(n)s × %(weight)s = 1 point", "%(n)s × %(weight)s = %(points)s points", said["points"]) % said


@dataclass(frozen=True)
class Case:
    """A trainee who needs attention, the heaviest reason first."""

    person: Person
    reasons: list[Told]
    points: int
    since: datetime.date

    @property
    def entries(self) -> list[Entry]:
        """The modules of all reasons, once each."""
        return list({entry.code: entry for one in self.reasons for entry in one.entries}.values())

    @property
    def sessions(self) -> list[tuple[int, datetime.date | None]]:
        """The sessions of all reasons, once each."""
        return list(dict.fromkeys(session for one in self.reasons for session in one.sessions))


@dataclass(frozen=True)
class CohortAttention:
    """Everybody who needs attention, the gravest first; `unsaid` is what the records do not say about anybody."""

    cases: list[Case]
    unsaid: list[str]


def attention_of(view: CohortView) -> CohortAttention:
    """By points, then since when, then roll number. No query: `view` has all of it."""
    found = progress.ranking(view.progress, view.evidence, view.weights)
    cases = [
        Case(
            view.names.people[one.trainee],
            [_told(view, one.trainee, reason) for reason in one.reasons],
            one.points,
            one.since,
        )
        for one in found.trainees
    ]
    cases.sort(key=lambda case: (-case.points, case.since, case.person.roll_number))
    return CohortAttention(cases, [_unsaid(view, what) for what in found.unsaid])


class Placed(NamedTuple):
    """A trainee who needs attention, in the cohort in which they do."""

    view: CohortView
    case: Case


def ranked(found: Iterable[tuple[CohortView, Iterable[Case]]]) -> list[Placed]:
    """Those of several cohorts in one ranking."""
    return sorted(
        (Placed(view, case) for view, cases in found for case in cases),
        key=lambda one: (-one.case.points, one.case.since, one.case.person.roll_number),
    )


def _told(view: CohortView, trainee: int, reason: progress.Reason) -> Told:
    standings = view.progress.trainees[trainee].standings
    entries = [view.entries[module] for module in reason.modules]
    sessions = [(pk, view.progress.sessions[pk].session.ended_on) for pk in reason.sessions]
    state = ""
    if reason.concern in (Concern.NO_GO, Concern.EXPIRED):
        state = standings[reason.modules[0]].status.value
    return Told(reason, state, entries, sessions)


def _sentence(reason: progress.Reason, entries: list[Entry], state: str) -> str:
    """One module is told by its title, several by their codes."""
    n = reason.seen
    match reason.concern:
        case Concern.NO_GO if state == progress.Status.NO_GO_RECERTIFICATION:
            told = _("No-go at the recertification in %(modules)s on %(day)s")
        case Concern.NO_GO if n == 2:
            told = _("No-go twice in %(modules)s since %(day)s")
        case Concern.NO_GO:
            told = ngettext("No-go in %(modules)s since %(day)s", "No-go %(n)s times in %(modules)s since %(day)s", n)
        case Concern.EXPIRED:
            told = _("%(modules)s expired on %(day)s")
        case Concern.NOT_ASSESSED:
            told = ngettext(
                "Not at the assessment of %(modules)s on %(day)s, nor assessed since",
                "Not at the assessments of %(modules)s, nor assessed since: the first on %(day)s",
                n,
            )
        case Concern.BEHIND:
            told = _("Behind in %(modules)s, which half of the cohort had achieved by %(day)s")
        case Concern.BLOCKED:
            told = _("Blocked for %(modules)s since %(day)s")
        case Concern.ABSENT:
            told = _("Absent from %(n)s of the last %(of)s sessions, since %(day)s")
        case Concern.INACTIVE:
            told = _("Neither seen nor assessed for %(n)s days, since %(day)s")
        case Concern.LOW_SCORES:
            told = _("Low scores since %(day)s: %(n)s of %(of)s in the cohort scored better in %(modules)s")
        case Concern.EXPIRING:
            told = _("%(modules)s due to expire since %(day)s")
        case Concern.SUSPENDED:
            told = _("Suspended since %(day)s")
        case Concern.CAME_BACK:
            told = ngettext(
                "Back since %(day)s: withdrew or did not complete once before",
                "Back since %(day)s: withdrew or did not complete %(n)s times before",
                n,
            )
    modules = entries[0].title if len(entries) == 1 else ", ".join(entry.code for entry in entries)
    return told % {"modules": modules, "day": _day(reason.since), "n": n, "of": reason.of}


def _unsaid(view: CohortView, what: Unsaid) -> str:
    p = view.progress
    match what:
        case Unsaid.REGISTERS:
            return _("No register is closed yet, so nobody's absences are known.")
        case Unsaid.OPEN_REGISTERS:
            n = len(p.open_registers)
            return ngettext(
                "%(n)s register is open: who was absent there is not known.",
                "%(n)s registers are open: who was absent there is not known.",
                n,
            ) % {"n": n}
        case Unsaid.RESULTS:
            n = p.results.whole - p.results.part
            return ngettext(
                "%(n)s result is due and not entered: it counts for nothing yet.",
                "%(n)s results are due and not entered: they count for nothing yet.",
                n,
            ) % {"n": n}
        case Unsaid.SCORES:
            return _("No module has five scores, so nobody's are compared.")


def _day(day: datetime.date) -> str:
    return date_format(day, "j M")
