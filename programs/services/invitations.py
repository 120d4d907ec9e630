"""Asking people to join a program, and joining it."""

import uuid
from collections.abc import Callable
from typing import Any

from accounts.acts import Conflict, Key, add, change, must_be_new, perform
from accounts.models import Act, User
from programs.access import must_run

from ..models import Invitation, Program, Role
from ..models.invitations import hashed, lasting

Tell = Callable[[Invitation], None]  # sends the link: once, however often the same request arrives


def invite(*, user: User, key: Key, program: Program, token: str, tell: Tell, **fields: Any) -> Invitation:
    """Ask somebody to join `program` by a link with `token`. `fields`: kind, nation, display_name, email."""
    fresh: list[Invitation] = []

    def do(act: Act) -> None:
        must_run(user, program)
        invitation = Invitation(program=program, invited_by=user, token_hash=hashed(token), **fields)
        invitation.expires_at = act.at + lasting()
        fresh.append(add(invitation, act))

    body = [program, token, fields]
    act = perform(user=user, key=key, kind="invitation.create", body=body, do=do, scope=program.pk)
    for invitation in fresh:
        tell(invitation)
    return act.made(Invitation)


def renew_invitation(*, user: User, key: Key, invitation: Invitation, seen: Key, token: str, tell: Tell) -> Invitation:
    """Send a link anew: it is `user` who invites now, and the link before is dead."""
    fresh: list[Invitation] = []

    def do(act: Act) -> None:
        must_run(user, invitation.program_id)
        invitation.invited_by, invitation.token_hash = user, hashed(token)
        invitation.expires_at = act.at + lasting()
        fresh.append(change(invitation, act, seen=seen))
        invitation.save(update_fields=["token_hash"])

    body, scope = [invitation.pk, token], invitation.program_id
    perform(user=user, key=key, kind="invitation.renew", body=body, do=do, scope=scope)
    for renewed in fresh:
        tell(renewed)
    return invitation


def withdraw_invitation(*, user: User, key: Key, invitation: Invitation, seen: Key) -> Invitation:
    """Nobody can accept it any more."""

    def do(act: Act) -> None:
        must_run(user, invitation.program_id)
        invitation.withdrawn_at = act.at
        change(invitation, act, seen=seen)

    scope = invitation.program_id
    perform(user=user, key=key, kind="invitation.withdraw", body=invitation.pk, do=do, scope=scope)
    return invitation


def accept_invitation(*, user: User, key: Key, invitation: Invitation) -> Role:
    """Join as `user`. Conflict where the invitation is not, or no longer, valid; a role one has already stays as it is."""

    def do(act: Act) -> None:
        if not Invitation.objects.valid().filter(pk=invitation.pk).exists():
            raise Conflict
        seen = invitation.seen
        invitation.accepted_at, invitation.accepted_by = act.at, user
        change(invitation, act, seen=seen)
        add(invitation.role_for(user), act)

    scope = invitation.program_id
    act = perform(user=user, key=key, kind="invitation.accept", body=invitation.pk, do=do, scope=scope)
    return act.made(Role)


def accept_as_new(*, key: Key, invitation: Invitation, username: str, password: str) -> User:
    """Make an account, and join with it, in one transaction: it is made on behalf of who invited; it then accepts for itself."""
    account = User(username=User.normalize_username(username))
    account.display_name, account.email = invitation.display_name, invitation.email
    account.set_password(password)  # slow on purpose, so not while others wait to write

    def do(act: Act) -> None:
        must_be_new(account, "username")
        add(account, act)
        accept_invitation(user=account, key=uuid.uuid5(act.key, "accept"), invitation=invitation)

    body, scope = [invitation.pk, account.username], invitation.program_id
    kind = "invitation.account"
    return perform(user=invitation.invited_by, key=key, kind=kind, body=body, do=do, scope=scope).made(User)
