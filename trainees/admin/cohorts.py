"""Cohorts with the curriculum they follow, their groups and the places in them."""

import datetime

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.addresses import as_pk
from programs.admin.base import ArchivedFilter, Archiving, ProgramAdminBase, ProgramFilter, ProgramInline
from programs.models import Track

from .. import services
from ..models import Cohort, CohortCurriculum, CommanderRating, Enrolment, Group, Lesson


class CohortFilter(admin.SimpleListFilter):
    """The cohorts that this person sees, the newest first."""

    title = _("cohort")
    parameter_name = "in_cohort"

    def lookups(self, request, model_admin):
        return [(cohort.pk, cohort.code) for cohort in Cohort.objects.visible_to(request.user).current()]

    def queryset(self, request, queryset):
        path = "session__cohort" if hasattr(queryset.model, "session_id") else "cohort"
        pk = as_pk(self.value())
        return queryset if pk is None else queryset.filter(**{path: pk})


class FollowedInline(ProgramInline):
    model = CohortCurriculum
    autocomplete_fields = ("curriculum",)
    list_select_related = ("cohort", "curriculum__program")

    def get_queryset(self, request):
        return super().get_queryset(request).standing()

    def create(self, stamp, cohort, values):
        services.follow_curriculum(**stamp, cohort=cohort, **values)

    def delete(self, stamp, followed):
        services.unfollow_curriculum(**stamp, followed=followed)


class GroupInline(ProgramInline):
    model = Group

    def create(self, stamp, cohort, values):
        services.create_group(**stamp, cohort=cohort, **values)

    def update(self, stamp, group, values):
        services.update_group(**stamp, group=group, **values)

    def delete(self, stamp, group):
        services.delete_group(**stamp, group=group)


FIRST_PLACES = [(one.value, one.label) for one in (Enrolment.Status.ACTIVE, Enrolment.Status.EXPECTED)]


class EnrolmentInline(ProgramInline):
    """The present places; new ones are added. A place that changes gets a further entry, on a page of its own."""

    model = Enrolment
    verbose_name_plural = _("present places")
    fields = ("trainee", "track", "group", "status", "since")
    autocomplete_fields = ("trainee",)
    ordering = ("trainee__roll_number",)
    show_change_link = True

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .in_force(datetime.date.max)
            .select_related("trainee", "track", "group", "cohort")
        )

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        fields = formset.form.base_fields
        if "group" in fields:
            fields["group"].queryset = Group.objects.filter(cohort=obj) if obj else Group.objects.none()
            fields["track"].queryset = Track.objects.filter(program=obj.program_id) if obj else Track.objects.none()
        return formset

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        kwargs["choices"] = FIRST_PLACES
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def create(self, stamp, cohort, values):
        services.enrol_many(**stamp, cohort=cohort, new=[], known=[values.pop("trainee")], **values)


@admin.register(Cohort)
class CohortAdmin(Archiving, ProgramAdminBase):
    list_display = ("code", "program", "title", "starts_on", "ends_on", "location", "practice", "archived_at")
    list_filter = (ArchivedFilter, "practice", ProgramFilter)
    list_select_related = ("program",)
    search_fields = ("search", "program__search")
    autocomplete_fields = ("program", "lead_instructor")
    fixed = ("program", "code")
    inlines = (FollowedInline, GroupInline, EnrolmentInline)
    parts = (CohortCurriculum, Group)

    def get_fields(self, request, obj=None):
        fields = ("program", "code", "title", "starts_on", "ends_on", "location", "lead_instructor", "practice")
        return (*fields, "further") if obj else fields

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(["further"] if obj else [])]

    @admin.display(description=_("further"))
    def further(self, cohort):
        return format_html(
            '<a href="{}?cohort={}">{}</a> · <a href="{}?cohort__id__exact={}">{}</a> · <a href="{}?cohort__id__exact={}">{}</a>',
            reverse("admin:trainees_trainee_add"),
            cohort.pk,
            _("Add a trainee to this cohort"),
            reverse("admin:trainees_enrolment_changelist"),
            cohort.pk,
            _("Every entry about its places"),
            reverse("admin:trainees_trainingsession_changelist"),
            cohort.pk,
            _("Its sessions"),
        )

    def create(self, stamp, values):
        services.create_cohort(**stamp, **values)

    def update(self, stamp, cohort, values):
        services.update_cohort(**stamp, cohort=cohort, **values)

    def archive(self, stamp, cohort, archived):
        services.archive_cohort(**stamp, cohort=cohort, archived=archived)

    def delete(self, stamp, cohort):
        services.delete_cohort(**stamp, cohort=cohort)


class OfCohortAdmin(ProgramAdminBase):
    """A table whose rows belong to a cohort."""

    program = "cohort__program_id"
    list_filter = (CohortFilter,)
    list_select_related = ("cohort__program",)
    search_fields = ("cohort__search", "cohort__program__search")
    autocomplete_fields = ("cohort",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("cohort")


@admin.register(CohortCurriculum)
class CohortCurriculumAdmin(OfCohortAdmin):
    list_display = ("cohort", "curriculum", "since", "taken_back_at")
    list_filter = (("taken_back_at", admin.EmptyFieldListFilter), *OfCohortAdmin.list_filter)
    list_select_related = ("cohort__program", "curriculum__program")
    autocomplete_fields = ("cohort", "curriculum")

    def open_for_change(self, row):
        return row.taken_back_at is None

    def create(self, stamp, values):
        services.follow_curriculum(**stamp, **values)

    def delete(self, stamp, followed):
        services.unfollow_curriculum(**stamp, followed=followed)


@admin.register(Group)
class GroupAdmin(OfCohortAdmin):
    list_display = ("code", "title", "cohort")
    search_fields = ("code", "title", *OfCohortAdmin.search_fields)
    fixed = ("cohort",)

    def create(self, stamp, values):
        services.create_group(**stamp, **values)

    def update(self, stamp, group, values):
        services.update_group(**stamp, group=group, **values)

    def delete(self, stamp, group):
        services.delete_group(**stamp, group=group)


@admin.register(CommanderRating)
class CommanderRatingAdmin(OfCohortAdmin):
    list_display = ("cohort", "module", "band", "rated_by", "rated_on")
    list_filter = ("band", *OfCohortAdmin.list_filter)
    list_select_related = ("cohort__program", "module")
    search_fields = (*OfCohortAdmin.search_fields, "module__search", "rated_by")
    autocomplete_fields = ("cohort", "module")

    def create(self, stamp, values):
        stamp.pop("seen")  # a rating stands by itself: the newest counts
        services.rate_module(**stamp, **values)


@admin.register(Lesson)
class LessonAdmin(OfCohortAdmin):
    list_display = ("cohort", "module", "kind", "text", "state", "closed_on")
    list_filter = ("kind", "state", *OfCohortAdmin.list_filter)
    list_select_related = ("cohort__program", "module")
    search_fields = (*OfCohortAdmin.search_fields, "module__search", "text")
