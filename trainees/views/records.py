"""One trainee in one module: the records behind the cell, and recording there."""

from functools import partial

from django.core.exceptions import ValidationError
from django.db.models import Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.addresses import as_pk
from accounts.exports import download, history_asked
from accounts.pages import form_page, told
from programs.access import fetch
from programs.models import Instructor, SkillModule

from .. import services
from ..forms.records import CreditForm, ExemptionForm, ResultForm, VoidForm
from ..forms.sheets import DayForm
from ..models import Enrolment, Record, TrainingSession
from ..selectors.cells import load_cell
from ..selectors.record import record_of
from .dates import dates_context, dates_of

FIRST = Enrolment.objects.filter(previous=None).select_related("program", "trainee__act", "trainee__merged_into")
OF_MODULE = ("id", "code", "title", "standard")  # the rest is asked for where a page shows it


def _fetch(request, uuid, program, code, may="see"):
    """Trainee, program and module of the address, for somebody who may see, record or run there: one query."""
    module = SkillModule.objects.filter(code=code)
    rows = FIRST.annotate(**{f"module_{name}": Subquery(module.values(name)) for name in OF_MODULE})
    line = fetch(rows, request.user, may, trainee__uuid=uuid, program__slug=program)
    if line.module_id is None:
        raise Http404
    line.program.may_record, line.program.may_run = line.may_record, line.may_run
    values = [getattr(line, f"module_{name}") for name in OF_MODULE]
    return line.trainee, line.program, SkillModule.from_db(line._state.db, OF_MODULE, values)


@require_safe
def cell(request, uuid, program, code):
    """What makes the status of one trainee in one module: each record, whether it decides, and if not, why."""
    trainee, program, module = _fetch(request, uuid, program, code)
    dates = dates_of(request)
    record = record_of(trainee, program, dates.as_of, dates.known)
    found = next((one for one in record.modules if one.entry.module == module.pk), None)
    rows = list(Record.objects.filter(trainee=trainee, program=program, module=module))
    outstanding = found.standing.outstanding_in if found and found.standing else ()
    context = {
        "trainee": trainee,
        "program": program,
        "module": module,
        "record": record,
        "outstanding": TrainingSession.objects.filter(pk__in=outstanding).select_related("cohort__program"),
        "one": found,
        "sessions": [one for one in record.attendance if one.session.module_id == module.pk],
    } | told(request, *rows)
    if history_asked(request):
        return download(request, context)
    with timezone.override(program.time_zone):
        return render(request, "trainees/cell.html", context | dates_context(dates, record.view.moment))


def record_create(request, uuid, program, code):
    """Record a result; with `?voids=` it takes the place of a wrong one, with `?session=` it comes from that session.

    `?day=` is the day assessed that the form begins with.
    """
    trainee, program, module = _fetch(request, uuid, program, code, "record")
    back = reverse("trainees:cell", args=[uuid, program.slug, code])
    wrong = _asked_record(request, trainee, program, module)
    begin = partial(_begin, request, trainee, program, module, wrong)
    form = ResultForm(request.POST or None, program=program, module=module, begin=begin)

    def save():
        services.record_result(
            user=request.user,
            trainee=trainee,
            program=program,
            module=module,
            voids=wrong,
            **form.stamp(),
            **form.words(),
        )
        return back

    title = _("Correct a result: %(trainee)s, %(code)s") if wrong else _("Record a result: %(trainee)s, %(code)s")
    page = {"title": title % {"trainee": trainee, "code": code}, "facts": module.title, "text": module.standard}
    page |= {"submit": _("Record"), "done": _("Recorded."), "back": back, "crumbs": [program, trainee], "place": code}
    try:
        return form_page(request, form, save, **page)
    except ValidationError as error:
        return render(request, "refused.html", {"problems": error.messages, "back": back}, status=422)


def _begin(request, trainee, program, module, wrong):
    """The cell, and what the form of a result begins with."""
    session = _asked_session(request, program, module)
    values = {"session": session and session.pk, "assessor": _assessor(request, program, module)}
    if wrong:
        copied = ("kind", "score", "assessor", "session", "recertification", "at_time")
        values |= {name: getattr(wrong, name) for name in copied}
    day = session.starts_on if session else wrong.holds_from if wrong else _asked_day(request)
    return _cell(trainee, program, module, day), values


