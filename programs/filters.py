"""How lists are narrowed down, in the address."""

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import folded

from .models import Instructor, Program, SkillModule


class ListFilter(filters.FilterSet):
    """Search in a table with a `search` column."""

    q = filters.CharFilter(label=_("Search"), method="search", widget=forms.SearchInput)

    def search(self, rows, name, words):
        return rows.searched(words)

    @property
    def narrowed(self) -> bool:
        """Whether the address asks for less than everything current."""
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else True


class CurrentFilter(ListFilter):
    """What is archived is shown only when asked for."""

    show = filters.ChoiceFilter(
        label=_("Show"),
        method="choose",
        empty_label=_("Current"),
        choices=[("archived", _("Archived")), ("all", _("Current and archived"))],
    )

    def choose(self, rows, name, which):
        return rows.exclude(archived_at=None) if which == "archived" else rows

    def filter_queryset(self, queryset):
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("show") else rows.filter(archived_at=None)


class ProgramFilter(CurrentFilter):
    class Meta:
        model = Program
        fields = ()


class ModuleFilter(CurrentFilter):
    kind = filters.ChoiceFilter(label=_("Kind"), choices=SkillModule.Kind.choices, empty_label=_("Every kind"))

    class Meta:
        model = SkillModule
        fields = ("kind",)


class PeopleForm(forms.Form):
    """The people of a program by words of call sign, code or user name: few enough to be looked through here."""

    q = forms.CharField(label=_("Search"), required=False, widget=forms.SearchInput)

    def narrow(self, assignments, roles):
        """Those asked for, of each kind; a search that makes no sense asks for nothing."""
        words = folded(self.cleaned_data["q"]).split() if self.is_valid() else []
        return (
            [one for one in assignments if all(word in one.instructor.search for word in words)],
            [one for one in roles if all(word in folded(f"{one.user.username} {one.user}") for word in words)],
        )


class InstructorFilter(CurrentFilter):
    capacity = filters.ChoiceFilter(
        label=_("Capacity"), choices=Instructor.Capacity.choices, empty_label=_("Instructors and interpreters")
    )
    nation = filters.ChoiceFilter(label=_("Nation"), empty_label=_("Every nation"))

    class Meta:
        model = Instructor
        fields = ("capacity", "nation")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        nations = self.queryset.order_by("nation").values_list("nation", flat=True).distinct()
        self.filters["nation"].extra["choices"] = [(nation, nation) for nation in nations]
