"""Asking once more who it is, before what a borrowed tablet must not be able to do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters

from .htmx import is_fragment
from .kept import fields_of
from .signins import is_fresh
from .wire import wants_json

PASSWORD = "confirm-password"  # the name of a field  # noqa: S105
View = Callable[..., HttpResponseBase]


def reauthenticated(view: View) -> View:
    """Let only those into `view` who signed in, or showed password or second factor, within the last minutes.

    A page is asked for again after that. A form that arrives too late is not lost: the question carries it along, and once the
    password is right it arrives. Views that answer scripts or htmx should not need this; they are told where to ask.
    """

    @sensitive_post_parameters(PASSWORD)
    @wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh(request) or not request.user.is_authenticated:  # who is not signed in at all is asked elsewhere
            return view(request, *args, **kwargs)
        if wants_json(request):
            return JsonResponse({"reauthenticate": _where(request)}, status=403)
        if is_fragment(request):
            return HttpResponse(status=204, headers={"HX-Redirect": _where(request)})
        if request.method != "POST":
            return redirect(_where(request))
        sent = {"password": request.POST[PASSWORD]} if PASSWORD in request.POST else None
        form = ReauthenticateForm(sent, user=request.user)
        if form.is_valid():
            reauthenticate_by_password(request)
            request.POST = request.POST.copy()
            del request.POST[PASSWORD]
            return view(request, *args, **kwargs)
        context = {"form": form, "fields": fields_of(request.POST, without=(PASSWORD,)), "name": PASSWORD}
        return render(request, "account/confirm.html", context, status=403)

    return ask


def reauthenticated_writing(view: View) -> View:
    """The same for a view that shows a form and takes it, where looking is free."""
    asked = reauthenticated(view)

    @wraps(view)
    def choose(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (asked if request.method == "POST" else view)(request, *args, **kwargs)

    return choose


def _where(request: HttpRequest) -> str:
    """The page that asks, and comes back."""
    return f"{get_adapter().get_reauthentication_methods(request.user)[0]['url']}?{urlencode({'next': request.get_full_path()})}"
