"""Tracks of a program. They are shown beside its curriculum."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.pages import act_page, delete_page, form_page

from .. import services
from ..access import fetch
from ..forms import TrackForm
from ..models import Program, Track


def track_create(request, slug):
    program = fetch(Program.objects, request.user, "run", slug=slug)
    form = TrackForm(request.POST or None)

    def save():
        services.create_track(user=request.user, key=form.cleaned_data["key"], program=program, **form.words())
        return _curriculum(slug)

    page = {"title": _("New track"), "submit": _("Add the track"), "done": _("Track added.")}
    return form_page(request, form, save, back=_curriculum(slug), crumbs=[program], **page)


def track_edit(request, slug, code):
    track = _track(request, slug, code)
    form = TrackForm(request.POST or None, instance=track)

    def save():
        services.update_track(user=request.user, track=track, **form.stamp(), **form.words())
        return _curriculum(slug)

    page = {"title": _("Change track %(what)s") % {"what": code}, "submit": _("Save"), "done": _("Saved.")}
    page["instead"] = (reverse("programs:track_delete", args=[slug, code]), _("Delete the track"))
    return form_page(request, form, save, back=_curriculum(slug), crumbs=[track.program], **page)


@require_POST
def track_archive(request, slug, code):
    track = _track(request, slug, code)
    archived = request.POST.get("archived") == "1"

    def save(form):
        services.archive_track(user=request.user, track=track, archived=archived, **form.stamp())

    done = _("Track archived. What was done in it stays.") if archived else _("Back among the current tracks.")
    return act_page(request, save, back=_curriculum(slug), done=done)


def track_delete(request, slug, code):
    track = _track(request, slug, code)
    return delete_page(
        request,
        track,
        partial(services.delete_track, track=track),
        then=_curriculum(slug),
        back=_curriculum(slug),
        archive=reverse("programs:track_archive", args=[slug, code]),
        crumbs=[track.program],
        title=_("Delete track %(what)s?") % {"what": code},
        text=_("Only a track that nothing uses can be deleted. One that was used is archived instead."),
        submit=_("Delete the track"),
        done=_("Track deleted."),
    )


def _track(request, slug, code):
    rows = Track.objects.select_related("act", "program")
    return fetch(rows, request.user, "run", program__slug=slug, code=code)


def _curriculum(slug):
    return reverse("programs:program_curriculum", args=[slug])
