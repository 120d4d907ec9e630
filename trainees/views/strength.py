"""The daily strength return of a cohort."""

import datetime

from django import forms
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from programs.access import fetch, limits_of

from ..forms.fields import day_field
from ..selectors.strength import STATES, strength_of
from ..tables import cohorts as tables
from .cohorts import COHORTS


class DayForm(forms.Form):
    """`?day=2023-08-18`; empty means today, of a finished cohort its last day."""

    day = day_field(label=_("Day"), required=False)


@require_safe
def cohort_strength(request, slug):
    """Who was there on a day, by group; `?show=` and `?group=` open a number into the people it counts."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    form = DayForm(request.GET)
    form.is_valid()
    day = form.cleaned_data.get("day") or cohort.default_as_of()
    strength = strength_of(cohort, day, limits_of(cohort), health=cohort.may_record)
    show, group = request.GET.get("show"), request.GET.get("group")
    chosen = show in STATES or show == "all" or group is not None
    context = {
        "cohort": cohort,
        "tab": "roster",
        "dates_query": "",
        "strength": strength,
        "form": DayForm(initial={"day": day}),
        "errors": form.errors.get("day", ()),
        "days": [day + datetime.timedelta(days=n) for n in (-1, 1)],
        "chosen": chosen,
        "show": show,
        "group": group,
        "people": strength.shown(show if show in STATES else None, group) if chosen else strength.away(),
        "words": STATES.get(show or ""),
    }
    if asked(request):
        return download(request, context, tables.strength, people=tables.strength_people)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_strength.html", context)
