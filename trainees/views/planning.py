"""Planning sessions: one, a series, copies, a whole cohort's; changing, moving, cancelling, substituting."""

from datetime import date
from functools import partial

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.addresses import as_pk
from accounts.htmx import is_fragment
from accounts.pages import act_page, delete_page, form_page
from programs.access import fetch

from .. import services
from ..forms.planning import (
    CancelForm,
    CloneForm,
    CopyForm,
    MoveForm,
    NewSessionForm,
    SeriesForm,
    SessionForm,
    SubstituteForm,
)
from ..models import SessionAudience, SessionStaff, TrainingSession
from ..selectors.schedule import Span
from .cohorts import COHORTS
from .lessons import lessons_beside

SESSIONS = TrainingSession.objects.select_related("module", "cohort__program", "act")
FORM = "trainees/session_form.html"


def session_create(request, slug):
    """A new session; the address may propose module, kind, day and named trainees (`?module=MED&kind=retake&t=1&t=2`)."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = NewSessionForm(request.POST or None, cohort=cohort, initial=_proposed(request, cohort))

    def save():
        return services.create_session(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())

    title = _("New session of %(cohort)s") % {"cohort": cohort}
    page = {"title": title, "submit": _("Create session"), "done": _("The session is added.")}
    return _plan_page(request, form, save, cohort, **page, other=reverse("trainees:session_series", args=[slug]))


def session_series(request, slug):
    """The same session on several days."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = SeriesForm(request.POST or None, cohort=cohort, initial=_proposed(request, cohort))

    def save():
        first = services.create_series(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())
        return _week_of(first)

    title = _("New series of sessions of %(cohort)s") % {"cohort": cohort}
    page = {"title": title, "submit": _("Create the series"), "done": _("The sessions are added.")}
    return _plan_page(request, form, save, cohort, **page)


def session_edit(request, pk):
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    form = SessionForm(request.POST or None, instance=session, cohort=session.cohort)

    def save():
        return services.update_session(user=request.user, session=session, **form.stamp(), **form.words())

    return _plan_page(
        request,
        form,
        save,
        session.cohort,
        session=session,
        title=_("Change session"),
        submit=_("Save"),
        done=_("Saved."),
        instead=(reverse("trainees:session_delete", args=[pk]), _("Delete…")),
    )


def _plan_page(request, form, save, cohort, session=None, **page):
    """The form of a session; while it is filled in, htmx asks (`look`) what it would clash with."""
    back = session.get_absolute_url() if session else reverse("trainees:session_list", args=[cohort.slug])
    context = {
        "template": FORM,
        "crumbs": [cohort.program, cohort],
        "place": str(session) if session else _("Sessions"),
        "zone": cohort.program.time_zone,
        "session": session,
    }
    if session is None:
        context |= lessons_beside(cohort.program, cohort, as_pk(form["module"].value()))
    with timezone.override(cohort.program.time_zone):
        if is_fragment(request) and "look" in request.POST:
            form.look_for_clashes(request.user)
            return render(request, f"{FORM}#clashes", {"form": form})
        return form_page(request, form, save, back=back, **context, **page)


def _proposed(request, cohort) -> dict:
    """What the address proposes for a new session; what makes no sense proposes nothing."""
    asked = request.GET
    try:
        day = date.fromisoformat(asked.get("day", ""))
    except ValueError:
        day = None
    modules = {code: pk for pk, code in _modules(cohort)} if asked.get("module") else {}
    kind = asked.get("kind") if asked.get("kind") in TrainingSession.Kind.values else TrainingSession.Kind.INSTRUCTION
    return {
        "day": day,
        "module": modules.get(asked.get("module")),
        "kind": kind,
        "trainees": [pk for pk in map(as_pk, asked.getlist("t")) if pk],
        "place": asked.get("place", "")[:120],
    }


def _modules(cohort):
    return cohort.curricula.standing().values_list("curriculum__entries__module", "curriculum__entries__module__code")


@require_POST
def session_retake(request, pk):
    """One tap: a retake like this session, for everybody of its cohort who waits for one, on the first free day."""
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    day = Span(session.starts_on, is_week=False)
    back = f"{reverse('trainees:cohort_board', args=[session.cohort.slug])}?{day.query(day.first)}"

    def save(form):
        retake = services.plan_retake(user=request.user, key=form.stamp()["key"], session=session)
        people = retake.audience.count()
        words = ngettext(
            "The retake is planned for %(n)s trainee, on the first free day. Move or change it here if it does not suit.",
            "The retake is planned for %(n)s trainees, on the first free day. Move or change it here if it does not suit.",
            people,
        )
        messages.success(request, words % {"n": people})
        return retake

    return act_page(request, save, back=back)


