"""Data entry for cohorts, trainees, sessions and evidence in the Django admin."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.acted_admin import ActedAdmin, ActedInline, AddInline, AdminForm
from programs.access import must_record, must_run
from programs.admin import OfProgram

from . import services
from .models import (
    Attendance,
    Cohort,
    CohortCurriculum,
    CommanderRating,
    Completion,
    Enrolment,
    Group,
    Identity,
    NameRead,
    Record,
    SessionAudience,
    SessionStaff,
    StepMark,
    Trainee,
    TrainingSession,
)
from .selectors.cells import load_cell
from .services.people import add_trainee, may_name, may_rename
from .services.places import append_place, first_place


class GroupInline(ActedInline):
    model = Group


class FollowedInline(ActedInline):
    model = CohortCurriculum


class EnrolmentInline(AddInline):
    model = Enrolment
    autocomplete_fields = ("trainee",)
    fields = ("trainee", "status", "since", "track", "group", "reason")


@admin.register(Cohort)
class CohortAdmin(OfProgram):
    list_display = ("__str__", "title", "program", "starts_on", "ends_on", "practice", "archived_at")
    list_select_related = ("program",)
    list_filter = ("program", "practice", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("code", "title", "location")
    readonly_fields = ("archived_at",)
    autocomplete_fields = ("lead_instructor",)
    inlines = (FollowedInline, GroupInline, EnrolmentInline)

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "code", "program") if obj else self.readonly_fields

    def write(self, act, row, form, changed):
        if not changed:
            row.slug = f"{row.program.slug}-{row.code}".lower()
        super().write(act, row, form, changed)

    def write_inline(self, act, formset):
        if formset.model is not Enrolment:
            return super().write_inline(act, formset)
        for row in formset.save(commit=False):
            enter_place(act, row)

    def erase(self, act, row):
        if not (row.enrolments.exists() or row.sessions.exists()):
            for part in (*row.curricula.all(), *row.groups.all()):
                part.delete()
        super().erase(act, row)


def enter_place(act, row: Enrolment) -> None:
    """A trainee's first place in a program, or the next entry of their line."""
    place = {"cohort": row.cohort, "track": row.track, "group": row.group, "status": row.status, "since": row.since}
    rows = Enrolment.objects.filter(trainee=row.trainee, program=row.cohort.program_id)
    last = rows.select_related("act").order_by("pk").last()
    if last is None:
        made = first_place(act, trainee=row.trainee, **place)
    elif row.status in {"void", "completed"}:
        raise ValidationError(_("Corrections and completions are entered on the pages of the cohort."))
    else:
        made = append_place(act, trainee=row.trainee, reason=row.reason, last=last, **place)
    row.pk = made.pk


class OfCohort(ActedAdmin):
    program = "cohort__program"

    def guard(self, user, row):
        must_run(user, row.cohort.program_id)


@admin.register(CohortCurriculum)
class CohortCurriculumAdmin(OfCohort):
    list_display = ("cohort", "curriculum", "since")
    list_select_related = ("cohort", "curriculum__program")
    list_filter = ("cohort__program",)


@admin.register(Group)
class GroupAdmin(OfCohort):
    list_display = ("code", "title", "cohort")
    list_select_related = ("cohort",)
    search_fields = ("code", "title")


@admin.register(CommanderRating)
class CommanderRatingAdmin(OfCohort):
    only_added_to = True
    list_display = ("cohort", "module", "band", "rated_by", "rated_on")
    list_select_related = ("cohort", "module")
    list_filter = ("band",)
    autocomplete_fields = ("module",)

    def is_sound(self, act, row):
        if row.rated_on > row.cohort.today():
            raise ValidationError({"rated_on": _("This day has not come yet.")})


