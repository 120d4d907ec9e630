"""Trainees, their names, and their places in cohorts."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm
from programs.models import Track

from ..models import Cohort, Enrolment, Group, Trainee
from .fields import day_field, lines_field
from .ticks import ticked, ticks


class PlaceFields(forms.Form):
    """Since when, in which track and group of `cohort`."""

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["status"] = forms.ChoiceField(
            label=_("Place"),
            choices=[("active", _("active: has arrived")), ("expected", _("expected: has not arrived yet"))],
        )
        self.fields["since"] = day_field(label=_("Since"), initial=cohort.starts_on)
        self.fields["track"] = forms.ModelChoiceField(
            Track.objects.filter(program=cohort.program_id, archived_at=None),
            label=_("Track"),
            required=False,
            empty_label=_("not decided yet"),
        )
        self.fields["group"] = forms.ModelChoiceField(
            Group.objects.filter(cohort=cohort), label=_("Group"), required=False, empty_label=_("none")
        )


class TraineeCreateForm(PlaceFields, ActForm, forms.ModelForm):
    """A new trainee with a place in `cohort`."""

    class Meta:
        model = Trainee
        fields = ("roll_number", "call_sign", "nation")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (("family_name", _("Family name")), ("given_name", _("Given name"))):
            self.fields[name] = forms.CharField(
                label=label,
                max_length=80,
                required=False,
                help_text=_("Kept apart, shown only on request to coordinators."),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )


class EnrolNewForm(PlaceFields, ActForm):
    """Several new trainees at once, one on each line: roll number, call sign, nation."""

    lines = lines_field(
        rows=8,
        label=_("New trainees"),
        required=False,
        help_text=_("One on each line: roll number, call sign, nation. For example: TRD3-01, SOKIL, Ukraine"),
    )
    known = forms.CharField(
        label=_("Trainees already on record"),
        required=False,
        help_text=_("Roll numbers, with spaces or commas between them: of trainees of your other programs."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.order_fields(["key", "seen", "lines", "known", "status", "since", "track", "group"])

    def clean_lines(self) -> list[dict]:
        found = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            parts = [part.strip() for part in line.replace("\t", ",").replace(";", ",").split(",")]
            if not any(parts):
                continue
            if len(parts) > 3 or len(parts) < 2 or not parts[0] or not parts[1]:
                raise forms.ValidationError(
                    _("Line %(n)s: write roll number, call sign and, if you like, the nation, with commas between."),
                    params={"n": number},
                )
            found.append(dict(zip(("roll_number", "call_sign", "nation"), [*parts, ""], strict=False)))
        rolls = [one["roll_number"].casefold() for one in found]
        double = next((roll for roll in rolls if rolls.count(roll) > 1), None)
        if double:
            raise forms.ValidationError(_("Roll number %(roll)s stands here twice."), params={"roll": double.upper()})
        return found

    def clean_known(self) -> list[Trainee]:
        rolls = self.cleaned_data["known"].replace(",", " ").split()
        mine = Trainee.objects.run_by(self.user).filter(roll_number__in=rolls).select_related("merged_into")
        found = {one.roll_number: one.stands_as for one in mine}
        unknown = [roll for roll in rolls if roll not in found]
        if unknown:
            raise forms.ValidationError(
                _("You coordinate no trainee with the roll number %(rolls)s."), params={"rolls": ", ".join(unknown)}
            )
        return list(dict.fromkeys(found.values()))

    def clean(self):
        data = super().clean()
        if not self.errors and not data.get("lines") and not data.get("known"):
            raise forms.ValidationError(_("Enter at least one trainee."))
        return data


class TraineeForm(ActForm, forms.ModelForm):
    class Meta:
        model = Trainee
        fields = ("roll_number", "call_sign", "nation")


class NameReadForm(ActForm):
    reason = forms.CharField(
        label=_("Why do you need the name?"), max_length=200, help_text=_("Kept, with who asked and when.")
    )


class NamesReadForm(ActForm):
    reason = forms.CharField(
        label=_("Why do you need the names?"), max_length=200, help_text=_("Kept, with who asked and when.")
    )


class NameForm(ActForm):
    family_name = forms.CharField(label=_("Family name"), max_length=80, required=False)
    given_name = forms.CharField(label=_("Given name"), max_length=80, required=False)


class HandOutForm(ActForm):
    reason = forms.CharField(
        label=_("Why is it handed out?"), max_length=200, help_text=_("Kept, with who asked and when.")
    )


class EraseForm(ActForm):
    """Whom it is about has to be typed: the wrong person cannot be brought back."""

    roll_number = forms.CharField(
        label=_("Roll number"),
        max_length=20,
        help_text=_("Type it, to be sure that it is this person."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Why are they erased?"), max_length=200, help_text=_("Kept. Without name and call sign.")
    )


class FindForm(forms.Form):
    """By roll number or call sign."""

    q = forms.CharField(label=_("Roll number, call sign"), required=False, widget=forms.SearchInput)


class MergeForm(ActForm):
    """Why two numbers are one person. `expected` is what was shown of it: nobody merges unseen."""

    seen_old = forms.CharField(widget=forms.HiddenInput)
    expected = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("How do you know that they are one person?"), max_length=200, help_text=_("Kept. Without name.")
    )

    def __init__(self, *args, kept: Trainee, old: Trainee, **kwargs):
        super().__init__(*args, **kwargs)
        self.kept, self.old = kept, old
        self.initial |= {"seen": kept.seen, "seen_old": old.seen}

    def show_again(self, expected: str = "") -> None:
        """From now on it carries what stands there by now, and the digest of what is shown of it."""
        self.data = self.data.copy()
        for name, value in (("seen", self.kept.seen), ("seen_old", self.old.seen), ("expected", expected)):
            self.data[name] = value

    def overtaken(self, conflict):
        for one in (self.kept, self.old):
            one.refresh_from_db()
        differences = super().overtaken(conflict)
        self.show_again()
        return differences


class ChangeForm(ActForm):
    """The next entry in the line of one or several trainees. `kind` decides which questions are asked."""

    def __init__(self, *args, cohort: Cohort, kind, versions: Mapping[int, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.program, self.shown = cohort.program_id, versions
        self.initial.setdefault("seen", ticks(versions))
        today = min(cohort.today(), cohort.ends_on) if cohort.ends_on >= cohort.starts_on else cohort.today()
        self.fields["since"] = day_field(label=kind.since, initial=max(today, cohort.starts_on))
        if kind.name == "transfer":
            others = Cohort.objects.filter(program=cohort.program_id, archived_at=None).exclude(pk=cohort.pk)
            self.fields["to"] = forms.ModelChoiceField(others, label=_("To cohort"))
        if kind.name == "track":
            tracks = Track.objects.filter(program=cohort.program_id, archived_at=None)
            self.fields["track"] = forms.ModelChoiceField(
                tracks, label=_("Track"), required=False, empty_label=_("none")
            )
        if kind.name == "group":
            groups = Group.objects.filter(cohort=cohort)
            self.fields["group"] = forms.ModelChoiceField(
                groups, label=_("Group"), required=False, empty_label=_("none")
            )
        self.fields["reason"] = lines_field(label=_("Reason"), required=kind.needs_reason)

    def versions(self) -> dict[int, str]:
        """For each trainee ticked, the last entry that the page showed; none for whom the form does not tell."""
        told = ticked(self.cleaned_data["seen"].split())
        return {pk: told.get(pk, "") for pk in self.shown}

    def overtaken(self, conflict):
        differences = super().overtaken(conflict)
        lines = Enrolment.objects.filter(program=self.program, trainee__in=list(self.shown)).select_related("act")
        self.data["seen"] = ticks({one.trainee_id: str(one.act.key) for one in lines.order_by("pk")})
        return differences


class PlaceCorrectForm(ActForm):
    """What should have been entered, or that it was a mistake altogether."""

    def __init__(self, *args, entry: Enrolment, **kwargs):
        super().__init__(*args, **kwargs)
        cohort = entry.cohort
        completed = (
            entry.status == Enrolment.Status.COMPLETED
        )  # its completion was revoked: nothing else of it is entered
        self.fields["mistaken"] = forms.BooleanField(
            label=_("It should not have been entered at all"), required=completed
        )
        self.fields["correction"] = lines_field(label=_("What was wrong with the entry"))
        if completed:
            return
        statuses = [one for one in Enrolment.Status.choices if one[0] not in {"void", "completed"}]
        self.fields["status"] = forms.ChoiceField(label=_("Place"), choices=statuses, initial=entry.status)
        self.fields["since"] = day_field(label=_("Since"), initial=entry.since)
        self.fields["track"] = forms.ModelChoiceField(
            Track.objects.filter(program=entry.program_id), label=_("Track"), required=False, initial=entry.track_id
        )
        self.fields["group"] = forms.ModelChoiceField(
            Group.objects.filter(cohort=cohort), label=_("Group"), required=False, initial=entry.group_id
        )
        self.fields["reason"] = lines_field(
            label=_("Reason"), required=False, initial=entry.reason, help_text=_("Why the place is as it is.")
        )
        self.order_fields([name for name in self.fields if name != "correction"])  # which is asked last


class CohortChoiceForm(forms.Form):
    """Which of one's cohorts the new trainee joins."""

    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=_("Cohort"), to_field_name="slug")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cohort"].queryset = Cohort.objects.run_by(user).current()


class CompleteForm(ActForm):
    """Who has completed, on which day. The trainees are ticked in the table of outcomes."""

    completed_on = day_field(label=_("Completed on"))


class RevokeForm(ActForm):
    revoked_on = day_field(label=_("From"))
    reason = lines_field(label=_("Reason"))
