"""What every answer owes: nobody is signed in for too long or with too little, nobody signs in inside a page, browsers keep
no private pages, refusals can be read by people."""

from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from . import devices, events, kept, second_factor, signins
from .acts import Conflict
from .wire import USER_HEADER, wants_json

METHODS = ("GET", "HEAD", "POST")


class MethodsMiddleware:
    """Pages are read and forms are sent: nothing here answers any other method."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)


class HeadersMiddleware:
    """What Django's and the policy's middleware leave out: no page of ours uses a camera, a place or payments."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class SignInLimitsMiddleware:
    """A sign-in ends after a time, and sooner when nothing is heard of it; where somebody has just signed in is remembered."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.was = None  # whose sign-in has just ended
        if request.user.is_authenticated:
            if signins.is_over(request):
                request.was = request.user.pk
                logout(request)
            else:
                signins.note_seen(request)
        response = self.get_response(request)
        if account := getattr(request, "signed_in_to", None):
            devices.remember(request, response, account)
        return response


class SignInAgainMiddleware:
    """Where a session has ended, htmx leaves the page for the sign-in page and comes back; it must not put one into the other.

    A script that asked for JSON stays where it is, learns that nobody is signed in (401), and gets the token to sign in with.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        to = urlsplit(response.get("Location", "")).path
        if to != resolve_url(settings.LOGIN_URL):
            return response
        if wants_json(request):
            answer = JsonResponse({"signin": resolve_url(settings.LOGIN_URL), "token": get_token(request)}, status=401)
            add_never_cache_headers(answer)
            return answer
        late = request.method == "POST" and not request.path.startswith(reverse("accounts:account"))
        if late:
            kept.keep(request, request.was)
        if not request.htmx:
            return response
        back = request.get_full_path() if late else _page_of(request)
        return HttpResponse(status=204, headers={"HX-Redirect": redirect_to_login(back).url})


def _page_of(request) -> str:
    """Path and query of the page that the person is on, when it is one of ours."""
    try:
        page = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return "/"
    ours = (page.scheme, page.netloc) == (request.scheme, request.get_host())
    here = page._replace(scheme="", netloc="", fragment="").geturl()
    return here if ours and url_has_allowed_host_and_scheme(here, allowed_hosts=None) else "/"


class KeptFormMiddleware:
    """A form that came after the sign-in had ended is shown again once its address is opened by whoever signed in since."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method != "GET" or request.user.is_anonymous or request.htmx or wants_json(request):
            return None
        post = kept.take(request)
        return None if post is None else render(request, "account/kept.html", {"fields": kept.fields_of(post)})


class SecondFactorMiddleware:
    """Whoever must have a second factor shows it, or sets one up, before anything else."""

    anywhere = {"account_logout", "accounts:theme", "worker", "offline"}
    showing = {"account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
    setting_up = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn"}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        where = request.resolver_match.view_name
        if not request.user.is_authenticated or where in self.anywhere or not second_factor.is_missing(request):
            return None
        if not second_factor.has_one(request.user):
            if where in self.showing | self.setting_up:
                return None
            to = reverse("mfa_index")
        else:
            if where in self.showing:
                return None
            methods = get_adapter().get_reauthentication_methods(request.user)
            page = request.get_full_path() if request.method == "GET" and not request.htmx else "/"
            to = next(one["url"] for one in methods if one["id"].startswith("mfa")) + "?" + urlencode({"next": page})
        if wants_json(request):
            return JsonResponse({"signin": to, "token": get_token(request)}, status=401)
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": to})
        return redirect(to)


class PrivatePagesMiddleware:
    """No browser or proxy keeps a page of somebody who is signed in: Back after signing out shows nothing.

    Our own service worker keeps the pages of `wire.kept_offline`; it is told whose each page is.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
            response[USER_HEADER] = request.user.pk
        return response


class RefusalMiddleware:
    """A conflict that a view did not handle itself is answered 409, with what stands there now; who is refused is noted."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, Conflict):
            return render(request, "409.html", {"conflict": exception}, status=409)
        if isinstance(exception, PermissionDenied):
            events.refused(request)
        return None
