"""What every answer owes: nobody signs in inside a page, browsers keep no private pages, refusals can be read by people."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from .acts import Conflict
from .wire import USER_HEADER, wants_json

METHODS = ("GET", "HEAD", "POST")


class MethodsMiddleware:
    """Pages are read and forms are sent: nothing here answers any other method."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)


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
        if not request.htmx:
            return response
        return HttpResponse(status=204, headers={"HX-Redirect": redirect_to_login(_page_of(request)).url})


def _page_of(request) -> str:
    """Path and query of the page that the person is on, when it is one of ours."""
    try:
        page = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return "/"
    ours = (page.scheme, page.netloc) == (request.scheme, request.get_host())
    here = page._replace(scheme="", netloc="", fragment="").geturl()
    return here if ours and url_has_allowed_host_and_scheme(here, allowed_hosts=None) else "/"


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
    """A conflict that a view did not handle itself is answered 409, with what stands there now."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, Conflict):
            return render(request, "409.html", {"conflict": exception}, status=409)
        return None
