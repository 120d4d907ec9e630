"""A file to import, and what a preview asks about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm
from accounts.imports import Column
from accounts.models import User
from accounts.spreadsheets import must_be_small
from programs.models import Program

from ..models import Cohort


class FileForm(ActForm):
    """A file to look at first. The key of this form becomes the key of the act."""

    file = forms.FileField(label=_("File"), max_length=200)

    def clean_file(self) -> Any:
        """What is too large is refused before it is taken into memory."""
        must_be_small(self.cleaned_data["file"].size)
        return self.cleaned_data["file"]


class BundleForm(FileForm):
    file = forms.FileField(
        label=_("Program bundle"),
        help_text=_(
            "The ZIP file that another Muster has made of a program. Nothing is written before you have seen it."
        ),
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        max_length=200,
    )


class UploadForm(FileForm):
    kind = forms.ChoiceField(label=_("What stands in it"), widget=forms.RadioSelect)
    cohort = forms.ModelChoiceField(
        Cohort.objects.none(),
        required=False,
        label=_("Cohort"),
        empty_label=_("Each row says it"),
        to_field_name="slug",
        help_text=_("For rows that name none."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX. Nothing is written before you have seen what it would do."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        max_length=200,
    )

    def __init__(self, *args: Any, program: Program, kinds: Mapping[str, Any], user: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = [(name, kind.title) for name, kind in kinds.items()]
        cohorts = Cohort.objects.recorded_by(user).current().filter(program=program).select_related("program")
        self.fields["cohort"].queryset = cohorts


class CheckForm(forms.Form):
    """Which column each heading stands for, and what is decided about rows that need it."""

    def __init__(
        self,
        *args: Any,
        headings: Sequence[str],
        columns: Sequence[Column],
        mapping: Mapping[str, str],
        undecided: Mapping[int, tuple[str, list[list[str]]]],
        decided: Mapping[int, str],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.headings = headings
        choices = [("", _("leave out")), *((one.name, one.label) for one in columns if one.read)]
        known = {one.name: one for one in columns}
        for n, heading in enumerate(headings):
            column = known.get(mapping.get(heading, ""))
            if column is None or column.read:
                self.fields[f"column_{n}"] = forms.ChoiceField(
                    choices=choices, required=False, label=heading, initial=column.name if column else ""
                )
        self._words = {f"line_{line}": words for line, (words, _offered) in undecided.items()}
        for line, (_asks, offered) in undecided.items():
            self.fields[f"line_{line}"] = forms.ChoiceField(
                choices=offered,
                required=False,
                widget=forms.RadioSelect,
                label=_("Row %(line)s") % {"line": line},
                initial=decided.get(line),
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("column_")]

    @property
    def lines(self) -> list[tuple[forms.BoundField, str]]:
        """What has to be decided, each with the question."""
        return [(self[name], words) for name, words in self._words.items()]

    def clean(self) -> dict[str, Any]:
        """One column cannot stand for two."""
        said = self.cleaned_data
        taken: dict[str, str] = {}
        for name in [one for one in self.fields if one.startswith("column_")]:
            column = said.get(name)
            if column and column in taken:
                self.add_error(name, _("“%(other)s” stands for this already.") % {"other": taken[column]})
            elif column:
                taken[column] = str(self.fields[name].label)
        return said

    def mapping(self) -> dict[str, str]:
        """By heading, the column that was chosen."""
        chosen = {heading: self.cleaned_data.get(f"column_{n}", "") for n, heading in enumerate(self.headings)}
        return {heading: column for heading, column in chosen.items() if column}

    def decided(self) -> dict[int, str]:
        """By line, what was decided."""
        lines = {name: value for name, value in self.cleaned_data.items() if name.startswith("line_") and value}
        return {int(name.removeprefix("line_")): value for name, value in lines.items()}
