"""One trainee in one module: exactly one status, and why."""

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .values import Day, Evidence, Kind, LeftOut, Need, Status, Why

WARN_DAYS = 30
END_OF_DAY = datetime.time.max
ATTEMPTS = (Kind.GO, Kind.NO_GO)
PASSES = (Kind.GO, Kind.CREDIT)
SATISFYING = (Status.EXEMPT, Status.ACHIEVED)


class Standing(NamedTuple):
    """Where one trainee stands in one module.

    `deciding` are the lines of evidence that make the status, `left_out` all others, `attempts` the assessments in
    force in their order. `holds_until` is the last day of the pass or exemption that decides (None: for ever, or there is none).
    """

    module: int
    need: Need
    status: Status
    deciding: tuple[int, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    attempts: tuple[int, ...] = ()
    first_attempt: Evidence | None = None
    holds_until: Day | None = None
    by_credit: bool = False
    due_to_expire: bool = False
    exemption_ends: bool = False
    attended: tuple[int, ...] = ()  # held sessions of the module at which the trainee was
    outstanding_in: tuple[int, ...] = ()  # sessions over, with the register or the trainee's result open
    blocked_by: tuple[int, ...] = ()  # prerequisites neither achieved nor exempt

    @property
    def satisfied(self) -> bool:
        return self.status == Status.ACHIEVED

    @property
    def blocked(self) -> bool:
        return bool(self.blocked_by)

    @property
    def outstanding(self) -> bool:
        return bool(self.outstanding_in)


class Reading(NamedTuple):
    """The lines in force in their order, and the others."""

    lines: list[Evidence]
    left_out: list[LeftOut]


class Passes(NamedTuple):
    """What is left of a trainee's passes after every assessment in its turn."""

    standing: list[Evidence]
    cancelled: list[Evidence]
    cancelled_by: Evidence | None


def order(line: Evidence) -> tuple[Day, datetime.time, int]:
    """By the day assessed and the time, where given; then by recording."""
    return line.holds_from, line.at_time or END_OF_DAY, line.id


def holds(line: Evidence, day: Day) -> bool:
    return line.holds_until is None or line.holds_until >= day


def lasts(line: Evidence) -> tuple[Day, Day, datetime.time, int]:
    """Key by which the longest-lasting line is greatest; of equals the latest."""
    return line.holds_until or datetime.date.max, *order(line)


def in_force(evidence: Sequence[Evidence], as_of: Day, known: Day) -> Reading:
    """Sort the lines of one trainee in one module into those in force and those left out."""
    voided = {line.voids for line in evidence if line.voids is not None and line.recorded_on <= known}
    lines: list[Evidence] = []
    left_out: list[LeftOut] = []
    for line in evidence:
        if line.recorded_on > known:
            left_out.append(LeftOut(line.id, Why.NOT_YET_RECORDED))
        elif line.id in voided:
            left_out.append(LeftOut(line.id, Why.VOIDED))
        elif line.kind == Kind.VOID:
            left_out.append(LeftOut(line.id, Why.VOID))
        elif line.holds_from > as_of:
            left_out.append(LeftOut(line.id, Why.LATER))
        else:
            lines.append(line)
    if len(lines) > 1:
        lines.sort(key=order)
    return Reading(lines, left_out)


def passes_among(lines: Iterable[Evidence]) -> Passes:
    """Go through the lines in their order: a recertification NO-GO cancels every earlier pass.

    A NO-GO on a day when the trainee had passed and nothing held any more is a recertification, whatever it was called.
    """
    standing: list[Evidence] = []
    cancelled: list[Evidence] = []
    cancelled_by = None
    for line in lines:
        if line.kind in PASSES:
            standing.append(line)
        elif line.kind == Kind.NO_GO and standing and (line.recertification or not _any_holds(standing, line)):
            cancelled += standing
            standing = []
            cancelled_by = line
    return Passes(standing, cancelled, cancelled_by)


def _any_holds(passes: Iterable[Evidence], test: Evidence) -> bool:
    return any(holds(line, test.holds_from) for line in passes)


def assess(
    module: int,
    need: Need,
    evidence: Sequence[Evidence],
    *,
    as_of: Day,
    known: Day,
    attended: tuple[int, ...] = (),
    outstanding_in: tuple[int, ...] = (),
) -> Standing:
    """Where the trainee stands, from the lines about this module. Prerequisites are looked at by the caller."""
    if not evidence:
        status = Status.IN_TRAINING if attended else Status.NOT_STARTED
        return Standing(module, need, status, attended=attended, outstanding_in=outstanding_in)
    lines, left_out = in_force(evidence, as_of, known)
    passes = passes_among(lines)
    tests = [line for line in lines if line.kind in ATTEMPTS]
    by_evidence, decides = _decide(lines, passes, tests, as_of)
    status = by_evidence or (Status.IN_TRAINING if attended else Status.NOT_STARTED)
    left_out += [LeftOut(line.id, _why(line, status, passes, as_of)) for line in lines if line is not decides]
    until = decides.holds_until if decides and decides.kind != Kind.NO_GO else None
    left = (until - as_of).days if until else None
    return Standing(
        module,
        need,
        status,
        (decides.id,) if decides else (),
        tuple(sorted(left_out)),
        tuple([line.id for line in tests]),
        tests[0] if tests else None,
        until,
        status == Status.ACHIEVED and decides is not None and decides.kind == Kind.CREDIT,
        status == Status.ACHIEVED and decides is not None and _due(decides, as_of),
        status == Status.EXEMPT and left is not None and left <= WARN_DAYS,
        attended,
        outstanding_in,
    )


def _decide(
    lines: list[Evidence], passes: Passes, tests: list[Evidence], as_of: Day
) -> tuple[Status | None, Evidence | None]:
    """The status that the evidence alone gives, with the line that gives it; the first that matches."""
    exemption = max((line for line in lines if line.kind == Kind.EXEMPTION), key=lasts, default=None)
    if exemption and holds(exemption, as_of):
        return Status.EXEMPT, exemption
    best = max(passes.standing, key=lasts, default=None)
    if best:
        return (Status.ACHIEVED if holds(best, as_of) else Status.EXPIRED), best
    if passes.cancelled_by:
        return Status.NO_GO_RECERTIFICATION, passes.cancelled_by
    if tests:
        return Status.NO_GO, tests[-1]
    return None, None


def _due(line: Evidence, as_of: Day) -> bool:
    """Ends within 30 days, at most a quarter of the time that it holds."""
    if line.holds_until is None:
        return False
    left = (line.holds_until - as_of).days
    return left <= WARN_DAYS and 4 * left <= (line.holds_until - line.holds_from).days


def _why(line: Evidence, status: Status, passes: Passes, as_of: Day) -> Why:
    """Why a line in force did not decide."""
    if line.kind == Kind.NOT_ASSESSED:
        return Why.NO_ATTEMPT
    if line.kind == Kind.NO_GO:
        if status == Status.EXEMPT:
            return Why.EXEMPT
        stands = status in (Status.ACHIEVED, Status.EXPIRED)
        return Why.OUTWEIGHED if stands and line is not passes.cancelled_by else Why.SUPERSEDED
    if line in passes.cancelled:
        return Why.CANCELLED
    if not holds(line, as_of):
        return Why.EXPIRED
    if status == Status.EXEMPT and line.kind != Kind.EXEMPTION:
        return Why.EXEMPT
    return Why.SUPERSEDED
