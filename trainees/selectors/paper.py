"""Printed sheets: their lines as they were printed, beside what stands in the session now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from programs.access import Limits
from programs.models import PerformanceStep

from ..models import Attendance, Record, Sheet, SheetRow, StepMark, Trainee, TrainingSession
from ..models.registers import SheetQuerySet
from .loading import Moment, load_entries_of

ASSESSMENTS = {
    Record.Kind.GO: "GO",
    Record.Kind.NO_GO: "NO-GO",
    Record.Kind.NOT_ASSESSED: Record.Kind.NOT_ASSESSED.label,
}


@dataclass(frozen=True)
class PaperLine:
    """One line of a printed sheet. `value`, `score`, `reason` and `steps` are what stands now; `seen` is the version of that."""

    position: int
    trainee: Trainee
    value: str = ""
    score: Decimal | None = None
    reason: str = ""
    seen: str = ""
    steps: Mapping[int, bool] = field(default_factory=dict)  # by step, whether it was GO


@dataclass(frozen=True)
class Asked:
    """What the curriculum of its day asks of those assessed at a session."""

    pass_mark: Decimal | None = None  # the score that a GO needs, in points of 100
    steps: Sequence[PerformanceStep] = ()
    steps_needed: int | None = None  # the result follows from the steps: GO from this share of them, in percent


def choices_of(sheet: Sheet) -> list[tuple[str, str]]:
    """What can be ticked in a line of `sheet`: value and words."""
    if sheet.kind == Sheet.Kind.REGISTER:
        return [(value, str(label)) for value, label in Attendance.Status.choices]
    return [(kind.value, str(words)) for kind, words in ASSESSMENTS.items()]


def lines_of(sheet: Sheet, limits: Limits) -> list[PaperLine]:
    """The lines of `sheet` in their order, as far as `limits` go: two queries, three where there are results.

    Who was merged into another number since is told as that one, unless it stands on the sheet itself.
    """
    rows = list(sheet.rows.within(limits).select_related("trainee__merged_into"))
    printed = {row.trainee_id for row in rows}
    people = {row: row.trainee if row.trainee.merged_into_id in printed else row.trainee.stands_as for row in rows}
    stands = (_attendance if sheet.kind == Sheet.Kind.REGISTER else _results)(
        sheet, [one.pk for one in people.values()]
    )
    return [PaperLine(row.position, one, *stands.get(one.pk, ())) for row, one in people.items()]


Standing = tuple[str, Decimal | None, str, str, Mapping[int, bool]]  # value, score, reason, version, steps


def _attendance(sheet: Sheet, trainees: Iterable[int]) -> dict[int, Standing]:
    marks = Attendance.objects.filter(session=sheet.session_id, trainee__in=trainees).select_related("act")
    return {mark.trainee_id: (mark.status, None, mark.reason, mark.seen, {}) for mark in marks}


def _results(sheet: Sheet, trainees: Iterable[int]) -> dict[int, Standing]:
    """The result in force from this session, and the version of the cell, which any record of it moves on."""
    session = sheet.session
    found: dict[int, Standing] = {}
    steps: dict[int, dict[int, bool]] = defaultdict(dict)
    here = StepMark.objects.filter(record__session=session, record__trainee__in=list(trainees))
    for record, step, passed in here.values_list("record_id", "step_id", "passed"):
        steps[record][step] = passed
    of_cell = {"program": session.cohort.program_id, "module": session.module_id}
    rows = Record.objects.filter(trainee__in=list(trainees), **of_cell).order_by("pk")
    for row in rows.select_related("act", "voided_by"):
        value, score, reason, _seen, marked = found.get(row.trainee_id, ("", None, "", "", {}))
        if row.session_id == session.pk and row.kind in ASSESSMENTS and not hasattr(row, "voided_by"):
            value, score, reason, marked = row.kind, row.score, row.reason, steps.get(row.pk, {})
        found[row.trainee_id] = (value, score, reason, str(row.act.key), marked)
    return found


def asked_at(session: TrainingSession) -> Asked:
    """What is asked of whoever is assessed at `session`. Three queries at most."""
    now = Moment.of(session.cohort.program)
    entries, _tracks = load_entries_of(session.cohort_id, Moment(now.zone, session.starts_on, now.known))
    entry = next((entry for entry in entries if entry.module == session.module_id), None)
    if entry is None:
        return Asked()
    return Asked(entry.pass_mark, list(PerformanceStep.objects.filter(entry=entry.id)), entry.steps_needed)


def with_printing(sheets: SheetQuerySet, user: User) -> SheetQuerySet:
    """`sheets` with `printed_at` and `printed_by` (a username) and `lines`, how many of each `user` sees."""
    first = SheetRow.objects.filter(sheet=OuterRef("pk")).order_by("position")
    seen = SheetRow.objects.visible_to(user).filter(sheet=OuterRef("pk")).order_by().values("sheet")
    annotated: SheetQuerySet = sheets.annotate(
        printed_at=Subquery(first.values("act__at")[:1]),
        printed_by=Subquery(first.values("act__user__username")[:1]),
        lines=Coalesce(Subquery(seen.annotate(n=Count("pk")).values("n")), 0),
    )
    return annotated


def totals(values: Iterable[str]) -> dict[str, int]:
    """How often each value stands among `values`; nothing ticked is not counted."""
    counted: dict[str, int] = {}
    for value in values:
        if value:
            counted[value] = counted.get(value, 0) + 1
    return counted
