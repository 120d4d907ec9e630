"""Trainees: the list, the record, the name behind a reason."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download, history_asked
from accounts.htmx import page_or_partial
from accounts.pages import form_page, told
from programs.access import coordinates_any, fetch, limited_roles, must_coordinate
from programs.lists import page_of

from .. import services
from ..filters import TraineeFilter
from ..forms.people import CohortChoiceForm, TraineeCreateForm, TraineeForm
from ..models import Attendance, Completion, Enrolment, Excusal, Identity, NameRead, Record, Trainee
from ..selectors.merging import merged_by
from ..selectors.record import programs_of, record_of
from ..selectors.roster import cohorts_of, with_cohorts
from ..tables import people as tables
from ..words import STATE
from .cohorts import COHORTS
from .dates import dates_context, dates_of

TRAINEES = Trainee.objects.select_related("act", "merged_into")
ORDERS = {"roll_number": ("roll_number",), "call_sign": ("call_sign",), "nation": ("nation",)}


@require_safe
def trainee_list(request):
    """Everybody in programs that the reader sees, by roll number."""
    chosen = TraineeFilter(request.GET, queryset=Trainee.objects.visible_to(request.user).current(), request=request)
    page = page_of(request, with_cohorts(chosen.qs, request.user), ORDERS)
    context = {
        "limited_roles": limited_roles(request.user),
        "filter": chosen,
        "page": page,
        "reader": request.user,
    }
    if asked(request):
        return download(request, context, tables.trainees)
    context |= {
        "rows": [(one, cohorts_of(one)) for one in page],
        "may_create": coordinates_any(request.user),
    }
    return page_or_partial(request, "trainees/trainee_list.html", "rows", context)


def trainee_create(request):
    """A new trainee: first the cohort, then the rest."""
    choice = CohortChoiceForm(request.GET if "cohort" in request.GET else None, user=request.user)
    if not choice.is_valid():
        must_coordinate(request.user)
        context = {"form": choice, "title": _("New trainee"), "submit": _("Continue"), "get": True}
        return render(
            request, "form_page.html", context | {"back": reverse("trainees:trainee_list"), "place": _("Trainees")}
        )
    cohort = fetch(COHORTS, request.user, "run", slug=choice.cleaned_data["cohort"].slug)
    form = TraineeCreateForm(request.POST or None, cohort=cohort)

    def save():
        return services.create_trainee(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())

    return form_page(
        request,
        form,
        save,
        title=_("New trainee in %(cohort)s") % {"cohort": cohort},
        submit=_("Create trainee"),
        back=reverse("trainees:cohort_roster", args=[cohort.slug]),
        crumbs=[cohort.program, cohort],
        place=_("Roster"),
        done=_("The trainee is on the roster."),
    )


@require_safe
def trainee_detail(request, uuid):
    """The record across the programs that the reader sees."""
    trainee = fetch(TRAINEES, request.user, uuid=uuid)
    dates = dates_of(request)
    records = [record_of(trainee, program, dates.as_of, dates.known) for program in programs_of(trainee, request.user)]
    runs_all = trainee.may_run and Trainee.objects.wholly_run_by(request.user).filter(pk=trainee.pk).exists()
    also = list(Trainee.objects.visible_to(request.user).filter(merged_into=trainee))
    context = {
        "trainee": trainee,
        "runs_all": runs_all,
        "merged": merged_by(trainee),
        "also": also,
        "records": [(one, one.view.program.may_run) for one in records],
        "states": STATE,
    }
    if "history" in request.GET or history_asked(request):
        parts = (Identity, NameRead) if runs_all else ()
        health = all(one.view.program.may_record for one in records)
        context |= told(request, trainee, *also, *_theirs([trainee, *also], request.user), parts=parts, health=health)
    if records:
        context |= dates_context(dates, records[0].view.moment)
    if asked(request):
        others = {"modules": tables.modules, "attendance": tables.attendance, "places": tables.places}
        return download(request, context, tables.record, **others)
    with timezone.override(records[0].view.program.time_zone if records else None):
        return render(request, "trainees/trainee_detail.html", context)


def _theirs(numbers, user):
    """The rows that the history of a trainee with these `numbers` tells of, as far as the reader may know of them."""
    for model in (Enrolment, Record, Completion, Attendance):
        yield from model.objects.visible_to(user).filter(trainee__in=numbers)
    yield from Excusal.objects.recorded_by(user).filter(trainee__in=numbers)


def trainee_edit(request, uuid):
    trainee = fetch(TRAINEES, request.user, "run", uuid=uuid)
    form = TraineeForm(request.POST or None, instance=trainee)

    def save():
        return services.update_trainee(user=request.user, trainee=trainee, **form.stamp(), **form.words())

    page = {"title": _("Change trainee %(trainee)s") % {"trainee": trainee}, "submit": _("Save"), "done": _("Saved.")}
    return form_page(request, form, save, back=trainee.get_absolute_url(), crumbs=[trainee], **page)


@require_safe
def progress_rule(request):
    """How every number is counted."""
    return render(request, "trainees/progress_rule.html", {"states": STATE.items()})
