"""The first page and a program's page: both show cohorts, so they live on this floor."""

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.exports import download, history_asked
from accounts.pages import told
from programs.access import coordinates_any, fetch, limited_roles, limits_of
from programs.models import Assignment, Curriculum, Program, Role, Track

from ..models import Cohort, Lesson
from ..selectors.bottom_line import bottom_line_of, program_bottom_line
from ..selectors.home import gravest, home_of, my_day, next_sessions, programs_of, to_do
from ..selectors.loading import Moment
from ..selectors.progress import cohort_views
from .dates import dates_context, dates_of

MOST, GRAVEST = 8, 5  # items or sessions, and trainees, that the first page shows at once
_OF_PROGRAM = {"program": OuterRef("pk")}
PROGRAMS = Program.objects.select_related("act").annotate(
    published=Exists(Curriculum.objects.published().filter(**_OF_PROGRAM)),
    draft=Subquery(Curriculum.objects.filter(**_OF_PROGRAM, published_at=None).values("number")[:1]),
    people=Count("assignments", distinct=True),
    lessons=Subquery(
        Lesson.objects.filter(cohort__program=OuterRef("pk"), state=Lesson.State.OPEN)
        .order_by()
        .values("cohort__program")
        .annotate(n=Count("pk"))
        .values("n")
    ),
    archived_cohorts=Count("cohort", filter=Q(cohort__archived_at__isnull=False), distinct=True),
)


@require_safe
def home(request):
    """My cohorts with their progress, and what is waiting for me."""
    desks = home_of(request.user)
    may_record, may_run = (any(getattr(one.view.cohort, may) for one in desks) for may in ("may_record", "may_run"))
    items, cases, coming = to_do(desks), gravest(desks), next_sessions(desks)
    context = {
        "limited_roles": limited_roles(request.user) if any(desk.view.limits for desk in desks) else [],
        "desks": desks,
        "columns": _columns(may_record, may_run),
        "my_day": my_day(desks),
        "items": items[:MOST],
        "items_count": len(items),
        "cases": cases[:GRAVEST],
        "cases_count": len(cases),
        "coming": coming[:MOST],
        "programs": programs_of(desk.view for desk in desks),
        "running": programs_of(desk.view for desk in desks if desk.view.cohort.runs_on()),
        "may_write": may_record,
        "may_create": not desks and coordinates_any(request.user),
    }
    return render(request, "trainees/home.html", context)


def _columns(may_record, may_run):
    """The parts of the page (templates/trainees/home_*.html), side by side where there is room: what matters first, first.

    Whoever runs a program begins with what is wrong, whoever teaches with their day, whoever reads with how far all are.
    """
    if may_run:
        return [["day", "to_do", "cohorts"], ["attention", "next"]]
    return [["day", "to_do", "next"], ["cohorts", "attention"]] if may_record else [["cohorts"], ["attention", "next"]]


@require_safe
def program_detail(request, slug):
    """A program's cohorts side by side; of a new program, what comes before the first one."""
    program = fetch(PROGRAMS, request.user, slug=slug)
    cohorts = Cohort.objects.filter(program=program).current().select_related("program").order_by("starts_on", "code")
    dates = dates_of(request)
    views = cohort_views(list(cohorts), limits_of(program), dates.as_of, dates.known)
    moment = Moment.of(program, dates.as_of, dates.known)
    running = {view.cohort.pk: bottom_line_of(view) for view in views if view.cohort.runs_on(moment.as_of)}
    context = {
        "program": program,
        "views": views,
        "headline": program_bottom_line(program, moment, views, running, [view.cohort for view in views]),
        "running": [(view, running[view.cohort.pk]) for view in views if view.cohort.pk in running],
        "steps": [] if views or program.archived_cohorts else _first_steps(program),
    } | told(request, program, parts=(Track, Curriculum, Role, Assignment))
    if history_asked(request):
        return download(request, context)
    context |= dates_context(dates, moment if dates.as_of else None)
    return render(request, "trainees/program_detail.html", context)


def _first_steps(program) -> list[dict]:
    """What a new program still needs before anybody can be trained, in order; the first undone one is `next`."""
    write = reverse("programs:curriculum_create", args=[program.slug])
    if program.draft:
        write = reverse("programs:curriculum_detail", args=[program.slug, program.draft])
    cohort = f"{reverse('trainees:cohort_create')}?program={program.slug}"
    steps = [
        (_("Publish a curriculum"), _("What is taught, in which order, to which standard."), program.published, write),
        (
            _("Assign people"),
            _("Who teaches and judges, and who signs in."),
            program.people > 0,
            reverse("programs:program_people", args=[program.slug]),
        ),
        (_("Add the first cohort"), _("One dated intake, with its trainees."), False, cohort),
    ]
    names = ("title", "text", "done", "address")
    found = [dict(zip(names, step, strict=True)) for step in steps]
    next(one for one in found if not one["done"])["next"] = True
    return found