def session_move(request, pk):
    """Postpone a session, or bring it forward."""
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    form = MoveForm(request.POST or None, session=session)

    def save():
        return services.move_session(user=request.user, session=session, **form.stamp(), **form.words())

    page = {"title": _("Move session"), "submit": _("Move it"), "done": _("The session is moved.")}
    return _session_page(request, form, save, session, **page)


def session_substitute(request, pk):
    """Somebody else takes a duty at this session."""
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    form = SubstituteForm(request.POST or None, session=session)

    def save():
        return services.substitute(user=request.user, session=session, **form.stamp(), **form.words())

    page = {"title": _("Substitute"), "submit": _("Save"), "done": _("Saved.")}
    return _session_page(request, form, save, session, **page)


def session_cancel(request, pk):
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    form = CancelForm(request.POST or None, initial={"seen": session.seen})

    def save():
        return services.cancel_session(user=request.user, session=session, **form.stamp(), **form.words())

    page = {"title": _("Cancel session"), "submit": _("Cancel the session"), "danger": True}
    return _session_page(request, form, save, session, done=_("The session is cancelled."), **page)


def _session_page(request, form, save, session, **page):
    """A form about a session: its crumbs, and when it takes place."""
    with timezone.override(session.cohort.program.time_zone):
        when = date_format(timezone.localtime(session.starts_at), "l j F Y, H:i")
        said = {"module": session.module.title, "when": when, "zone": session.cohort.program.time_zone}
        page["facts"] = _("%(module)s, %(when)s. Times are local to %(zone)s.") % said
        crumbs = [session.cohort.program, session.cohort]
        back = session.get_absolute_url()
        return form_page(request, form, save, back=back, crumbs=crumbs, place=str(session), **page)


def session_delete(request, pk):
    session = fetch(SESSIONS, request.user, "run", pk=pk)
    return delete_page(
        request,
        session,
        partial(services.delete_session, session=session),
        then=reverse("trainees:session_list", args=[session.cohort.slug]),
        back=session.get_absolute_url(),
        crumbs=[session.cohort.program, session.cohort],
        place=str(session),
        along=(SessionStaff, SessionAudience),
        title=_("Delete session %(session)s?") % {"session": session},
        text=_(
            "A session without marks and results can be deleted. Otherwise cancel it: it stays in the list, with the reason."
        ),
        submit=_("Delete"),
        done=_("The session is deleted."),
    )


def session_copy(request, slug):
    """A day or a week of sessions once more, on other days."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = CopyForm(request.POST or None, initial={"day": _proposed(request, cohort)["day"]})

    def save():
        first = services.copy_sessions(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())
        return _week_of(first)

    page = {"title": _("Copy sessions of %(cohort)s") % {"cohort": cohort}, "submit": _("Copy"), "done": _("Copied.")}
    page["text"] = _("Every session keeps its time of day, location, staff and audience. Cancelled ones are left out.")
    crumbs, back = [cohort.program, cohort], reverse("trainees:session_list", args=[slug])
    return form_page(request, form, save, back=back, crumbs=crumbs, place=_("Sessions"), **page)


def cohort_clone(request, slug):
    """A new cohort after the example of this one."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = CloneForm(request.POST or None, cohort=cohort)

    def save():
        return services.clone_cohort(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())

    return form_page(
        request,
        form,
        save,
        title=_("New cohort after the example of %(cohort)s") % {"cohort": cohort},
        text=_(
            "It gets the same curriculum, groups and sessions, moved by whole days at the same time of day, with location, "
            "staff and audience. Not copied: trainees, sessions for named trainees, cancelled ones, and staff who have left."
        ),
        submit=_("Create cohort"),
        back=cohort.get_absolute_url(),
        crumbs=[cohort.program, cohort],
        done=_("The cohort is created. Next: its trainees."),
        **lessons_beside(cohort.program),
    )


def _week_of(session):
    """Where the first of several sessions is seen among the others."""
    year, week, _day = session.starts_on.isocalendar()
    return f"{reverse('trainees:cohort_schedule', args=[session.cohort.slug])}?week={year}-W{week:02}"
