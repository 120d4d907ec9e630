"""Result sheets: one mark, small and often, and what a sheet takes for granted that a form asks for."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.acts import Conflict, Key, add, change, perform
from accounts.models import Act, User
from programs.access import must_record, must_run
from programs.models import Program, SkillModule

from .. import progress
from ..models import AttemptLeave, Record, Trainee, TrainingSession
from ..selectors.assessors import likely_assessor
from ..selectors.cells import Cell, evidence_of, load_cell, spot_of
from ..selectors.sheets import BULK, session_sheet
from .records import must_belong, void_entered, write_result


@dataclass(frozen=True)
class Mark:
    """One mark on a result sheet: GO, NO-GO, not assessed, or "" to clear. `seen`: the key of the cell's last record."""

    kind: str
    seen: Key
    score: Decimal | None = None
    reason: str = ""
    recertification: bool = False
    steps: Mapping[int, bool] = field(default_factory=dict)

    @property
    def body(self) -> list[Any]:
        """All of it that the digest of an act has to tell apart; the reason is the act's own."""
        return [self.kind, str(self.seen), self.score, self.recertification, sorted(self.steps.items())]


@dataclass(frozen=True)
class Place:
    """Where a mark goes, and what a sheet says once for all of them.

    Without a `session` it is dated `day`, or today. `assessor` is an id; none: see `likely_assessor`. `sheet` is the number of
    the paper that it was typed from.
    """

    program: Program
    module: SkillModule
    session: TrainingSession | None = None
    day: datetime.date | None = None
    assessor: int | None = None
    sheet: int | None = None

    @property
    def body(self) -> list[Any]:
        return [self.program, self.module, self.session, self.day, self.assessor, self.sheet]


@dataclass(frozen=True)
class Marked:
    """What a mark made: the record (a voiding where it was cleared), and which attempt that was."""

    record: Record
    attempt: int | None


def mark_result(*, user: User, key: Key, trainee: Trainee, at: Place, mark: Mark) -> Marked:
    """One mark on a result sheet, a small act of its own.

    What the sheet already shows as entered (`progress.entered`) is corrected: voided and replaced, no new attempt. Its
    recorder does so without a word while it is open; after that, and over somebody else's, the mark's reason says why. A
    mark after a pass has expired is made a recertification. A page off-line names the key of its own mark before as `seen`.
    """
    made: list[Marked] = []

    def do(act: Act) -> None:
        must_record(user, at.program)
        made.append(_mark(act, user, trainee, at, mark))

    act = perform(
        user=user,
        key=key,
        kind=f"record.{mark.kind or 'void'}",
        body=[trainee, *at.body, *mark.body],
        do=do,
        reason=mark.reason,
        scope=at.program.pk,
    )
    if made:
        return made[0]
    record = act.made(Record)
    return Marked(record, _attempt(evidence_of(trainee, at.program, at.module), record.pk))


def mark_results(*, user: User, key: Key, at: Place, marks: Mapping[Trainee, Mark]) -> Act:
    """Several marks on a sheet in one act, all or none. ValidationError names each field as `reason_17`, by trainee."""

    def do(act: Act) -> None:
        must_record(user, at.program)
        errors: dict[str, list[str]] = {}
        for trainee, mark in marks.items():
            try:
                _mark(act, user, trainee, at, mark)
            except ValidationError as error:
                told = error.message_dict if hasattr(error, "error_dict") else {"kind": error.messages}
                errors |= {f"{name}_{trainee.pk}": words for name, words in told.items()}
        if errors:
            raise ValidationError(errors)

    body = [at.body, [[trainee, mark.reason, *mark.body] for trainee, mark in marks.items()]]
    return perform(user=user, key=key, kind="record.sheet", body=body, do=do, scope=at.program.pk)