class TraineeForm(AdminForm):
    """A new trainee comes with a place in a cohort, and perhaps a name, which is kept apart."""

    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=gettext_lazy("Cohort"))
    since = forms.DateField(
        label=gettext_lazy("Since"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Place"),
        choices=[(one.value, one.label) for one in (Enrolment.Status.ACTIVE, Enrolment.Status.EXPECTED)],
    )
    family_name = forms.CharField(label=gettext_lazy("Family name"), required=False, max_length=80)
    given_name = forms.CharField(label=gettext_lazy("Given name"), required=False, max_length=80)

    class Meta:
        model = Trainee
        fields = ("roll_number", "call_sign", "nation")


@admin.register(Trainee)
class TraineeAdmin(ActedAdmin):
    program = "enrolments__program"
    list_display = ("roll_number", "call_sign", "nation")
    list_filter = ("nation",)
    search_fields = ("roll_number", "call_sign")

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj:
            return super().get_form(request, obj, change=change, **kwargs)
        form = super().get_form(request, obj, change=change, form=TraineeForm, **kwargs)
        cohorts = self.admin_site._registry[Cohort].get_queryset(request)
        form.base_fields["cohort"].queryset = cohorts.select_related("program")
        return form

    def scope(self, row):
        return None

    def guard(self, user, row):
        may_name(user, row)

    def write(self, act, row, form, changed):
        if changed:
            may_rename(act.user, row)
            return super().write(act, row, form, changed)
        said = form.cleaned_data
        place = {name: said[name] for name in ("since", "status")} | {"track": None, "group": None}
        fields = {name: said[name] for name in ("roll_number", "call_sign", "nation", "family_name", "given_name")}
        row.pk = add_trainee(act, cohort=said["cohort"], place=place, **fields).pk


@admin.register(Identity)
class IdentityAdmin(ActedAdmin):
    """Names are entered here and never shown: reading one is an act of its own, on the trainee's page."""

    program = "trainee__enrolments__program"
    only_added_to = True
    list_display = ("trainee", "act")
    list_select_related = ("trainee", "act")
    search_fields = ("trainee__roll_number", "trainee__call_sign")
    autocomplete_fields = ("trainee",)

    def get_fields(self, request, obj=None):
        return ("trainee",) if obj else super().get_fields(request, obj)

    def scope(self, row):
        return None

    def guard(self, user, row):
        may_name(user, row.trainee)


@admin.register(NameRead)
class NameReadAdmin(ActedAdmin):
    program = "trainee__enrolments__program"
    only_read = True
    list_display = ("trainee", "act")
    list_select_related = ("trainee", "act")


@admin.register(Enrolment)
class EnrolmentAdmin(OfProgram):
    only_added_to = True
    list_display = ("trainee", "cohort", "status", "since", "track", "group")
    list_select_related = ("trainee", "cohort", "track", "group")
    list_filter = ("status", "cohort")
    search_fields = ("trainee__roll_number", "trainee__call_sign")
    autocomplete_fields = ("trainee", "cohort", "track", "group")
    exclude = ("program",)

    def scope(self, row):
        return row.cohort.program_id if row.cohort_id else None

    def write(self, act, row, form, changed):
        row.program_id = row.cohort.program_id
        enter_place(act, row)


class StaffInline(ActedInline):
    model = SessionStaff
    autocomplete_fields = ("instructor",)


class AudienceInline(ActedInline):
    model = SessionAudience
    autocomplete_fields = ("track", "group", "trainee")


@admin.register(TrainingSession)
class TrainingSessionAdmin(OfCohort):
    list_display = ("cohort", "module", "kind", "starts_at", "place", "register_closed_at")
    list_select_related = ("cohort", "module")
    list_filter = ("kind", "cohort")
    search_fields = ("module__code", "module__title", "place")
    readonly_fields = ("register_closed_at", "cancelled_at", "cancelled_reason")
    autocomplete_fields = ("cohort", "module")
    inlines = (StaffInline, AudienceInline)

    def scope(self, row):
        return row.cohort.program_id if row.cohort_id else None

    def write(self, act, row, form, changed):
        if changed and row.register_closed_at is not None:
            raise ValidationError(_("The register is closed. Reopen it first."))
        super().write(act, row, form, changed)

    def erase(self, act, row):
        if not (row.attendance.exists() or row.records.exists()):
            for part in (*row.staff.all(), *row.audience.all()):
                part.delete()
        super().erase(act, row)


class OfSession(ActedAdmin):
    program = "session__cohort__program"
    search_fields = ("session__module__code",)

    def guard(self, user, row):
        must_run(user, row.session.cohort.program_id)
        if row.session.register_closed_at is not None:
            raise ValidationError(_("The register is closed. Reopen it first."))


@admin.register(SessionStaff)
class SessionStaffAdmin(OfSession):
    list_display = ("session", "instructor", "duty")
    list_select_related = ("session__cohort__program", "session__module", "instructor")
    autocomplete_fields = ("session", "instructor")


@admin.register(SessionAudience)
class SessionAudienceAdmin(OfSession):
    list_display = ("session", "track", "group", "trainee")
    list_select_related = ("session__cohort__program", "session__module", "track", "group", "trainee")
    autocomplete_fields = ("session", "track", "group", "trainee")


@admin.register(Attendance)
class AttendanceAdmin(OfSession):
    list_display = ("session", "trainee", "status", "reason")
    list_select_related = ("session__cohort__program", "session__module", "trainee")
    list_filter = ("status",)
    search_fields = ("trainee__roll_number", "trainee__call_sign")
    autocomplete_fields = ("session", "trainee")

    def guard(self, user, row):
        must_record(user, row.session.cohort.program_id)

    def is_sound(self, act, row):
        services.may_mark(row.session, row.trainee_id)


class RecordForm(AdminForm):
    """One line of evidence. The rules are those of the pages, by its kind."""

    class Meta:
        model = Record
        fields = (
            "trainee",
            "program",
            "module",
            "session",
            "kind",
            "holds_from",
            "at_time",
            "holds_until",
            "score",
            "assessor",
            "authority",
            "recertification",
            "reason",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [one for one in Record.Kind.choices if one[0] != Record.Kind.VOID]


@admin.register(Record)
class RecordAdmin(OfProgram):
    form = RecordForm
    only_added_to = True
    list_display = ("trainee", "module", "kind", "holds_from", "score", "assessor", "program")
    list_select_related = ("trainee", "module", "assessor", "program")
    list_filter = ("kind", "program")
    search_fields = ("trainee__roll_number", "trainee__call_sign", "module__code")
    autocomplete_fields = ("trainee", "program", "module", "session", "assessor")

    def perform(self, request, form, formsets, change, do):
        """Through the services of the pages. The cell goes on from what is its last record now: nothing else was shown."""
        said = form.cleaned_data
        cell = load_cell(said["trainee"], said["program"], said["module"], said["holds_from"])
        common = {name: said[name] for name in ("key", "trainee", "program", "module", "reason")}
        common |= {"user": request.user, "seen": self._seen(said, cell)}
        if said["kind"] in {Record.Kind.CREDIT, Record.Kind.EXEMPTION}:
            write = services.credit if said["kind"] == Record.Kind.CREDIT else services.exempt
            made = write(**common, **{name: said[name] for name in ("holds_from", "holds_until", "authority")})
        else:
            result = {
                name: said[name] for name in ("kind", "at_time", "score", "assessor", "session", "recertification")
            }
            made = services.record_result(**common, assessed_on=said["holds_from"], **result)
        form.instance.pk = made.pk
        return made.act

    def _seen(self, said, cell) -> str:
        """What stood there before this key was used, so that a page sent twice says the same."""
        mine = Record.objects.filter(act__key=said["key"], trainee=said["trainee"], module=said["module"]).first()
        if mine is None:
            return cell.last_key
        return str(mine.previous.act.key) if mine.previous else ""


@admin.register(StepMark)
class StepMarkAdmin(ActedAdmin):
    program = "record__program"
    only_read = True
    list_display = ("record", "step", "passed")
    list_select_related = ("record__trainee", "record__module", "step")


@admin.register(Completion)
class CompletionAdmin(OfProgram):
    only_read = True
    list_display = ("trainee", "cohort", "completed_on", "revoked_on")
    list_select_related = ("trainee", "cohort")
    list_filter = ("cohort",)
    search_fields = ("trainee__roll_number", "trainee__call_sign")
