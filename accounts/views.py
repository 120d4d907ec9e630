"""What concerns only the person at the browser."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as csrf_failure_page
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from . import second_factor, services
from .htmx import is_fragment
from .kept import fields_of
from .pages import act_page
from .signins import signins_of
from .wire import wants_json

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
            settings.THEME_COOKIE_NAME,
            wanted,
            max_age=365 * 24 * 3600,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    return response


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What somebody keeps in order about their own signing in: password, second factor, where they are signed in."""
    factors = Authenticator.objects.filter(user=request.user.pk).order_by("-type", "pk")
    context = {
        "factors": factors,
        "has_factor": any(factor.type in second_factor.MAIN for factor in factors),
        "must": settings.SECOND_FACTOR_REQUIRED and second_factor.is_important(request.user),
        "signins": signins_of(request.user, request.session.session_key),
    }
    return render(request, "account/account.html", context)


@require_POST
def signin_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own, not this one: that is what signing out is for."""
    others = UserSession.objects.exclude(session_key=request.session.session_key)
    signin = get_object_or_404(others.select_related("user"), user=request.user.pk, pk=pk)

    def save(form):
        services.end_signin(user=request.user, key=form.cleaned_data["key"], signin=signin)

    return act_page(request, save, back=reverse("accounts:account"), done=_("Signed out there."))


@require_POST
def signins_end(request: HttpRequest) -> HttpResponse:
    this = request.session.session_key

    def save(form):
        services.end_signins(user=request.user, key=form.cleaned_data["key"], account=request.user, but=this)

    return act_page(request, save, back=reverse("accounts:account"), done=_("Signed out everywhere else."))


@require_safe
def whoami(request: HttpRequest) -> JsonResponse:
    """Who is signed in, and a token that is good for as long as it is they: it is useless once somebody else signs in."""
    return JsonResponse({"user": str(request.user.pk), "name": str(request.user), "token": get_token(request)})


@login_not_required
@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it may serve every page. What it does is a static file."""
    context = {
        "kept_for": settings.SESSION_COOKIE_AGE,  # a sheet is kept no longer than somebody stays signed in
        "slow_after": settings.KEPT_SHEET_AFTER,
    }
    return render(request, "worker.js", context, content_type="text/javascript; charset=utf-8")


@login_not_required
@cache_control(public=True, max_age=0)
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What stands in for a page that cannot be had without network. It says nothing about anybody."""
    return render(request, "offline.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form with a token that is missing or too old; a script that asked for JSON may fetch a fresh one.

    What was typed into a page of ours before somebody signed in again, in another tab, can be sent once more: the browser
    itself says by `Origin` that the form is none of another site's.
    """
    if wants_json(request):
        return JsonResponse({"csrf": True}, status=403)
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if ours and request.user.is_authenticated and not is_fragment(request):
        return render(request, "account/kept.html", {"fields": fields_of(request.POST), "old": True}, status=403)
    return csrf_failure_page(request, reason=reason)