def mark_bulk_go(*, user: User, key: Key, at: Place) -> Act:
    """GO for everybody whom a session's sheet offers it for at this moment (`SessionSheet.bulk`). One act, to be undone."""
    session = at.session

    def do(act: Act) -> None:
        must_record(user, at.program)
        if session is None or not at.program.bulk_go:
            raise ValidationError(_("This program has no GO for several at once."))
        sheet = session_sheet(session, user)
        if not sheet.bulk:
            raise ValidationError(sheet.no_bulk or _("Nobody is left who is present, not blocked and not marked."))
        for line in sheet.bulk:
            _mark(act, user, line.trainee, at, Mark("go", line.seen))

    return perform(user=user, key=key, kind=BULK, body=at.body, do=do, scope=at.program.pk)


def undo_bulk_go(undoing: Act, act: Act) -> tuple[int, tuple[str, ...]]:
    """Void what a bulk GO recorded, where it is still the last of its cell: how many, and whose was changed since."""
    made = Record.objects.filter(act=act).select_related("trainee", "program", "module", "session").order_by("pk")
    rows, kept = 0, []
    for record in made:
        if record.session and record.session.results_closed_at is not None:
            raise ValidationError(_("These results are closed. Reopen them first."))
        spot = spot_of(record)
        if spot.last_id == record.pk:
            void_entered(undoing, spot, spot.last_key, record.pk, _("Undone."))
            rows += 1
        else:
            kept.append(str(record.trainee))
    return rows, tuple(kept)


def close_results(*, user: User, key: Key, session: TrainingSession, seen: Key) -> TrainingSession:
    """Close a session's results once everybody who was there has one, or a reason why not. From then on a mark needs a reason."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        if session.results_closed_at is not None:
            raise ValidationError(_("These results are closed already."))
        if not session.takes_results or not session.is_over:
            raise ValidationError(_("Results are closed once an assessment or retake is over."))
        TrainingSession.objects.select_for_update().get(pk=session.pk)  # waits for marks under way, and counts them
        missing = session_sheet(session, user).missing
        if missing:
            who = ", ".join(str(line.trainee) for line in missing[:3]) + (" …" if len(missing) > 3 else "")
            words = ngettext(
                "%(n)s trainee who was there has no result yet: %(who)s",
                "%(n)s trainees who were there have no result yet: %(who)s",
                len(missing),
            )
            raise ValidationError(words % {"n": len(missing), "who": who})
        session.results_closed_at = act.at
        change(session, act, seen=seen)

    perform(user=user, key=key, kind="results.close", body=session.pk, do=do, scope=scope)
    return session


def reopen_results(*, user: User, key: Key, session: TrainingSession, seen: Key, reason: str) -> TrainingSession:
    """Open a session's results again, with the reason."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        if not reason.strip():
            raise ValidationError({"reason": _("Say why the results are opened again.")})
        session.results_closed_at = None
        change(session, act, seen=seen)

    perform(user=user, key=key, kind="results.reopen", body=session.pk, do=do, reason=reason, scope=scope)
    return session


def allow_attempt(
    *, user: User, key: Key, trainee: Trainee, program: Program, module: SkillModule, reason: str
) -> AttemptLeave:
    """A coordinator lets a trainee try once more beyond the program's limit, and says why."""

    def do(act: Act) -> None:
        must_run(user, program)
        if not reason.strip():
            raise ValidationError({"reason": _("Say why.")})
        add(AttemptLeave(trainee=trainee, program=program, module=module, reason=reason.strip()), act)

    body = [trainee, program, module]
    act = perform(user=user, key=key, kind="attempt.allow", body=body, do=do, reason=reason, scope=program.pk)
    return act.made(AttemptLeave)


