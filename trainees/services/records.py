"""Evidence: results, credits, exemptions and voiding, each one line added to a trainee's cell of one module."""

import datetime
import zoneinfo
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Conflict, Key, perform
from accounts.models import Act, User
from programs.access import must_record, must_run
from programs.models import Instructor, Program, SkillModule

from .. import progress
from ..models import AttemptLeave, Record, StepMark, Trainee, TrainingSession
from ..selectors.cells import Cell, Spot, load_cell, spot_of

ASSESSMENTS = {Record.Kind.GO, Record.Kind.NO_GO, Record.Kind.NOT_ASSESSED}
GRANTS = {Record.Kind.CREDIT, Record.Kind.EXEMPTION}  # a coordinator's decisions


def record_result(
    *,
    user: User,
    key: Key,
    trainee: Trainee,
    program: Program,
    module: SkillModule,
    seen: Key,
    kind: str,
    assessed_on: datetime.date,
    at_time: datetime.time | None = None,
    score: Decimal | None = None,
    assessor: Instructor | int | None = None,
    session: TrainingSession | None = None,
    reason: str = "",
    recertification: bool = False,
    steps: Mapping[int, bool] | None = None,
    voids: Record | None = None,
) -> Record:
    """One assessment: GO, NO-GO or not assessed.

    `seen` is the key of the cell's last record as the page showed it, "" for none. `steps` maps the ids of the module's
    performance steps to passed or not. `assessor` may be an id: the database decides whether they
    may. `voids` is a record of the cell that this one corrects; `reason` then says why.
    """

    made: list[Record] = []

    def do(act: Act) -> None:
        must_record(user, program)
        if voids is not None and voids.kind in GRANTS:
            must_run(user, program)
        if kind not in ASSESSMENTS:
            raise ValidationError({"kind": _("Choose GO, NO-GO or not assessed.")})
        cell = load_cell(trainee, program, module, assessed_on)
        mark = progress.NewMark(
            kind=progress.Kind(kind),
            assessed_on=assessed_on,
            at_time=at_time,
            score=score,
            reason=reason,
            recertification=recertification,
            voids=voids.pk if voids else None,
            **cell.checklist(steps or {}),
        )
        if session is not None:
            must_belong(cell, session)
        record = write_result(
            act,
            cell,
            seen,
            mark,
            assessor=assessor.pk if isinstance(assessor, Instructor) else assessor,
            session=session.pk if session else None,
            steps=steps or {},
            voids=voids,
        )
        made.append(record)

    body = [trainee, program, module, str(seen), kind, assessed_on, at_time, score, assessor, session, recertification]
    body += [sorted((steps or {}).items()), voids]
    act = perform(user=user, key=key, kind=f"record.{kind}", body=body, do=do, reason=reason, scope=program.pk)
    return made[0] if made else act.made(Record)


def write_result(
    act: Act,
    cell: Cell,
    seen: Key,
    mark: progress.NewMark,
    *,
    assessor: int | None,
    session: int | None,
    steps: Mapping[int, bool],
    reason: str = "",
    sheet: int | None = None,
    voids: Record | None = None,
) -> Record:
    """Write `mark` as the cell's next record, if nothing speaks against it; whoever calls has asked who may.

    `reason` is what the record says where the mark itself gave none; `voids` a record to look at before it is corrected.
    """
    must_fit(cell, mark, assessor)
    record = append_record(
        act,
        cell,
        seen,
        assessor_id=assessor,
        session_id=session,
        sheet_id=sheet,
        voids=voids,
        voids_id=mark.voids,
        **said_by(cell, mark, reason),
    )
    if steps:
        StepMark.objects.bulk_create(
            StepMark(act=act, record=record, step_id=step, passed=passed) for step, passed in sorted(steps.items())
        )
    return record


def said_by(cell: Cell, mark: progress.NewMark, reason: str = "") -> dict[str, Any]:
    """What a record says of a mark that fits; `reason` where the mark itself gave none."""
    until = None
    if mark.kind is progress.Kind.GO and cell.entry.validity_months:
        until = progress.add_months(mark.assessed_on, cell.entry.validity_months)
    return {
        "kind": mark.kind.value,
        "holds_from": mark.assessed_on,
        "at_time": mark.at_time,
        "holds_until": until,
        "score": mark.score,
        "reason": mark.reason or reason,
        "recertification": mark.recertification,
    }


def must_fit(cell: Cell, mark: progress.NewMark, assessor: int | None) -> None:
    """Refuse what the rule refuses. By field, in words. Who may assess is a rule of `Record`."""
    mark_needed = cell.entry.pass_mark
    refused = progress.refusals(mark, cell.evidence, today=cell.today, pass_mark=mark_needed, blocked=cell.blocked)
    if refused:
        raise ValidationError(_words(refused, mark_needed))
    if mark.kind is progress.Kind.NOT_ASSESSED:
        return
    if assessor is None:
        raise ValidationError({"assessor": _("Name the assessor.")})
    _within_limit(cell, mark)


