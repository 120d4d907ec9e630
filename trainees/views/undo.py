"""The one button that takes back what was done to many at once."""

from django.contrib import messages
from django.http import Http404
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import Act
from accounts.pages import act_page
from programs.access import fetch
from programs.models import Program

from .. import services
from ..selectors.imports import IMPORT
from ..selectors.remedial import REMEDIAL


@require_POST
def act_undo(request, key):
    """Undo an act, from any device; `next` is where one goes on. What somebody changed since stays, and is named."""
    act = Act.objects.filter(key=key, kind__in=services.UNDOABLE).first()
    if act is None:
        raise Http404
    fetch(Program.objects, request.user, "record", pk=act.scope)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"

    def save(form):
        undone = services.undo(user=request.user, key=form.stamp()["key"], act=act)
        words = ngettext("Undone for %(n)s trainee.", "Undone for %(n)s trainees.", undone.rows)
        if act.kind == REMEDIAL:
            words = ngettext("Taken back: %(n)s session.", "Taken back: %(n)s sessions.", undone.rows)
        elif act.kind.startswith(IMPORT):
            words = ngettext("Taken back: %(n)s row.", "Taken back: %(n)s rows.", undone.rows)
        messages.success(request, words % {"n": undone.rows} if undone.rows else _("Undone."))
        if undone.kept:
            words = _("Changed since, so left as it is: %(who)s.")
            messages.warning(request, words % {"who": get_text_list(undone.kept, _("and"))})

    return act_page(request, save, back=back)
