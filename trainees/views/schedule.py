"""Week and day: of a cohort, of an instructor, of a location; the board of a day; the hours."""

import datetime

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.addresses import as_text
from accounts.exports import asked, download
from programs.access import fetch, limits_of, with_rights
from programs.models import Instructor, Program

from ..models import Cohort, TrainingSession
from ..selectors.board import board_of
from ..selectors.clock import zone_of
from ..selectors.hours import hours_of
from ..selectors.progress import cohort_view, cohort_views
from ..selectors.schedule import Span, next_day, places_of, schedule_of, within
from ..tables import cohorts as cohort_tables
from ..tables import sessions as tables
from .cohorts import COHORTS, cohort_page


@require_safe
def cohort_schedule(request, slug):
    """A week of a cohort, or a day: `?week=2026-W48`, `?day=2026-11-24`. Of one that is over, its last week."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    today = cohort.today()
    context = _days(request, cohort.sessions.all(), max(cohort.starts_on, min(today, cohort.ends_on)), today)
    context |= {"cohort": cohort, "tab": "sessions", "shown": "schedule", "dates_query": ""}
    return _schedule(request, context)


@require_safe
def instructor_schedule(request, code):
    """The same of an instructor or interpreter, in the programs that the reader sees."""
    instructor = fetch(Instructor.objects, request.user, code=code)
    rows = TrainingSession.objects.visible_to(request.user).filter(staff__instructor=instructor)
    today = timezone.localdate()
    return _schedule(request, _days(request, rows, today, today) | {"instructor": instructor})


@require_safe
def place_schedule(request):
    """The same of a location, by its name: `?place=Range 2`; without one, of all that the reader sees."""
    rows = TrainingSession.objects.visible_to(request.user)
    places, place = places_of(rows), as_text(request.GET.get("place", "")).strip()
    rows = rows.filter(place__iexact=place) if place else rows
    today = timezone.localdate()
    return _schedule(request, _days(request, rows, today, today) | {"place": place, "places": places})


def _schedule(request, context):
    if asked(request):
        return download(request, context, tables.schedule)
    return render(request, "trainees/schedule.html", context)


def _days(request, rows, default, today) -> dict:
    """What the page shows of `rows`, and the addresses of what comes before and after."""
    span = Span.of(request.GET.get("week", ""), request.GET.get("day", ""), default)
    days = schedule_of(rows, span, request.user)
    kept = request.GET.copy()
    for name in ("week", "day"):
        kept.pop(name, None)
    links = {name: getattr(span, name) for name in ("before", "after", "other")}
    links |= {"today": span.query(today)}
    return {
        "span": span,
        "days": days if any(day.slots for day in days if day.weekend) or not span.is_week else days[:5],
        "planned": any(day.slots for day in days),
        "today": today,
        "links": {name: "?" + "&".join(filter(None, (query, kept.urlencode()))) for name, query in links.items()},
        "this_span": f"?{span.query(span.first)}",
        "other_words": _("Day") if span.is_week else _("Week"),
    }


@require_safe
def cohort_board(request, slug):
    """What tomorrow needs, or the day in the address: who is ready, who is not and why, who judges, who interprets."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    context = _board(request, [cohort_view(cohort, limits_of(cohort)).now()], cohort.today())
    context |= {"cohort": cohort, "tab": "sessions", "shown": "board", "dates_query": ""}
    if asked(request):
        return download(request, context, tables.board)
    return render(request, "trainees/board.html", context)


@require_safe
def program_board(request, slug):
    """The same for all cohorts of a program that are not archived."""
    program = fetch(Program.objects, request.user, slug=slug)
    cohorts = with_rights(Cohort.objects.filter(program=program).current(), request.user).select_related("program")
    views = [view.now() for view in cohort_views(list(cohorts), limits_of(program))]
    context = _board(request, views, timezone.localdate(timezone=zone_of(program))) | {"program": program}
    if asked(request):
        return download(request, context, tables.board)
    return render(request, "trainees/board.html", context)


def _board(request, views, today) -> dict:
    """What a board shows of `views`, and the addresses of other days; of an empty day, the next one with a session."""
    try:
        day = within(datetime.date.fromisoformat(request.GET.get("day", "")))
    except ValueError:
        day = today + datetime.timedelta(days=1)
    cards, span = board_of(views, day, request.user), Span(day, is_week=False)
    context = {"cards": cards, "span": span, "today": span.query(today)}
    context["tomorrow"] = span.query(today + datetime.timedelta(days=1))
    if not cards and (later := next_day([view.cohort for view in views], day)):
        context |= {"next": later, "next_query": f"?{span.query(later)}"}
    return context


@require_safe
def cohort_hours(request, slug):
    """Hours of each module: what the curriculum asks, what was held, what is planned."""
    _cohort, view, context = cohort_page(request, slug, "sessions")
    context |= {"lines": hours_of(view), "shown": "hours"}
    if asked(request):
        return download(request, context, cohort_tables.hours)
    return render(request, "trainees/cohort_hours.html", context)
