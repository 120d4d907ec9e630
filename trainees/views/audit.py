"""Who did what: for administrators, and for coordinators in their programs."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.addresses import as_pk
from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from programs.access import coordinates_any

from ..filters import AuditFilter
from ..selectors import audit
from ..tables import audit as tables


@require_safe
def audit_list(request):
    if not coordinates_any(request.user):
        raise PermissionDenied
    narrowed = AuditFilter(request.GET, queryset=audit.acts_told_to(request.user), request=request)
    if asked(request):
        context = {"filter": narrowed, "acts": audit.every(narrowed.qs, request.user)}
        return download(request, context, tables.acts)
    page = audit.page_of(narrowed.qs, as_pk(request.GET.get("before")), as_pk(request.GET.get("after")))
    context = {"filter": narrowed, "page": page, "acts": audit.summaries(page.acts, request.user)}
    return page_or_partial(request, "trainees/audit_list.html", "rows", context)


@require_safe
def audit_detail(request, pk):
    """One act with its rows: the first of them, or with "all" every one."""
    act = get_object_or_404(audit.acts_told_to(request.user), pk=pk)
    [done] = audit.summaries([act], request.user)
    if asked(request):
        context = {"done": done, "rows": audit.every_line(act, request.user)}
        return download(request, context, tables.lines)
    rows = audit.lines_of(act, request.user, None if request.GET.get("rows") == "all" else audit.NEWEST)
    context = {"done": done, "act": act, "rows": [lines for lines in rows if lines]}
    context |= {"left": done.rows - len(rows), "untold": sum(not lines for lines in rows)}
    return render(request, "trainees/audit_detail.html", context)
