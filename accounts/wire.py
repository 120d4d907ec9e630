"""How pages and the script in the browser talk: JSON where it is asked for, and which pages a browser may keep."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

USER_HEADER = "X-Muster-User"  # whose page it is: the service worker forgets the pages of anybody else
KEEP_HEADER = "X-Muster-Keep"  # the service worker may keep this page for a time without network


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which reads JSON, rather than somebody who reads pages."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def kept_offline(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the service worker keep the page of `view`: a sheet that is marked without network, with codes and call signs only."""

    @wraps(view)
    def keep(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200 and _is_page(response):
            response[KEEP_HEADER] = "yes"
        return response

    return keep


def _is_page(response: HttpResponseBase) -> bool:
    """Not a file made of it."""
    return str(response.get("Content-Type", "")).startswith("text/html")
