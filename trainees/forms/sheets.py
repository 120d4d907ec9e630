"""Result sheets."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm

from ..models import Record, Trainee, TrainingSession

ID = {"required": False, "min_value": 1, "max_value": 10**18 - 1}  # no more digits than a database holds
STEP = re.compile(r"step_([0-9]{1,18})")
STEPS = {"go": True, "no_go": False}


class MarkForm(ActForm):
    """One mark as the script sends it. Steps come as `step_<id>`: go, no_go, or nothing."""

    kind = forms.ChoiceField(
        label=_("Result"),
        required=False,
        choices=[(kind, kind.label) for kind in (Record.Kind.GO, Record.Kind.NO_GO, Record.Kind.NOT_ASSESSED)],
    )
    score = forms.DecimalField(label=_("Score"), required=False, min_value=0, max_value=100, decimal_places=2)
    reason = forms.CharField(label=_("Reason"), required=False)
    session = forms.IntegerField(label=_("Training session"), **ID)
    assessor = forms.IntegerField(label=_("Assessor"), **ID)
    sheet = forms.IntegerField(label=_("Sheet"), **ID)
    recertification = forms.BooleanField(label=_("Recertification"), required=False)
    assessed_on = forms.DateField(label=_("Assessed on"), required=False)

    def __init__(self, *args: Any, trainee: Trainee, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trainee, self.code = trainee, code

    def clean_session(self) -> TrainingSession | None:
        pk = self.cleaned_data["session"]
        if pk is None:
            return None
        rows = TrainingSession.objects.filter(cohort__program__enrolment__trainee=self.trainee, module__code=self.code)
        session = rows.select_related("module", "cohort__program").filter(pk=pk).first()
        if session is None:
            raise forms.ValidationError(_("This session is of another program or module."))
        return session

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        steps = {int(found[1]): self.data[name] for name in self.data if (found := STEP.fullmatch(name))}
        data["steps"] = {step: STEPS[value] for step, value in steps.items() if value in STEPS}
        return data
