"""Trainees. Their names are written here and never shown."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.acted_admin import ActedForm
from programs.admin.base import ProgramAdminBase, ProgramFilter, ProgramInline

from .. import services
from ..models import Attendance, Completion, Enrolment, Identity, NameRead, Record, Trainee
from .cohorts import FIRST_PLACES


class PlaceInline(ProgramInline):
    """Where the trainee was and is, to look at."""

    model = Enrolment
    fields = ("program", "cohort", "track", "group", "status", "since", "reason")
    ordering = ("program", "pk")
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("program", "cohort", "track", "group", "trainee")


def _of_enrolment(name, **options):
    return Enrolment._meta.get_field(name).formfield(**options)


class NewTraineeForm(ActedForm):
    """A trainee comes with a place: that says who may see them."""

    cohort = _of_enrolment("cohort")
    since = _of_enrolment("since", widget=admin.widgets.AdminDateWidget)
    track = _of_enrolment("track")
    group = _of_enrolment("group")
    status = forms.ChoiceField(label=_("place"), choices=FIRST_PLACES)
    family_name = Identity._meta.get_field("family_name").formfield()
    given_name = Identity._meta.get_field("given_name").formfield()


def _say_whose(field, of):
    field.queryset = field.queryset.select_related(of)
    field.label_from_instance = lambda row: f"{getattr(row, of).slug.upper()}: {row}"


@admin.register(Trainee)
class TraineeAdmin(ProgramAdminBase):
    list_display = ("roll_number", "call_sign", "nation")
    list_filter = ("nation",)
    search_fields = ("search",)
    inlines = (PlaceInline,)
    shared = True
    parts = (Enrolment, Record, Attendance, Completion, Identity, NameRead)

    def get_fields(self, request, obj=None):
        if obj:
            return ("roll_number", "call_sign", "nation", "further")
        place = ("cohort", "since", "track", "group", "status")
        return ("roll_number", "call_sign", "nation", *place, "family_name", "given_name")

    def get_readonly_fields(self, request, obj=None):
        return ["further"] if obj else []

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = NewTraineeForm
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            for name in ("cohort", "track", "group"):
                others = self.admin_site.get_model_admin(form.base_fields[name].queryset.model)
                form.base_fields[name].queryset = others.choices_for(request, Trainee)
            for name, of in (("track", "program"), ("group", "cohort")):  # every cohort has a group A
                _say_whose(form.base_fields[name], of)
        return form

    @admin.display(description=_("further"))
    def further(self, trainee):
        return format_html(
            '<a href="{}?trainee={}">{}</a> · <a href="{}?trainee__id__exact={}">{}</a> · <a href="{}?trainee={}">{}</a>',
            reverse("admin:trainees_enrolment_add"),
            trainee.pk,
            _("Change the place"),
            reverse("admin:trainees_record_changelist"),
            trainee.pk,
            _("Results"),
            reverse("admin:trainees_identity_add"),
            trainee.pk,
            _("Enter the name"),
        )

    def get_search_results(self, request, queryset, search_term):
        """Numbers that were merged into others stand in the list, but are no choice anywhere."""
        found, twice = super().get_search_results(request, queryset, search_term)
        return (found.current() if "field_name" in request.GET else found), twice

    def scope(self, row):
        return row.enrolments.order_by("-pk").values_list("program_id", flat=True).first()

    def scope_of(self, form):
        if "cohort" in form.cleaned_data:
            return form.cleaned_data["cohort"].program_id
        return self.scope(form.instance)

    def runs(self, request, row):
        return self.allowed(request) and Trainee.objects.run_by(request.user).filter(pk=row.pk).exists()

    def create(self, stamp, values):
        services.create_trainee(**stamp, **values)

    def update(self, stamp, trainee, values):
        services.update_trainee(**stamp, trainee=trainee, **values)


class OfTraineeAdmin(ProgramAdminBase):
    """A table whose rows belong to a trainee, wherever they are.

    Who entered or read a name, and why, is told to those who run every program of the trainee, as on the trainee's page.
    """

    list_select_related = ("trainee", "act__user")
    search_fields = ("trainee__search",)
    list_display = ("trainee", "when", "who")
    autocomplete_fields = ("trainee",)

    def visible(self, rows, request):
        return rows.filter(trainee__in=Trainee.objects.wholly_run_by(request.user))

    def scope(self, row):
        return row.trainee.enrolments.order_by("-pk").values_list("program_id", flat=True).first()

    @admin.display(description=_("when"))
    def when(self, row):
        return row.act.at

    @admin.display(description=_("who"))
    def who(self, row):
        return row.act.user


@admin.register(Identity)
class IdentityAdmin(OfTraineeAdmin):
    """Names are entered and corrected here. To read one, ask on the page of the trainee, where it is noted who did."""

    def get_fields(self, request, obj=None):
        return ("trainee", "when", "who") if obj else ("trainee", "family_name", "given_name")

    def get_readonly_fields(self, request, obj=None):
        return ["when", "who"] if obj else []

    def create(self, stamp, values):
        services.write_name(**stamp, **values)


@admin.register(NameRead)
class NameReadAdmin(OfTraineeAdmin):
    list_display = ("trainee", "when", "who", "why")
    fields = ("trainee", "when", "who", "why")
    readonly_fields = ("when", "who", "why")

    @admin.display(description=_("why"))
    def why(self, row):
        return row.act.reason


@admin.register(Completion)
class CompletionAdmin(ProgramAdminBase):
    """Awarded and revoked on the pages of the cohort."""

    list_display = ("trainee", "program", "cohort", "completed_on", "revoked_on")
    list_filter = (("revoked_on", admin.EmptyFieldListFilter), ProgramFilter)
    list_select_related = ("trainee", "program", "cohort")
    search_fields = ("trainee__search", "cohort__search")
