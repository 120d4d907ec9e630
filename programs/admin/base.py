"""Who gets into the admin, and what they see there: administrators everything, coordinators what they run."""

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts.acted_admin import ActedAdmin, ActedInline, act_now
from accounts.addresses import as_pk
from accounts.privacy import of_health

from ..access import COORDINATOR, RECORDS, SEES
from ..forms import UsernameField
from ..models import Program, Role


class OfProgram:
    """Rows that belong to a program. `program` is the path from a row to its program's id."""

    program = "program_id"

    def allowed(self, request):
        user = request.user
        return user.is_active and (user.is_superuser or (user.is_staff and bool(_run_by(request))))

    def visible(self, rows, request):
        """What may tell that somebody is ill is seen by those who record there; all else by everybody with a role."""
        if request.user.is_superuser:
            return rows
        ill = bool(of_health(rows.model))
        if hasattr(rows, "visible_to"):
            return rows.recorded_by(request.user) if ill else rows.visible_to(request.user)
        role = Role.objects.filter(user=request.user, program=OuterRef(self.program), kind__in=RECORDS if ill else SEES)
        return rows.filter(Exists(role))

    def scope(self, row):
        for name in self.program.split("__"):
            row = getattr(row, name)
        return row

    def runs(self, request, row):
        return self.allowed(request) and (request.user.is_superuser or self.scope(row) in _run_by(request))


class ByUsername:
    """A coordinator types the name that somebody signs in with, and is shown no accounts; administrators choose."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "user" and not request.user.is_superuser:
            return UsernameField(label=_("Username"), help_text=_("Exactly as they sign in."))
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def _run_by(request) -> set[int]:
    """The programs that this person coordinates, asked once in a request."""
    if not hasattr(request, "coordinates"):
        mine = Role.objects.filter(user=request.user.pk, kind=COORDINATOR)
        request.coordinates = set(mine.values_list("program_id", flat=True))
    return request.coordinates


class ProgramAdminBase(OfProgram, ActedAdmin):
    """A page for each row of a table that belongs to a program."""


class ProgramInline(OfProgram, ActedInline):
    """Rows within a page, of a table that belongs to a program."""

    def visible(self, rows, request):
        """What belongs to a row that is seen is seen, unless it knows its own program."""
        if hasattr(rows, "visible_to") or of_health(rows.model):
            return super().visible(rows, request)
        return rows

    def runs(self, request, row):
        return ActedInline.runs(self, request, row)


class Acting:
    """List actions that write: one act for each row, or a message why not."""

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def each(self, request, rows, write) -> None:
        rows = rows.select_related("act")
        done = sum(act_now(request, lambda stamp, row=row: write(stamp, row), row) for row in rows)
        if done:
            self.message_user(request, _("Done: %(n)s.") % {"n": done})


class Archiving(Acting):
    """Rows that are put away instead of deleted. `archive(stamp, row, archived)` does it."""

    actions = ("put_away", "bring_back")

    @admin.action(description=_("Archive"), permissions=["change"])
    def put_away(self, request, queryset):
        self.each(request, queryset, lambda stamp, row: self.archive(stamp, row, True))

    @admin.action(description=_("Bring back from the archive"), permissions=["change"])
    def bring_back(self, request, queryset):
        self.each(request, queryset, lambda stamp, row: self.archive(stamp, row, False))


class ArchivedFilter(admin.SimpleListFilter):
    """Current ones, archived ones or all."""

    title = _("archived")
    parameter_name = "archived"

    def lookups(self, request, model_admin):
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(self, request, queryset):
        if self.value() in {"no", "yes"}:
            return queryset.filter(archived_at__isnull=self.value() == "no")
        return queryset


class ProgramFilter(admin.SimpleListFilter):
    """The programs that this person sees. Asks the programs, not the rows, of which there may be a million."""

    title = _("program")
    parameter_name = "in_program"

    def lookups(self, request, model_admin):
        return [(program.pk, program.code) for program in Program.objects.visible_to(request.user)]

    def queryset(self, request, queryset):
        pk = as_pk(self.value())
        return queryset if pk is None else queryset.filter(**{self.path: pk})

    def __init__(self, request, params, model, model_admin):
        self.path = model_admin.program
        super().__init__(request, params, model, model_admin)
