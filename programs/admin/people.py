"""Instructors, where they work, and who has which role."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.acted_admin import ActedForm, Confirmed

from .. import services
from ..models import Assignment, AssignmentModule, Instructor, Invitation, Program, Role
from .base import Acting, ArchivedFilter, Archiving, ByUsername, ProgramAdminBase, ProgramFilter, ProgramInline


class AssignmentOfInstructorInline(ProgramInline):
    model = Assignment
    autocomplete_fields = ("program",)
    list_select_related = ("program", "instructor")

    def create(self, stamp, instructor, values):
        if not instructor.assignments.filter(program=values["program"]).exists():
            services.assign_instructor(**stamp, instructor=instructor, **values)

    def delete(self, stamp, assignment):
        services.unassign_instructor(**stamp, assignment=assignment)


@admin.register(Instructor)
class InstructorAdmin(Archiving, ProgramAdminBase):
    list_display = ("code", "call_sign", "capacity", "nation", "unit", "archived_at")
    list_filter = (ArchivedFilter, "capacity", "nation")
    search_fields = ("search",)
    autocomplete_fields = ("account",)
    inlines = (AssignmentOfInstructorInline,)
    shared = True
    parts = (Assignment,)

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = NewInstructorForm
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            form.base_fields["program"].queryset = Program.objects.run_by(request.user)
        return form

    def get_fields(self, request, obj=None):
        fields = ["code", "call_sign", "capacity", "nation", "unit", "languages", "account"]
        if not request.user.is_superuser:
            fields.remove("account")  # who signs in is an administrator's matter
        return fields if obj else ["program", *fields]

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()

    def scope(self, row):
        return None

    def scope_of(self, form):
        program = form.cleaned_data.get("program")
        return program and program.pk

    def runs(self, request, row):
        return self.allowed(request) and Instructor.objects.run_by(request.user).filter(pk=row.pk).exists()

    def create(self, stamp, values):
        services.create_instructor(**stamp, **values)

    def update(self, stamp, instructor, values):
        services.update_instructor(**stamp, instructor=instructor, **values)

    def archive(self, stamp, instructor, archived):
        services.archive_instructor(**stamp, instructor=instructor, archived=archived)

    def delete(self, stamp, instructor):
        services.delete_instructor(**stamp, instructor=instructor)


class NewInstructorForm(ActedForm):
    program = Assignment._meta.get_field("program").formfield()


@admin.register(Assignment)
class AssignmentAdmin(ProgramAdminBase):
    list_display = ("instructor", "program")
    list_filter = (ProgramFilter,)
    list_select_related = ("instructor", "program")
    search_fields = ("instructor__search", "program__search")
    autocomplete_fields = ("instructor", "program")

    def create(self, stamp, values):
        services.assign_instructor(**stamp, **values)

    def delete(self, stamp, assignment):
        services.unassign_instructor(**stamp, assignment=assignment)


@admin.register(AssignmentModule)
class AssignmentModuleAdmin(ProgramAdminBase):
    """Which modules an assigned instructor may assess, where that is limited."""

    program = "assignment__program_id"
    list_display = ("assignment", "module")
    list_select_related = ("assignment__instructor", "assignment__program", "module")
    search_fields = ("assignment__instructor__search", "module__search")


@admin.register(Role)
class RoleAdmin(Confirmed, ByUsername, ProgramAdminBase):
    list_display = ("user", "kind", "nation", "program")
    list_filter = ("kind", ProgramFilter)
    list_select_related = ("user", "program")
    search_fields = ("user__username", "user__display_name", "program__search")
    autocomplete_fields = ("user", "program")
    fixed = ("user", "program")

    def create(self, stamp, values):
        services.grant_role(**stamp, to=values.pop("user"), **values)

    def update(self, stamp, role, values):
        services.change_role(**stamp, role=role, kind=values["kind"], nation=values["nation"])

    def delete(self, stamp, role):
        services.revoke_role(**stamp, role=role)


@admin.register(Invitation)
class InvitationAdmin(Acting, ProgramAdminBase):
    """Made on the page People of a program, which alone shows their links."""

    list_display = ("display_name", "kind", "program", "invited_by", "expires_at", "accepted_by", "withdrawn_at")
    list_filter = ("kind", ProgramFilter)
    list_select_related = ("program", "invited_by", "accepted_by")
    search_fields = ("display_name", "program__search")
    actions = ("withdraw",)

    @admin.action(description=_("Withdraw: the link no longer works"), permissions=["view"])
    def withdraw(self, request, queryset):
        rows = queryset.filter(accepted_at=None, withdrawn_at=None)
        self.each(request, rows, lambda stamp, row: services.withdraw_invitation(**stamp, invitation=row))
