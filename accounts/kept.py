"""What somebody typed is not lost where a form arrives after the sign-in has ended, or has grown old."""

from allauth.core.internal import ratelimit
from django.http import HttpRequest, QueryDict

KEPT = "kept_form"  # in the session, which is sealed
AT_MOST = 64_000  # characters: also somebody who never was signed in can make us keep them
LIMITS = {"keep": "10/m/ip,60/h/ip"}  # so not too often either


def fields_of(post: QueryDict, *, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Names and values of a form, to be carried along in another one."""
    left_out = {"csrfmiddlewaretoken", *without}
    return [(name, value) for name, values in post.lists() if name not in left_out for value in values]


def keep(request: HttpRequest, of: int | None) -> None:
    """Keep the form that just arrived until its address is opened again. `of` is whose it is, where that is known still."""
    text = request.POST.urlencode()
    secret = any("password" in name for name in request.POST)
    if len(text) > AT_MOST or secret or request.FILES:
        return
    if ratelimit.consume(request, app="accounts", action="keep", config=LIMITS):
        request.session[KEPT] = {"path": request.get_full_path(), "post": text, "of": of}


def take(request: HttpRequest) -> QueryDict | None:
    """The form that was kept for this address and is not known to be somebody else's; it is kept no longer."""
    kept = request.session.get(KEPT)
    if not kept or kept["path"] != request.get_full_path():
        return None
    del request.session[KEPT]
    return QueryDict(kept["post"]) if kept["of"] in {None, request.user.pk} else None
