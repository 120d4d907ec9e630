"""Printed sheets: make one, print it, enter it when it comes back."""

import segno
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.exports import asked, download, history_asked
from accounts.pages import form_page, told
from programs.access import EVERYBODY, fetch, limited_roles, limits_of, with_rights
from programs.lists import page_of
from programs.models import Instructor

from .. import services
from ..forms.paper import EnterForm, LostForm, NumberForm, PrintForm, letters_of
from ..models import Sheet
from ..selectors.paper import Asked, asked_at, choices_of, lines_of, with_printing
from ..tables import sessions as tables
from .sessions import SESSIONS

SHEETS = Sheet.objects.select_related("session__cohort__program", "session__module", "act")
STATES = {
    "out": {"returned_at": None, "lost_reason": ""},
    "back": {"returned_at__isnull": False},
    "lost": {"lost_reason__gt": ""},
}
FEW_STEPS = 6  # have room beside the results on upright paper
ORDERS = {"number": ("pk",), "session": ("session__starts_at",)}


@require_safe
def sheet_list(request):
    """Sheets that have not come back; with `?state=` those that have, or never will. `?number=` goes to one of them."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    visible = with_rights(SHEETS.visible_to(request.user), request.user)
    if form.is_valid():
        sheet = visible.filter(pk=form.cleaned_data["number"]).first()
        if sheet is not None:
            return redirect("trainees:sheet_enter", sheet.pk) if sheet.may_record else redirect(sheet)
        form.add_error("number", _("There is no such sheet in your programs."))
    state = request.GET.get("state", "out")
    rows = with_printing(visible.filter(**STATES.get(state, {})), request.user)
    context = {
        "limited_roles": limited_roles(request.user),
        "form": form,
        "page": page_of(request, rows, ORDERS),
        "state": state,
        "states": [
            ("out", _("Not come back")),
            ("back", _("Entered")),
            ("lost", _("Will not come back")),
            ("all", _("All sheets")),
        ],
    }
    if asked(request):
        return download(request, context, tables.sheets)
    return render(request, "trainees/sheet_list.html", context, status=422 if form.errors else 200)


def sheet_create(request, pk):
    """Print a sheet for a session: it gets a number, and the lines that it will be read by."""
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    form = PrintForm(request.POST or None, results=session.takes_results)
    text = _("The sheet gets a number and a square code. When the paper comes back, its number opens its lines again.")

    def save():
        return services.print_sheet(user=request.user, key=form.stamp()["key"], session=session, **form.words())

    return form_page(
        request,
        form,
        save,
        title=_("Print a sheet"),
        facts=str(session),
        text=text,
        submit=_("Make the sheet"),
        back=session.get_absolute_url(),
        crumbs=[session],
    )


@require_safe
def sheet_detail(request, pk):
    """A sheet to print: blank, or with `?filled=1` as the session stands."""
    sheet = fetch(with_printing(SHEETS, request.user), request.user, pk=pk)
    results = sheet.kind == Sheet.Kind.RESULTS
    asked = asked_at(sheet.session) if results else Asked()
    filled = "filled" in request.GET
    lines = lines_of(sheet, limits_of(sheet))
    context = {
        "sheet": sheet,
        "session": sheet.session,
        "cohort": sheet.session.cohort,
        "rows": [(line, letters_of(line, asked.steps) if filled else [""] * len(asked.steps)) for line in lines],
        "choices": choices_of(sheet),
        "asked": asked,
        "wide": len(asked.steps) > FEW_STEPS,
        "results": results,
        "filled": filled,
        "code": _square_code(request.build_absolute_uri(reverse("trainees:sheet_enter", args=[pk]))),
    } | told(request, sheet)
    if history_asked(request):
        return download(request, context)
    with timezone.override(sheet.session.cohort.program.time_zone):
        return render(request, "trainees/sheet_detail.html", context)


def sheet_enter(request, pk):
    """Type a sheet that came back: its lines in the order of the paper, and its totals."""
    sheet = fetch(with_printing(SHEETS, request.user), request.user, "record", pk=pk)
    session = sheet.session
    if sheet.returned_at and request.method != "POST":
        return redirect(sheet)
    assessors = Instructor.objects.assessing(session.cohort.program, session.module).order_by("call_sign")
    asked = asked_at(session) if sheet.kind == Sheet.Kind.RESULTS else Asked()
    form = EnterForm(
        request.POST or None,
        sheet=sheet,
        lines=lines_of(sheet, EVERYBODY),
        asked=asked,
        assessors=assessors,
        initial={"seen": sheet.seen},
    )

    def save():
        services.enter_sheet(user=request.user, sheet=sheet, **form.stamp(), **form.words())
        return session

    with timezone.override(session.cohort.program.time_zone):
        return form_page(
            request,
            form,
            save,
            title=_("Enter sheet %(sheet)s") % {"sheet": sheet},
            submit=_("Save the sheet"),
            back=sheet.get_absolute_url(),
            done=_("Sheet %(sheet)s is entered.") % {"sheet": sheet},
            template="trainees/sheet_enter.html",
            sheet=sheet,
            session=session,
            cohort=session.cohort,
            asked=asked,
        )


def sheet_lose(request, pk):
    """Say that a sheet will not come back, and why."""
    sheet = fetch(SHEETS, request.user, "record", pk=pk)
    form = LostForm(request.POST or None, initial={"seen": sheet.seen})

    def save():
        services.lose_sheet(user=request.user, sheet=sheet, **form.stamp(), **form.words())
        return reverse("trainees:sheet_list")

    return form_page(
        request,
        form,
        save,
        title=_("Sheet %(sheet)s will not come back") % {"sheet": sheet},
        facts=str(sheet.session),
        text=_("It leaves the list of sheets to come back. If it turns up after all, it can still be entered."),
        submit=_("It will not come back"),
        back=sheet.get_absolute_url(),
        crumbs=[sheet.session],
        place=str(sheet),
        done=_("Noted."),
    )


def _square_code(address):
    """The address as a square code to photograph: black on white in any theme."""
    code = segno.make(address, micro=False).svg_inline(scale=3, light="#fff", svgclass="square-code", lineclass=None)
    return mark_safe(code)  # noqa: S308  made of numbers by segno
