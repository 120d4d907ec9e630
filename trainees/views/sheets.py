"""Result sheets: of a session, of a cohort, and the one mark that both send."""

import uuid as uuids

from django.db import transaction
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download
from accounts.pages import form_page
from accounts.wire import kept_offline
from programs.access import fetch
from programs.models import SkillModule

from .. import services
from ..forms.registers import ReopenForm
from ..forms.sheets import DayForm, LeaveForm, MarkForm, SessionSheetForm
from ..models import Enrolment, Record
from ..selectors.cohort_sheet import cohort_sheet
from ..selectors.sheets import note_of, session_sheet, standing_mark
from ..services.results import Place
from ..tables import sessions as tables
from .cohorts import COHORTS
from .marks import mark_answer, saved, stands
from .sessions import SESSIONS

RESULTS = dict(Record.Kind.choices)
PLACES = Enrolment.objects.filter(previous=None).select_related(
    "trainee__merged_into", "program"
)  # one line, one first of it


@kept_offline
def session_results(request, pk):
    """The result sheet of a session. A script sends each mark by itself; without one, Save writes what was changed.

    The other buttons save too, and then mark GO whom the sheet offers it for, or close the results.
    """
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    sheet = session_sheet(session, request.user)
    if asked(request):
        return download(request, {"session": session, "sheet": sheet}, tables.results)
    form = SessionSheetForm(request.POST or None, sheet=sheet, initial={"seen": session.seen})
    then = request.POST.get("then", "")

    def save():
        who, key = {"user": request.user}, form.stamp()["key"]
        at = Place(session.cohort.program, session.module, session, assessor=form.cleaned_data["assessor"])
        with transaction.atomic():  # both or neither: what is refused leaves the form as it was, to be sent again
            if marks := form.changed_marks():
                services.mark_results(**who, key=key, at=at, marks=marks)
            if then == "bulk":
                services.mark_bulk_go(**who, key=uuids.uuid5(key, "bulk"), at=at)
            elif then == "close":
                services.close_results(**who, key=uuids.uuid5(key, "close"), session=session, seen=form.stamp()["seen"])
        return session if then == "close" else request.get_full_path()

    bulk = sheet.newest_bulk
    with timezone.override(session.cohort.program.time_zone):
        return form_page(
            request,
            form,
            save,
            title=_("Results"),
            submit=_("Save"),
            back=session.get_absolute_url(),
            done={"bulk": _("They are marked GO."), "close": _("The results are closed.")}.get(then, _("Saved.")),
            template="trainees/session_results.html",
            session=session,
            cohort=session.cohort,
            sheet=sheet,
            bulk=bulk if bulk and (session.may_run or bulk.user_id == request.user.pk) else None,
        )


def results_reopen(request, pk):
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    form = ReopenForm(request.POST or None, initial={"seen": session.seen})

    def save():
        services.reopen_results(user=request.user, session=session, **form.stamp(), **form.words())
        return reverse("trainees:session_results", args=[pk])

    return form_page(
        request,
        form,
        save,
        title=_("Open the results again"),
        facts=str(session),
        submit=_("Open them"),
        back=session.get_absolute_url(),
        done=_("The results are open."),
    )


def leave_create(request, uuid, program, code):
    """Let a trainee try once more beyond the program's limit."""
    place = fetch(PLACES, request.user, "run", trainee__uuid=uuid, program__slug=program)
    module = get_object_or_404(SkillModule, code=code)
    back = reverse("trainees:cell", args=[uuid, program, code])
    form = LeaveForm(request.POST or None)
    of = {"trainee": place.trainee, "program": place.program, "module": module}

    def save():
        services.allow_attempt(user=request.user, key=form.stamp()["key"], **of, **form.words())
        return back

    return form_page(
        request,
        form,
        save,
        title=_("Allow a further attempt: %(trainee)s, %(code)s") % {"trainee": place.trainee, "code": code},
        facts=module.title,
        text=_("The program allows so many attempts at a module. This allows the trainee one more."),
        submit=_("Allow it"),
        back=back,
        crumbs=[place.program, place.trainee],
        place=code,
        done=_("A further attempt is allowed."),
    )


@require_POST
def result_mark(request, uuid, program, code):
    """One result of one trainee in one module, answered to the script that sent it."""
    place = fetch(PLACES, request.user, "record", trainee__uuid=uuid, program__slug=program)
    trainee = place.trainee.stands_as  # marked on a page that is older than a merging
    form = MarkForm(request.POST, trainee=trainee, code=code)
    session = form.cleaned_data["session"] if form.is_valid() else None
    module = session.module if session else get_object_or_404(SkillModule, code=code)

    def save():
        at, mark = form.place_and_mark(place.program, module)
        made = services.mark_result(user=request.user, key=form.stamp()["key"], trainee=trainee, at=at, mark=mark)
        words = RESULTS.get(mark.kind, _("not marked"))
        return saved(made.record.act, mark.kind, words, note_of(made.attempt, made.record.recertification))

    def theirs():
        day = form.cleaned_data["assessed_on"]
        seen, value, act = standing_mark(trainee, place.program, module, session, day)
        return stands(act, value, RESULTS.get(value, _("not marked"))) | {"seen": seen}

    with timezone.override(place.program.time_zone):
        return mark_answer(request, form, save, theirs)


@kept_offline
@require_safe
def cohort_record(request, slug):
    """The result sheet of a cohort on a day, `?day=`; `track`, `group` and `module` narrow it. Each cell is a mark of its own."""
    cohort = fetch(COHORTS, request.user, "record", slug=slug)
    form = DayForm(request.GET)
    day = form.cleaned_data["day"] if form.is_valid() else None
    sheet = cohort_sheet(cohort, request.user, day or cohort.default_as_of(), request.GET.dict())
    mine = next((one for one in sheet.assessors if one.account_id == request.user.pk), None)
    context = {"cohort": cohort, "sheet": sheet, "mine": mine, "tab": "record", "form": form, "dates_query": ""}
    context |= {name: request.GET.get(name, "") for name in ("track", "group", "module")}
    if asked(request):
        return download(request, context, tables.cohort_results)
    with timezone.override(cohort.program.time_zone):
        return render(request, "trainees/cohort_record.html", context)
