"""What happens at the door, for whoever watches the log: accounts by their number, addresses; never what somebody typed."""

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from .models import User

log = logging.getLogger("muster.door")


def on_signed_in(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    log.info("signed in: account %s from %s", user.pk, _address(request))


def on_signed_out(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    if user is not None:
        log.info("signed out: account %s from %s", user.pk, _address(request))


def on_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """The name is told by a sign that is always the same for it: some type their password there."""
    name = str(credentials.get("username", "")).upper()
    sign = salted_hmac("accounts.events", name, algorithm="sha256").hexdigest()[:12]
    log.warning("sign-in failed: name %s from %s", sign, _address(request) if request else "nowhere")


def refused(request: HttpRequest) -> None:
    """Somebody asked for what is not theirs to do."""
    where = request.resolver_match.view_name if request.resolver_match else ""
    log.warning("refused: account %s, %s %s from %s", request.user.pk, request.method, where, _address(request))


def _address(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request)) if "REMOTE_ADDR" in request.META else "nowhere"
