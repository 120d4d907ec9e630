"""What every answer owes: private pages are not kept by browsers, refusals of services become answers people can read."""

from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from .acts import Conflict


class PrivatePagesMiddleware:
    """No browser or proxy keeps a page of somebody who is signed in: Back after signing out shows nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
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
