"""How a cohort came to its numbers, and the cohorts of a program laid over each other."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from programs.access import fetch, limits_of
from programs.models import Program

from ..models import Cohort
from ..selectors import over_time
from ..selectors.loading import Moment
from ..selectors.progress import cohort_views
from ..tables import cohorts as tables
from .cohorts import cohort_page
from .dates import dates_context, dates_of


@require_safe
def cohort_over_time(request, slug):
    """Requirements met against the plan, completion, first-time GO, attendance and each module, day by day."""
    cohort, view, context = cohort_page(request, slug, "progress")
    context["over_time"] = over_time.cohort_over_time(view)
    if asked(request):
        return download(request, context, tables.over_time, modules=tables.modules_over_time)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_over_time.html", context)


@require_safe
def program_over_time(request, slug):
    """Requirements met in the newest cohorts that have begun, by day of course."""
    program = fetch(Program.objects, request.user, slug=slug)
    dates = dates_of(request)
    moment = Moment.of(program, dates.as_of, dates.known)
    rows = Cohort.objects.filter(program=program, starts_on__lte=moment.as_of).current().select_related("program")
    newest = sorted(rows.order_by("-starts_on", "code")[: over_time.MOST], key=lambda one: (one.starts_on, one.code))
    views = cohort_views(newest, limits_of(program), dates.as_of, dates.known)
    found = over_time.program_over_time(views)
    context = {"program": program, "views": views, "over_time": found, "most": over_time.MOST}
    context |= dates_context(dates, moment if dates.as_of else None)
    if asked(request):
        return download(request, context, tables.program_over_time)
    return render(request, "trainees/program_over_time.html", context)
