"""Two numbers that are one person: whom, what becomes of it, and doing it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.htmx import page_or_partial
from accounts.pages import form_page
from accounts.reauthentication import reauthenticated_writing
from programs.access import fetch

from .. import services
from ..forms.people import FindForm, MergeForm
from ..models import Trainee
from ..selectors.merging import alike, side_of
from ..selectors.roster import cohorts_of
from ..words import STATUS

TRAINEES = Trainee.objects.select_related("act", "merged_into")
TEMPLATE = "trainees/trainee_merge_with.html"


@require_safe
def trainee_merge(request, uuid):
    """Whom a trainee may be the same person as: of the same call sign, or found by `?q=`."""
    trainee = fetch(TRAINEES, request.user, "run", uuid=uuid)
    services.must_run_wholly(request.user, trainee)
    form = FindForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    found = [(one, cohorts_of(one)) for one in alike(trainee, request.user, words)]
    context = {"trainee": trainee, "form": form, "words": words, "found": found}
    return page_or_partial(request, "trainees/trainee_merge.html", "rows", context)


@reauthenticated_writing
def trainee_merge_with(request, uuid, old):
    """Both side by side; sent once, what merging does is shown, sent again, it is done. `uuid` is the number that is kept."""
    kept, old = (fetch(TRAINEES, request.user, "run", uuid=one) for one in (uuid, old))
    for one in (kept, old):
        services.must_run_wholly(request.user, one)
    form = MergeForm(request.POST or None, kept=kept, old=old)
    page = {
        "title": _("%(old)s goes on as %(kept)s") % {"old": old.roll_number, "kept": kept.roll_number},
        "submit": _("Show what happens"),
        "back": reverse("trainees:trainee_merge", args=[kept.uuid]),
        "sides": [side_of(one, request.user) for one in (kept, old)],
        "kept": kept,
        "old": old,
    }

    def save():
        said = form.words()
        if not said["expected"]:
            return look()
        stamp = form.stamp()
        said |= {"key": stamp["key"], "seen_kept": stamp["seen"]}
        services.merge_trainees(user=request.user, kept=kept, old=old, **said)
        words = {"old": old.roll_number, "kept": kept.roll_number}
        messages.success(request, _("%(old)s was merged: everything goes on as %(kept)s.") % words)
        return kept

    def look():
        report = services.rehearse_merging(user=request.user, kept=kept, old=old)
        if report.refusals:
            raise ValidationError(report.refusals)
        form.show_again(report.digest)
        shown = page | {"form": form, "report": report, "submit": _("Merge for good")}
        shown["programs"] = [(one, _in_words(one.statuses)) for one in report.programs]
        return render(request, TEMPLATE, shown)

    return form_page(request, form, save, template=TEMPLATE, **page)


def _in_words(statuses):
    """Which modules stand otherwise afterwards: code, before, after."""
    return [(code, STATUS[before] if before else "–", STATUS[after]) for code, before, after in statuses]
