"""Remedial groups before they are planned: each as it is proposed, to be changed, thinned out or left out."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.addresses import as_pk
from accounts.forms import ActForm
from programs.models import Instructor, SkillModule

from ..models import Trainee
from ..selectors.clock import zone_of
from ..selectors.loading import Entry, Person
from ..selectors.progress import CohortView
from ..selectors.remedial import MOST, Proposal
from ..services import Group
from .fields import day_field
from .planning import WhenFields, time_field


class GroupForm(WhenFields):
    """One group. `people` says who was proposed, `without` whom of these to leave out: only what is ticked is sent."""

    ends_on = None
    take = forms.BooleanField(label=_("Plan it"), required=False)
    module = forms.CharField(widget=forms.HiddenInput)
    people = forms.CharField(widget=forms.HiddenInput)
    day = day_field(label=_("Day"))
    starts = time_field(label=_("Starts"))
    ends = time_field(label=_("Ends"))
    place = forms.CharField(label=_("Location"), max_length=120, required=False)
    assessor = forms.ModelChoiceField(Instructor.objects.none(), label=_("Assessor"))
    without = forms.TypedMultipleChoiceField(
        label=_("Leave out"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("take", "day", "starts", "ends", "place", "assessor", "without")

    def __init__(
        self, *args: Any, view: CohortView, staff: Any, proposal: Proposal | None = None, **kwargs: Any
    ) -> None:
        initial = _initial(proposal) if proposal else {}
        super().__init__(*args, initial=initial, **kwargs)
        self.cohort, self.view = view.cohort, view
        self.fields["assessor"].queryset = staff  # type: ignore[attr-defined]
        by_code = {entry.code: entry for entry in view.entries.values()}
        self.entry: Entry | None = by_code.get(self["module"].value() or "")
        ids = [as_pk(one) for one in str(self["people"].value() or "").split(",")]
        here = [view.names.people[pk] for pk in ids if pk in view.progress.trainees]
        self.proposed: list[Person] = sorted(here, key=lambda one: one.roll_number)
        self.fields["without"].choices = [(one.id, str(one)) for one in self.proposed]  # type: ignore[attr-defined]

    @property
    def words(self) -> str:
        n = len(self.proposed)
        return ngettext("%(n)s trainee", "%(n)s trainees", n) % {"n": n}

    def full_clean(self) -> None:
        """Nothing has to be right of a group that is not planned."""
        if self.is_bound and not self["take"].value():
            self._errors, self.cleaned_data = ErrorDict(), {"take": False}
            return
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.entry is None or not self.proposed:
            raise ValidationError(_("The group has changed since. Look at the groups again."))
        self.moments = self.times()
        if len(data.get("without", ())) == len(self.proposed):
            self.add_error("without", _("Nobody is left in the group: take away the tick before it instead."))
        return data

    def chosen(self) -> list[int]:
        return [one.id for one in self.proposed if one.id not in self.cleaned_data["without"]]


def _initial(proposal: Proposal) -> dict[str, Any]:
    zone = zone_of(proposal.plan.cohort.program)
    starts, ends = (at.astimezone(zone) for at in (proposal.plan.starts_at, proposal.plan.ends_at))
    return {
        "take": True,
        "module": proposal.entry.code,
        "people": ",".join(str(one.id) for one in proposal.people),
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "place": proposal.plan.place,
        "assessor": proposal.assessor.pk,
    }


class RemedialForm(ActForm):
    """All groups, with one key: they are planned together. Of what was sent, as many groups as `groups` says."""

    groups = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST)

    def __init__(self, *args: Any, view: CohortView, proposals: Sequence[Proposal] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["groups"] = len(proposals)
        staff = Instructor.objects.assessing(view.cohort.program).order_by("call_sign", "pk")
        sent = as_pk(self.data.get("groups")) if self.is_bound else None
        first = args[0] if args else None
        if self.is_bound:
            self.parts = [GroupForm(first, prefix=f"g{n}", view=view, staff=staff) for n in range(min(sent or 0, MOST))]
        else:
            self.parts = [
                GroupForm(prefix=f"g{n}", view=view, staff=staff, proposal=one) for n, one in enumerate(proposals)
            ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        good = [part.is_valid() for part in self.parts]
        if not all(good):
            raise ValidationError([words for part in self.parts for words in part_errors(part)])
        if not any(part.cleaned_data["take"] for part in self.parts):
            raise ValidationError(_("Choose at least one group."))
        return data

    def words(self) -> dict[str, Any]:
        taken = [part for part in self.parts if part.cleaned_data["take"]]
        modules = SkillModule.objects.in_bulk([part.entry.module for part in taken if part.entry])
        people = Trainee.objects.in_bulk([pk for part in taken for pk in part.chosen()])
        return {
            "groups": [
                Group(
                    modules[part.entry.module],
                    [people[pk] for pk in part.chosen()],
                    assessor=part.cleaned_data["assessor"],
                    place=part.cleaned_data["place"],
                    **part.moments,
                )
                for part in taken
                if part.entry
            ]
        }


def part_errors(part: GroupForm) -> Iterator[str]:
    """What is wrong with a group, each error with the module and the field that it is about."""
    for name, errors in part.errors.items():
        label = part.fields[name].label if name in part.fields else ""
        for error in errors:
            yield ": ".join(str(one) for one in (part.entry.code if part.entry else "", label, error) if one)
