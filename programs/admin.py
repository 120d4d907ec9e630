"""Data entry for programs, curricula, modules and people in the Django admin."""

import uuid

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.acted_admin import ActedAdmin, ActedInline, ReadInline
from accounts.acts import Conflict, add

from . import services
from .access import must_coordinate, must_run
from .models import (
    Assignment,
    Curriculum,
    CurriculumEntry,
    EntryTrack,
    Instructor,
    PerformanceStep,
    Prerequisite,
    Program,
    Role,
    SkillModule,
    Track,
)
from .services.curricula import entry_is_sound
from .services.modules import must_own
from .services.people import keeps_a_coordinator


class OfProgram(ActedAdmin):
    """Rows of a program: written by whoever runs it."""

    program = "program"

    def guard(self, user, row):
        must_run(user, self.scope(row))


class TrackInline(ActedInline):
    model = Track
    fields = ("code", "title")


class CurriculumInline(ReadInline):
    model = Curriculum
    fields = readonly_fields = ("number", "note", "published_at")


@admin.register(Program)
class ProgramAdmin(ActedAdmin):
    program = "pk"
    list_display = ("code", "title", "host", "partner", "location", "archived_at")
    list_filter = ("host", "partner", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "title", "location")
    readonly_fields = ("archived_at",)
    inlines = (TrackInline, CurriculumInline)

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "code") if obj else self.readonly_fields

    def write(self, act, row, form, changed):
        if not changed:
            must_coordinate(act.user)
            row.slug = row.code.lower()
        super().write(act, row, form, changed)
        if not changed:
            add(Role(user=act.user, program=row, kind=Role.Kind.COORDINATOR), act)

    def guard(self, user, row):
        must_run(user, row)

    def erase(self, act, row):
        if not any(getattr(row, name).exists() for name in ("tracks", "curricula", "assignments")):
            for role in row.roles.all():
                role.delete()
        super().erase(act, row)


@admin.register(Role)
class RoleAdmin(OfProgram):
    list_display = ("user", "program", "kind")
    list_select_related = ("user", "program")
    list_filter = ("kind", "program")
    search_fields = ("user__username", "program__code")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":  # a coordinator names a user; the list of all users is the administrators'
            kwargs["queryset"] = db_field.related_model.objects.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def write(self, act, row, form, changed):
        must_run(act.user, row.program_id)  # before: somebody may hand over their own role
        super().write(act, row, form, changed)

    def is_sound(self, act, row):
        keeps_a_coordinator(row.program_id)

    def erase(self, act, row):
        super().erase(act, row)
        keeps_a_coordinator(row.program_id)

    def guard(self, user, row):
        """Asked in `write`."""


@admin.register(Track)
class TrackAdmin(OfProgram):
    list_display = ("code", "title", "program", "archived_at")
    list_select_related = ("program",)
    list_filter = ("program",)
    search_fields = ("code", "title")
    readonly_fields = ("archived_at",)


@admin.register(SkillModule)
class SkillModuleAdmin(ActedAdmin):
    everybody_reads = True
    list_display = ("code", "title", "kind", "archived_at")
    list_filter = ("kind",)
    search_fields = ("code", "title")
    readonly_fields = ("archived_at",)

    def guard(self, user, row):
        must_own(user, row)


class EntryInline(ActedInline):
    model = CurriculumEntry
    autocomplete_fields = ("module",)
    show_change_link = True
    fields = ("position", "module", "required", "hours", "pass_mark", "validity_months")


@admin.register(Curriculum)
class CurriculumAdmin(OfProgram):
    list_display = ("program", "number", "published_at", "note")
    list_display_links = ("program", "number")
    list_select_related = ("program",)
    list_filter = ("program", ("published_at", admin.EmptyFieldListFilter))
    search_fields = ("program__code", "note")
    readonly_fields = ("published_at",)
    inlines = (EntryInline,)
    actions = ("publish",)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)

    @admin.action(description=gettext_lazy("Publish"), permissions=["change"])
    def publish(self, request, queryset):
        """Publish the ticked drafts, each by an act of its own."""
        done = 0
        for one in queryset.select_related("act", "program"):
            try:
                services.publish_curriculum(user=request.user, key=_key(request, one), curriculum=one, seen=one.seen)
            except (ValidationError, Conflict, PermissionDenied) as refusal:
                words = " ".join(getattr(refusal, "messages", [str(refusal) or _("You do not run this program.")]))
                self.message_user(request, f"{one}: {words}", messages.ERROR)
            else:
                done += 1
        if done:
            words = ngettext("%(n)s curriculum is published.", "%(n)s curricula are published.", done)
            self.message_user(request, words % {"n": done})


class EntryTrackInline(ActedInline):
    model = EntryTrack


class PrerequisiteInline(ActedInline):
    model = Prerequisite
    fk_name = "entry"


class StepInline(ActedInline):
    model = PerformanceStep


class OfEntry(ActedAdmin):
    """Rows of a module in a curriculum."""

    program = "entry__curriculum__program"

    def guard(self, user, row):
        must_run(user, row.entry.curriculum.program_id)

    def is_sound(self, act, row):
        entry_is_sound(row.entry)


@admin.register(CurriculumEntry)
class CurriculumEntryAdmin(ActedAdmin):
    program = "curriculum__program"
    list_display = ("module", "curriculum", "position", "required", "hours", "pass_mark", "validity_months")
    list_select_related = ("module", "curriculum__program")
    list_filter = ("required", "curriculum__program")
    search_fields = ("module__code", "module__title")
    autocomplete_fields = ("module",)
    inlines = (EntryTrackInline, PrerequisiteInline, StepInline)

    def guard(self, user, row):
        must_run(user, row.curriculum.program_id)

    def is_sound(self, act, row):
        entry_is_sound(row)


@admin.register(EntryTrack)
class EntryTrackAdmin(OfEntry):
    list_display = ("entry", "track")
    list_select_related = ("entry__module", "track")


@admin.register(Prerequisite)
class PrerequisiteAdmin(OfEntry):
    list_display = ("entry", "needs")
    list_select_related = ("entry__module", "needs__module")


@admin.register(PerformanceStep)
class PerformanceStepAdmin(OfEntry):
    list_display = ("title", "entry", "position", "critical")
    list_select_related = ("entry__module",)
    search_fields = ("title",)


class AssignmentInline(ActedInline):
    model = Assignment


@admin.register(Instructor)
class InstructorAdmin(ActedAdmin):
    program = "assignments__program"
    list_display = ("code", "call_sign", "capacity", "nation", "unit", "archived_at")
    list_filter = ("capacity", "nation")
    search_fields = ("code", "call_sign", "unit")
    readonly_fields = ("archived_at",)
    inlines = (AssignmentInline,)

    def get_exclude(self, request, obj=None):
        return () if request.user.is_superuser else ("account",)

    def scope(self, row):
        return None

    def guard(self, user, row):
        if not Instructor.objects.run_by(user).filter(pk=row.pk).exists():
            raise PermissionDenied


@admin.register(Assignment)
class AssignmentAdmin(OfProgram):
    list_display = ("instructor", "program")
    list_select_related = ("instructor", "program")
    list_filter = ("program",)
    search_fields = ("instructor__call_sign", "instructor__code")
    autocomplete_fields = ("instructor",)


def _key(request, row):
    """A key of its own for each row of an action, the same when the page is sent again."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{request.user.pk} {row.pk} {row.seen} {request.POST.get('action')}")
