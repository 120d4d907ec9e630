"""Who must have a second factor, and whether this sign-in has shown one.

What makes somebody important enough is known on the floors above: they say so with `must_have`.
"""

from collections.abc import Callable

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from . import services
from .models import User

MAIN = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes only stand in for these

_important: list[Callable[[User], bool]] = []


def must_have(rule: Callable[[User], bool]) -> None:
    """Whoever `rule` is true of may do so much that a password is not enough."""
    if rule not in _important:
        _important.append(rule)


def is_important(user: User) -> bool:
    """Whether `user` administers Muster, or is important by a rule of the floors above. At most one query for each rule."""
    return user.is_superuser or any(rule(user) for rule in _important)


def has_one(user: User) -> bool:
    return Authenticator.objects.filter(user=user.pk, type__in=MAIN).exists()


def is_shown(request: HttpRequest) -> bool:
    """Whether this sign-in has shown a second factor that its account still has."""
    records = get_authentication_records(request, request.user)
    shown = [record["id"] for record in records if record["method"] == "mfa"]
    return bool(shown) and Authenticator.objects.filter(user=request.user.pk, pk__in=shown).exists()


def is_missing(request: HttpRequest) -> bool:
    """Whether somebody is signed in who must show a second factor, and has not."""
    return settings.SECOND_FACTOR_REQUIRED and not is_shown(request) and is_important(request.user)


# ---- what allauth says: noted in the trail, and known to this sign-in


def on_added(request, user, authenticator, **_kwargs):
    _shown_now(request, user, authenticator)
    services.note(user=user, account=user, kind=f"second_factor.add_{authenticator.type}")


def on_renewed(request, user, authenticator, **_kwargs):
    _shown_now(request, user, authenticator)
    services.note(user=user, account=user, kind=f"second_factor.renew_{authenticator.type}")


def on_removed(user, authenticator, **_kwargs):
    services.note(user=user, account=user, kind=f"second_factor.remove_{authenticator.type}")


def _shown_now(request, user, authenticator):
    """Whoever has set up a factor has just shown it."""
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
