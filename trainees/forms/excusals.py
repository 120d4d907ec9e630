"""Excusals entered in advance."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm

from ..models import Cohort, Enrolment, Excusal, Trainee
from .fields import day_field


class ExcusalForm(ActForm, forms.ModelForm):
    """Why, from when, until when."""

    since = day_field(label=_("From"))
    until = day_field(label=_("Until"), required=False, help_text=_("Inclusive. Empty: until further notice."))

    class Meta:
        model = Excusal
        fields = ("kind", "since", "until", "reason")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("The last day cannot be before the first."))
        return data


class ExcusalNewForm(ExcusalForm):
    """Who, too: anybody with a place in the cohort."""

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = Enrolment.objects.standing().filter(cohort=cohort).values("trainee")
        self.fields["trainee"] = forms.ModelChoiceField(Trainee.objects.filter(pk__in=here), label=_("Trainee"))
        self.order_fields(["key", "seen", "trainee", *ExcusalForm.Meta.fields])


class ExcusalEndForm(ActForm):
    until = day_field(label=_("Last day excused"), help_text=_("From the next day on, registers expect them again."))
