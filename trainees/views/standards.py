"""Whether all judge alike: first-time GO by iteration and by assessor."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from programs.access import fetch, limits_of
from programs.models import Program

from ..models import Cohort
from ..selectors.loading import Moment
from ..selectors.progress import cohort_views
from ..selectors.standards import standards_of
from ..tables import standards as tables
from .dates import dates_context, dates_of

NARROWED = ("module", "cohort", "assessor")


@require_safe
def program_standards(request, slug):
    """All comparisons of a program, for those who run it; narrowed by the address, the first attempts that make a number."""
    program = fetch(Program.objects.select_related("act"), request.user, "run", slug=slug)
    cohorts = Cohort.objects.filter(program=program, practice=False).select_related("program")
    dates = dates_of(request)
    views = cohort_views(list(cohorts.order_by("starts_on", "code")), limits_of(program), dates.as_of, dates.known)
    found = standards_of(views)
    narrowed = {name: request.GET[name] for name in NARROWED if request.GET.get(name)}
    context = {
        "program": program,
        "views": views,
        "standards": found,
        "comparisons": [
            (_("By iteration"), "cohort", found.iterations),
            (_("By assessor"), "assessor", found.assessors),
        ],
        "narrowed": narrowed,
        "attempts": [one for one in found.attempts if all(one.code_of(name) == narrowed[name] for name in narrowed)],
    } | dates_context(dates, Moment.of(program, dates.as_of, dates.known) if dates.as_of else None)
    if asked(request):
        return download(request, context, tables.standards, attempts=tables.attempts)
    return render(request, "trainees/program_standards.html", context)
