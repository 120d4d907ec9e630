"""Sessions: planned, changed, cancelled."""

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm, SeveralField
from programs.models import CurriculumEntry, Instructor, SkillModule, Track

from ..models import Cohort, Enrolment, Group, SessionStaff, Trainee, TrainingSession
from .fields import MomentField, lines_field


class SessionForm(ActForm, forms.ModelForm):
    """When, where, what, by whom and for whom. Times are those of the program's time zone."""

    starts_at = MomentField(label=_("Starts"))
    ends_at = MomentField(label=_("Ends"))
    note = lines_field(label=_("Note"), required=False)

    class Meta:
        model = TrainingSession
        fields = ("module", "kind", "starts_at", "ends_at", "place", "note")

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.cohort = cohort
        taught = CurriculumEntry.objects.filter(curriculum__followed__cohort=cohort).values("module")
        self.fields["module"].queryset = SkillModule.objects.filter(pk__in=taught)
        people = Instructor.objects.assigned_to(cohort.program).order_by("call_sign")
        staff, audience = {}, set()
        if self.instance.pk:
            staff = {one.instructor_id: one.duty for one in self.instance.staff.all()}
            audience = {(one.track_id, one.group_id, one.trainee_id) for one in self.instance.audience.all()}
        for duty, label in SessionStaff.Duty.choices:
            self.fields[f"duty_{duty}"] = SeveralField(
                people,
                label=label.capitalize(),
                required=False,
                initial=[pk for pk, of in staff.items() if of == duty],
                widget=forms.CheckboxSelectMultiple,
            )
        parts = (
            ("tracks", _("For these tracks"), Track.objects.filter(program=cohort.program_id, archived_at=None), 0),
            ("groups", _("For these groups"), Group.objects.filter(cohort=cohort), 1),
        )
        for name, label, rows, place in parts:
            self.fields[name] = SeveralField(
                rows,
                label=label,
                required=False,
                initial=[part[place] for part in audience if part[place]],
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Nothing ticked in tracks, groups or trainees: for the whole cohort."),
            )
        here = Enrolment.objects.standing().filter(cohort=cohort).values("trainee")
        self.fields["trainees"] = SeveralField(
            Trainee.objects.filter(pk__in=here),
            label=_("For these trainees"),
            required=False,
            initial=[part[2] for part in audience if part[2]],
            widget=forms.SelectMultiple(attrs={"size": 6}),
            help_text=_("For a retake, name those who retake."),
        )

    def clean(self):
        data = super().clean()
        first = self.cohort.starts_on
        if data.get("starts_at") and timezone.localdate(data["starts_at"]) < first:
            self.add_error("starts_at", _("The cohort begins on %(day)s.") % {"day": date_format(first)})
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", _("The end has to be after the start."))
        named = [one.pk for duty in SessionStaff.Duty.values for one in data.get(f"duty_{duty}", ())]
        if len(named) != len(set(named)):
            raise forms.ValidationError(_("Somebody has two duties at this session. Give each person one."))
        return data

    def words(self) -> dict:
        words = super().words()
        staff = {one.pk: duty for duty in SessionStaff.Duty.values for one in words.pop(f"duty_{duty}")}
        audience = [part for name in ("tracks", "groups", "trainees") for part in words.pop(name)]
        return words | {"staff": staff, "audience": audience}


class CancelForm(ActForm):
    reason = lines_field(label=_("Why is it cancelled?"))
