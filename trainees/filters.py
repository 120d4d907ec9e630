"""What the lists can be searched and filtered by, in the address."""

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import folded
from programs.filters import CurrentFilter, ListFilter
from programs.models import Program

from .models import Cohort, Enrolment, Trainee, TrainingSession


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
        places = Enrolment.objects.visible_to(self.request.user).filter(cohort=cohort)
        return rows.filter(pk__in=places.values("trainee"))


class SessionFilter(filters.FilterSet):
    """The sessions of a cohort by module and kind; `modules` are those of its curriculum, as (code, title)."""

    module = filters.ChoiceFilter(field_name="module__code", label=_("Module"), empty_label=_("All modules"))
    kind = filters.ChoiceFilter(label=_("Kind"), choices=TrainingSession.Kind.choices, empty_label=_("Every kind"))

    class Meta:
        model = TrainingSession
        fields = ()

    def __init__(self, *args, modules, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["module"].extra["choices"] = modules


class RosterForm(forms.Form):
    """A roster by words of roll number and call sign, by track and by group."""

    q = forms.CharField(label=_("Roll number, call sign"), required=False, widget=forms.SearchInput)
    track = forms.ChoiceField(label=_("Track"), required=False)
    group = forms.ChoiceField(label=_("Group"), required=False)

    def __init__(self, data, seats):
        super().__init__(data)
        entries = [seat.entry for seat in seats]
        tracks = {one.track.code: one.track.title for one in entries if one.track}
        groups = {one.group.code: str(one.group) for one in entries if one.group}
        self.fields["track"].choices = [("", _("All tracks")), *sorted(tracks.items())]
        self.fields["group"].choices = [("", _("All groups")), *sorted(groups.items())]

    def narrow(self, seats):
        """The seats that were asked for; what makes no sense asks for nothing."""
        asked = self.cleaned_data if self.is_valid() else {}
        words = folded(asked.get("q", "")).split()
        return [
            seat
            for seat in seats
            if all(word in seat.entry.trainee.search for word in words)
            and (not asked.get("track") or (seat.entry.track and seat.entry.track.code == asked["track"]))
            and (not asked.get("group") or (seat.entry.group and seat.entry.group.code == asked["group"]))
        ]
