"""Setting up a cohort."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm
from programs.models import Curriculum, Instructor, Program

from ..models import Cohort, CommanderRating, Group
from .fields import day_field, lines_field


class CohortCode(forms.Form):
    """The code of a new cohort of `program`."""

    program: Program

    def explain_code(self) -> None:
        self.fields["code"].help_text = _("Only what follows %(program)s-, for example 1.") % {
            "program": self.program.code
        }

    def clean_code(self):
        """People write the whole code too, as they see it everywhere: what stands before it anyway is taken off."""
        code, before = self.cleaned_data["code"], f"{self.program.code}-"
        return code[len(before) :] if code.upper().startswith(before.upper()) and len(code) > len(before) else code


class CohortForm(CohortCode, ActForm, forms.ModelForm):
    """A cohort of `program`. A new one may follow a published curriculum at once; its code stays as it is."""

    starts_on = day_field(label=_("First day"))
    ends_on = day_field(label=_("Last day"))

    class Meta:
        model = Cohort
        fields = ("code", "title", "starts_on", "ends_on", "location", "lead_instructor", "practice")

    def __init__(self, *args, program: Program, **kwargs):
        super().__init__(*args, **kwargs)
        self.program = program
        self.fields["lead_instructor"].queryset = Instructor.objects.assigned_to(program).filter(capacity="instructor")
        if self.instance.pk:
            del self.fields["code"]
            return
        self.explain_code()
        published = Curriculum.objects.published().filter(program=program).select_related("program")
        self.fields["curriculum"] = forms.ModelChoiceField(
            published,
            label=_("Curriculum"),
            required=False,
            initial=published.first(),
            help_text=_("A published version, followed from the first day. It can be chosen later too.")
            if published
            else _("No version is published yet. The cohort can be made, and follow one later."),
        )

    def clean(self):
        data = super().clean()
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        return data


class ProgramChoiceForm(forms.Form):
    """Which of one's programs the new cohort is for."""

    program = forms.ModelChoiceField(Program.objects.none(), label=_("Program"), to_field_name="slug")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["program"].queryset = Program.objects.run_by(user).current()


class FollowForm(forms.Form):
    """To which published version the cohort changes, from which day on: first it is shown what that does."""

    curriculum = forms.ModelChoiceField(
        Curriculum.objects.none(), label=_("Curriculum version"), to_field_name="number"
    )
    since = day_field(label=_("From"), help_text=_("Results of earlier days stay under the version of their day."))

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.cohort = cohort
        published = Curriculum.objects.published().filter(program=cohort.program_id)
        self.fields["curriculum"].queryset = published.select_related("program")

    def clean_since(self):
        since = self.cleaned_data["since"]
        if self.cohort.curricula.standing().filter(since=since).exists():
            raise forms.ValidationError(_("The cohort already changes its curriculum on this day."))
        return since


class EffectForm(ActForm):
    """Confirms a change of what is asked. `expected` is the digest of what was shown of it: nobody changes it unseen."""

    expected = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, expected: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["expected"] = self.shown = expected

    def refuse(self, error):
        """The page shows what would change by now; sent again, that is what was shown."""
        super().refuse(error)
        self.data = self.data.copy()
        self.data["expected"] = self.shown


class GroupForm(ActForm, forms.ModelForm):
    class Meta:
        model = Group
        fields = ("code", "title")


class RatingForm(ActForm, forms.ModelForm):
    """The commander's own judgement of the cohort in a module."""

    rated_on = day_field(label=_("On"))
    remark = lines_field(label=_("Remark"), required=False)

    class Meta:
        model = CommanderRating
        fields = ("band", "rated_by", "rated_on", "remark")
        widgets = {"band": forms.RadioSelect}
