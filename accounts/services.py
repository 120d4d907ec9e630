"""Every write about those who sign in. The admin and allauth come through here; only administrators change others."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from .acts import Key, add, change, perform
from .models import Act, User


def create_user(*, user: User, key: Key, password: str | None = None, **fields: Any) -> User:
    """Somebody who signs in; without a password they cannot until one is set. `fields`: username, display_name, is_staff, ..."""

    def do(act: Act) -> None:
        _must_administer(user)
        account = User(**fields)
        account.set_password(password or None)
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

    perform(user=user, key=key, kind="user.change", body=[account.pk, fields], do=do)
    return account


def set_password(*, user: User, key: Key, account: User, password: str | None) -> User:
    """Set one's own password, or as an administrator somebody's; None takes it away. Its value is in no trail."""

    def do(act: Act) -> None:
        if account != user:
            _must_administer(user)
        seen = account.seen
        account.set_password(password)
        change(account, act, seen=seen)
        account.save(update_fields=["password"])

    perform(user=user, key=key, kind="password.change", body=account.pk, do=do)
    return account


def remove_second_factor(*, user: User, key: Key, account: User, seen: Key) -> User:
    """Let somebody who lost their second factor sign in without it, until they set up another."""

    def do(act: Act) -> None:
        _must_administer(user)
        change(account, act, seen=seen)
        Authenticator.objects.filter(user=account).delete()

    perform(user=user, key=key, kind="user.remove_second_factor", body=account.pk, do=do)
    return account


def _must_administer(user: User) -> None:
    if not (user.is_active and user.is_superuser):
        raise PermissionDenied
