"""Instructors and interpreters."""

from functools import partial

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download, history_asked
from accounts.htmx import page_or_partial
from accounts.pages import act_page, delete_page, form_page, told

from .. import services, tables
from ..access import coordinates_any, fetch, must_coordinate
from ..filters import InstructorFilter
from ..forms import InstructorForm
from ..lists import page_of
from ..models import Assignment, Instructor, Program

ORDERS = {
    "code": ("code",),
    "call_sign": ("call_sign",),
    "capacity": ("capacity", "call_sign"),
    "nation": ("nation", "call_sign"),
}


@require_safe
def instructor_list(request):
    filter = InstructorFilter(request.GET, Instructor.objects.visible_to(request.user))
    context = {
        "filter": filter,
        "page": page_of(request, filter.qs.order_by("call_sign", "pk"), ORDERS),
        "may_create": coordinates_any(request.user),
    }
    if asked(request):
        return download(request, context, tables.instructors)
    return page_or_partial(request, "programs/instructor_list.html", "rows", context)


@require_safe
def instructor_detail(request, code):
    instructor = fetch(Instructor.objects.select_related("act", "account"), request.user, code=code)
    assignments = Assignment.objects.visible_to(request.user).filter(instructor=instructor)
    context = {
        "instructor": instructor,
        "assignments": assignments.select_related("program").order_by("program__code"),
    } | told(request, *([instructor] if instructor.may_run else []))  # it names accounts
    if history_asked(request) and instructor.may_run:
        return download(request, context)
    return render(request, "programs/instructor_detail.html", context)


def instructor_create(request):
    must_coordinate(request.user)
    program = Program.objects.run_by(request.user).current().filter(slug=request.GET.get("program", "")).first()
    form = InstructorForm(request.POST or None, user=request.user, initial={"program": program})
    back = reverse("programs:program_people", args=[program.slug]) if program else reverse("programs:instructor_list")
    place = _("People") if program else _("Instructors")

    def save():
        return services.create_instructor(user=request.user, key=form.cleaned_data["key"], **form.words())

    page = {"title": _("New instructor or interpreter"), "submit": _("Add"), "done": _("Added, and assigned.")}
    return form_page(request, form, save, back=back, crumbs=[program] if program else [], place=place, **page)


def instructor_edit(request, code):
    instructor = _instructor(request, code)
    form = InstructorForm(request.POST or None, instance=instructor)
    back = instructor.get_absolute_url()

    def save():
        return services.update_instructor(user=request.user, instructor=instructor, **form.stamp(), **form.words())

    page = {"title": _("Change %(what)s") % {"what": instructor}, "submit": _("Save"), "done": _("Saved.")}
    return form_page(request, form, save, back=back, crumbs=[instructor], **page)


@require_POST
def instructor_archive(request, code):
    instructor = _instructor(request, code)
    archived = request.POST.get("archived") == "1"

    def save(form):
        services.archive_instructor(user=request.user, instructor=instructor, archived=archived, **form.stamp())

    done = _("Archived. What they taught and assessed stays.") if archived else _("Can be chosen again.")
    return act_page(request, save, back=instructor.get_absolute_url(), done=done)


def instructor_delete(request, code):
    instructor = _instructor(request, code)
    return delete_page(
        request,
        instructor,
        partial(services.delete_instructor, instructor=instructor),
        then=reverse("programs:instructor_list"),
        back=instructor.get_absolute_url(),
        crumbs=[instructor],
        archive=reverse("programs:instructor_archive", args=[code]),
        along=(Assignment,),
        title=_("Delete %(what)s?") % {"what": instructor},
        text=_("Only somebody who never taught or assessed can be deleted. Others are archived instead."),
        submit=_("Delete"),
        done=_("Deleted."),
    )


def _instructor(request, code):
    return fetch(Instructor.objects.select_related("act", "account"), request.user, "run", code=code)
