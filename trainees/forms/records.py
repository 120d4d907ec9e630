"""Recording evidence."""

from collections.abc import Callable, Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.addresses import as_pk
from accounts.forms import ActForm
from programs.models import Instructor, PerformanceStep, Program, SkillModule

from ..models import Record, TrainingSession
from ..selectors.cells import Cell
from .fields import day_field, lines_field


class AssessorField(forms.ModelChoiceField):
    """Gives an id, and does not look it up: who may assess is a rule of the database."""

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if (pk := as_pk(value)) is None:
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": value})
        return pk


class ResultForm(ActForm):
    """One result of one trainee in one module.

    Sent, it asks the database only for a session or steps that somebody named. What it offers to choose from, and what
    `begin` says that it begins with (the cell, and values by field), is asked for when it is shown.
    """

    kind = forms.ChoiceField(
        label=_("Result"),
        choices=[
            (Record.Kind.GO, Record.Kind.GO.label),
            (Record.Kind.NO_GO, Record.Kind.NO_GO.label),
            (Record.Kind.NOT_ASSESSED, Record.Kind.NOT_ASSESSED.label),
        ],
        widget=forms.RadioSelect,
    )
    assessed_on = day_field(label=_("Assessed on"))
    at_time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    score = forms.DecimalField(label=_("Score"), required=False, min_value=0, max_value=100, decimal_places=2)
    assessor = AssessorField(
        Instructor.objects.none(), label=_("Assessor"), required=False, help_text=_("Needed for GO and NO-GO.")
    )
    session = forms.ModelChoiceField(
        TrainingSession.objects.none(), label=_("Training session"), required=False, empty_label=_("none")
    )
    recertification = forms.BooleanField(
        label=_("Recertification"),
        required=False,
        help_text=_("Assessed again after a pass: a NO-GO cancels every earlier pass."),
    )
    reason = lines_field(label=_("Reason"), required=False, help_text=_("Needed when it was not assessed."))

    def __init__(self, *args, program: Program, module: SkillModule, begin: Callable[[], tuple[Cell, dict]], **kwargs):
        super().__init__(*args, **kwargs)
        self.begin = begin
        self.fields["assessor"].queryset = Instructor.objects.assessing(program, module)
        self.fields["session"].queryset = _sessions(program, module)
        self.steps: list[PerformanceStep] = []
        if named := [as_pk(name.removeprefix("step_")) for name in self.data if name.startswith("step_")]:
            self._ask_for(PerformanceStep.objects.filter(pk__in=[pk for pk in named if pk is not None]))

    def show(self) -> dict:
        """ValidationError where nothing can be recorded for the trainee in this module."""
        cell, values = self.begin()
        self.initial = {"seen": cell.last_key, "assessed_on": cell.day} | values | self.initial
        self._ask_for(PerformanceStep.objects.filter(entry=cell.entry.id))
        if cell.entry.pass_mark is None:
            del self.fields["score"]
        else:
            self.fields["score"].help_text = _("Pass mark %(mark)s.") % {
                "mark": f"{cell.entry.pass_mark.normalize():f}"
            }
        blocked = _("A prerequisite is missing. A GO can be recorded nevertheless, with a reason.")
        return {"notes": [blocked] if cell.blocked else []}

    def _ask_for(self, steps: Iterable[PerformanceStep]) -> None:
        self.steps = list(steps)
        for step in self.steps:
            label = _("%(step)s (critical)") % {"step": step.title} if step.critical else step.title
            self.fields[f"step_{step.pk}"] = forms.TypedChoiceField(
                label=label,
                required=False,
                empty_value=None,
                coerce=lambda value: value == "1",
                choices=[("", _("not marked")), ("1", "GO"), ("0", "NO-GO")],
            )

    def words(self) -> dict:
        words = super().words()
        steps = {step.pk: words.pop(f"step_{step.pk}") for step in self.steps}
        words["steps"] = {pk: passed for pk, passed in steps.items() if passed is not None}
        return words


class CreditForm(ActForm):
    """Met before, recognised here."""

    holds_from = day_field(label=_("Recognised from"))
    holds_until = day_field(label=_("Until"), required=False, help_text=_("Inclusive. Empty: for ever."))
    authority = forms.CharField(label=_("Authority"), max_length=120, help_text=_("Who decided it."))
    reason = lines_field(label=_("On what grounds"), required=False)

    def __init__(self, *args, cell: Cell, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("seen", cell.last_key)


class ExemptionForm(CreditForm):
    """Not asked of this trainee."""

    holds_from = day_field(label=_("Exempt from"))
    reason = lines_field(label=_("Reason"))


class VoidForm(ActForm):
    reason = lines_field(label=_("What is wrong with it"))


def _sessions(program: Program, module: SkillModule):
    """Sessions of the module that a result may come from."""
    return (
        TrainingSession.objects.filter(cohort__program=program, module=module, cancelled_at=None)
        .select_related("cohort__program", "module")
        .order_by("-starts_at")
    )
