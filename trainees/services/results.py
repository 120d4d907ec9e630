"""Result sheets: one mark, small and often, and what a sheet takes for granted that a form asks for."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Conflict, Key, perform
from accounts.models import Act, User
from programs.access import must_record
from programs.models import Program, SkillModule

from .. import progress
from ..models import Record, Trainee, TrainingSession
from ..selectors.assessors import assessor_for
from ..selectors.cells import Cell, evidence_of, load_cell
from .records import must_belong, void_entered, write_result


@dataclass(frozen=True)
class Marked:
    """What a mark made: the record (a voiding where it was cleared), and which attempt that was."""

    record: Record
    attempt: int | None


def mark_result(
    *,
    user: User,
    key: Key,
    trainee: Trainee,
    program: Program,
    module: SkillModule,
    seen: Key,
    kind: str,
    score: Decimal | None = None,
    reason: str = "",
    session: TrainingSession | None = None,
    assessor: int | None = None,
    sheet: int | None = None,
    recertification: bool = False,
    assessed_on: datetime.date | None = None,
    steps: Mapping[int, bool] | None = None,
) -> Marked:
    """One mark on a result sheet: GO, NO-GO, not assessed, or "" to clear.

    `seen` is the key of the cell's last record, "" for none: a page off-line names the key of its own mark before. What the
    sheet already shows as entered (`progress.entered`) is corrected: voided and replaced, no new attempt. Its recorder does
    so without a word while it is open; after that, and over somebody else's, `reason` says why. `assessor` is an id; none:
    see `assessor_for`. `sheet` is the number of the paper it was typed from. A mark after a pass has expired is made a
    recertification.
    """
    made: list[Marked] = []
    steps = steps or {}

    def do(act: Act) -> None:
        must_record(user, program)
        day = assessed_on or (session.starts_on if session else None)
        cell = load_cell(trainee, program, module, day)
        if cell.last_key != str(seen):
            raise Conflict(current=cell.last())
        now = progress.entered(cell.evidence, session.pk if session else None, cell.day)
        _say_why(user, cell, now, session, reason)
        if not kind:
            made.append(Marked(_clear(act, cell, seen, now, reason), None))
            return
        mark = _recertified(
            cell,
            progress.NewMark(
                kind=progress.Kind(kind),
                assessed_on=cell.day,
                score=score,
                failed_critical=cell.critical_failed(steps),
                reason=reason.strip(),
                recertification=recertification,
                voids=now and now.id,
            ),
        )
        if session is not None:
            must_belong(cell, session)
        record = write_result(
            act,
            cell,
            seen,
            mark,
            assessor=_assessor(user, cell, session, assessor, mark),
            session=session.pk if session else now.session if now else None,
            steps=steps,
            reason=_("Corrected on the sheet.") if now else "",
            sheet=sheet,
        )
        made.append(Marked(record, progress.attempt_of([*cell.evidence, _line(record, cell)], record.pk)))

    body = [trainee, program, module, str(seen), kind, score, session, assessor, sheet, recertification, assessed_on]
    body.append(sorted(steps.items()))
    act = perform(
        user=user, key=key, kind=f"record.{kind or 'void'}", body=body, do=do, reason=reason, scope=program.pk
    )
    if made:
        return made[0]
    record = act.made(Record)
    return Marked(record, progress.attempt_of(evidence_of(trainee, program, module), record.pk))


def _say_why(
    user: User, cell: Cell, now: progress.Evidence | None, session: TrainingSession | None, reason: str
) -> None:
    """Refuse to touch without a typed reason what is closed, or was recorded by somebody else."""
    if reason.strip():
        return
    if now is not None and cell.recorders[now.id] != user.pk:
        raise ValidationError({"reason": _("Somebody else recorded this. Say why it is changed.")})
    if _is_closed(cell, now, session):
        raise ValidationError({"reason": _("These results are closed. Say why you change them.")})


def _is_closed(cell: Cell, now: progress.Evidence | None, session: TrainingSession | None) -> bool:
    """Results of a session are open until they are closed; what comes from none, on the day it was written down."""
    if session is not None:
        return session.results_closed_at is not None
    if now is None:
        return False
    if now.session is not None:
        return TrainingSession.objects.filter(pk=now.session).exclude(results_closed_at=None).exists()
    return now.recorded_on != cell.today


def _clear(act: Act, cell: Cell, seen: Key, now: progress.Evidence | None, reason: str) -> Record:
    if now is None:
        raise ValidationError(_("There is nothing to clear."))
    return void_entered(act, cell, seen, now.id, reason.strip() or _("Corrected on the sheet."))


def _recertified(cell: Cell, mark: progress.NewMark) -> progress.NewMark:
    """The mark, made a recertification where the rule asks for one."""
    needs = progress.Refusal.NEEDS_RECERTIFICATION in progress.refusals(mark, cell.evidence, today=cell.today)
    return mark._replace(recertification=True) if needs else mark


def _assessor(
    user: User, cell: Cell, session: TrainingSession | None, asked: int | None, mark: progress.NewMark
) -> int | None:
    found = assessor_for(cell.program, cell.module, session, user, asked)
    if found is None and asked is not None:
        raise ValidationError(
            {"assessor": _("This assessor may not assess %(code)s in this program.") % {"code": cell.module.code}}
        )
    return found.pk if found else None


def _line(record: Record, cell: Cell) -> progress.Evidence:
    """A record just written, as the rule sees it."""
    return progress.Evidence(
        record.pk, progress.Kind(record.kind), record.holds_from, record.holds_until, cell.today, record.voids_id,
        record.recertification, record.at_time, record.session_id,
    )  # fmt: skip
