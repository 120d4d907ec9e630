"""Browsers in which an account was signed in before: whoever hammers that account from elsewhere does not shut them out.

The cookie opens nothing. It only says that failed tries from here are counted apart from everybody else's.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

KEPT_FOR = 90 * 24 * 3600  # seconds
AT_MOST = 20  # accounts in one browser: tablets are shared
SALT = "accounts.devices"


def known(request: HttpRequest, account: str) -> str:
    """What this browser is called as one that `account` was signed in with; empty if it never was."""
    return _kept(request).get(_named(account), "")


def remember(request: HttpRequest, response: HttpResponse, account: str) -> None:
    kept = _kept(request)
    name = kept.pop(_named(account), None) or secrets.token_urlsafe(9)
    kept = dict([*kept.items(), (_named(account), name)][-AT_MOST:])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(kept, salt=SALT),
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _kept(request: HttpRequest) -> dict[str, str]:
    try:
        return signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return {}


def _named(account: str) -> str:
    return salted_hmac(SALT, account, algorithm="sha256").hexdigest()[:16]
