"""Who has a place in a cohort, and the dated changes of places."""

from dataclasses import dataclass, replace

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from accounts.pages import form_page
from programs.access import fetch, limits_of

from .. import services
from ..filters import RosterForm
from ..forms.people import ChangeForm, EnrolNewForm, PlaceCorrectForm
from ..forms.ticks import ticked
from ..models import Completion, Enrolment, Trainee
from ..selectors.loading import Moment
from ..selectors.roster import roster_of
from ..tables import cohorts as tables
from .cohorts import COHORTS
from .dates import dates_context, dates_of
from .names import names_on, while_shown


@dataclass(frozen=True)
class Kind:
    """One way to change places: what it is called, and what it writes."""

    name: str
    label: str
    since: str
    status: str | None = None
    needs_reason: bool = True
    common: bool = False


KINDS = {
    kind.name: kind
    for kind in (
        Kind("arrive", gettext_lazy("Arrived"), gettext_lazy("Here since"), "active", False, common=True),
        Kind("suspend", gettext_lazy("Suspend"), gettext_lazy("Suspended from"), "suspended"),
        Kind("resume", gettext_lazy("Resume"), gettext_lazy("Active again from"), "active", False),
        Kind(
            "withdraw",
            gettext_lazy("Withdraw"),
            gettext_lazy("Withdrawn from (the day after the last)"),
            "withdrawn",
            common=True,
        ),
        Kind("return", gettext_lazy("Return"), gettext_lazy("Back since"), "active"),
        Kind("transfer", gettext_lazy("Transfer"), gettext_lazy("In the new cohort from"), "active"),
        Kind("track", gettext_lazy("Change track"), gettext_lazy("From"), None, False, common=True),
        Kind("group", gettext_lazy("Change group"), gettext_lazy("From"), None, False, common=True),
        Kind("not-completed", gettext_lazy("Close as not completed"), gettext_lazy("From"), "not_completed"),
    )
}


@require_safe
def cohort_roster(request, slug):
    """Everybody with a place, by roll number; coordinators tick some and choose what happens to them."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    dates = dates_of(request)
    moment = Moment.of(cohort.program, dates.as_of or cohort.default_as_of(), dates.known)
    everybody = roster_of(cohort, moment, limits_of(cohort))
    form = RosterForm(request.GET, everybody)
    seats = form.narrow(everybody)
    wanted = request.GET.get("status", "")
    counts: dict[tuple[str, str], int] = {}
    for seat in seats:
        words = _("transferred") if seat.status == "transferred" else seat.words
        counts[seat.status, words] = counts.get((seat.status, words), 0) + 1
    seats_shown = _sorted([seat for seat in seats if not wanted or seat.status == wanted], request.GET.get("sort", ""))
    if shown := names_on(request, cohort):
        seats_shown = [replace(seat, name=shown.names.get(seat.entry.trainee_id, "")) for seat in seats_shown]
    context = {
        "cohort": cohort,
        "tab": "roster",
        "shown": shown,
        "seats": seats_shown,
        "all": len(seats),
        "everybody": everybody,
        "form": form,
        "kept": [(name, request.GET[name]) for name in ("status", "as_of", "known") if request.GET.get(name)],
        "counts": [(status, words, n) for (status, words), n in counts.items()],
        "wanted": wanted,
        "kinds": KINDS.values(),
    }
    with timezone.override(cohort.program.time_zone):
        context |= dates_context(dates, moment)
    if asked(request):
        return download(request, context, tables.roster)
    with timezone.override(cohort.program.time_zone):
        return while_shown(page_or_partial(request, "trainees/cohort_roster.html", "rows", context), shown)


ORDERS = {
    "roll_number": lambda seat: seat.entry.trainee.roll_number,
    "call_sign": lambda seat: seat.entry.trainee.call_sign.casefold(),
    "track": lambda seat: str(seat.entry.track or ""),
    "group": lambda seat: str(seat.entry.group or ""),
    "place": lambda seat: seat.words,
    "since": lambda seat: seat.entry.since,
}


def _sorted(seats, wanted):
    """By what the address asks for, a minus before it turning it round; else as they come, by roll number."""
    order = ORDERS.get(wanted.removeprefix("-"))
    return sorted(seats, key=order, reverse=wanted.startswith("-")) if order else seats


def roster_add(request, slug):
    """Several trainees at once."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = EnrolNewForm(request.POST or None, cohort=cohort, user=request.user)
    back = reverse("trainees:cohort_roster", args=[slug])

    def save():
        words = form.words()
        new, known = words.pop("lines"), words.pop("known")
        services.enrol_many(user=request.user, key=form.stamp()["key"], cohort=cohort, new=new, known=known, **words)
        return back

    title = _("Add trainees to %(cohort)s") % {"cohort": cohort}
    page = {"title": title, "submit": _("Add them"), "done": _("Added to the roster.")}
    return form_page(request, form, save, back=back, crumbs=[cohort.program, cohort], place=_("Roster"), **page)


