"""Programs with their tracks and curricula, and the catalogue of modules."""

from django.contrib import admin

from accounts.acted_admin import Confirmed, RowForm

from .. import services
from ..access import coordinates_any
from ..models import Assignment, Curriculum, Program, Role, SkillModule, Track
from .base import ArchivedFilter, Archiving, ByUsername, ProgramAdminBase, ProgramFilter, ProgramInline


class TrackInline(ProgramInline):
    model = Track
    list_select_related = ("program",)
    fields = ("code", "title", "archived_at")
    readonly_fields = ("archived_at",)

    def create(self, stamp, program, values):
        services.create_track(**stamp, program=program, **values)

    def update(self, stamp, track, values):
        services.update_track(**stamp, track=track, **values)

    def delete(self, stamp, track):
        services.delete_track(**stamp, track=track)


class CurriculumInline(ProgramInline):
    """Versions are added here; what is in one stands on its own page."""

    model = Curriculum
    list_select_related = ("program",)
    fields = ("number", "note", "published_at")
    readonly_fields = ("number", "published_at")
    show_change_link = True

    def create(self, stamp, program, values):
        services.create_curriculum(**stamp, program=program, **values)


class RoleRowForm(RowForm):
    kept = ("user",)


class RoleInline(ByUsername, ProgramInline):
    form = RoleRowForm
    model = Role
    fields = ("user", "kind", "nation")
    autocomplete_fields = ("user",)
    list_select_related = ("user", "program")

    def create(self, stamp, program, values):
        services.grant_role(**stamp, program=program, to=values.pop("user"), **values)

    def update(self, stamp, role, values):
        services.change_role(**stamp, role=role, kind=values["kind"], nation=values["nation"])

    def delete(self, stamp, role):
        services.revoke_role(**stamp, role=role)


class AssignmentInline(ProgramInline):
    model = Assignment
    autocomplete_fields = ("instructor",)
    list_select_related = ("instructor", "program")

    def create(self, stamp, program, values):
        services.assign_instructor(**stamp, program=program, **values)

    def delete(self, stamp, assignment):
        services.unassign_instructor(**stamp, assignment=assignment)


@admin.register(Program)
class ProgramAdmin(Confirmed, Archiving, ProgramAdminBase):
    program = "pk"
    list_display = ("code", "title", "host", "partner", "location", "archived_at")
    list_filter = (ArchivedFilter, "host", "partner")
    search_fields = ("search",)
    inlines = (TrackInline, CurriculumInline, RoleInline, AssignmentInline)
    parts = (Track, Curriculum, Role, Assignment)

    def choices_for(self, request, model):
        return Program.objects.run_by(request.user)

    def scope(self, row):
        return row.pk

    def create(self, stamp, values):
        return services.create_program(**stamp, **values)

    def update(self, stamp, program, values):
        services.update_program(**stamp, program=program, **values)

    def archive(self, stamp, program, archived):
        services.archive_program(**stamp, program=program, archived=archived)

    def delete(self, stamp, program):
        services.delete_program(**stamp, program=program)


@admin.register(Track)
class TrackAdmin(Archiving, ProgramAdminBase):
    list_display = ("code", "title", "program", "archived_at")
    list_filter = (ArchivedFilter, ProgramFilter)
    list_select_related = ("program",)
    search_fields = ("code", "title", "program__search")
    autocomplete_fields = ("program",)
    fixed = ("program",)

    def create(self, stamp, values):
        services.create_track(**stamp, **values)

    def update(self, stamp, track, values):
        services.update_track(**stamp, track=track, **values)

    def archive(self, stamp, track, archived):
        services.archive_track(**stamp, track=track, archived=archived)

    def delete(self, stamp, track):
        services.delete_track(**stamp, track=track)


@admin.register(SkillModule)
class SkillModuleAdmin(Archiving, ProgramAdminBase):
    """The catalogue is shared: every coordinator reads and adds to it, the service guards what others teach."""

    list_display = ("code", "title", "kind", "archived_at")
    list_filter = (ArchivedFilter, "kind")
    search_fields = ("search",)

    def scope(self, row):
        return None

    def runs(self, request, row):
        return self.allowed(request) and coordinates_any(request.user)

    def create(self, stamp, values):
        services.create_module(**stamp, **values)

    def update(self, stamp, module, values):
        services.update_module(**stamp, module=module, **values)

    def archive(self, stamp, module, archived):
        services.archive_module(**stamp, module=module, archived=archived)

    def delete(self, stamp, module):
        services.delete_module(**stamp, module=module)
