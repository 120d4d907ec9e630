"""A page or its fragment: the one place that decides."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page only: not for a boosted link, nor when it restores its history."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def page_or_partial(
    request: HttpRequest, template: str, partial: str, context: dict, status: int = 200
) -> HttpResponse:
    """Render `template`, or only its named `partial` when htmx asks for it."""
    name = f"{template}#{partial}" if is_fragment(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])  # a cache must not answer one with the other
    return response
