"""What concerns only the person at the browser."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = {"", "light", "dark"}


@login_not_required
@require_POST
def theme(request):
    """Keep the colours that this browser asks for, and go back to where it was."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        response.set_cookie(
            "theme", wanted, max_age=365 * 24 * 3600, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response
