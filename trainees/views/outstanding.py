"""What is not recorded and what waits, of a cohort and of all cohorts of a program."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from programs.access import limits_of

from ..selectors.outstanding import WORDS, outstanding_of
from ..tables import cohorts as tables
from .cohorts import cohort_page, program_page
from .dates import dates_context


@require_safe
def cohort_outstanding(request, slug):
    """Unless another day is asked about, what is outstanding today: also of sessions held after a cohort's last day."""
    cohort, view, context = cohort_page(request, slug, "overview")
    if not context["dates"].as_of:
        now = view.now()
        context |= {"view": now, "p": now.progress} | dates_context(context["dates"], now.moment)
    return _page(request, [view], limits_of(cohort), cohort.program, context)


@require_safe
def program_outstanding(request, slug):
    """The same over all cohorts of a program that are not archived."""
    program, views, context = program_page(request, slug, "cohorts")
    return _page(request, views, limits_of(program), program, context)


def _page(request, views, limits, program, context):
    what, mine = request.GET.get("what", ""), request.GET.get("show") == "mine"
    what = what if what in WORDS else ""
    now = not context["dates"].as_of
    found = outstanding_of(views, request.user, limits, what=what, mine=mine, now=now)
    context |= {
        "outstanding": found,
        "what": what,
        "mine": mine,
        "chips": [(kind.value, WORDS[kind], n) for kind, n in found.counts.items()],
        "mine_count": sum(one.mine for one in found.items),
        "narrowed": bool(what or mine),
    }
    if asked(request):
        return download(request, context, tables.outstanding)
    with timezone.override(program.time_zone):
        return render(request, "trainees/outstanding.html", context)
