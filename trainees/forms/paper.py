"""Printed sheets."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.addresses import as_pk
from accounts.forms import ActForm, Difference
from programs.models import Instructor, PerformanceStep

from ..models import Sheet
from ..selectors.paper import Asked, PaperLine, choices_of
from ..services.paper import Entered
from .fields import lines_field

LETTERS = {True: "G", False: "N"}  # GO and NO-GO in a step, as they are written on paper
PASSED = {letter: passed for passed, letter in LETTERS.items()}


def letters_of(line: PaperLine, steps: Sequence[PerformanceStep]) -> list[str]:
    """What stands in the boxes of a line's steps."""
    return [LETTERS[line.steps[step.pk]] if step.pk in line.steps else "" for step in steps]


class StepsField(forms.CharField):
    """A letter for each step, in their order, as typed from paper: whether each was GO. Nothing typed: not marked."""

    def __init__(self, steps: Sequence[PerformanceStep], **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)
        self.steps = steps

    def clean(self, value: Any) -> dict[int, bool]:
        typed = "".join(super().clean(value).upper().split())
        if typed and (len(typed) != len(self.steps) or set(typed) - PASSED.keys()):
            words = ngettext(
                "Type one letter for the step: G for GO, N for NO-GO.",
                "Type one letter for each of the %(n)s steps: G for GO, N for NO-GO.",
                len(self.steps),
            )
            raise forms.ValidationError(words % {"n": len(self.steps)})
        return {step.pk: PASSED[letter] for step, letter in zip(self.steps, typed, strict=False)}


class PrintForm(ActForm):
    """Which sheet to print for a session."""

    kind = forms.ChoiceField(label=_("Sheet"), choices=Sheet.Kind.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, results: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not results:
            self.fields["kind"].choices = [(Sheet.Kind.REGISTER.value, Sheet.Kind.REGISTER.label)]
        self.initial.setdefault("kind", Sheet.Kind.RESULTS if results else Sheet.Kind.REGISTER)


class NumberForm(forms.Form):
    """The number in a sheet's corner."""

    number = forms.CharField(label=_("Sheet number"), widget=forms.TextInput(attrs={"inputmode": "numeric"}))

    def clean_number(self) -> int:
        pk = as_pk(self.cleaned_data["number"].strip().lstrip("0"))
        if pk is None:
            raise forms.ValidationError(_("The number stands at the top of the sheet: four digits or more."))
        return pk


class LostForm(ActForm):
    reason = lines_field(label=_("Why will it not come back?"))


class EnterForm(ActForm):
    """The lines of a sheet in their order, and the totals at its foot."""

    def __init__(
        self, *args: Any, sheet: Sheet, lines: Sequence[PaperLine], asked: Asked, assessors: Any, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.lines, self.scored, self.steps = lines, asked.pass_mark is not None, asked.steps
        self.choices = choices_of(sheet)
        if sheet.kind == Sheet.Kind.RESULTS:
            self.fields["assessor"] = forms.ModelChoiceField(assessors, label=_("Assessor who signed"))
        for line in lines:
            pk, who = line.trainee.pk, {"trainee": line.trainee}
            self.fields[f"kind_{pk}"] = forms.ChoiceField(
                label=str(line.trainee), choices=[*self.choices, ("", _("nothing ticked"))], required=False,
                initial=line.value, widget=forms.RadioSelect,
            )  # fmt: skip
            if self.steps:
                self.fields[f"steps_{pk}"] = StepsField(
                    self.steps, label=_("Steps, %(trainee)s") % who, initial="".join(letters_of(line, self.steps))
                )
            if self.scored:
                self.fields[f"score_{pk}"] = forms.DecimalField(
                    label=_("Score, %(trainee)s") % who, required=False, min_value=0, max_value=100, decimal_places=2,
                    initial=line.score,
                )  # fmt: skip
            self.fields[f"reason_{pk}"] = forms.CharField(
                label=_("Reason, %(trainee)s") % who, max_length=200, required=False, initial=line.reason
            )
            self.fields[f"seen_{pk}"] = forms.CharField(required=False, initial=line.seen, widget=forms.HiddenInput)
        for value, words in self.choices:
            self.fields[f"total_{value}"] = forms.IntegerField(
                label=_("Total, %(words)s") % {"words": words}, min_value=0, max_value=9999
            )

    def rows(self) -> list[tuple[Any, ...]]:
        """Each line with its fields, for the template."""
        return [
            (
                line,
                self[f"kind_{(pk := line.trainee.pk)}"],
                self[f"steps_{pk}"] if self.steps else None,
                self[f"score_{pk}"] if self.scored else None,
                self[f"reason_{pk}"],
                self[f"seen_{pk}"],
            )
            for line in self.lines
        ]

    def foot(self) -> list[Any]:
        return [self[f"total_{value}"] for value, _words in self.choices]

    def overtaken(self, conflict: Any) -> list[Difference]:
        """Ready to be sent over what others wrote since the page was opened; that is told, line by line."""
        super().overtaken(conflict)
        self.data["seen"] = self.initial["seen"]
        told, words = [], dict(self.choices)
        for line in self.lines:
            name = f"seen_{line.trainee.pk}"
            if self.data.get(name, "") != line.seen:
                self.data[name] = line.seen
                told.append(Difference(str(line.trainee), words.get(line.value, "")))
        return told

    def words(self) -> dict[str, Any]:
        """What `services.enter_sheet` takes."""
        data = self.cleaned_data
        assessor: Instructor | None = data.get("assessor")
        return {
            "marks": {
                pk: Entered(
                    data[f"kind_{pk}"],
                    data.get(f"score_{pk}"),
                    data[f"reason_{pk}"].strip(),
                    data[f"seen_{pk}"],
                    data.get(f"steps_{pk}") or {},
                )
                for pk in (line.trainee.pk for line in self.lines)
            },
            "counted": {value: data[f"total_{value}"] for value, _words in self.choices},
            "assessor": assessor and assessor.pk,
        }
