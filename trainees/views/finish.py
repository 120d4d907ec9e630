"""Can they still finish? Who can as planned, who needs an extra session, who cannot; and the groups that help."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from accounts.pages import form_page
from programs.access import EVERYBODY, fetch

from .. import services
from ..forms.remedial import RemedialForm
from ..selectors.finish import OUTCOMES, finish_of, summary
from ..selectors.progress import cohort_view
from ..selectors.remedial import MOST, remedial_of, remedial_to_undo
from ..tables import finish as tables
from .cohorts import COHORTS, cohort_page


@require_safe
def cohort_finish(request, slug):
    """The outcome of everybody counted, the gravest first; `?outcome=extra` leaves those who have it."""
    cohort, view, context = cohort_page(request, slug, "progress")
    found = finish_of(view)
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in OUTCOMES else ""
    context |= {
        "finish": found,
        "endings": found.of(outcome),
        "outcome": outcome,
        "chips": [(one.value, OUTCOMES[one], n) for one, n in found.counts.items() if n or one == outcome],
        "summary": summary(found.counts),
        "is_now": view.moment.as_of == view.moment.known == cohort.today(),
    }
    if asked(request):
        return download(request, context, tables.finish, modules=tables.remaining)
    if cohort.may_run:
        context["planned"] = remedial_to_undo(cohort)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_finish.html", context)


def cohort_remedial(request, slug):
    """Groups of those who lack the same module without a session left, as sessions: changed where needed, planned together."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    view = cohort_view(cohort, EVERYBODY).now()
    found = None if request.method == "POST" else remedial_of(view, request.user)
    form = RemedialForm(request.POST or None, view=view, proposals=found.proposals if found else ())
    back = reverse("trainees:cohort_finish", args=[slug])

    def save():
        groups = form.words()["groups"]
        services.plan_remedial(user=request.user, key=form.stamp()["key"], cohort=cohort, groups=groups)
        words = ngettext("%(n)s session is planned.", "%(n)s sessions are planned.", len(groups))
        messages.success(request, words % {"n": len(groups)})
        return back

    with timezone.override(cohort.program.time_zone):
        return form_page(
            request,
            form,
            save,
            title=_("Remedial groups of %(cohort)s") % {"cohort": cohort},
            submit=_("Plan these sessions"),
            back=back,
            template="trainees/cohort_remedial.html",
            crumbs=[cohort.program, cohort],
            place=_("Can they still finish?"),
            cohort=cohort,
            found=found,
            most=MOST,
            zone=cohort.program.time_zone,
        )