def roster_change(request, slug, kind):
    """The next entry for the trainees ticked on the roster (`?t=id:key`), all in one act."""
    if kind not in KINDS:
        raise Http404
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    back = reverse("trainees:cohort_roster", args=[slug])
    seen = ticked(request.GET.getlist("t"))
    people = list(Trainee.objects.filter(pk__in=list(seen), enrolments__cohort=cohort).distinct())
    if not people:
        context = {"problems": [_("Tick at least one trainee on the roster first.")], "back": back}
        return render(request, "refused.html", context, status=422)
    chosen = KINDS[kind]
    form = ChangeForm(
        request.POST or None, cohort=cohort, kind=chosen, versions={one.pk: seen[one.pk] for one in people}
    )

    def save():
        words = form.words()
        services.place(
            user=request.user,
            key=form.stamp()["key"],
            kind=kind,
            cohort=cohort,
            seen=form.versions(),
            status=chosen.status,
            **words,
        )
        return back

    return form_page(
        request,
        form,
        save,
        title=f"{chosen.label}: {', '.join(str(one) for one in people[:3])}"
        + (_(" and %(n)s more") % {"n": len(people) - 3} if len(people) > 3 else ""),
        submit=chosen.label,
        back=back,
        crumbs=[cohort.program, cohort],
        place=_("Roster"),
        done=_("Saved for %(n)s.") % {"n": len(people)},
        notes=[", ".join(str(one) for one in people)] if len(people) > 3 else [],
    )


def _revoke_first(request, entry):
    """Where the completion of a completed place stands, the page that says so and leads to revoking it."""
    standing = Completion.objects.filter(trainee=entry.trainee, program=entry.program_id, revoked_on=None).first()
    if standing is None:
        return None
    words = _("%(trainee)s has completed the program. Revoke the completion first.") % {"trainee": entry.trainee}
    context = {"problems": [words], "back": entry.trainee.get_absolute_url()}
    context["instead"] = (reverse("trainees:completion_revoke", args=[standing.pk]), _("Revoke the completion"))
    return render(request, "refused.html", context, status=422)


def place_correct(request, pk):
    """Declare an entry of somebody's line wrong and put the right one in its place."""
    rows = Enrolment.objects.select_related("trainee", "cohort__program", "track", "group", "act")
    entry = fetch(rows, request.user, "run", pk=pk)
    if entry.status == Enrolment.Status.COMPLETED and (refused := _revoke_first(request, entry)):
        return refused
    last = Enrolment.objects.filter(trainee=entry.trainee_id, program=entry.program_id).select_related("act")
    form = PlaceCorrectForm(request.POST or None, entry=entry, initial={"seen": last.order_by("pk").last().act.key})

    def save():
        words = form.words()
        mistaken = words.pop("mistaken")
        fields = {"correction": words["correction"]} if mistaken else words
        services.correct_place(
            user=request.user, entry=get_object_or_404(rows, pk=entry.pk), mistaken=mistaken, **form.stamp(), **fields
        )
        return entry.trainee

    return form_page(
        request,
        form,
        save,
        title=_("Correct: %(entry)s") % {"entry": entry},
        text=_("The wrong entry stays visible, struck through, with your reason."),
        submit=_("Correct it"),
        back=entry.trainee.get_absolute_url(),
        crumbs=[entry.trainee],
        done=_("Corrected."),
    )
