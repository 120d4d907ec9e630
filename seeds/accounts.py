"""The demonstration's accounts and their one password."""

import contextlib
import os
import secrets

from django.conf import settings
from django.contrib.auth.hashers import check_password

from accounts.models import User

NAMES = ("administrator", "coordinator", "instructor", "liaison")
WORDS = (
    "amber birch cedar cliff cloud coast delta field fjord frost grove heath island lake maple marsh meadow mist moss pine "
    "rain ridge river rock shore slope snow spruce stone storm tide valley willow wind"
).split()


def password() -> str:
    """From MUSTER_DEMO_PASSWORD, else made at random once and kept in var/, outside the repository."""
    kept = settings.VAR_DIR / "demo-password"
    if given := os.environ.get("MUSTER_DEMO_PASSWORD"):
        return given
    settings.VAR_DIR.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        kept.touch(0o600, exist_ok=False)
        kept.write_text("-".join(secrets.choice(WORDS) for _ in range(5)))
    return kept.read_text()


def demo_users() -> dict[str, User]:
    """The accounts by name, made where they are missing."""
    users = {user.username: user for user in User.objects.filter(username__in=NAMES)}
    for name in NAMES:
        if name not in users:
            rights = {"is_superuser": True, "is_staff": True} if name == "administrator" else {}
            rights |= {"is_staff": True} if name == "coordinator" else {}
            make = User.objects.create_user
            users[name] = make(name, f"{name}@example.org", password(), display_name=name, **rights)
    return users


def told() -> str:
    """Who signs in with the demonstration's password, and who does not."""
    word = password()
    hashes = dict(User.objects.filter(username__in=NAMES, is_active=True).values_list("username", "password"))
    able = [name for name in NAMES if name in hashes and check_password(word, hashes[name])]
    others = ", ".join(name for name in NAMES if name not in able)
    lines = [f"  Sign in as {', '.join(able)}; password {word}\n"] if able else []
    lines += (
        [f"  Not with the demonstration's password: {others} (changed, deactivated or not there)\n"] if others else []
    )
    return "".join(lines)
