"""The register of a session."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.acts import Conflict
from accounts.forms import ActForm, Difference

from ..models import Attendance, Enrolment, Trainee, TrainingSession, Unlisted
from ..selectors.sessions import Line, marks_seen
from .fields import lines_field

KEYS = {"present": "p", "late": "l", "excused": "e", "absent": "a"}
Mark = tuple[str, str]  # status, "" for not marked, and reason
NOT_MARKED: Mark = ("", "")


class ReopenForm(ActForm):
    reason = lines_field(label=_("Why is it opened again?"))


class UnlistedForm(ActForm):
    """Somebody who is not on the roster, as they say who they are."""

    told = forms.CharField(label=_("Roll number or call sign"), max_length=60)


class ResolveForm(ActForm):
    """Who it was, or why it was nobody of ours. Whoever told their own roll number or call sign is proposed."""

    trainee = forms.ModelChoiceField(
        Trainee.objects.none(), label=_("Trainee"), required=False, empty_label=_("not one of ours")
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        help_text=_("Needed for whoever is not one of ours: who was it?"),
    )

    def __init__(self, *args: Any, unlisted: Unlisted, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Enrolment.objects.standing().filter(program=unlisted.session.cohort.program_id)
        people = Trainee.objects.filter(pk__in=places.values("trainee"))
        told = unlisted.told
        called = people.filter(
            Q(roll_number__iexact=told) | Q(call_sign__iexact=told) | Q(merged__roll_number__iexact=told)
        ).distinct()
        field = self.fields["trainee"]
        field.queryset = people  # type: ignore[attr-defined]  # a choice of rows
        if len(called) == 1:
            self.initial.setdefault("trainee", called[0].pk)
        self.initial.setdefault("seen", unlisted.seen)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("trainee") and not data.get("note") and not self.errors:
            self.add_error("note", _("Say why it was nobody of ours, or choose who it was."))
        return data


class MarkForm(ActForm):
    """One mark of one trainee, as the page sends it at once; no status clears it."""

    status = forms.ChoiceField(label=_("Attendance"), choices=Attendance.Status.choices, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class MarkRadios(forms.RadioSelect):
    """The marks side by side, each with the key that chooses it; last, that there is none."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if key := KEYS.get(str(value)):
            option["attrs"]["data-value-key"] = key
        return option


class RegisterForm(ActForm):
    """One choice and one reason for each line of the register, and the version of the mark that the page showed."""

    def __init__(self, *args: Any, session: TrainingSession, lines: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session, self.lines = session, lines
        for line in lines:
            pk, mark = line.trainee.pk, line.mark
            self.fields[f"m{pk}"] = forms.ChoiceField(
                label=str(line.trainee),
                choices=[*Attendance.Status.choices, ("", _("not marked"))],
                required=False,
                initial=mark.status if mark else "",
                widget=MarkRadios,
            )
            self.fields[f"r{pk}"] = forms.CharField(
                label=_("Reason, %(trainee)s") % {"trainee": line.trainee},
                max_length=200,
                required=False,
                initial=mark.reason if mark else "",
            )
            self.fields[f"v{pk}"] = forms.CharField(required=False, initial=line.seen, widget=forms.HiddenInput)

    def rows(self) -> list[tuple[Line, BoundField, BoundField, BoundField]]:
        """Each line with its fields, for the template."""
        return [
            (line, self[f"m{line.trainee.pk}"], self[f"r{line.trainee.pk}"], self[f"v{line.trainee.pk}"])
            for line in self.lines
        ]

    def changed_marks(self) -> tuple[dict[int, Mark], dict[int, str]]:
        """What this person changed: marks by trainee, and the versions they were made from."""
        marks, seen = {}, {}
        for line, mine in self._changes():
            marks[line.trainee.pk], seen[line.trainee.pk] = mine, self.cleaned_data[f"v{line.trainee.pk}"]
        return marks, seen

    def overtaken(self, conflict: Conflict) -> list[Difference]:
        """Ready to be sent over the marks that others made since the page was opened; those are told.

        Where this person changed nothing, what others made stands in the form now.
        """
        super().overtaken(conflict)
        self.data["seen"] = self.initial["seen"]
        changed = {line.trainee.pk for line, _mine in self._changes()}
        told = []
        for line in self.lines:
            pk = line.trainee.pk
            if pk not in changed:
                self.data[f"m{pk}"], self.data[f"r{pk}"] = _stands(line)
            elif self.data.get(f"v{pk}", "") != line.seen:
                told.append(Difference(str(line.trainee), line.mark.get_status_display() if line.mark else ""))
            self.data[f"v{pk}"] = line.seen
        return told

    def _changes(self) -> Iterator[tuple[Line, Mark]]:
        """The lines in which this person entered something else than what stands there, and than what the page showed."""
        versions = {line.trainee.pk: self.cleaned_data[f"v{line.trainee.pk}"] for line in self.lines}
        stale = {
            line.trainee.pk: versions[line.trainee.pk] for line in self.lines if versions[line.trainee.pk] != line.seen
        }
        shown = marks_seen(self.session, stale) if any(stale.values()) else {}
        for line in self.lines:
            pk = line.trainee.pk
            if f"m{pk}" not in self.data:
                continue  # a line that did not come back from the page
            status = self.cleaned_data[f"m{pk}"]
            mine = (status, self.cleaned_data[f"r{pk}"]) if status else NOT_MARKED
            before = NOT_MARKED if not versions[pk] else shown.get(pk) if pk in stale else _stands(line)
            if mine not in (_stands(line), before):
                yield line, mine


def _stands(line: Line) -> Mark:
    return (line.mark.status, line.mark.reason) if line.mark else NOT_MARKED
