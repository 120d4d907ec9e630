"""Who needs attention in all cohorts of a program that run."""

from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial

from ..filters import AttentionForm
from ..selectors.attention import attention_of, ranked
from ..tables import cohorts as tables
from .cohorts import program_page


@require_safe
def program_attention(request, slug):
    """Everybody who needs attention, in one ranking: reasons weigh the same in all cohorts of a program."""
    program, views, context = program_page(request, slug, "cohorts", running=True)
    found = [(view, attention_of(view)) for view in views]
    form = AttentionForm(request.GET, [view.cohort for view in views])
    cases = ranked((view, one.cases) for view, one in found)
    context |= {
        "form": form,
        "all": len(cases),
        "cases": [one for one in cases if form.leaves(one)],
        "counted": sum(len(view.progress.counted) for view in views),
        "unsaid": [(view.cohort, one.unsaid) for view, one in found if one.unsaid],
        "kept": [(name, request.GET[name]) for name in ("as_of", "known") if request.GET.get(name)],
    }
    if asked(request):
        return download(request, context, tables.program_attention)
    with timezone.override(program.time_zone):
        return page_or_partial(request, "trainees/program_attention.html", "rows", context)