def _mark(act: Act, user: User, trainee: Trainee, at: Place, mark: Mark) -> Marked:
    session = at.session
    cell = load_cell(trainee, at.program, at.module, at.day or (session.starts_on if session else None))
    if cell.last_key != str(mark.seen):
        raise Conflict(current=cell.last())
    now = progress.entered(cell.evidence, session.pk if session else None, cell.day)
    _say_why(user, cell, now, session, mark.reason)
    if not mark.kind:
        cleared = Marked(_clear(act, cell, now, mark), None)
        _still_open(session, mark.reason)
        return cleared
    if session is not None:
        must_belong(cell, session)
    new = progress.NewMark(
        kind=progress.Kind(mark.kind),
        assessed_on=cell.day,
        score=mark.score,
        reason=mark.reason.strip(),
        recertification=mark.recertification,
        voids=now.id if now else None,
        **cell.checklist(mark.steps),
    )
    record = write_result(
        act,
        cell,
        mark.seen,
        _recertified(cell, new),
        assessor=_assessor(user, at),
        session=session.pk if session else now.session if now else None,
        steps=mark.steps,
        reason=corrected_on_the_sheet() if now else "",
        sheet=at.sheet,
    )
    return Marked(record, _attempt([*cell.evidence, _line(record, cell)], record.pk))


def _attempt(evidence: list[progress.Evidence], record: int) -> int | None:
    """Which attempt a record was when it was written; None where it is none."""
    attempts = progress.attempts(line for line in evidence if line.id <= record)
    return attempts.index(record) + 1 if record in attempts else None


def corrected_on_the_sheet() -> str:
    """What a correction says of itself where nobody had to say more."""
    return _("Corrected on the sheet.")


def _closed() -> str:
    return _("These results are closed. Say why you change them.")


def _say_why(
    user: User, cell: Cell, now: progress.Evidence | None, session: TrainingSession | None, reason: str
) -> None:
    """Refuse to touch without a typed reason what is closed, or was recorded by somebody else."""
    if reason.strip():
        return
    if now is not None and cell.recorders[now.id] != user.pk:
        raise ValidationError({"reason": _("Somebody else recorded this. Say why it is changed.")})
    if _is_closed(cell, now, session):
        raise ValidationError({"reason": _closed()})


def _is_closed(cell: Cell, now: progress.Evidence | None, session: TrainingSession | None) -> bool:
    """Results of a session are open until they are closed; what comes from none, on the day it was written down."""
    if session is not None:
        return session.results_closed_at is not None
    if now is None:
        return False
    if now.session is not None:
        return TrainingSession.objects.filter(pk=now.session).exclude(results_closed_at=None).exists()
    return now.recorded_on != cell.today


def _still_open(session: TrainingSession | None, reason: str) -> None:
    """Somebody may have closed the results since `session` was read: what everybody needs is not cleared behind that.

    The database asks for a reason too, but what a clearing says of itself is one.
    """
    closed = TrainingSession.objects.exclude(results_closed_at=None)
    if session is not None and not reason.strip() and closed.filter(pk=session.pk).exists():
        raise ValidationError({"reason": _closed()})


def _clear(act: Act, cell: Cell, now: progress.Evidence | None, mark: Mark) -> Record:
    if now is None:
        raise ValidationError(_("There is nothing to clear."))
    return void_entered(act, cell, mark.seen, now.id, mark.reason.strip() or corrected_on_the_sheet())


def _recertified(cell: Cell, mark: progress.NewMark) -> progress.NewMark:
    """The mark, made a recertification where the rule asks for one."""
    needs = progress.Refusal.NEEDS_RECERTIFICATION in progress.refusals(mark, cell.evidence, today=cell.today)
    return mark._replace(recertification=True) if needs else mark


def _assessor(user: User, at: Place) -> int | None:
    """Whom the sheet names, else whoever most likely did. Whether they may, the database decides."""
    if at.assessor is not None:
        return at.assessor
    likely = likely_assessor(at.program, at.module, at.session, user)
    return likely.pk if likely else None


def _line(record: Record, cell: Cell) -> progress.Evidence:
    """A record just written, as the rule sees it."""
    return progress.Evidence(
        record.pk, progress.Kind(record.kind), record.holds_from, record.holds_until, cell.today, record.voids_id,
        record.recertification, record.at_time, record.session_id, score=record.score,
    )  # fmt: skip
