"""Training sessions: their list, their own page."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from accounts.pages import told
from programs.access import fetch, limits_of
from programs.lists import page_of

from ..filters import SessionFilter
from ..models import Attendance, Record, SessionAudience, SessionStaff, TrainingSession, Unlisted
from ..selectors.changes import changes_seen
from ..selectors.clashes import clashes_of_session, planned
from ..selectors.sessions import register_of
from ..tables import sessions as tables
from .cohorts import cohort_page

SESSIONS = TrainingSession.objects.select_related("module", "cohort__program", "act")
PARTS = (SessionStaff, SessionAudience, Attendance, Unlisted)
ORDERS = {"starts": ("starts_at",), "module": ("module__code",), "kind": ("kind",)}


@require_safe
def session_list(request, slug):
    """The sessions of a cohort with what each still needs; `?state=` leaves open registers, missing results, those to come."""
    cohort, view, context = cohort_page(request, slug, "sessions")
    numbers = view.progress.sessions
    rows = cohort.sessions.select_related("module", "cohort__program").order_by("starts_at", "pk")
    modules = [(entry.code, entry.title) for entry in view.entries.values()]
    chosen = SessionFilter(request.GET, queryset=rows, modules=modules)
    rows, state = chosen.qs, request.GET.get("state", "")
    wanted = {
        "open": view.progress.open_registers,
        "results": [pk for pk, one in numbers.items() if one.results_missing],
        "held": list(numbers),
    }
    if state == "coming":
        rows = rows.filter(ends_at__gt=timezone.now(), cancelled_at=None)
    elif state in wanted:
        rows = rows.filter(pk__in=wanted[state])
    else:
        state = ""
    page = page_of(request, rows, ORDERS, few=True)
    context |= {
        "page": page,
        "filter": chosen,
        "kept": [(name, request.GET[name]) for name in ("state", "as_of", "known") if request.GET.get(name)],
        "narrowed": bool(state or any(chosen.form.cleaned_data.values())),
        "state": state,
        "rows": [(one, numbers.get(one.pk)) for one in page],
        "states": [
            ("", _("All sessions")),
            ("open", _("Register open")),
            ("results", _("Results missing")),
            ("held", _("Held")),
            ("coming", _("To come")),
        ],
    }
    if asked(request):
        return download(request, context, tables.sessions)
    with timezone.override(cohort.program.time_zone):
        return page_or_partial(request, "trainees/session_list.html", "rows", context)


@require_safe
def session_detail(request, pk):
    """A session: when, where, by whom, for whom, its register and results.

    What stands there now, nobody's progress: so no dates in its address, and links to progress begin with today.
    """
    session = fetch(planned(), request.user, pk=pk)
    limits = limits_of(session)
    lines = register_of(session, limits)
    results = Record.objects.filter(session=session).select_related("trainee", "assessor", "voided_by")
    by_trainee = {one.trainee_id: one for one in results.order_by("pk") if not hasattr(one, "voided_by")}
    context = {
        "session": session,
        "cohort": session.cohort,
        "tab": "sessions",
        "lines": [(line, by_trainee.get(line.trainee.pk)) for line in lines],
        "marked": sum(line.mark is not None for line in lines),
        "staff": session.staff.all(),
        "unlisted": session.unlisted.within(limits).select_related("trainee"),
        "audience": session.audience_seen,
        "for_others": bool(session.audience.all()) and not session.audience_seen,
        "clashes": clashes_of_session(session, request.user),
        "dates_query": "",
    } | told(request, session, parts=PARTS, only=changes_seen(session.limited_to, *PARTS), health=session.may_record)
    if asked(request):
        return download(request, context, tables.session)
    with timezone.override(session.cohort.program.time_zone):
        return render(request, "trainees/session_detail.html", context)
