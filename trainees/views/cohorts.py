"""The lists and the reading pages of cohorts."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from accounts.pages import told
from programs.access import coordinates_any, fetch, limits_of, with_rights
from programs.lists import page_of
from programs.models import Program, SkillModule

from ..filters import CohortFilter
from ..models import Cohort, CohortCurriculum, CommanderRating, Group, Record
from ..progress import recorded
from ..selectors.attention import attention_of
from ..selectors.loading import Moment
from ..selectors.matrix import MARKS, Filters, matrix
from ..selectors.overview import overview_of
from ..selectors.progress import cohort_view, cohort_views
from ..tables import cohorts as tables
from ..words import FLAG, STATE
from .dates import DatesForm, dates_context, dates_of

COHORTS = Cohort.objects.select_related("program", "act", "lead_instructor")
ORDERS = {"code": ("code",), "starts": ("starts_on",), "ends": ("ends_on",), "program": ("program__code",)}


@require_safe
def cohort_list(request):
    """All cohorts that the reader sees."""
    rows = Cohort.objects.visible_to(request.user).select_related("program")
    chosen = CohortFilter(request.GET, queryset=rows, request=request)
    context = {
        "filter": chosen,
        "page": page_of(request, chosen.qs, ORDERS),
        "may_create": coordinates_any(request.user),
    }
    if asked(request):
        return download(request, context, tables.cohorts)
    return page_or_partial(request, "trainees/cohort_list.html", "rows", context)


def cohort_page(request, slug, tab: str, asking=DatesForm):
    """What the reading pages of a cohort begin with: the cohort, its numbers on the dates asked about, the context."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    dates = dates_of(request, asking)
    view = cohort_view(cohort, limits_of(cohort), dates.as_of, dates.known)
    context = {"cohort": cohort, "view": view, "p": view.progress, "tab": tab, "over": cohort.ends_on < cohort.today()}
    context |= dates_context(dates, view.moment)
    return cohort, view, context


def program_page(request, slug, tab: str, *, running: bool = False):
    """The same for the pages of a program about all its cohorts: those not archived; `running` leaves who trains on the day."""
    program = fetch(Program.objects.select_related("act"), request.user, slug=slug)
    dates = dates_of(request)
    moment = Moment.of(program, dates.as_of, dates.known)
    rows = with_rights(Cohort.objects.visible_to(request.user).filter(program=program).current(), request.user)
    if running:
        rows = rows.filter(starts_on__lte=moment.as_of, ends_on__gte=moment.as_of)
    cohorts = list(rows.select_related("program").order_by("starts_on", "code"))
    views = cohort_views(cohorts, limits_of(program), dates.as_of, dates.known) if cohorts else []
    context = {"program": program, "views": views, "tab": tab}
    return program, views, context | dates_context(dates, moment)


@require_safe
def cohort_detail(request, slug):
    """The overview: one sentence, the separate numbers, the modules, who needs attention."""
    cohort, view, context = cohort_page(request, slug, "overview")
    context["overview"] = overview_of(view)
    context["withdrawn"] = sum(map(len, view.progress.withdrawn.values()))  # why, those who record are told
    context |= told(request, cohort, parts=(CohortCurriculum, Group, CommanderRating))
    if asked(request):
        return download(request, context, tables.overview)
    context["groups"] = cohort.groups.all()
    context["followed"] = cohort.curricula.select_related("curriculum__program", "act").order_by("since")
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_detail.html", context)


@require_safe
def cohort_progress(request, slug):
    """The matrix of trainees and modules."""
    cohort, view, context = cohort_page(request, slug, "progress")
    context["matrix"] = found = matrix(view, Filters.of(request.GET.dict()))
    if asked(request):
        return download(request, context, tables.matrix, cells=tables.cells)
    context["chips"] = [(name, STATE[name], n) for name, n in found.counts.items() if n or name == found.filters.status]
    context["flags"] = [(name, MARKS[name], FLAG[name], n) for name, n in found.flags.items()]
    context["sorts"] = [
        ("roll_number", _("Roll number")),
        ("call_sign", _("Call sign")),
        ("fewest", _("Fewest satisfied first")),
        ("most", _("Most satisfied first")),
    ]
    context["shows"] = [
        ("", _("All counted trainees")),
        ("met", _("Meet all requirements")),
        ("one_short", _("Lack a single module")),
        ("not_met", _("Do not meet all yet")),
        ("overdue", _("Lack what was due by the plan")),
        ("unrecorded", _("Lack it, or it is not recorded yet")),
        ("completed", _("Completed")),
        ("no_track", _("No track yet")),
        ("provisional", _("Provisional: registers open")),
    ]
    context["chosen"] = _chosen(request, found, context["shows"])
    with timezone.override(cohort.program.time_zone):
        return page_or_partial(request, "trainees/cohort_progress.html", "rows", context)


def _chosen(request, found, shows) -> list[tuple[str, str]]:
    """The filters that leave rows out, in words, each with the address without it."""
    words = {
        "track": dict(found.tracks).get(found.filters.track, found.filters.track),
        "group": dict(found.groups).get(found.filters.group, found.filters.group),
        "show": dict(shows)[found.filters.show] if found.filters.show else "",
    }
    chosen = []
    for name in filter(words.get, words):
        query = request.GET.copy()
        query.pop(name, None)
        chosen.append((words[name], f"{request.path}?{query.urlencode()}"))
    return chosen


@require_safe
def cohort_attention(request, slug):
    """Everybody who needs attention, the gravest first: why, since when, and the records that say so."""
    cohort, view, context = cohort_page(request, slug, "overview")
    context["attention"] = attention_of(view)
    if asked(request):
        return download(request, context, tables.attention)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_attention.html", context)


@require_safe
def cohort_module(request, slug, code):
    """One module of the cohort: who stands where, and from which sessions and attempts."""
    cohort, view, context = cohort_page(request, slug, "overview")
    module = get_object_or_404(SkillModule, code=code, pk__in=list(view.entries))
    numbers = view.progress.modules[module.pk]
    people, held = view.names.people, view.progress.sessions
    sessions = cohort.sessions.filter(pk__in=numbers.held)

    def named(trainees):
        return sorted((people[pk] for pk in trainees), key=lambda one: one.roll_number)

    context |= {
        "module": module,
        "entry": view.entries[module.pk],
        "numbers": numbers,
        "recorded": recorded(held[pk] for pk in numbers.held),
        "statuses": [(status.value, STATE[status.value], named(of)) for status, of in numbers.statuses.items() if of],
        "sessions": [(one, held[one.pk]) for one in sessions.select_related("module", "cohort__program")],
        "firsts": Record.objects.filter(pk__in=numbers.first_attempts)
        .select_related("trainee", "assessor")
        .order_by("trainee__roll_number"),
        "lessons": cohort.lessons.filter(module=module),
        "ratings": cohort.ratings.filter(module=module).select_related("act__user").order_by("-pk"),
    }
    if asked(request):
        return download(request, context, tables.module, attempts=tables.first_attempts)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_module.html", context)
