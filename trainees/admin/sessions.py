"""Training sessions with their staff, audience and attendance."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.acted_admin import ActedForm, RowForm
from accounts.acts import Conflict
from programs.admin.base import Acting, ProgramAdminBase, ProgramInline

from .. import services
from ..models import Attendance, SessionAudience, SessionStaff, TrainingSession
from .cohorts import CohortFilter


class PartInline(ProgramInline):
    """Staff and audience are written with their session. `whole(session, without, plus)` is all of them after the change."""

    argument = ""

    def create(self, stamp, session, values):
        self._write(stamp, session, None, values)

    def update(self, stamp, row, values):
        self._must_be_as_seen(stamp, row)
        self._write(stamp, row.session, row, values)

    def delete(self, stamp, row):
        self._must_be_as_seen(stamp, row)
        self._write(stamp, row.session, row, None)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related(*self.autocomplete_fields)

    def _must_be_as_seen(self, stamp, row):
        if row.seen != stamp.pop("seen"):
            raise Conflict(current=row)

    def _write(self, stamp, session, without, plus):
        now = TrainingSession.objects.select_related("act", "cohort").get(pk=session.pk)
        rows = self.model.objects.filter(session=now)
        whole = self.whole([row for row in rows if row != without], plus)
        services.update_session(**stamp, session=now, seen=now.seen, **{self.argument: whole})


class StaffForm(RowForm):
    kept = ("instructor",)


class StaffInline(PartInline):
    form = StaffForm
    model = SessionStaff
    argument = "staff"
    autocomplete_fields = ("instructor",)

    def whole(self, rows, plus):
        staff = {row.instructor_id: row.duty for row in rows}
        if plus:
            if plus["instructor"].pk in staff:
                raise ValidationError({"instructor": _("This instructor is already there.")})
            staff[plus["instructor"].pk] = plus["duty"]
        return staff


class AudienceInline(PartInline):
    model = SessionAudience
    argument = "audience"
    autocomplete_fields = ("track", "group", "trainee")

    def whole(self, rows, plus):
        parts = [row.track or row.group or row.trainee for row in rows]
        if plus:
            chosen = [part for part in plus.values() if part is not None]
            if len(chosen) != 1:
                raise ValidationError(_("Choose a track, a group or a trainee: one in each row."))
            parts += chosen
        return parts


class AttendanceForm(RowForm):
    kept = ("trainee",)


class AttendanceInline(ProgramInline):
    model = Attendance
    program = "session__cohort__program_id"
    form = AttendanceForm
    autocomplete_fields = ("trainee",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("trainee")

    def create(self, stamp, session, values):
        mark(stamp, session, values, "")

    def update(self, stamp, row, values):
        seen = stamp.pop("seen")
        mark(stamp, row.session, values, seen)


def mark(stamp, session, values, seen):
    trainee = values["trainee"].pk
    marks = {trainee: (values["status"], values["reason"])}
    services.mark_attendance(**stamp, session=session, marks=marks, seen={trainee: seen} if seen else {})


class ChangeSessionForm(ActedForm):
    reason = forms.CharField(
        label=_("why it is moved"), required=False, help_text=_("Needed where it begins or ends at another time.")
    )


@admin.register(TrainingSession)
class TrainingSessionAdmin(Acting, ProgramAdminBase):
    program = "cohort__program_id"
    list_display = ("module", "kind", "cohort", "starts_at", "ends_at", "place", "register_closed_at", "cancelled_at")
    list_filter = (
        "kind",
        ("register_closed_at", admin.EmptyFieldListFilter),
        ("cancelled_at", admin.EmptyFieldListFilter),
        CohortFilter,
    )
    list_select_related = ("module", "cohort__program")
    search_fields = ("cohort__search", "module__search", "place")
    autocomplete_fields = ("cohort", "module")
    ordering = ("-starts_at", "-pk")
    readonly_fields = (
        "register_closed_at", "cancelled_at", "cancelled_reason", "postponed_from", "postponed_reason",
    )  # fmt: skip
    fixed = ("cohort",)
    inlines = (StaffInline, AudienceInline, AttendanceInline)
    parts = (SessionStaff, SessionAudience, Attendance)
    actions = ("close_registers",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("cohort__program", "module")

    def open_for_change(self, row):
        return row.register_closed_at is None and row.cancelled_at is None

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is not None and self.has_change_permission(request, obj):
            kwargs["form"] = ChangeSessionForm
        return super().get_form(request, obj, change=change, **kwargs)

    def create(self, stamp, values):
        services.create_session(**stamp, **values)

    def update(self, stamp, session, values):
        services.update_session(**stamp, session=session, **values)

    def delete(self, stamp, session):
        services.delete_session(**stamp, session=session)

    @admin.action(description=_("Close the register"), permissions=["change"])
    def close_registers(self, request, queryset):
        self.each(request, queryset, lambda stamp, row: services.close_register(**stamp, session=row))


class OfSessionAdmin(ProgramAdminBase):
    """A table whose rows belong to a session."""

    program = "session__cohort__program_id"
    list_filter = (CohortFilter,)
    list_select_related = ("session__cohort__program", "session__module")
    search_fields = ("session__cohort__search", "session__module__search")


@admin.register(SessionStaff)
class SessionStaffAdmin(OfSessionAdmin):
    """Written on the page of the session."""

    list_display = ("instructor", "duty", "session")
    list_filter = ("duty", *OfSessionAdmin.list_filter)
    list_select_related = (*OfSessionAdmin.list_select_related, "instructor")
    search_fields = ("instructor__search", *OfSessionAdmin.search_fields)


@admin.register(SessionAudience)
class SessionAudienceAdmin(OfSessionAdmin):
    """Written on the page of the session."""

    list_display = ("session", "track", "group", "trainee")
    list_select_related = (*OfSessionAdmin.list_select_related, "track", "group", "trainee")


@admin.register(Attendance)
class AttendanceAdmin(OfSessionAdmin):
    list_display = ("trainee", "status", "reason", "session")
    list_filter = ("status", *OfSessionAdmin.list_filter)
    list_select_related = (*OfSessionAdmin.list_select_related, "trainee")
    search_fields = ("trainee__search", *OfSessionAdmin.search_fields)
    autocomplete_fields = ("session", "trainee")
    fixed = ("session", "trainee")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("session__cohort__program", "trainee")

    def open_for_change(self, row):
        return row.session.register_closed_at is None

    def create(self, stamp, values):
        mark(stamp, values.pop("session"), values, "")

    def update(self, stamp, row, values):
        mark(
            {"user": stamp["user"], "key": stamp["key"]}, row.session, values | {"trainee": row.trainee}, stamp["seen"]
        )
