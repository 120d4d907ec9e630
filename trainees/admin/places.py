"""Places in cohorts: one line of entries for each trainee and program."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.acts import Conflict
from accounts.addresses import as_pk

from .. import services
from ..models import Enrolment
from ..services.places import line_of
from .cohorts import CohortFilter
from .lines import LineAdmin, LineForm, only_for

NOT_ENTERED = {Enrolment.Status.COMPLETED, Enrolment.Status.VOID}  # awarded on the closing page; said by `mistaken`

KEPT = ("cohort", "track", "group", "status")


class PlaceForm(LineForm):
    mistaken = forms.BooleanField(label=_("It should not have been entered at all"), required=False)


@admin.register(Enrolment)
class EnrolmentAdmin(LineAdmin):
    form = PlaceForm
    list_display = ("trainee", "cohort", "track", "group", "status", "since", "voided")
    list_filter = ("status", CohortFilter)
    list_select_related = ("trainee", "cohort", "track", "group", "voided_by")
    search_fields = ("trainee__search", "cohort__search")
    autocomplete_fields = ("trainee", "cohort", "track", "group")
    line = ("trainee", "program")
    copied = ("cohort", "track", "group", "status", "since", "reason")

    def entered(self, request):
        return ("trainee", *self.copied, *(("correction", "mistaken") if self._wrong(request) else ()))

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        return [*fields, "correction"] if obj and obj.voids_id else fields

    def _wrong(self, request):
        return self._given(request, Enrolment, request.GET.get("in_place_of") or request.POST.get("in_place_of"))

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "status":
            wrong = self._wrong(request)
            stays = wrong is not None and wrong.status in NOT_ENTERED
            kwargs["choices"] = [
                one
                for one in Enrolment.Status.choices
                if (one[0] == wrong.status if stays else one[0] not in NOT_ENTERED)
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request):
        initial = super().get_changeform_initial_data(request)
        if "seen" not in initial and as_pk(initial.get("trainee")) is not None:
            lines = self.get_queryset(request).filter(trainee=initial["trainee"])
            programs = {one.program_id: one.trainee for one in lines}
            if len(programs) == 1:  # the form goes on from where the trainee is
                [(program, trainee)] = programs.items()
                initial |= _next(line_of(trainee, program), initial)
        return initial

    def scope(self, row):
        return row.cohort.program_id

    @admin.display(description=_("corrected"), boolean=True)
    def voided(self, row):
        return hasattr(row, "voided_by")

    def create(self, stamp, values):
        seen, wrong, trainee = stamp.pop("seen"), values.pop("in_place_of"), values.pop("trainee")
        mistaken = values.pop("mistaken")
        if wrong is not None:
            return self._correct(stamp | {"seen": seen}, wrong, trainee, mistaken, values)
        cohort, reason = values["cohort"], values["reason"]
        line = line_of(trainee, cohort.program_id)
        if line.last is None and seen:
            raise Conflict
        if line.last is not None and str(line.last.act.key) != seen:
            raise Conflict(_("This trainee already has a place in this program."), current=line.last)
        if line.now is None:
            only_for(values, ("reason",), _("A first place needs no reason."))
            del values["reason"]
            return services.enrol_many(**stamp, new=[], known=[trainee], **values)
        moved = {"to": cohort} if cohort != line.now.cohort else {}
        kept = {name: values[name] for name in ("since", "status", "track", "group")}
        seen = {trainee.pk: seen}
        return services.place(**stamp, kind="change", cohort=line.now.cohort, seen=seen, reason=reason, **kept, **moved)

    def _correct(self, stamp, wrong, trainee, mistaken, values):
        if trainee != wrong.trainee:
            raise ValidationError({"trainee": _("A correction is about the same trainee.")})
        correction = values.pop("correction")
        right = {} if mistaken else values
        return services.correct_place(**stamp, entry=wrong, correction=correction, mistaken=mistaken, **right)


def _next(line, given):
    """What the next entry begins with: where the trainee is, and the version of the line."""
    now = {name: getattr(line.now, Enrolment._meta.get_field(name).attname) for name in KEPT} if line.now else {}
    if now.get("status") in NOT_ENTERED:
        del now["status"]
    return now | given | {"seen": str(line.last.act.key)}
