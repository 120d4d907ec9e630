"""May this result be recorded, and is a completion still what it was?"""

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from .evidence import END_OF_DAY, holds, in_force, ledger, order
from .values import RESULTS, Day, Evidence, Kind, Share


class NewMark(NamedTuple):
    """A result that somebody wants to record. `voids`: the line that it would replace."""

    kind: Kind  # GO, NO_GO or NOT_ASSESSED
    assessed_on: Day
    at_time: datetime.time | None = None
    score: Decimal | None = None
    failed_critical: bool = False
    reason: str = ""
    recertification: bool = False
    voids: int | None = None
    by_steps: Kind | None = None  # what the module's rule makes of its checklist; None: the assessor judges
    unmarked_steps: bool = False  # of a checklist from which the result would follow


class Refusal(StrEnum):
    """Why a result cannot be recorded as it is."""

    FUTURE = "future"  # no date lies in the future
    NO_EARLIER_PASS = "no_earlier_pass"  # a recertification of what was never passed
    NEEDS_RECERTIFICATION = "needs_recertification"  # the pass had expired on that day
    SCORE_MISSING = "score_missing"  # a GO where the module has a pass mark
    BELOW_PASS_MARK = "below_pass_mark"  # a GO
    CRITICAL_FAILED = "critical_failed"  # a GO with a critical step NO-GO
    AT_PASS_MARK = "at_pass_mark"  # a NO-GO needs a failed critical step or a reason
    STEPS_UNMARKED = "steps_unmarked"  # the result follows from the steps, and some are not marked
    AGAINST_STEPS = "against_steps"  # the steps make it the other one
    NO_REASON = "no_reason"  # not assessed, without saying why
    BLOCKED = "blocked"  # a GO while a prerequisite is missing, without saying why


def refusals(
    mark: NewMark,
    evidence: Sequence[Evidence],
    *,
    today: Day,
    pass_mark: Decimal | None = None,
    blocked: bool = False,
) -> tuple[Refusal, ...]:
    """Everything that speaks against the mark; empty if nothing does.

    `evidence`: all lines about the trainee in the module; `today`: in the program's time zone; `blocked`: as the
    trainee's standing says.
    """
    found = []
    reasoned = bool(mark.reason.strip())
    if mark.assessed_on > today:
        found.append(Refusal.FUTURE)
    if mark.kind in (Kind.GO, Kind.NO_GO):
        found += _recertification(mark, evidence, today)
        if mark.unmarked_steps:
            found.append(Refusal.STEPS_UNMARKED)
        elif mark.by_steps and mark.by_steps != mark.kind and not (mark.kind == Kind.GO and mark.failed_critical):
            found.append(Refusal.AGAINST_STEPS)
    if mark.kind == Kind.GO:
        if pass_mark is not None and mark.score is None:
            found.append(Refusal.SCORE_MISSING)
        if pass_mark is not None and mark.score is not None and mark.score < pass_mark:
            found.append(Refusal.BELOW_PASS_MARK)
        if mark.failed_critical:
            found.append(Refusal.CRITICAL_FAILED)
        if blocked and not reasoned:
            found.append(Refusal.BLOCKED)
    elif mark.kind == Kind.NO_GO:
        at_mark = pass_mark is not None and mark.score is not None and mark.score >= pass_mark
        if at_mark and not mark.failed_critical and not reasoned:
            found.append(Refusal.AT_PASS_MARK)
    elif mark.kind == Kind.NOT_ASSESSED and not reasoned:
        found.append(Refusal.NO_REASON)
    return tuple(found)


def _recertification(mark: NewMark, evidence: Sequence[Evidence], today: Day) -> list[Refusal]:
    """A recertification follows a pass, and what follows the end of every pass is one."""
    when = (mark.assessed_on, mark.at_time or END_OF_DAY)
    lines = in_force(evidence, mark.assessed_on, today)[0]  # with the one it voids: what that voids stays void
    before = [line for line in lines if line.id != mark.voids and order(line)[:2] <= when]
    book = ledger(before)
    if mark.recertification:
        return [] if book.passes or book.cancelled else [Refusal.NO_EARLIER_PASS]
    expired = book.passes and not any(holds(line, mark.assessed_on) for line in book.passes)
    return [Refusal.NEEDS_RECERTIFICATION] if expired else []


def entered(evidence: Sequence[Evidence], session: int | None, day: Day) -> Evidence | None:
    """The result in force that a sheet shows and corrects: the session's last; without a session, the last of the day."""
    return next(
        (
            line
            for line in reversed(in_force(evidence, datetime.date.max, datetime.date.max)[0])
            if line.kind in RESULTS and (line.session == session if session is not None else line.holds_from == day)
        ),
        None,
    )


def attempts_since_pass(evidence: Sequence[Evidence], leaving_out: int | None = None) -> int:
    """How many attempts in force were made since the last pass: what a program's limit counts."""
    made = 0
    for line in in_force(evidence, datetime.date.max, datetime.date.max)[0]:
        if line.id == leaving_out:  # no earlier: what it voids stays void
            continue
        if line.kind in (Kind.GO, Kind.CREDIT):
            made = 0
        elif line.kind == Kind.NO_GO:
            made += 1
    return made


def attempts(evidence: Iterable[Evidence]) -> list[int]:
    """The attempts in force, in their order."""
    return [line.id for line in ledger(in_force(list(evidence), datetime.date.max, datetime.date.max)[0]).tests]


def by_steps(steps: Sequence[tuple[bool, bool]], needed: int | None) -> Kind | None:
    """What a checklist, every step of it as (critical, passed), makes of the result: GO where every critical step is
    passed and so are at least `needed` per cent of all. None where the module has no such rule: the assessor judges.
    """
    if needed is None or not steps:
        return None
    share = Share(sum(passed for _critical, passed in steps), len(steps))
    failed = any(critical and not passed for critical, passed in steps)
    return Kind.GO if share.reaches(needed) and not failed else Kind.NO_GO


def voided_since(snapshot: Iterable[int], evidence: Iterable[Evidence], known: Day) -> tuple[int, ...]:
    """The lines inside a completion's snapshot that were declared wrong: any puts it under review."""
    voided = {line.voids for line in evidence if line.voids is not None and line.recorded_on <= known}
    return tuple(sorted(voided.intersection(snapshot)))
