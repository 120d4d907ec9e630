"""Programs: the list, a new one, its own fields. The page of one program shows its cohorts too: see trainees."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from accounts.pages import act_page, delete_page, form_page

from .. import services, tables
from ..access import coordinates_any, fetch, must_coordinate, with_rights
from ..filters import ProgramFilter
from ..forms import ProgramForm, WeightsForm
from ..lists import page_of
from ..models import Program, Role

ORDERS = {"code": ("code",), "title": ("title",), "host": ("host",), "partner": ("partner",)}


@require_safe
def program_list(request):
    rows = with_rights(Program.objects.visible_to(request.user).select_related("act"), request.user)
    filter = ProgramFilter(request.GET, rows)
    context = {
        "filter": filter,
        "page": page_of(request, filter.qs, ORDERS),
        "may_create": coordinates_any(request.user),
    }
    if asked(request):
        return download(request, context, tables.programs)
    return page_or_partial(request, "programs/program_list.html", "rows", context)


def program_create(request):
    must_coordinate(request.user)
    form = ProgramForm(request.POST or None)

    def save():
        return services.create_program(user=request.user, key=form.cleaned_data["key"], **form.words())

    page = {"title": _("New program"), "submit": _("Add the program"), "done": _("Program added. You coordinate it.")}
    return form_page(request, form, save, back=reverse("programs:program_list"), place=_("Programs"), **page)


def program_edit(request, slug):
    program = fetch(Program.objects.select_related("act"), request.user, "run", slug=slug)
    form = ProgramForm(request.POST or None, instance=program)

    def save():
        return services.update_program(user=request.user, program=program, **form.stamp(), **form.words())

    page = {"title": _("Change %(what)s") % {"what": program.code}, "submit": _("Save"), "done": _("Saved.")}
    page["instead"] = (reverse("programs:program_delete", args=[slug]), _("Delete the program"))
    return form_page(request, form, save, back=program.get_absolute_url(), crumbs=[program], **page)


def program_weights(request, slug):
    """What the reasons weigh by which those who need attention are put in order."""
    program = fetch(Program.objects.select_related("act"), request.user, "run", slug=slug)
    form = WeightsForm(request.POST or None, instance=program)

    def save():
        return services.update_program(user=request.user, program=program, **form.stamp(), **form.words())

    page = {"title": _("What reasons weigh in %(what)s") % {"what": program.code}, "submit": _("Save")}
    page |= {
        "done": _("Saved."),
        "text": _(
            "Whoever needs attention stands in the order of points: what a reason counts, times its weight. 0: no reason."
        ),
    }
    return form_page(request, form, save, back=program.get_absolute_url(), crumbs=[program], **page)


@require_POST
def program_archive(request, slug):
    program = fetch(Program.objects.select_related("act"), request.user, "run", slug=slug)
    archived = request.POST.get("archived") == "1"

    def save(form):
        services.archive_program(user=request.user, program=program, archived=archived, **form.stamp())

    done = _("Archived. Nothing of it is lost.") if archived else _("Back among the current programs.")
    return act_page(request, save, back=program.get_absolute_url(), done=done)


def program_delete(request, slug):
    program = fetch(Program.objects.select_related("act"), request.user, "run", slug=slug)
    return delete_page(
        request,
        program,
        partial(services.delete_program, program=program),
        then=reverse("programs:program_list"),
        back=program.get_absolute_url(),
        archive=reverse("programs:program_archive", args=[slug]),
        along=(Role,),
        crumbs=[program],
        title=_("Delete %(what)s?") % {"what": program.code},
        text=_("Only a program on which nothing hangs can be deleted. One that was used is archived instead."),
        submit=_("Delete the program"),
        done=_("Program deleted."),
    )
