"""Who may do what in a program, and who teaches there."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from accounts.pages import act_page, form_page
from accounts.reauthentication import reauthenticated

from .. import services, tables
from ..access import fetch
from ..filters import PeopleForm
from ..forms import AssessingForm, AssignmentForm, RoleForm
from ..models import Assignment, Program, Role


@require_safe
def program_people(request, slug):
    program = fetch(Program.objects, request.user, slug=slug)
    form = PeopleForm(request.GET)
    assignments, roles = form.narrow(
        program.assignments.select_related("instructor", "act")
        .prefetch_related("may_assess__module")
        .order_by("instructor__call_sign", "pk"),
        program.roles.select_related("user", "act").order_by("kind", "user__username"),
    )
    context = {"program": program, "assignments": assignments, "roles": roles, "form": form}
    if program.may_run:
        context["invitations"] = program.invitations.pending().select_related("act", "invited_by")
    context["narrowed"] = bool(request.GET.get("q", "").strip())
    if asked(request):
        return download(request, context, tables.assignments, roles=tables.roles)
    return page_or_partial(request, "programs/program_people.html", "rows", context)


@reauthenticated
def role_create(request, slug):
    program = fetch(Program.objects, request.user, "run", slug=slug)
    form = RoleForm(request.POST or None)

    def save():
        words = form.words()
        key = form.cleaned_data["key"]
        services.grant_role(user=request.user, key=key, program=program, to=words.pop("user"), **words)
        return _people(program)

    page = {"title": _("Give somebody a role"), "submit": _("Give the role"), "done": _("Role given.")}
    return form_page(request, form, save, back=_people(program), crumbs=[program], place=_("People"), **page)


@reauthenticated
def role_edit(request, slug, pk):
    role = fetch(Role.objects.select_related("act", "user", "program"), request.user, "run", program__slug=slug, pk=pk)
    form = RoleForm(request.POST or None, instance=role)

    def save():
        services.change_role(user=request.user, role=role, **form.stamp(), **form.words())
        return _people(role.program)

    page = {"title": _("Role of %(who)s") % {"who": role.user}, "submit": _("Save"), "done": _("Saved.")}
    return form_page(request, form, save, back=_people(role.program), crumbs=[role.program], place=_("People"), **page)


@require_POST
@reauthenticated
def role_revoke(request, slug, pk):
    role = fetch(Role.objects.select_related("act", "program"), request.user, "run", program__slug=slug, pk=pk)

    def save(form):
        services.revoke_role(user=request.user, role=role, **form.stamp())
        if role.user_id == request.user.pk and not request.user.is_superuser:
            return reverse("programs:program_list")  # they do not see this program any more

    return act_page(request, save, back=_people(role.program), done=_("Role taken away."))


def assignment_create(request, slug):
    program = fetch(Program.objects, request.user, "run", slug=slug)
    form = AssignmentForm(request.POST or None, user=request.user, program=program)

    def save():
        services.assign_instructor(user=request.user, key=form.cleaned_data["key"], program=program, **form.words())
        return _people(program)

    page = {"title": _("Assign an instructor or interpreter"), "submit": _("Assign"), "done": _("Assigned.")}
    new = f"{reverse('programs:instructor_create')}?program={program.slug}"
    instead = (new, _("Somebody new to Muster"))
    return form_page(
        request, form, save, back=_people(program), crumbs=[program], place=_("People"), instead=instead, **page
    )


def assignment_edit(request, slug, pk):
    """Which modules an instructor may assess in this program."""
    rows = Assignment.objects.select_related("act", "program", "instructor")
    assignment = fetch(rows, request.user, "run", program__slug=slug, pk=pk)
    program = assignment.program
    form = AssessingForm(request.POST or None, assignment=assignment)

    def save():
        services.limit_assessing(user=request.user, assignment=assignment, **form.stamp(), **form.words())
        return _people(program)

    page = {"title": _("What %(who)s may assess") % {"who": assignment.instructor}, "done": _("Saved.")}
    page["text"] = _("Sessions name nobody as assessor of a module that they may not assess.")
    return form_page(
        request, form, save, back=_people(program), crumbs=[program], place=_("People"), submit=_("Save"), **page
    )


@require_POST
def assignment_remove(request, slug, pk):
    rows = Assignment.objects.select_related("act", "program")
    assignment = fetch(rows, request.user, "run", program__slug=slug, pk=pk)

    def save(form):
        services.unassign_instructor(user=request.user, assignment=assignment, **form.stamp())

    done = _("No longer assigned. What they taught and assessed stays.")
    return act_page(request, save, back=_people(assignment.program), done=done)


def _people(program):
    return reverse("programs:program_people", args=[program.slug])
