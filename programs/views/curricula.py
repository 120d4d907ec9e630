"""Curriculum versions and what they ask."""

from functools import partial

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download
from accounts.pages import act_page, delete_page, form_page, told

from .. import services, tables
from ..access import fetch
from ..forms import CurriculumForm, EntryForm, NoteForm
from ..models import Curriculum, CurriculumEntry, EntryTrack, PerformanceStep, Prerequisite, Program
from ..selectors import entries_of, hours_of


@require_safe
def program_curriculum(request, slug):
    """What a program teaches: the version published last, the others, its tracks, its rules."""
    program = fetch(Program.objects, request.user, slug=slug)
    curricula = list(program.curricula.select_related("program"))
    current = next((one for one in curricula if one.published_at), None)
    context = {
        "program": program,
        "curricula": curricula,
        "current": current,
        "entries": entries_of(current) if current else [],
        "tracks": program.tracks.select_related("act", "program"),
    }
    return render(request, "programs/program_curriculum.html", context)


def curriculum_create(request, slug):
    program = fetch(Program.objects, request.user, "run", slug=slug)
    wanted = request.GET.get("copy_of")
    copied = next((one for one in program.curricula.select_related("program") if str(one.number) == wanted), None)
    form = CurriculumForm(request.POST or None, program=program, initial={"copy_of": copied})

    def save():
        return services.create_curriculum(
            user=request.user, key=form.cleaned_data["key"], program=program, **form.words()
        )

    page = {"title": _("New curriculum version"), "submit": _("Make the draft"), "done": _("Draft made.")}
    back = copied.get_absolute_url() if copied else reverse("programs:program_curriculum", args=[slug])
    return form_page(request, form, save, back=back, crumbs=[program], **page)


@require_safe
def curriculum_detail(request, slug, number):
    curriculum = _curriculum(request, slug, number, "see")
    entries = entries_of(curriculum)
    context = {
        "curriculum": curriculum,
        "program": curriculum.program,
        "entries": entries,
        "hours": hours_of(entries),
        "may_change": curriculum.may_run and not curriculum.published_at,
    } | told(request, curriculum, parts=(CurriculumEntry, EntryTrack, Prerequisite, PerformanceStep))
    if asked(request):
        return download(request, context, tables.curriculum)
    return render(request, "programs/curriculum_detail.html", context)


def curriculum_edit(request, slug, number):
    curriculum = _curriculum(request, slug, number)
    form = NoteForm(request.POST or None, instance=curriculum)

    def save():
        return services.update_curriculum(user=request.user, curriculum=curriculum, **form.stamp(), **form.words())

    page = {"title": _("What is new in version %(number)s") % {"number": number}, "submit": _("Save")}
    return form_page(
        request,
        form,
        save,
        back=curriculum.get_absolute_url(),
        crumbs=[curriculum.program, curriculum],
        done=_("Saved."),
        **page,
    )


def curriculum_delete(request, slug, number):
    curriculum = _curriculum(request, slug, number)
    return delete_page(
        request,
        curriculum,
        partial(services.delete_curriculum, curriculum=curriculum),
        then=curriculum.program,
        back=curriculum.get_absolute_url(),
        crumbs=[curriculum.program, curriculum],
        title=_("Delete version %(number)s?") % {"number": number},
        text=_("The draft and everything in it goes. The history keeps what it was."),
        submit=_("Delete the draft"),
        done=_("Draft deleted."),
    )


def entry_create(request, slug, number):
    curriculum = _curriculum(request, slug, number)
    form = EntryForm(request.POST or None, curriculum=curriculum)

    def save():
        services.add_entry(user=request.user, key=form.cleaned_data["key"], curriculum=curriculum, **form.words())
        return curriculum

    page = {"title": _("Add a module"), "submit": _("Add the module"), "done": _("Module added.")}
    return form_page(
        request, form, save, back=curriculum.get_absolute_url(), crumbs=[curriculum.program, curriculum], **page
    )


def entry_edit(request, slug, number, pk):
    entry = _entry(request, slug, number, pk)
    form = EntryForm(request.POST or None, instance=entry, curriculum=entry.curriculum)

    def save():
        services.update_entry(user=request.user, entry=entry, **form.stamp(), **form.words())
        return _at(entry)

    page = {
        "title": str(entry),
        "submit": _("Save"),
        "done": _("Saved."),
        "crumbs": [entry.curriculum.program, entry.curriculum],
    }
    return form_page(request, form, save, back=_at(entry), **page)


@require_POST
def entry_move(request, slug, number, pk):
    entry = _entry(request, slug, number, pk)
    up = request.POST.get("up") == "1"

    def save(form):
        services.move_entry(user=request.user, entry=entry, up=up, **form.stamp())

    return act_page(request, save, back=_at(entry))


@require_POST
def entry_remove(request, slug, number, pk):
    entry = _entry(request, slug, number, pk)

    def save(form):
        services.remove_entry(user=request.user, entry=entry, **form.stamp())

    done = _("%(module)s is no longer in this version.") % {"module": entry}
    return act_page(request, save, back=entry.curriculum.get_absolute_url(), done=done)


def _curriculum(request, slug, number, may="run"):
    rows = Curriculum.objects.select_related("act", "program")
    return fetch(rows, request.user, may, program__slug=slug, number=number)


def _entry(request, slug, number, pk):
    rows = CurriculumEntry.objects.select_related("act", "module", "curriculum__program")
    return fetch(rows, request.user, "run", curriculum__program__slug=slug, curriculum__number=number, pk=pk)


def _at(entry):
    """The entry's own line on the page of its version."""
    return f"{entry.curriculum.get_absolute_url()}#entry-{entry.pk}"
