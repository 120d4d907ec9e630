"""The two dates in the address of every page about progress."""

import datetime
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..selectors.loading import Moment


class DatesForm(forms.Form):
    """`?as_of=2023-08-18&known=2023-08-18`; empty means the default."""

    as_of = forms.DateField(
        label=_("As of"),
        required=False,
        help_text=_("The day that the numbers are about."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    known = forms.DateField(
        label=_("As known on"),
        required=False,
        help_text=_("Only what had been recorded by the end of this day counts."),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


@dataclass(frozen=True)
class Dates:
    """What was asked; None where it was left open. `errors`: words for dates that make no sense."""

    as_of: datetime.date | None
    known: datetime.date | None
    form: DatesForm
    errors: list[str]

    @property
    def query(self) -> str:
        """What a link to another page of the same cohort carries on: only what was asked."""
        asked = [f"{name}={day.isoformat()}" for name, day in (("as_of", self.as_of), ("known", self.known)) if day]
        return "?" + "&".join(asked) if asked else ""


def dates_of(request: HttpRequest, kind: type[DatesForm] = DatesForm) -> Dates:
    """The dates in the address, as a `kind` of form asks for them. A date nobody can read is told and left out."""
    form = kind(request.GET)
    form.is_valid()
    errors = [error for name in form.errors for error in form.errors[name]]
    return Dates(form.cleaned_data.get("as_of"), form.cleaned_data.get("known"), form, errors)


def dates_context(dates: Dates, moment: Moment | None, **initial: datetime.date) -> dict:
    """What trainees/dates.html needs: the dates that hold, and a form to choose others, with what else it begins with.

    `moment` is None where each cohort of a page has its own default and nothing else was asked.
    """
    initial |= {"as_of": moment.as_of, "known": moment.known} if moment else {"known": dates.known}
    shown = type(dates.form)(initial=initial, auto_id="dates_%s")
    return {"dates": dates, "dates_form": shown, "moment": moment, "dates_query": dates.query}
