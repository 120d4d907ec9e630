"""Places in cohorts: one line of entries for each trainee and program."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.acts import Conflict

from .. import services
from ..models import Enrolment
from .cohorts import CohortFilter
from .lines import LineAdmin, only_for


@admin.register(Enrolment)
class EnrolmentAdmin(LineAdmin):
    list_display = ("trainee", "cohort", "track", "group", "status", "since", "voided")
    list_filter = ("status", CohortFilter)
    list_select_related = ("trainee", "cohort", "track", "group", "voided_by")
    search_fields = ("trainee__search", "cohort__search")
    autocomplete_fields = ("trainee", "cohort", "track", "group")
    line = ("trainee", "program")
    copied = ("cohort", "track", "group", "status", "since")

    def entered(self, request):
        return ("trainee", "cohort", "track", "group", "status", "since", "reason")

    def get_changeform_initial_data(self, request):
        initial = super().get_changeform_initial_data(request)
        if "seen" not in initial and str(initial.get("trainee", "")).isdecimal():
            lines = self.get_queryset(request).filter(trainee=initial["trainee"], next=None).select_related("act")
            if len(lines) == 1:  # one program: the form goes on from where the trainee is
                now = {name: getattr(lines[0], Enrolment._meta.get_field(name).attname) for name in self.copied}
                initial = now | {"since": None} | initial | {"seen": str(lines[0].act.key)}
        return initial

    def scope(self, row):
        return row.cohort.program_id

    @admin.display(description=_("corrected"), boolean=True)
    def voided(self, row):
        return hasattr(row, "voided_by")

    def create(self, stamp, values):
        seen, wrong, trainee = stamp.pop("seen"), values.pop("in_place_of"), values.pop("trainee")
        if wrong is not None:
            return self._correct(stamp | {"seen": seen}, wrong, trainee, values)
        cohort, reason = values["cohort"], values["reason"]
        line = Enrolment.objects.filter(trainee=trainee, program=cohort.program_id)
        last = line.select_related("act", "cohort").order_by("pk").last()
        if last is None:
            if seen:
                raise Conflict
            only_for(values, ("reason",), _("A first place needs no reason."))
            del values["reason"]
            return services.enrol(**stamp, trainees=[trainee], **values)
        if str(last.act.key) != seen:
            raise Conflict(_("This trainee already has a place in this program."), current=last)
        moved = {"to": cohort} if cohort != last.cohort else {}
        kept = {name: values[name] for name in ("since", "status", "track", "group")}
        seen = {trainee.pk: seen}
        return services.place(**stamp, kind="change", cohort=last.cohort, seen=seen, reason=reason, **kept, **moved)

    def _correct(self, stamp, wrong, trainee, values):
        if trainee != wrong.trainee:
            raise ValidationError({"trainee": _("A correction is about the same trainee.")})
        reason, mistaken = values.pop("reason"), values["status"] == Enrolment.Status.VOID
        right = {} if mistaken else values
        return services.correct_place(**stamp, entry=wrong, reason=reason, mistaken=mistaken, **right)
