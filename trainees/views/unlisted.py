"""People at a session who are not on its roster."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.pages import form_page
from programs.access import fetch

from .. import services
from ..forms.registers import ResolveForm, UnlistedForm
from ..models import Unlisted
from .sessions import SESSIONS


def session_unlisted(request, pk):
    """Note somebody who is here; the register's page has this form too."""
    session = fetch(SESSIONS, request.user, "record", pk=pk)
    back = reverse("trainees:session_register", args=[pk])
    form = UnlistedForm(request.POST or None)

    def save():
        services.add_unlisted(user=request.user, key=form.stamp()["key"], session=session, **form.words())
        return back

    page = {"title": _("Not on the roster"), "submit": _("Add"), "done": _("Noted. A coordinator finds out who it is.")}
    return form_page(request, form, save, back=back, crumbs=[session], place=_("Register"), **page)


def unlisted_resolve(request, pk):
    """Say who it was, or why it was nobody of ours."""
    rows = Unlisted.objects.select_related("session__cohort__program", "session__module", "act")
    unlisted = fetch(rows, request.user, "run", pk=pk)
    session = unlisted.session
    form = ResolveForm(request.POST or None, unlisted=unlisted)

    def save():
        services.resolve_unlisted(user=request.user, unlisted=unlisted, **form.stamp(), **form.words())
        return session

    with timezone.override(session.cohort.program.time_zone):
        return form_page(
            request,
            form,
            save,
            title=_("Who was “%(told)s”?") % {"told": unlisted.told},
            text=_(
                "Whoever you choose is marked present. A session for a part of the cohort is for them too from then on, "
                "if they were active in the cohort on that day."
            ),
            submit=_("Save"),
            back=session.get_absolute_url(),
            crumbs=[session],
            done=_("Saved."),
        )
