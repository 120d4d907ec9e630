"""Excusals: who is known in advance to be sick or away."""

import datetime
import zoneinfo
from functools import partial

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.addresses import as_text
from accounts.exports import asked, download
from accounts.pages import delete_page, form_page
from programs.access import fetch, limits_of

from .. import services
from ..forms.excusals import ExcusalEndForm, ExcusalForm, ExcusalNewForm
from ..models import Excusal, Trainee
from ..selectors.excusals import excusals_in, state_on
from ..tables import cohorts as tables
from .cohorts import COHORTS

EXCUSALS = Excusal.objects.select_related("trainee", "program", "act")


@require_safe
def cohort_excusals(request, slug):
    """Everybody of the cohort who is, will be or was excused."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    rows = excusals_in(cohort, limits_of(cohort))
    parts = (("now", _("Today")), ("coming", _("To come")), ("over", _("Over")))
    found = [(words, [one for one in rows if state_on(one, cohort.today()) == state]) for state, words in parts]
    context = {
        "cohort": cohort,
        "tab": "roster",
        "dates_query": "",
        "parts": [(words, of) for words, of in found if of],
    }
    if asked(request):
        return download(request, context, tables.excusals)
    return render(request, "trainees/cohort_excusals.html", context)


def excusal_create(request, slug):
    """Excuse somebody; `?trainee=` says whom."""
    cohort = fetch(COHORTS, request.user, "record", slug=slug)
    asked = as_text(request.GET.get("trainee", ""))
    proposed = Trainee.objects.filter(roll_number=asked).values_list("pk", flat=True).first()
    form = ExcusalNewForm(request.POST or None, cohort=cohort, initial={"since": cohort.today(), "trainee": proposed})
    back = reverse("trainees:cohort_excusals", args=[slug])

    def save():
        services.create_excusal(user=request.user, key=form.stamp()["key"], program=cohort.program, **form.words())
        return back

    page = {"title": _("Excuse a trainee"), "submit": _("Excuse"), "done": _("Registers of these days begin with it.")}
    return form_page(request, form, save, back=back, crumbs=[cohort], place=_("Excusals"), **page)


def excusal_edit(request, pk):
    excusal = fetch(EXCUSALS, request.user, "record", pk=pk)
    form = ExcusalForm(request.POST or None, instance=excusal)

    def save():
        services.update_excusal(user=request.user, excusal=excusal, **form.stamp(), **form.words())
        return excusal.trainee

    return form_page(
        request,
        form,
        save,
        title=_("Change the excusal of %(trainee)s") % {"trainee": excusal.trainee},
        text=_("What registers were already marked with stays as it is."),
        submit=_("Save"),
        back=excusal.trainee.get_absolute_url(),
        crumbs=[excusal.trainee],
        done=_("Saved."),
        instead=(reverse("trainees:excusal_delete", args=[pk]), _("Delete…")),
    )


def excusal_end(request, pk):
    """Back again: by default today, so yesterday was the last day."""
    excusal = fetch(EXCUSALS, request.user, "record", pk=pk)
    zone = zoneinfo.ZoneInfo(excusal.program.time_zone)
    yesterday = timezone.localdate(timezone=zone) - datetime.timedelta(days=1)
    initial = {"seen": excusal.seen, "until": max(excusal.since, yesterday)}
    form = ExcusalEndForm(request.POST or None, initial=initial)

    def save():
        services.end_excusal(user=request.user, excusal=excusal, **form.stamp(), **form.words())
        return excusal.trainee

    title = _("%(trainee)s is back") % {"trainee": excusal.trainee}
    back = excusal.trainee.get_absolute_url()
    page = {"facts": excusal.words, "submit": _("End the excusal"), "done": _("The excusal is ended.")}
    return form_page(request, form, save, title=title, back=back, crumbs=[excusal.trainee], **page)


def excusal_delete(request, pk):
    excusal = fetch(EXCUSALS, request.user, "record", pk=pk)
    return delete_page(
        request,
        excusal,
        partial(services.delete_excusal, excusal=excusal),
        then=excusal.trainee,
        back=excusal.trainee.get_absolute_url(),
        title=_("Delete the excusal of %(trainee)s?") % {"trainee": excusal.trainee},
        text=_("Delete what was entered by mistake. Whoever is back is no mistake: end it instead."),
        submit=_("Delete"),
        done=_("The excusal is deleted."),
    )
