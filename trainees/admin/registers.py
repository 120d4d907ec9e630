"""What registers are prepared with, and printed sheets: written on their own pages, looked up here."""

from django.contrib import admin

from programs.admin.base import ProgramAdminBase, ProgramFilter, ProgramInline

from ..models import AttemptLeave, Excusal, Sheet, SheetRow, Unlisted
from .sessions import OfSessionAdmin


@admin.register(Excusal)
class ExcusalAdmin(ProgramAdminBase):
    list_display = ("trainee", "kind", "since", "until", "reason", "program")
    list_filter = ("kind", ProgramFilter)
    list_select_related = ("trainee", "program")
    search_fields = ("trainee__search",)


@admin.register(Unlisted)
class UnlistedAdmin(OfSessionAdmin):
    list_display = ("told", "outcome", "trainee", "session")
    list_filter = ("outcome", *OfSessionAdmin.list_filter)
    list_select_related = (*OfSessionAdmin.list_select_related, "trainee")
    search_fields = ("told", "trainee__search", *OfSessionAdmin.search_fields)


@admin.register(AttemptLeave)
class AttemptLeaveAdmin(ProgramAdminBase):
    list_display = ("trainee", "module", "reason", "program")
    list_filter = (ProgramFilter,)
    list_select_related = ("trainee", "module", "program")
    search_fields = ("trainee__search", "module__search")


class SheetRowInline(ProgramInline):
    model = SheetRow

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("trainee")


@admin.register(Sheet)
class SheetAdmin(OfSessionAdmin):
    list_display = ("__str__", "kind", "session", "returned_at", "lost_reason")
    list_filter = ("kind", ("returned_at", admin.EmptyFieldListFilter), *OfSessionAdmin.list_filter)
    search_fields = ("pk", *OfSessionAdmin.search_fields)
    inlines = (SheetRowInline,)


@admin.register(SheetRow)
class SheetRowAdmin(ProgramAdminBase):
    program = "sheet__session__cohort__program_id"
    list_display = ("sheet", "position", "trainee")
    list_select_related = ("sheet", "trainee")
    search_fields = ("sheet__pk", "trainee__search")
