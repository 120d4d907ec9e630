"""The first page and a program's page: both show cohorts, so they live on this floor."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.pages import told
from programs.access import coordinates_any, fetch
from programs.models import Assignment, Curriculum, Program, Role, Track

from ..models import Cohort
from ..selectors.home import home_of
from ..selectors.loading import Moment
from ..selectors.progress import cohort_views
from .dates import dates_context, dates_of


@require_safe
def home(request):
    """My cohorts with their progress, and what is waiting for me."""
    views, waiting = home_of(request.user)
    return render(
        request,
        "trainees/home.html",
        {"views": views, "waiting": waiting, "may_create": not views and coordinates_any(request.user)},
    )


@require_safe
def program_detail(request, slug):
    """A program: what it is, its curriculum versions and tracks, and its cohorts side by side."""
    program = fetch(Program.objects.select_related("act"), request.user, slug=slug)
    cohorts = list(
        Cohort.objects.filter(program=program).current().select_related("program").order_by("starts_on", "code")
    )
    dates = dates_of(request)
    curricula = list(program.curricula.all())
    current = next((one for one in curricula if one.published_at), None)
    context = {
        "program": program,
        "views": cohort_views(cohorts, dates.as_of, dates.known) if cohorts else [],
        "archived": Cohort.objects.filter(program=program).exclude(archived_at=None).count(),
        "curricula": curricula,
        "entries": current.entries.select_related("module").prefetch_related("for_tracks__track") if current else [],
        "current": current,
        "tracks": program.tracks.select_related("act"),
        "people": program.assignments.count(),
    } | told(request, program, parts=(Track, Curriculum, Role, Assignment))
    context |= dates_context(dates, Moment.of(program, dates.as_of, dates.known) if dates.as_of else None)
    return render(request, "trainees/program_detail.html", context)
