"""Where somebody is signed in, since when, and how long that lasts."""

import re
import time
from datetime import datetime
from typing import NamedTuple

from allauth.account.internal.flows.login import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import User
from .second_factor import is_important

SINCE, SEEN = "signed_in_at", "seen_at"  # in the session, seconds


def on_signed_in(request: HttpRequest, **_kwargs) -> None:
    """From now on the limits count. Every way of signing in comes here."""
    request.session[SINCE] = request.session[SEEN] = time.time()


def on_let_in(request: HttpRequest, user: User, **_kwargs) -> None:
    """Through the door, with all that it asks for: this browser may go on where others are throttled."""
    request.signed_in_to = user.username.upper()  # type: ignore[attr-defined]  # for SignInLimitsMiddleware


def on_signed_out(request: HttpRequest, **_kwargs) -> None:
    UserSession.objects.filter(session_key=request.session.session_key).delete()


def is_over(request: HttpRequest) -> bool:
    """Whether this sign-in has lasted too long, or nothing was heard from it for too long. Fails closed."""
    now, session = time.time(), request.session
    idle = now - session.get(SEEN, 0)
    if now - session.get(SINCE, 0) >= settings.SESSION_COOKIE_AGE or idle >= settings.SESSION_IDLE:
        return True
    return idle >= settings.SESSION_IDLE_IMPORTANT and is_important(request.user)


def note_seen(request: HttpRequest) -> None:
    """Note that somebody is there: now and then, not with every request."""
    if time.time() - request.session[SEEN] >= settings.SESSION_NOTED_EVERY:
        request.session[SEEN] = time.time()
        UserSession.objects.create_from_request(request)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has shown lately that it is they: by signing in, or by password or second factor since."""
    shown = [record["at"] for record in get_authentication_records(request, request.user)]
    return time.time() - max([request.session.get(SINCE, 0), *shown]) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


# ---- told to people


class SignIn(NamedTuple):
    pk: int
    browser: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool


def signins_of(user: User, this: str) -> list[SignIn]:
    """Where `user` is signed in, the newest first; `this` is the session that asks."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = UserSession.objects.filter(user=user.pk, session_key__in=alive).order_by("-last_seen_at", "-pk")
    return [
        SignIn(
            row.pk, _browser(row.user_agent), _part(row.ip), row.created_at, row.last_seen_at, row.session_key == this
        )
        for row in rows
    ]


_BROWSERS = ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def _browser(agent: str) -> str:
    """What a browser says of itself, in words: most claim to be others as well, so the order counts."""
    browser = next((name for sign, name in _BROWSERS if f"{sign}/" in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


def _part(address: str) -> str:
    """Enough of an address to know it again."""
    return re.sub(r"([.:])[^.:]*[.:][^.:]*$", r"\1…", address)
