"""What the lists can be searched and filtered by, in the address."""

import datetime

import django_filters as filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import folded
from accounts.models import Act
from programs.filters import CurrentFilter, ListFilter
from programs.models import Program

from .models import Cohort, Enrolment, Lesson, Trainee, TrainingSession
from .selectors import audit
from .words import CONCERN, THINGS, deed_of


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

    def search(self, rows, name, words):
        return rows.known_as(words)

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


class LessonFilter(filters.FilterSet):
    """Lessons by module, kind and state; `modules` are those that they may be about, as (code, title)."""

    module = filters.ChoiceFilter(field_name="module__code", label=_("Module"), empty_label=_("All modules"))
    kind = filters.ChoiceFilter(
        label=_("Keep or change"), choices=Lesson.Kind.choices, empty_label=_("Keep and change")
    )
    state = filters.ChoiceFilter(label=_("State"), choices=Lesson.State.choices, empty_label=_("Every state"))

    class Meta:
        model = Lesson
        fields = ()

    def __init__(self, *args, modules, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["module"].extra["choices"] = modules

    @property
    def narrowed(self) -> bool:
        return any(self.form.cleaned_data.values()) if self.form.is_valid() else True


NO_PRACTICE = "!practice"  # no slug


class AttentionForm(forms.Form):
    """Who needs attention, by cohort and by reason."""

    cohort = forms.ChoiceField(label=_("Cohort"), required=False)
    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=[("", _("Every reason")), *CONCERN.items()])

    def __init__(self, data, cohorts):
        super().__init__(data)
        real = [(NO_PRACTICE, _("All but practice"))] if any(one.practice for one in cohorts) else []
        self.fields["cohort"].choices = [("", _("All cohorts")), *real, *((one.slug, str(one)) for one in cohorts)]
        self.is_valid()

    def leaves(self, placed):
        """Whether a case passes; a choice that is none leaves everybody."""
        cohort, reason = (self.cleaned_data.get(name) for name in ("cohort", "reason"))
        concerns = {one.reason.concern for one in placed.case.reasons}
        of = {"", None, placed.view.cohort.slug} | ({NO_PRACTICE} if not placed.view.cohort.practice else set())
        return cohort in of and (not reason or reason in concerns)

    @property
    def narrowed(self):
        return any(self.cleaned_data.values())


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


def _people(request):
    return audit.people_in(audit.acts_told_to(request.user))


def _programs_run(request):
    return Program.objects.run_by(request.user)


NAMES_READ = "names-read"


class AuditFilter(filters.FilterSet):
    """Acts by person, kind, program, object and day. `kind` takes a thing, or, in a link, a thing and what was done to it."""

    who = filters.ModelChoiceFilter(label=_("Who"), field_name="user", queryset=_people, empty_label=_("Everybody"))
    kind = filters.ChoiceFilter(label=_("What"), method="of_kind", empty_label=_("Everything"))
    program = filters.ModelChoiceFilter(
        label=_("Program"),
        queryset=_programs_run,
        method="of_program",
        to_field_name="slug",
        empty_label=_("All programs"),
    )
    about = filters.CharFilter(label=_("Roll number or code"), method="of_object", widget=forms.SearchInput)
    since = filters.DateFilter(label=_("From"), method="from_day", widget=forms.DateInput(attrs={"type": "date"}))
    until = filters.DateFilter(label=_("Until"), method="until_day", widget=forms.DateInput(attrs={"type": "date"}))

    class Meta:
        model = Act
        fields = ()

    def __init__(self, data, **kwargs):
        super().__init__(data, **kwargs)
        things = sorted(((thing, str(words)) for thing, words in THINGS.items()), key=lambda one: one[1])
        kind = data.get("kind", "")
        asked = [(kind, deed_of(kind))] if "." in kind else []
        self.filters["kind"].extra["choices"] = [*asked, (NAMES_READ, _("names, read only")), *things]

    def of_kind(self, acts, name, kind):
        if kind == NAMES_READ:
            return audit.reads_of_names(acts)
        return acts.filter(kind=kind) if "." in kind or kind == "undo" else acts.filter(kind__startswith=f"{kind}.")

    def of_program(self, acts, name, program):
        return acts.filter(scope=program.pk)

    def of_object(self, acts, name, words):
        return audit.about(acts, words)

    def from_day(self, acts, name, day):
        return acts.filter(at__gte=_begins(day))

    def until_day(self, acts, name, day):
        return acts.filter(at__lt=_begins(day + datetime.timedelta(days=1)))


def _begins(day):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
