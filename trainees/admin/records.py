"""Results, credits and exemptions: one line for each trainee and module of a program."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from programs.admin.base import ProgramAdminBase, ProgramFilter, ProgramInline
from programs.models import Program

from .. import services
from ..models import Record, StepMark
from .lines import LineAdmin, only_for

OF_A_GRANT = ("authority", "holds_until")
OF_AN_ASSESSMENT = ("at_time", "score", "assessor", "session", "recertification")


class StepMarkInline(ProgramInline):
    model = StepMark
    fields = ("step", "passed")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("step")


@admin.register(Record)
class RecordAdmin(LineAdmin):
    list_display = ("trainee", "module", "kind", "holds_from", "holds_until", "score", "assessor", "program", "voided")
    list_filter = ("kind", "recertification", ProgramFilter)
    list_select_related = ("trainee", "module", "assessor", "program", "voided_by")
    search_fields = ("trainee__search", "module__search")
    autocomplete_fields = ("trainee", "program", "module", "session", "assessor")
    ordering = ("-pk",)
    line = ("trainee", "program", "module")
    copied = ("kind", "holds_from", "at_time", "score", "assessor", "session", "authority", "recertification")

    def entered(self, request):
        return ("trainee", "program", "module", "kind", "holds_from", *OF_AN_ASSESSMENT, *OF_A_GRANT, "reason")

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        return [*fields, "entry"] if obj else fields

    def get_inlines(self, request, obj):
        return (StepMarkInline,) if obj else ()

    def get_changeform_initial_data(self, request):
        initial = super().get_changeform_initial_data(request)
        if "program" not in initial:
            mine = Program.objects.run_by(request.user).values_list("pk", flat=True)[:2]
            initial |= {"program": mine[0]} if len(mine) == 1 else {}
        return initial

    @admin.display(description=_("corrected"), boolean=True)
    def voided(self, row):
        return hasattr(row, "voided_by")

    def create(self, stamp, values):
        kind, wrong = values.pop("kind"), values.pop("in_place_of")
        values["voids"] = wrong
        cell = tuple(values[name] for name in self.line)
        if wrong is not None and cell != (wrong.trainee, wrong.program, wrong.module):
            raise ValidationError(_("A correction is about the same trainee and module."))
        if kind == Record.Kind.VOID:
            if wrong is None:
                raise ValidationError({"kind": _("Open the record that is wrong and correct it from there.")})
            return services.void_record(**stamp, record=wrong, reason=values["reason"])
        if kind in {Record.Kind.CREDIT, Record.Kind.EXEMPTION}:
            only_for(values, OF_AN_ASSESSMENT, _("This is for assessments only."))
            write = services.credit if kind == Record.Kind.CREDIT else services.exempt
            return write(**stamp, **{name: value for name, value in values.items() if name not in OF_AN_ASSESSMENT})
        only_for(values, OF_A_GRANT, _("This is for credits and exemptions only."))
        values = {name: value for name, value in values.items() if name not in OF_A_GRANT}
        try:
            return services.record_result(**stamp, kind=kind, assessed_on=values.pop("holds_from"), **values)
        except ValidationError as error:
            raise _as_named_here(error) from error


def _as_named_here(error: ValidationError) -> ValidationError:
    """The day assessed is `holds_from` in this form."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError(
        {"holds_from" if name == "assessed_on" else name: errors for name, errors in error.error_dict.items()}
    )


@admin.register(StepMark)
class StepMarkAdmin(ProgramAdminBase):
    """Written with its record, on the page where results are recorded."""

    program = "record__program_id"
    list_display = ("record", "step", "passed")
    list_filter = ("passed", ProgramFilter)
    list_select_related = ("record__trainee", "record__module", "step")
    search_fields = ("record__trainee__search", "record__module__search", "step__title")
