"""The register of a session: who was there."""

import uuid as uuids

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.exports import asked, download
from accounts.pages import form_page
from accounts.wire import kept_offline
from programs.access import EVERYBODY, fetch

from .. import services
from ..forms.registers import MarkForm, RegisterForm, ReopenForm, UnlistedForm
from ..models import Attendance, Trainee
from ..selectors.sessions import last_clearing, newest_act, register_of
from ..tables import sessions as tables
from .marks import mark_answer, saved, stands
from .sessions import SESSIONS

SAVE, REST, CLOSE = (
    gettext_lazy("Saved."),
    gettext_lazy("The rest is marked."),
    gettext_lazy("The register is closed."),
)
THEN = {"rest": REST, "close": CLOSE}  # what a button does besides saving, and what is said afterwards


@kept_offline
def session_register(request, pk):
    """The register: mark who was there; with the other buttons mark the rest present, or close it too."""
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    if session.register_closed_at and request.method != "POST":
        messages.info(request, _("This register is closed. Open it again to change a mark."))
        return redirect(session)
    lines = register_of(session, EVERYBODY)
    form = RegisterForm(request.POST or None, session=session, lines=lines, initial={"seen": session.seen})
    if asked(request):
        return download(request, {"session": session, "form": form}, tables.register)
    then = THEN.get(request.POST.get("then", ""), SAVE)
    bulk = newest_act(lines, services.UNDOABLE)

    def save():
        marks, seen = form.changed_marks()
        who = {"user": request.user, "session": session}
        key = form.stamp()["key"]
        with transaction.atomic():  # both or neither: what is refused leaves the form as it was, to be sent again
            if marks:
                services.mark_attendance(**who, key=key, marks=marks, seen=seen)
            if then is REST:
                services.mark_rest(**who, key=uuids.uuid5(key, "rest"))
            elif then is CLOSE:
                services.close_register(**who, key=uuids.uuid5(key, "close"), seen=form.stamp()["seen"])
        return request.get_full_path() if then is REST else session

    with timezone.override(session.cohort.program.time_zone):
        return form_page(
            request,
            form,
            save,
            title=_("Register"),
            submit=_("Save"),
            back=session.get_absolute_url(),
            done=then,
            template="trainees/session_register.html",
            session=session,
            cohort=session.cohort,
            marked=sum(line.mark is not None for line in lines),
            unlisted=session.unlisted.select_related("trainee"),
            unlisted_form=UnlistedForm(auto_id="unlisted_%s"),
            bulk=bulk if bulk and (session.may_run or bulk.user_id == request.user.pk) else None,
        )


@require_POST
def attendance_mark(request, pk, uuid):
    """One mark of one trainee, answered to the script that sent it."""
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    here = Trainee.objects.filter(enrolments__program=session.cohort.program_id).distinct()
    trainee = get_object_or_404(here.select_related("merged_into"), uuid=uuid).stands_as
    form = MarkForm(request.POST)

    def save():
        words = form.words()
        if "reason" not in request.POST:
            words["reason"] = None
        act = services.mark_trainee(user=request.user, session=session, trainee=trainee, **form.stamp(), **words)
        return saved(act, form.cleaned_data["status"], _words(form.cleaned_data["status"]))

    def theirs():
        mark = Attendance.objects.filter(session=session, trainee=trainee).select_related("act__user").first()
        if mark is None:
            return stands(last_clearing(session, trainee), "", _words(""))
        return stands(mark.act, mark.status, _words(mark.status)) | {"reason": mark.reason}

    with timezone.override(session.cohort.program.time_zone):
        return mark_answer(request, form, save, theirs)


def _words(status):
    return dict(Attendance.Status.choices).get(status, _("not marked"))


def register_reopen(request, pk):
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    form = ReopenForm(request.POST or None, initial={"seen": session.seen})

    def save():
        return services.reopen_register(user=request.user, session=session, **form.stamp(), **form.words())

    return form_page(
        request,
        form,
        save,
        title=_("Open the register again"),
        facts=str(session),
        submit=_("Open it"),
        back=session.get_absolute_url(),
        done=_("The register is open."),
    )
