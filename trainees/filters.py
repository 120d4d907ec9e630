"""What the lists can be searched and filtered by, in the address."""

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from programs.models import Program

from .models import Cohort, Enrolment, Trainee


def programs_seen(request):
    return Program.objects.visible_to(request.user) if request else Program.objects.none()


def cohorts_seen(request):
    return Cohort.objects.visible_to(request.user) if request else Cohort.objects.none()


class CohortFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Search"), method="search")
    program = filters.ModelChoiceFilter(
        label=_("Program"), queryset=programs_seen, to_field_name="slug", empty_label=_("All programs")
    )
    archived = filters.ChoiceFilter(
        label=_("Show"), choices=[("all", _("All, archived too"))], empty_label=_("Current"), method="keep"
    )

    class Meta:
        model = Cohort
        fields: list = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["q"].field.widget.input_type = "search"

    def search(self, rows, name, words):
        return rows.searched(words)

    def keep(self, rows, name, value):
        return rows

    @property
    def qs(self):
        rows = super().qs
        return rows if self.form.cleaned_data.get("archived") == "all" else rows.filter(archived_at=None)


class TraineeFilter(filters.FilterSet):
    q = filters.CharFilter(label=_("Roll number, call sign"), method="search")
    cohort = filters.ModelChoiceFilter(
        label=_("Cohort"), queryset=cohorts_seen, to_field_name="slug", empty_label=_("All cohorts"), method="placed"
    )

    class Meta:
        model = Trainee
        fields: list = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["q"].field.widget.input_type = "search"

    def search(self, rows, name, words):
        return rows.searched(words)

    def placed(self, rows, name, cohort):
        return rows.filter(pk__in=Enrolment.objects.filter(cohort=cohort).values("trainee"))
