"""Printed sheets: made with a number, and entered when they come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform, together
from accounts.models import Act, User
from programs.access import EVERYBODY, must_record

from ..models import Sheet, SheetRow, TrainingSession
from ..selectors.paper import PaperLine, choices_of, lines_of, totals
from ..selectors.sessions import register_of
from .registers import mark_attendance
from .results import Mark, Place, mark_results


@dataclass(frozen=True)
class Entered:
    """What the paper says of one trainee; `seen` is the version of what stood there when it was typed."""

    value: str
    score: Decimal | None = None
    reason: str = ""
    seen: str = ""
    steps: Mapping[int, bool] = field(default_factory=dict)

    @property
    def body(self) -> list[Any]:
        """All of it that the digest of an act has to tell apart."""
        return [self.value, self.score, self.reason, self.seen, sorted(self.steps.items())]


def print_sheet(*, user: User, key: Key, session: TrainingSession, kind: str) -> Sheet:
    """A numbered sheet of `kind` with a line for each trainee of the session, in the order of its register."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        if session.cancelled_at is not None:
            raise ValidationError(_("This session was cancelled."))
        if kind == Sheet.Kind.RESULTS and not session.takes_results:
            raise ValidationError({"kind": _("Only an assessment or retake has results.")})
        trainees = [line.trainee for line in register_of(session, EVERYBODY)]
        if not trainees:
            raise ValidationError(_("Nobody in the cohort was active for this session on that day."))
        sheet = add(Sheet(session=session, kind=kind), act)
        SheetRow.objects.bulk_create(
            SheetRow(act=act, sheet=sheet, position=position, trainee=trainee)
            for position, trainee in enumerate(trainees, 1)
        )

    act = perform(user=user, key=key, kind="sheet.print", body=[session.pk, kind], do=do, scope=scope)
    return act.made(Sheet)


def enter_sheet(
    *,
    user: User,
    key: Key,
    sheet: Sheet,
    seen: Key,
    marks: Mapping[int, Entered],
    counted: Mapping[str, int],
    assessor: int | None = None,
) -> Sheet:
    """Write what a sheet that came back says, all of it or nothing.

    `marks` by trainee; `counted` is how often each value stands in the paper's own totals, which have to agree. What stands
    there already as the paper says is left alone. `assessor` is the id of who assessed, for a result sheet.
    """
    session = sheet.session
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        if sheet.returned_at is not None:
            raise ValidationError(_("Sheet %(sheet)s was entered already.") % {"sheet": sheet})
        lines = {line.trainee.pk: line for line in lines_of(sheet, EVERYBODY)}
        if marks.keys() - lines.keys():
            raise ValidationError(_("Somebody is not on this sheet."))
        _must_add_up(sheet, marks, counted)
        new = {pk: mark for pk, mark in marks.items() if mark.value and not _stands(lines[pk], mark)}
        with together(act):
            if sheet.kind == Sheet.Kind.RESULTS:
                at = Place(session.cohort.program, session.module, session, assessor=assessor, sheet=sheet.pk)
                told = {
                    lines[pk].trainee: Mark(mark.value, mark.seen, mark.score, mark.reason, steps=mark.steps)
                    for pk, mark in new.items()
                }
                mark_results(user=user, key=key, at=at, marks=told)
            elif new:
                versions = {pk: mark.seen for pk, mark in new.items()}
                attended = {pk: (mark.value, mark.reason) for pk, mark in new.items()}
                mark_attendance(user=user, key=key, session=session, marks=attended, seen=versions)
        sheet.returned_at, sheet.lost_reason = act.at, ""
        change(sheet, act, seen=seen)

    body = [sheet.pk, [[pk, *mark.body] for pk, mark in sorted(marks.items())], sorted(counted.items()), assessor]
    perform(user=user, key=key, kind="sheet.enter", body=body, do=do, scope=scope)
    return sheet


def _must_add_up(sheet: Sheet, marks: Mapping[int, Entered], counted: Mapping[str, int]) -> None:
    typed = totals(mark.value for mark in marks.values())
    errors = {
        f"total_{value}": _("You entered %(typed)s, the paper says %(paper)s.")
        % {"typed": typed.get(value, 0), "paper": counted.get(value, 0)}
        for value, _words in choices_of(sheet)
        if typed.get(value, 0) != counted.get(value, 0)
    }
    if errors:
        raise ValidationError(errors)


def _stands(line: PaperLine, mark: Entered) -> bool:
    stands = (line.value, line.score, line.reason, line.steps)
    return stands == (mark.value, mark.score, mark.reason, mark.steps)


def lose_sheet(*, user: User, key: Key, sheet: Sheet, seen: Key, reason: str) -> Sheet:
    """Say why a sheet will not come back. It can still be entered if it does."""
    scope = sheet.session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        if not reason.strip():
            raise ValidationError({"reason": _("Say why it will not come back.")})
        if sheet.returned_at is not None:
            raise ValidationError(_("Sheet %(sheet)s was entered already.") % {"sheet": sheet})
        sheet.lost_reason = reason
        change(sheet, act, seen=seen)

    perform(user=user, key=key, kind="sheet.lose", body=sheet.pk, do=do, reason=reason, scope=scope)
    return sheet
