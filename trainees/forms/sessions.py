"""The registers of sessions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm, Difference

from ..models import Attendance
from .fields import lines_field


class ReopenForm(ActForm):
    reason = lines_field(label=_("Why is it opened again?"))


class RegisterForm(ActForm):
    """One choice and one reason for each line of the register; nothing chosen is "not marked"."""

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            pk, mark = line.trainee.pk, line.mark
            self.fields[f"m{pk}"] = forms.ChoiceField(
                label=str(line.trainee),
                choices=Attendance.Status.choices,
                required=False,
                initial=mark.status if mark else "",
                widget=forms.RadioSelect,
            )
            self.fields[f"r{pk}"] = forms.CharField(
                label=_("Reason, %(trainee)s") % {"trainee": line.trainee},
                max_length=200,
                required=False,
                initial=mark.reason if mark else "",
            )
            self.fields[f"v{pk}"] = forms.CharField(required=False, initial=line.seen, widget=forms.HiddenInput)

    def rows(self):
        """Each line with its fields, for the template."""
        return [
            (line, self[f"m{line.trainee.pk}"], self[f"r{line.trainee.pk}"], self[f"v{line.trainee.pk}"])
            for line in self.lines
        ]

    def overtaken(self, conflict):
        """Ready to be sent over the marks that others made since the page was opened; those are told."""
        super().overtaken(conflict)
        self.data["seen"] = self.initial["seen"]
        told = []
        for line in self.lines:
            if self.data.get(f"v{line.trainee.pk}", "") != line.seen:
                self.data[f"v{line.trainee.pk}"] = line.seen
                told.append(Difference(str(line.trainee), line.mark.get_status_display() if line.mark else ""))
        return told

    def changed_marks(self) -> tuple[dict, dict]:
        """What differs from what the page showed: marks by trainee, and the versions they were made from."""
        marks, seen = {}, {}
        for line in self.lines:
            pk, data = line.trainee.pk, self.cleaned_data
            mark = (data[f"m{pk}"], data[f"r{pk}"])
            shown = (line.mark.status, line.mark.reason) if line.mark else ("", "")
            if mark[0] and (mark != shown or data[f"v{pk}"] != line.seen):
                marks[pk], seen[pk] = mark, data[f"v{pk}"]
        return marks, seen
