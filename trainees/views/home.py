"""The first page and a program's page: both show cohorts, so they live on this floor."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
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
    desks = home_of(request.user)
    context = {
        "desks": desks,
        "waiting": [desk for desk in desks if desk.waits],
        "may_write": any(desk.view.cohort.may_record for desk in desks),
        "may_create": not desks and coordinates_any(request.user),
    }
    return render(request, "trainees/home.html", context)


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
    people = program.assignments.count()
    archived = Cohort.objects.filter(program=program).exclude(archived_at=None).count()
    context = {
        "program": program,
        "views": cohort_views(cohorts, dates.as_of, dates.known) if cohorts else [],
        "archived": archived,
        "steps": [] if cohorts or archived else _first_steps(program, curricula, current, people),
        "curricula": curricula,
        "entries": current.entries.select_related("module").prefetch_related("for_tracks__track") if current else [],
        "current": current,
        "tracks": program.tracks.select_related("act"),
        "people": people,
    } | told(request, program, parts=(Track, Curriculum, Role, Assignment))
    context |= dates_context(dates, Moment.of(program, dates.as_of, dates.known) if dates.as_of else None)
    return render(request, "trainees/program_detail.html", context)


def _first_steps(program, curricula, current, people) -> list[dict]:
    """What a new program still needs before anybody can be trained, in order; the first undone one is `next`."""
    draft = next((one for one in curricula if not one.published_at), None)
    write = draft.get_absolute_url() if draft else reverse("programs:curriculum_create", args=[program.slug])
    cohort = f"{reverse('trainees:cohort_create')}?program={program.slug}"
    steps = [
        (_("Publish a curriculum"), _("What is taught, in which order, to which standard."), bool(current), write),
        (
            _("Assign people"),
            _("Who teaches and judges, and who signs in."),
            people > 0,
            reverse("programs:program_people", args=[program.slug]),
        ),
        (_("Add the first cohort"), _("One dated intake, with its trainees."), False, cohort),
    ]
    names = ("title", "text", "done", "address")
    found = [dict(zip(names, step, strict=True)) for step in steps]
    next(one for one in found if not one["done"])["next"] = True
    return found
