"""Result sheets."""

import re
from typing import Any, NamedTuple

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.acts import Conflict
from accounts.forms import ActForm, Difference
from programs.models import PerformanceStep, Program, SkillModule

from ..models import Record, Trainee, TrainingSession
from ..selectors.sheets import Line, SessionSheet, plain
from ..services.results import Mark, Place, corrected_on_the_sheet
from .fields import day_field, lines_field

ID = {"required": False, "min_value": 1, "max_value": 10**18 - 1}  # no more digits than a database holds
STEP = re.compile(r"step_([0-9]{1,18})")
RESULTS = [(kind, kind.label) for kind in (Record.Kind.GO, Record.Kind.NO_GO, Record.Kind.NOT_ASSESSED)]
KEYS = {"go": "g", "no_go": "n", "not_assessed": "x"}
PASSED = [("go", "GO"), ("no_go", "NO-GO")]
ROW = ("kind", "score", "reason")
STEPS = {"go": True, "no_go": False}


class MarkForm(ActForm):
    """One mark as the script sends it. Steps come as `step_<id>`: go, no_go, or nothing."""

    kind = forms.ChoiceField(
        label=_("Result"),
        required=False,
        choices=RESULTS,
    )
    score = forms.DecimalField(label=_("Score"), required=False, min_value=0, max_value=100, decimal_places=2)
    reason = forms.CharField(label=_("Reason"), required=False)
    session = forms.IntegerField(label=_("Training session"), **ID)
    assessor = forms.IntegerField(label=_("Assessor"), **ID)
    sheet = forms.IntegerField(label=_("Sheet"), **ID)
    recertification = forms.BooleanField(label=_("Recertification"), required=False)
    assessed_on = forms.DateField(label=_("Assessed on"), required=False)

    def __init__(self, *args: Any, trainee: Trainee, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trainee, self.code = trainee, code

    def clean_session(self) -> TrainingSession | None:
        pk = self.cleaned_data["session"]
        if pk is None:
            return None
        rows = TrainingSession.objects.filter(cohort__program__enrolment__trainee=self.trainee, module__code=self.code)
        session = rows.select_related("module", "cohort__program").filter(pk=pk).first()
        if session is None:
            raise forms.ValidationError(_("This session is of another program or module."))
        return session

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        steps = {int(found[1]): self.data[name] for name in self.data if (found := STEP.fullmatch(name))}
        data["steps"] = {step: STEPS[value] for step, value in steps.items() if value in STEPS}
        return data

    def place_and_mark(self, program: Program, module: SkillModule) -> tuple[Place, Mark]:
        """What was sent, as the service takes it."""
        data = self.cleaned_data
        at = Place(program, module, data["session"], data["assessed_on"], data["assessor"], data["sheet"])
        mark = Mark(data["kind"], data["seen"], data["score"], data["reason"], data["recertification"], data["steps"])
        return at, mark


class LeaveForm(ActForm):
    reason = lines_field(label=_("Why may they try once more?"))


class DayForm(forms.Form):
    """`?day=2023-08-18`; empty means the default."""

    day = day_field(label=_("Day"), required=False)


class StepRow(NamedTuple):
    """One step of a trainee's checklist, as it is drawn."""

    step: PerformanceStep
    name: str
    value: str


class Row(NamedTuple):
    """One line of a sheet as it is drawn, by the template itself: a widget for each of a thousand inputs takes seconds."""

    line: Line
    pk: int
    value: str
    score: str
    reason: str
    seen: str
    steps: list[StepRow]
    errors: dict[str, list[str]]


class SessionSheetForm(ActForm):
    """The sheet of a session as one form: for each trainee a result, a score, a reason, the steps, and the cell's version."""

    def __init__(self, *args: Any, sheet: SessionSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        likely = sheet.assessors[0] if sheet.assessors and sheet.assessors[0].likely is not None else None
        self.fields["assessor"] = forms.TypedChoiceField(
            label=_("Assessor"),
            choices=[*([] if likely else [("", _("choose"))]), *((one.pk, str(one)) for one in sheet.assessors)],
            coerce=int,
            empty_value=None,
            required=False,
            initial=likely.pk if likely else "",
            widget=forms.Select(attrs={"data-common": "assessor", "class": "form-select"}),
        )
        for line in sheet.lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        pk, now, who = line.trainee.pk, line.now, {"trainee": line.trainee}
        add = self.fields
        add[f"kind_{pk}"] = forms.ChoiceField(
            label=str(line.trainee), choices=RESULTS, required=False, initial=now.kind if now else ""
        )
        if self.scored:
            score = plain(now.score) if now and now.score is not None else ""
            add[f"score_{pk}"] = forms.DecimalField(
                label=_("Score, %(trainee)s") % who,
                required=False,
                min_value=0,
                max_value=100,
                decimal_places=2,
                initial=score,
            )
        reason = "" if line.needs_word else reason_of(now)
        add[f"reason_{pk}"] = forms.CharField(label=_("Reason, %(trainee)s") % who, required=False, initial=reason)
        add[f"seen_{pk}"] = forms.CharField(required=False, initial=line.seen, widget=forms.HiddenInput)
        marked = line.steps_of(now)
        for step in self.sheet.steps:
            add[f"step_{pk}_{step.pk}"] = forms.ChoiceField(
                label=f"{step.title}, {line.trainee}",
                choices=PASSED,
                required=False,
                initial={True: "go", False: "no_go", None: ""}[marked.get(step.pk)],
            )

    @property
    def scored(self) -> bool:
        return self.sheet.entry is not None and self.sheet.entry.pass_mark is not None

    @property
    def results(self) -> list[tuple[str, Any, str]]:
        """What a line is marked with: value, words, and the key that chooses it; last, that it is not."""
        return [*((str(value), words, KEYS[value]) for value, words in RESULTS), ("", _("Clear"), "")]

    def _row(self, line: Line) -> Row:
        pk = line.trainee.pk

        def holds(name: str) -> str:
            return str(self.data.get(name, "") if self.is_bound else self.fields[name].initial)

        errors = (
            {name: self.errors[of] for name in ROW if (of := f"{name}_{pk}") in self.errors} if self.is_bound else {}
        )
        steps = [StepRow(step, name, holds(name)) for step in self.sheet.steps if (name := f"step_{pk}_{step.pk}")]
        score = holds(f"score_{pk}") if self.scored else ""
        return Row(line, pk, holds(f"kind_{pk}"), score, holds(f"reason_{pk}"), holds(f"seen_{pk}"), steps, errors)

    @cached_property
    def here(self) -> list[Row]:
        """Those who were there, or are not marked yet."""
        return [self._row(line) for line in self.sheet.lines if not line.away]

    @cached_property
    def away(self) -> list[Row]:
        return [self._row(line) for line in self.sheet.lines if line.away]

    def changed_marks(self) -> dict[Trainee, Mark]:
        """What this person changed, by trainee: what differs from what the page showed."""
        return {line.trainee: mark for line in self.sheet.lines if (mark := self._changed(line))}

    def _changed(self, line: Line) -> Mark | None:
        pk, data = line.trainee.pk, self.cleaned_data
        if f"kind_{pk}" not in self.data:
            return None  # a line that did not come back from the page
        seen = data[f"seen_{pk}"]
        steps = {
            step.pk: STEPS[value] for step in self.sheet.steps if (value := data.get(f"step_{pk}_{step.pk}")) in STEPS
        }
        mine = Mark(data[f"kind_{pk}"], seen, data.get(f"score_{pk}"), data[f"reason_{pk}"], steps=steps)
        shown = line.shown(seen)
        if any(self._says(line, one, mine) for one in (shown, line.now)):
            return (
                None  # as the page showed it, or as it stands now: each mark is sent by itself where there is a script
            )
        return mine if mine.kind or shown else None

    def _says(self, line: Line, record: Record | None, mark: Mark) -> bool:
        """Whether `mark` says what `record` does (None: nothing)."""
        stands = (record.kind, record.score, line.steps_of(record)) if record else ("", None, {})
        return stands == (mark.kind, mark.score, mark.steps) and mark.reason in ("", reason_of(record))

    def overtaken(self, conflict: Conflict) -> list[Difference]:
        """Ready to be sent over what others recorded since the page was opened; that is told.

        Where this person changed nothing, what others recorded stands in the form now.
        """
        super().overtaken(conflict)
        changed = self.changed_marks()
        told = []
        for line in self.sheet.lines:
            pk, stands = line.trainee.pk, line.now
            if line.trainee not in changed:
                names = [name for name in self.fields if re.fullmatch(rf"(kind|score|reason)_{pk}|step_{pk}_\d+", name)]
                for name in names:
                    self.data[name] = self.fields[name].initial
            elif changed[line.trainee].seen != line.seen:
                told.append(Difference(str(line.trainee), stands.get_kind_display() if stands else ""))
            self.data[f"seen_{pk}"] = line.seen
        return told


def reason_of(record: Record | None) -> str:
    """What somebody typed with it: not what a correction on the sheet says of itself."""
    return record.reason if record and record.reason != corrected_on_the_sheet() else ""
