"""Every write about those who sign in. The admin and allauth come through here; only administrators change others."""

import uuid
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from . import vault
from .acts import Key, add, change, perform
from .models import Act, User

if TYPE_CHECKING:
    from django.db.models import QuerySet


def create_user(*, user: User, key: Key, password: str | None = None, **fields: Any) -> User:
    """Somebody who signs in; without a password they cannot until one is set. `fields`: username, display_name, is_staff, ..."""

    def do(act: Act) -> None:
        _must_administer(user)
        account = User(**fields)
        _give(account, password or None)
        add(account, act)

    return perform(user=user, key=key, kind="user.create", body=fields, do=do).made(User)


def update_user(*, user: User, key: Key, account: User, seen: Key, **fields: Any) -> User:
    """Change what is known of somebody, and whether they may sign in. What they did, and their roles, stay."""

    def do(act: Act) -> None:
        _must_administer(user)
        for name, value in fields.items():
            setattr(account, name, value)
        if account == user and not (account.is_active and account.is_superuser):
            raise ValidationError(_("You cannot shut yourself out. Ask another administrator."))
        change(account, act, seen=seen)
        if not account.is_active:
            _end(UserSession.objects.filter(user=account.pk))  # none of them wakes up when the account does

    perform(user=user, key=key, kind="user.change", body=[account.pk, fields], do=do)
    return account


def set_password(*, user: User, key: Key, account: User, password: str | None) -> User:
    """Set one's own password, or as an administrator somebody's; None takes it away. Its value is in no trail.

    Every sign-in of that account ends; where it is one's own, the view goes on with a new one. Whoever tried codes of the second
    factor with the old password tried them in vain.
    """

    def do(act: Act) -> None:
        if account != user:
            _must_administer(user)
        seen = account.seen
        _give(account, password)
        change(account, act, seen=seen)
        account.save(update_fields=["password"])
        _end(UserSession.objects.filter(user=account.pk))

    perform(user=user, key=key, kind="password.change", body=account.pk, do=do)
    wrong_codes = {"app": "allauth.account", "action": "login_failed", "key": f"mfa-auth-user-{account.pk}"}
    if request := context.request:  # there is none at the command line
        ratelimit.clear(request, **wrong_codes)
    return account


def remove_second_factor(*, user: User, key: Key, account: User, seen: Key) -> User:
    """Let somebody who lost their second factor sign in without it, until they set up another. Every sign-in of theirs ends."""

    def do(act: Act) -> None:
        _must_administer(user)
        change(account, act, seen=seen)
        Authenticator.objects.filter(user=account).delete()
        _end(UserSession.objects.filter(user=account.pk))

    perform(user=user, key=key, kind="user.remove_second_factor", body=account.pk, do=do)
    return account


def end_signin(*, user: User, key: Key, signin: UserSession) -> None:
    """Sign somebody out where they are signed in: oneself, or anybody as an administrator."""
    _end_signins(user, key, signin.user, UserSession.objects.filter(pk=signin.pk), "signin.end")


def end_signins(*, user: User, key: Key, account: User, but: str = "") -> None:
    """Sign somebody out wherever they are signed in: oneself, or anybody as an administrator. `but` is a session to spare."""
    signins = UserSession.objects.filter(user=account.pk).exclude(session_key=but)
    _end_signins(user, key, account, signins, "signin.end_all")


def _end_signins(user: User, key: Key, account: Any, signins: "QuerySet[UserSession]", kind: str) -> None:
    def do(act: Act) -> None:
        if account != user:
            _must_administer(user)
        _touch(account, act)
        _end(signins)

    perform(user=user, key=key, kind=kind, body=account.pk, do=do)


def _end(signins: "QuerySet[UserSession]") -> None:
    Session.objects.filter(session_key__in=signins.values("session_key")).delete()
    signins.delete()


def note(*, user: User, account: User, kind: str) -> None:
    """Put into the trail what was done to an account outside our tables: who, when and what, never a secret."""
    perform(user=user, key=uuid.uuid4(), kind=kind, body=account.pk, do=lambda act: _touch(account, act))


def _touch(account: Any, act: Act) -> None:
    """Make `act` the version of the account's row: so the trail knows whose account it was about."""
    row = User.objects.select_for_update(of=("self",)).select_related("act").get(pk=account.pk)
    change(row, act, seen=row.seen)


def tidy_up() -> None:
    """Forget where people were signed in once, and seal secrets anew that a former SECRET_KEY, or none, has sealed."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    for factor in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN):
        renewed = {name: vault.renew(factor.data[name]) for name in ("secret", "seed") if name in factor.data}
        if renewed != {name: factor.data[name] for name in renewed}:
            Authenticator.objects.filter(pk=factor.pk).update(data=factor.data | renewed)


def _give(account: User, password: str | None) -> None:
    """ValidationError where the password is too easy to guess."""
    if password is not None:
        validate_password(password, account)
    account.set_password(password)


def _must_administer(user: User) -> None:
    if not (user.is_active and user.is_superuser):
        raise PermissionDenied
