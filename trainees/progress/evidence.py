"""One trainee in one module: exactly one status, and why."""

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .values import Day, Evidence, Kind, LeftOut, Need, Status, Why

WARN_DAYS = 30
END_OF_DAY = datetime.time.max
# Looked up once: this is read for every cell of every page.
GO, NO_GO, CREDIT, EXEMPTION, VOID = Kind.GO, Kind.NO_GO, Kind.CREDIT, Kind.EXEMPTION, Kind.VOID
EXEMPT, ACHIEVED, EXPIRED = Status.EXEMPT, Status.ACHIEVED, Status.EXPIRED
SATISFYING = (EXEMPT, ACHIEVED)


class Standing(NamedTuple):
    """Where one trainee stands in one module.

    `deciding` are the lines of evidence that make the status, `left_out` all others, `attempts` the assessments in
    force in their order. `holds_until` is the last day of the pass or exemption that decides (None: for ever,
    or there is none).
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


class Ledger(NamedTuple):
    """The lines in force, in their order, by what they do. A line is in one list, a GO in `passes` and `tests`."""

    exemptions: list[Evidence]
    passes: list[Evidence]  # neither voided nor cancelled, lapsed or not
    cancelled: list[Evidence]  # passes cancelled by a recertification NO-GO
    cancelled_by: Evidence | None  # the last such NO-GO
    tests: list[Evidence]  # attempts: GO and NO-GO


def order(line: Evidence) -> tuple[Day, datetime.time, int]:
    """By the day assessed and the time, where given; then by recording."""
    return line.holds_from, line.at_time or END_OF_DAY, line.copy_of or line.id


def holds(line: Evidence, day: Day) -> bool:
    return line.holds_until is None or line.holds_until >= day


def lasts(line: Evidence) -> tuple[Day, Day, datetime.time, int]:
    """Key by which the longest-lasting line is greatest; of equals the latest."""
    return line.holds_until or datetime.date.max, *order(line)


def in_force(evidence: Sequence[Evidence], as_of: Day, known: Day) -> tuple[list[Evidence], list[LeftOut]]:
    """Divide the lines of one trainee in one module into those in force, in their order, and those left out."""
    voided = {line.voids for line in evidence if line.voids is not None and line.recorded_on <= known}
    lines: list[Evidence] = []
    left_out: list[LeftOut] = []
    for line in evidence:
        if line.recorded_on > known:
            left_out.append(LeftOut(line.id, Why.NOT_YET_RECORDED))
        elif line.id in voided:
            left_out.append(LeftOut(line.id, Why.VOIDED))
        elif line.kind == VOID:
            left_out.append(LeftOut(line.id, Why.VOID))
        elif line.holds_from > as_of:
            left_out.append(LeftOut(line.id, Why.LATER))
        else:
            lines.append(line)
    if len(lines) > 1:
        lines.sort(key=order)
    return lines, left_out


def ledger(lines: Iterable[Evidence]) -> Ledger:
    """Go through the lines in force in their order: a recertification NO-GO cancels every earlier pass.

    A NO-GO on a day when the trainee had passed and nothing held any more is a recertification, whatever it was called.
    """
    exemptions: list[Evidence] = []
    passes: list[Evidence] = []
    cancelled: list[Evidence] = []
    cancelled_by = None
    tests: list[Evidence] = []
    for line in lines:
        kind = line.kind
        if kind == GO:
            passes.append(line)
            tests.append(line)
        elif kind == NO_GO:
            tests.append(line)
            if passes and (line.recertification or not any(holds(earlier, line.holds_from) for earlier in passes)):
                cancelled += passes
                passes = []
                cancelled_by = line
        elif kind == CREDIT:
            passes.append(line)
        elif kind == EXEMPTION:
            exemptions.append(line)
    return Ledger(exemptions, passes, cancelled, cancelled_by, tests)


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
    book = ledger(lines)
    found, decides = _decide(book, as_of)
    status = found or (Status.IN_TRAINING if attended else Status.NOT_STARTED)
    until = None
    by_credit = due_to_expire = exemption_ends = False
    if decides and decides.kind != NO_GO:
        until = decides.holds_until
        by_credit = status == ACHIEVED and decides.kind == CREDIT
        due_to_expire = status == ACHIEVED and until is not None and as_of >= due_from(decides.holds_from, until)
        exemption_ends = status == EXEMPT and until is not None and (until - as_of).days <= WARN_DAYS
    if len(lines) > 1 or not decides:
        left_out += [LeftOut(line.id, _why(line, status, book, as_of)) for line in lines if line is not decides]
    return Standing(
        module,
        need,
        status,
        (decides.id,) if decides else (),
        tuple(sorted(left_out)) if left_out else (),
        tuple([line.id for line in book.tests]),
        book.tests[0] if book.tests else None,
        until,
        by_credit,
        due_to_expire,
        exemption_ends,
        attended,
        outstanding_in,
    )


def _decide(book: Ledger, as_of: Day) -> tuple[Status | None, Evidence | None]:
    """The status that the evidence alone gives, with the line that gives it; the first that matches."""
    if book.exemptions:
        exemption = max(book.exemptions, key=lasts)
        if holds(exemption, as_of):
            return EXEMPT, exemption
    if book.passes:
        longest = max(book.passes, key=lasts) if len(book.passes) > 1 else book.passes[0]
        return (ACHIEVED if holds(longest, as_of) else EXPIRED), longest
    if book.cancelled_by:
        return Status.NO_GO_RECERTIFICATION, book.cancelled_by
    if book.tests:
        return Status.NO_GO, book.tests[-1]
    return None, None


def due_from(since: Day, until: Day) -> Day:
    """From when on something that holds from `since` to `until` is due to expire: 30 days before, at most a quarter of it."""
    return until - datetime.timedelta(days=min(WARN_DAYS, (until - since).days // 4))


def _why(line: Evidence, status: Status, book: Ledger, as_of: Day) -> Why:
    """Why a line in force did not decide."""
    if line.kind == Kind.NOT_ASSESSED:
        return Why.NO_ATTEMPT
    if line in book.cancelled:
        return Why.CANCELLED
    if line.kind != NO_GO and not holds(line, as_of):
        return Why.EXPIRED
    if status == EXEMPT and line.kind != EXEMPTION:
        return Why.EXEMPT
    if line.kind == NO_GO and book.passes and order(line) > order(book.passes[0]):
        return Why.OUTWEIGHED
    return Why.SUPERSEDED
