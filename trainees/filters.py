"""What the lists can be searched and filtered by, in the address."""

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from programs.filters import CurrentFilter, ListFilter
from programs.models import Program

from .models import Cohort, Enrolment, Trainee


def programs_seen(request):
    return Program.objects.visible_to(request.user)


def cohorts_seen(request):
    return Cohort.objects.visible_to(request.user)


class CohortFilter(CurrentFilter):
    program = filters.ModelChoiceFilter(
        label=_("Program"), queryset=programs_seen, to_field_name="slug", empty_label=_("All programs")
    )

    class Meta:
        model = Cohort
        fields = ()


class TraineeFilter(ListFilter):
    q = filters.CharFilter(label=_("Roll number, call sign"), method="search", widget=forms.SearchInput)
    cohort = filters.ModelChoiceFilter(
        label=_("Cohort"), queryset=cohorts_seen, to_field_name="slug", empty_label=_("All cohorts"), method="placed"
    )

    class Meta:
        model = Trainee
        fields = ()

    def placed(self, rows, name, cohort):
        return rows.filter(pk__in=Enrolment.objects.filter(cohort=cohort).values("trainee"))
