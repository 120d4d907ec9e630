"""Closing a cohort: the checklist, outcomes, completion, the roll."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from accounts.pages import form_page
from programs.access import fetch, limits_of

from .. import services
from ..forms.people import CompleteForm, RevokeForm
from ..forms.ticks import ticked
from ..models import Completion
from ..selectors.closing import closing_of
from ..selectors.completions import completions_on
from ..selectors.loading import Moment, load_evidence
from ..tables import cohorts as tables
from .cohorts import COHORTS, cohort_page
from .dates import dates_context, dates_of
from .names import names_on, while_shown


def cohort_closing(request, slug):
    """What is still open, and an outcome for each trainee; ticked trainees are completed in one act."""
    cohort, view, context = cohort_page(request, slug, "closing")
    closing = closing_of(view)
    form = CompleteForm(request.POST or None, initial={"completed_on": view.moment.as_of})
    context |= {"closing": closing, "form": form, "may_tick": cohort.may_run and (closing.ready or form.is_bound)}
    if asked(request):
        return download(request, context, tables.closing)
    if request.method != "POST":
        with timezone.override(cohort.program.time_zone):
            return render(request, "trainees/cohort_closing.html", context)
    fetch(COHORTS, request.user, "run", slug=slug)
    seen = ticked(request.POST.getlist("t"))
    if form.is_valid() and not seen:
        form.add_error(None, _("Tick at least one trainee."))
    elif form.is_valid():
        try:
            services.complete(
                user=request.user,
                key=form.stamp()["key"],
                cohort=cohort,
                completed_on=form.cleaned_data["completed_on"],
                seen=seen,
            )
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(
                request, ngettext("%(n)s trainee completed.", "%(n)s trainees completed.", len(seen)) % {"n": len(seen)}
            )
            return redirect("trainees:cohort_closing", slug)
    context["ticked"] = seen
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_closing.html", context, status=422)


@require_safe
def cohort_roll(request, slug):
    """The completion roll, to print; with names where they were asked for."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    dates = dates_of(request)
    moment = Moment.of(cohort.program, dates.as_of, dates.known)  # completed after the last day is on it too
    limits = limits_of(cohort)
    people = load_evidence({cohort.program_id: moment}, limits, trainee__completions__cohort=cohort)
    found = completions_on(moment, limits, people.get(cohort.program_id, {}), cohort=cohort)
    standing = [one for one in found if not one.revoked]
    if shown := names_on(request, cohort):
        standing = [replace(one, name=shown.names.get(one.completion.trainee_id, "")) for one in standing]
    context = {"cohort": cohort, "completions": standing, "shown": shown, "tab": "closing", "moment": moment}
    if asked(request):
        return download(request, context, tables.roll)
    with timezone.override(cohort.program.time_zone):
        page = render(request, "trainees/cohort_roll.html", context | dates_context(dates, moment))
    return while_shown(page, shown)


def completion_revoke(request, pk):
    """End a completion, with day and reason."""
    rows = Completion.objects.select_related("trainee", "cohort__program", "program", "act")
    completion = fetch(rows, request.user, "run", pk=pk)
    day = max(completion.completed_on, completion.cohort.default_as_of())  # the pages of the cohort tell about that day
    form = RevokeForm(request.POST or None, initial={"seen": completion.seen, "revoked_on": day})

    def save():
        services.revoke_completion(user=request.user, completion=completion, **form.stamp(), **form.words())
        return completion.trainee

    return form_page(
        request,
        form,
        save,
        title=_("Revoke the completion of %(trainee)s") % {"trainee": completion.trainee},
        text=_("The completion and its snapshot stay visible. The place becomes active again, to be decided anew."),
        submit=_("Revoke it"),
        danger=True,
        back=completion.trainee.get_absolute_url(),
        crumbs=[completion.trainee],
        done=_("Revoked."),
    )
