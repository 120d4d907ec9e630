"""Training sessions: their list, their own page, planning and cancelling them."""

from functools import partial

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.htmx import page_or_partial
from accounts.pages import delete_page, form_page, told
from programs.access import fetch
from programs.lists import page_of

from .. import services
from ..filters import SessionFilter
from ..forms.sessions import CancelForm, SessionForm
from ..models import Attendance, Record, SessionAudience, SessionStaff, TrainingSession, Unlisted
from ..selectors.sessions import register_of
from .cohorts import COHORTS, cohort_page

SESSIONS = TrainingSession.objects.select_related("module", "cohort__program", "act")
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
    with timezone.override(cohort.program.time_zone):
        return page_or_partial(request, "trainees/session_list.html", "rows", context)


def session_create(request, slug):
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    with timezone.override(cohort.program.time_zone):
        form = SessionForm(request.POST or None, cohort=cohort)

        def save():
            return services.create_session(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())

        return form_page(
            request,
            form,
            save,
            title=_("New session of %(cohort)s") % {"cohort": cohort},
            facts=_("Times are local to %(zone)s.") % {"zone": cohort.program.time_zone},
            submit=_("Create session"),
            back=reverse("trainees:session_list", args=[slug]),
            done=_("The session is added."),
        )


@require_safe
def session_detail(request, pk):
    """A session: when, where, by whom, for whom, its register and results."""
    session = fetch(SESSIONS, request.user, pk=pk)
    lines = register_of(session)
    results = Record.objects.filter(session=session).select_related("trainee", "assessor", "voided_by")
    by_trainee = {one.trainee_id: one for one in results.order_by("pk") if not hasattr(one, "voided_by")}
    context = {
        "session": session,
        "cohort": session.cohort,
        "tab": "sessions",
        "lines": [(line, by_trainee.get(line.trainee.pk)) for line in lines],
        "marked": sum(line.mark is not None for line in lines),
        "staff": session.staff.select_related("instructor"),
        "unlisted": session.unlisted.select_related("trainee"),
        "audience": session.audience.select_related("track", "group", "trainee"),
        "dates_query": "",
    } | told(request, session, parts=(SessionStaff, SessionAudience, Attendance, Unlisted))
    with timezone.override(session.cohort.program.time_zone):
        return render(request, "trainees/session_detail.html", context)


def session_edit(request, pk):
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    with timezone.override(session.cohort.program.time_zone):
        form = SessionForm(request.POST or None, instance=session, cohort=session.cohort)

        def save():
            return services.update_session(user=request.user, session=session, **form.stamp(), **form.words())

        return form_page(
            request,
            form,
            save,
            title=_("Change session"),
            facts=str(session),
            submit=_("Save"),
            back=session.get_absolute_url(),
            done=_("Saved."),
            instead=(reverse("trainees:session_delete", args=[pk]), _("Delete…")),
        )


def session_cancel(request, pk):
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    form = CancelForm(request.POST or None, initial={"seen": session.seen})

    def save():
        return services.cancel_session(user=request.user, session=session, **form.stamp(), **form.words())

    title = _("Cancel session %(session)s") % {"session": session}
    back = session.get_absolute_url()
    return form_page(request, form, save, title=title, submit=_("Cancel the session"), danger=True, back=back)


def session_delete(request, pk):
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    return delete_page(
        request,
        session,
        partial(services.delete_session, session=session),
        then=reverse("trainees:session_list", args=[session.cohort.slug]),
        back=session.get_absolute_url(),
        along=(SessionStaff, SessionAudience),
        title=_("Delete session %(session)s?") % {"session": session},
        text=_(
            "A session without marks and results can be deleted. Otherwise cancel it: it stays in the list, with the reason."
        ),
        submit=_("Delete"),
        done=_("The session is deleted."),
    )