def credit_create(request, uuid, program, code):
    """Recognise what was met before; with `?voids=` in the place of a wrong record."""
    text = _("Credit: the standard was met before, and counts here as met.")
    return _grant(request, uuid, program, code, CreditForm, services.credit, _("Credit"), text)


def exemption_create(request, uuid, program, code):
    """Decide that the module is not asked of this trainee; with `?voids=` in the place of a wrong record."""
    text = _("Exemption: the module is not asked of this trainee. It counts neither as met nor as required.")
    return _grant(request, uuid, program, code, ExemptionForm, services.exempt, _("Exemption"), text)


def _grant(request, uuid, program, code, form_class, service, what, text):
    trainee, program, module = _fetch(request, uuid, program, code, "run")
    back = reverse("trainees:cell", args=[uuid, program.slug, code])
    wrong = _asked_record(request, trainee, program, module)
    try:
        at = _cell(trainee, program, module, wrong.holds_from if wrong else None)
    except ValidationError as error:
        return render(request, "refused.html", {"problems": error.messages, "back": back}, status=422)
    initial = {"holds_from": at.day}
    if wrong:
        initial |= {name: getattr(wrong, name) for name in ("holds_from", "holds_until", "authority")}
    form = form_class(request.POST or None, cell=at, initial=initial)

    def save():
        service(
            user=request.user,
            trainee=trainee,
            program=program,
            module=module,
            voids=wrong,
            **form.stamp(),
            **form.words(),
        )
        return back

    title = _("Correct %(what)s: %(trainee)s, %(code)s") if wrong else "%(what)s: %(trainee)s, %(code)s"
    title %= {"what": what, "trainee": trainee, "code": code}
    return form_page(
        request,
        form,
        save,
        title=title,
        facts=module.title,
        text=text,
        submit=_("Record"),
        back=back,
        crumbs=[program, trainee],
        place=code,
        done=_("Recorded."),
    )


def record_void(request, pk):
    """Declare a record wrong. It stays visible."""
    rows = Record.objects.select_related("trainee", "program", "module", "act", "entry")
    record = fetch(rows, request.user, "record", pk=pk)
    last = Record.objects.filter(trainee=record.trainee_id, program=record.program_id, module=record.module_id)
    form = VoidForm(request.POST or None, initial={"seen": last.select_related("act").order_by("pk").last().act.key})
    back = reverse("trainees:cell", args=[record.trainee.uuid, record.program.slug, record.module.code])

    def save():
        services.void_record(user=request.user, record=record, **form.stamp(), **form.words())
        return back

    return form_page(
        request,
        form,
        save,
        title=_("Void: %(record)s") % {"record": record},
        text=_("It stays visible with your reason, and counts for nothing from now on."),
        submit=_("Void it"),
        danger=True,
        back=back,
        crumbs=[record.program, record.trainee],
        place=record.module.code,
        done=_("The record is void. It stays visible."),
    )


def _cell(trainee, program, module, day):
    """The cell on `day`, or on the last day that the trainee's cohort knows."""
    if day is None:
        place = trainee.enrolments.filter(program=program).standing().select_related("cohort__program")
        last = place.order_by("since", "pk").last()
        day = last.cohort.default_as_of() if last else timezone.localdate()
    return load_cell(trainee, program, module, day)


def _asked_session(request, program, module):
    pk = as_pk(request.GET.get("session"))
    rows = TrainingSession.objects.filter(cohort__program=program, module=module).select_related("cohort__program")
    return get_object_or_404(rows, pk=pk) if pk is not None else None


def _asked_day(request):
    form = DayForm(request.GET)
    return form.cleaned_data["day"] if form.is_valid() else None


def _asked_record(request, trainee, program, module):
    pk = as_pk(request.GET.get("voids"))
    rows = Record.objects.filter(trainee=trainee, program=program, module=module)
    return get_object_or_404(rows, pk=pk) if pk is not None else None


def _assessor(request, program, module):
    """Whoever signs in as an instructor of the program has most likely assessed it; else the only one there is."""
    found = dict(Instructor.objects.assessing(program, module).values_list("pk", "account"))
    mine = next((pk for pk, account in found.items() if account == request.user.pk), None)
    return mine or (next(iter(found)) if len(found) == 1 else None)
