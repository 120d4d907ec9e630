"""What a commander is told in two minutes: one page for the screen, the projector and A4."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from programs.access import fetch, limits_of
from programs.models import Program

from ..models import Cohort
from ..selectors.briefing import FEW
from ..selectors.briefing import program_briefing as briefing_of
from ..selectors.clock import zone_of
from ..selectors.loading import Moment
from ..selectors.over_time import met_over_time
from ..selectors.overview import overview_of
from ..tables import cohorts as tables
from .cohorts import cohort_page
from .dates import dates_context, dates_of


@require_safe
def cohort_briefing(request, slug):
    """The bottom line of a cohort, its numbers, modules, who comes first, the way there; `?present=1` for a projector."""
    cohort, view, context = cohort_page(request, slug, "overview")
    context["overview"] = found = overview_of(view)
    if asked(request):
        return download(request, context, tables.overview)
    context |= {
        "first": found.headline.attention[:FEW],
        "chart": met_over_time(view),
        "present": bool(request.GET.get("present")),
    }
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_briefing.html", context)


@require_safe
def program_briefing(request, slug):
    """The same of a program: its running cohorts beside each other."""
    program = fetch(Program.objects, request.user, slug=slug)
    dates = dates_of(request)
    moment = Moment.of(program, dates.as_of, dates.known)
    cohorts = Cohort.objects.filter(program=program).current().select_related("program").order_by("starts_on", "code")
    found = briefing_of(program, list(cohorts), limits_of(program), moment, moment if dates.as_of else None)
    context = {"program": program, "briefing": found, "present": bool(request.GET.get("present"))}
    context |= dates_context(dates, moment)
    if asked(request):
        return download(request, context, tables.program_briefing, bands=tables.program_bands)
    with timezone.override(zone_of(program)):
        return render(request, "trainees/program_briefing.html", context)
