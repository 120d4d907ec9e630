"""What changed in a cohort since a day, or since its reader last looked."""

import datetime

from django.core.cache import cache
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from programs.lists import page_of

from ..forms.fields import day_field
from ..selectors.changed import KINDS, changed
from ..selectors.progress import cohort_view
from ..tables import cohorts as tables
from .cohorts import cohort_page
from .dates import DatesForm, dates_context

DAY = datetime.timedelta(days=1)
FIRST_LOOK = 7  # days, for whoever has not looked yet
KEPT_FOR = 180 * 24 * 3600  # seconds


class SinceForm(DatesForm):
    """`?since=2023-08-18`; empty means since one last looked."""

    field_order = ("since",)
    since = day_field(
        label=_("Changed since"),
        required=False,
        help_text=_("Compared with what had been recorded by the end of this day, about this day or the one below."),
    )


@require_safe
def cohort_changes(request, slug):
    """Statuses gained, lost and corrected between two days; with `as_of` the same day as `since`, what is known now about it."""
    cohort, now, context = cohort_page(request, slug, "progress", SinceForm)
    dates, today = context["dates"], cohort.today()
    looked = _last_look(request.user, cohort, today)
    since = dates.form.cleaned_data.get("since") or (looked - DAY if looked else now.moment.known - FIRST_LOOK * DAY)
    since = min(since, now.moment.known)
    then = cohort_view(cohort, now.limits, min(since, now.moment.as_of), since)
    found = changed(then, now)
    show = request.GET.get("show") if request.GET.get("show") in KINDS else ""
    rows = [one for one in found.changes if show in {"", one.kind}]
    context |= dates_context(dates, now.moment, since=since) | {
        "changed": found,
        "since": since,
        "looked": looked if not dates.form.cleaned_data.get("since") else None,
        "show": show,
        "chips": [(kind, KINDS[kind], n) for kind, n in found.counts.items()],
        "page": page_of(request, rows, {}),
        "same_day": then.moment.as_of == now.moment.as_of,
    }
    if asked(request):
        return download(request, context, tables.changes, late=tables.late_entries)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_changes.html", context)


def _last_look(user, cohort, today: datetime.date) -> datetime.date | None:
    """The last day before today on which `user` looked here, as far as it is remembered; from now on it is today.

    It is written down once a day, and nowhere but in the cache: where somebody looks is nobody else's business.
    """
    name = f"look:{user.pk}:{cohort.pk}"
    last, before = cache.get(name) or (None, None)
    if last == today:
        return before
    cache.set(name, (today, last), KEPT_FOR)
    return last