def _within_limit(cell: Cell, mark: progress.NewMark) -> None:
    """Refuse an attempt beyond the program's limit for which no coordinator has given leave."""
    limit = cell.program.attempt_limit
    made = progress.attempts_since_pass(cell.evidence, mark.voids) if limit else 0
    if limit and made >= limit:
        of = {"trainee": cell.trainee, "program": cell.program, "module": cell.module}
        if made >= limit + AttemptLeave.objects.filter(**of).count():
            raise ValidationError(
                _(
                    "This would be attempt %(n)s, and the program allows %(limit)s. A coordinator can allow a further one: "
                    "“Allow a further attempt” on the page of %(trainee)s, %(code)s."
                )
                % {"n": made + 1, "limit": limit, "trainee": cell.trainee, "code": cell.module.code}
            )


def must_belong(cell: Cell, session: TrainingSession) -> None:
    """Refuse a session that was on other days, was cancelled, or was another cohort's without the trainee."""
    last = timezone.localdate(session.ends_at, zoneinfo.ZoneInfo(cell.program.time_zone))
    if session.cancelled_at is not None:
        raise ValidationError({"session": _("This session was cancelled.")})
    if not session.starts_on <= cell.day <= last:
        day = date_format(session.starts_on)
        raise ValidationError({"assessed_on": _("The session was on %(day)s.") % {"day": day}})
    if session.cohort_id != cell.place.cohort and not session.attendance.filter(trainee=cell.trainee).exists():
        raise ValidationError(
            {"session": _("%(trainee)s was not in the cohort of this session.") % {"trainee": cell.trainee}}
        )


def void_record(*, user: User, key: Key, record: Record, seen: Key, reason: str) -> Record:
    """Declare a record wrong. It stays visible, with the reason, and counts for nothing from now on."""

    def do(act: Act) -> None:
        (must_run if record.kind in GRANTS else must_record)(user, record.program_id)
        spot = spot_of(record)
        append_record(act, spot, seen, kind=Record.Kind.VOID, holds_from=spot.today, reason=reason, voids=record)

    body = [record.pk, str(seen)]
    act = perform(user=user, key=key, kind="record.void", body=body, do=do, reason=reason, scope=record.program_id)
    return act.made(Record)


def void_entered(act: Act, cell: Spot, seen: Key, record: int, reason: str) -> Record:
    """Declare a record wrong that is known to stand, within an act; whoever calls has asked who may."""
    return append_record(act, cell, seen, kind=Record.Kind.VOID, holds_from=cell.today, reason=reason, voids_id=record)


def append_record(
    act: Act,
    cell: Spot,
    seen: Key,
    *,
    voids: Record | None = None,
    voids_id: int | None = None,
    reason: str = "",
    **fields: Any,
) -> Record:
    """Write the cell's next record, if its last is still the one that was seen.

    `voids` is looked at first; `voids_id` alone is known to stand.
    """
    if cell.last_key != str(seen):
        raise Conflict(current=cell.last())
    if voids is not None:
        if not reason.strip():
            raise ValidationError({"reason": _("Say what was wrong.")})
        if voids.kind == Record.Kind.VOID:
            raise ValidationError(_("A voiding stays. Record the result again if it was right."))
        if Record.objects.filter(voids=voids).exists():
            raise Conflict(_("This record is already void."), current=cell.last())
    record = next_record(act, cell, voids_id=voids.pk if voids else voids_id, reason=reason, **fields)
    record.clean_fields(exclude=LEADS)
    record.save(force_insert=True)
    return record


LEADS = {field.name for field in Record._meta.fields if field.is_relation}  # to rows that are known to be there


def next_record(act: Act, cell: Spot, **fields: Any) -> Record:
    """The cell's next record, neither looked at nor written."""
    return Record(
        act=act,
        trainee=cell.trainee,
        program=cell.program,
        module=cell.module,
        entry_id=cell.entry_id,
        previous_id=cell.last_id,
        **fields,
    )


def _words(refused: Iterable[progress.Refusal], mark: Decimal | None) -> dict[str, list[str]]:
    """The rule's refusals, by the field they are about, in the user's words."""
    why = progress.Refusal
    needed = "" if mark is None else f"{mark.normalize():f}"
    words = {
        why.FUTURE: ("assessed_on", _("This day has not come yet.")),
        why.NO_EARLIER_PASS: (
            "recertification",
            _("There is no earlier pass to recertify. Record an ordinary result."),
        ),
        why.NEEDS_RECERTIFICATION: (
            "recertification",
            _("The earlier pass had expired: mark this as a recertification."),
        ),
        why.SCORE_MISSING: ("score", _("A GO needs a score here: the pass mark is %(mark)s.") % {"mark": needed}),
        why.BELOW_PASS_MARK: ("score", _("A GO needs a score of at least %(mark)s.") % {"mark": needed}),
        why.CRITICAL_FAILED: ("kind", _("A critical step is NO-GO, so the result cannot be GO.")),
        why.AT_PASS_MARK: (
            "reason",
            _("The score reaches the pass mark of %(mark)s. Say why it is a NO-GO nevertheless.") % {"mark": needed},
        ),
        why.BLOCKED: ("reason", _("A prerequisite is missing. Say why the result is recorded nevertheless.")),
        why.STEPS_UNMARKED: ("kind", _("The result follows from the steps: mark every one of them.")),
        why.AGAINST_STEPS: ("kind", _("By its steps the result is the other one.")),
        why.NO_REASON: ("reason", _("Say why it could not be assessed.")),
    }
    errors: dict[str, list[str]] = {}
    for code in refused:
        field, message = words[code]
        errors.setdefault(field, []).append(message)
    return errors
