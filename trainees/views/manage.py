"""Setting up a cohort: create, change, archive, delete; groups, curriculum, ratings."""

from functools import partial

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.pages import act_page, delete_page, form_page
from programs.access import fetch, must_coordinate
from programs.models import Program, SkillModule

from .. import services
from ..forms.cohorts import CohortForm, GroupForm, ProgramChoiceForm, RatingForm
from ..models import CohortCurriculum, Group
from .cohorts import COHORTS
from .lessons import lessons_beside


def cohort_create(request):
    """A new cohort of one of the programs that the person runs: first which, then the rest."""
    choice = ProgramChoiceForm(request.GET if "program" in request.GET else None, user=request.user)
    if not choice.is_valid():
        must_coordinate(request.user)
        context = {"form": choice, "title": _("New cohort"), "submit": _("Continue"), "get": True}
        return render(
            request, "form_page.html", context | {"back": reverse("trainees:cohort_list"), "place": _("Cohorts")}
        )
    program = fetch(Program.objects, request.user, "run", slug=choice.cleaned_data["program"].slug)
    form = CohortForm(request.POST or None, program=program)

    def save():
        return services.create_cohort(user=request.user, key=form.stamp()["key"], program=program, **form.words())

    return form_page(
        request,
        form,
        save,
        title=_("New cohort of %(program)s") % {"program": program.code},
        submit=_("Create cohort"),
        back=program.get_absolute_url(),
        crumbs=[program],
        done=_("The cohort is created. Next: its trainees."),
        **lessons_beside(program),
    )


def cohort_edit(request, slug):
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = CohortForm(request.POST or None, instance=cohort, program=cohort.program)

    def save():
        return services.update_cohort(user=request.user, cohort=cohort, **form.stamp(), **form.words())

    title = _("Change cohort %(cohort)s") % {"cohort": cohort}
    return form_page(
        request,
        form,
        save,
        title=title,
        submit=_("Save"),
        back=cohort.get_absolute_url(),
        crumbs=[cohort.program, cohort],
        done=_("Saved."),
        instead=(reverse("trainees:cohort_delete", args=[slug]), _("Delete…")),
    )


@require_POST
def cohort_archive(request, slug):
    """Take the cohort out of the lists, or put it back: whichever the button says."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    archived = request.POST.get("archived") == "1"

    def save(form):
        services.archive_cohort(user=request.user, cohort=cohort, archived=archived, **form.stamp())

    done = _("Archived. It is out of the lists; nothing is lost.") if archived else _("Back in the lists.")
    return act_page(request, save, back=cohort.get_absolute_url(), done=done)


def cohort_delete(request, slug):
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    return delete_page(
        request,
        cohort,
        partial(services.delete_cohort, cohort=cohort),
        then=reverse("trainees:cohort_list"),
        back=cohort.get_absolute_url(),
        archive=reverse("trainees:cohort_archive", args=[slug]),
        along=(CohortCurriculum, Group),
        title=_("Delete cohort %(cohort)s?") % {"cohort": cohort},
        text=_(
            "A cohort that nobody was ever in can be deleted, with its groups. Otherwise archive it: nothing is lost."
        ),
        submit=_("Delete"),
        crumbs=[cohort.program, cohort],
        done=_("The cohort is deleted."),
    )


@require_POST
def cohort_unfollow(request, slug, pk):
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    followed = get_object_or_404(
        CohortCurriculum.objects.select_related("act", "cohort__program"), cohort=cohort, pk=pk
    )

    def save(form):
        services.unfollow_curriculum(user=request.user, followed=followed, **form.stamp())

    return act_page(request, save, back=cohort.get_absolute_url(), done=_("Taken back."))


def cohort_rate(request, slug, code):
    """Enter the commander's own rating of the cohort in a module."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    modules = SkillModule.objects.filter(entry__curriculum__followed__cohort=cohort).distinct()
    module = get_object_or_404(modules, code=code)
    form = RatingForm(request.POST or None, initial={"rated_on": cohort.default_as_of()})

    def save():
        services.rate_module(user=request.user, key=form.stamp()["key"], cohort=cohort, module=module, **form.words())
        return back

    back = reverse("trainees:cohort_module", args=[slug, code])
    title = _("Commander's rating: %(cohort)s, %(module)s") % {"cohort": cohort, "module": module.title}
    note = _("A person's own judgement, shown beside the computed band and never mixed with it.")
    page = {"title": title, "submit": _("Enter"), "text": note, "done": _("Entered.")}
    return form_page(request, form, save, back=back, crumbs=[cohort.program, cohort], place=module.title, **page)


def group_create(request, slug):
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    form = GroupForm(request.POST or None)

    def save():
        services.create_group(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())
        return cohort

    title = _("New group in %(cohort)s") % {"cohort": cohort}
    page = {"title": title, "submit": _("Create group"), "done": _("Saved."), "crumbs": [cohort.program, cohort]}
    return form_page(request, form, save, back=cohort.get_absolute_url(), **page)


def group_edit(request, pk):
    group = fetch(Group.objects.select_related("act", "cohort__program"), request.user, "run", pk=pk)
    form = GroupForm(request.POST or None, instance=group)

    def save():
        services.update_group(user=request.user, group=group, **form.stamp(), **form.words())
        return group.cohort

    return form_page(
        request,
        form,
        save,
        title=_("Change group %(group)s") % {"group": group},
        submit=_("Save"),
        back=group.cohort.get_absolute_url(),
        crumbs=[group.cohort.program, group.cohort],
        done=_("Saved."),
        instead=(reverse("trainees:group_delete", args=[pk]), _("Delete…")),
    )


def group_delete(request, pk):
    group = fetch(Group.objects.select_related("act", "cohort__program"), request.user, "run", pk=pk)
    return delete_page(
        request,
        group,
        partial(services.delete_group, group=group),
        then=group.cohort,
        back=group.cohort.get_absolute_url(),
        title=_("Delete group %(group)s?") % {"group": group},
        text=_("A group that nobody was ever in can be deleted."),
        submit=_("Delete"),
        crumbs=[group.cohort.program, group.cohort],
        done=_("The group is deleted."),
    )
