"""What somebody has sent and not yet confirmed, such as a file to import: for them alone, sealed, and for a few hours.

It stands in the cache table of the database: every server finds it, nothing of it is in the trail or in a backup for long, and
it goes by itself.
"""

import json
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from . import vault
from .models import User

KEPT_FOR = 4 * 3600  # seconds


@dataclass
class Draft:
    """`about` is what is known of it, as JSON carries it; `content` the file itself."""

    key: uuid.UUID
    about: dict[str, Any]
    content: bytes


def keep(user: User, draft: Draft) -> None:
    """Keep it, from now on for KEPT_FOR."""
    tidy_up()
    cache.set(_name(user, draft.key, "file"), vault.seal(zlib.compress(draft.content, 1)), KEPT_FOR)
    note(user, draft)


def note(user: User, draft: Draft) -> None:
    """Keep what is known of it, beside the file that is there already."""
    about = json.dumps(draft.about, separators=(",", ":")).encode()
    cache.set(_name(user, draft.key, "about"), vault.seal(zlib.compress(about, 1)), KEPT_FOR)


def find(user: User, key: uuid.UUID) -> Draft | None:
    """The draft of `user` with this key, if there is one still."""
    names = [_name(user, key, part) for part in ("about", "file")]
    kept = cache.get_many(names)
    opened = [vault.unseal(kept[name]) if name in kept else None for name in names]
    about, content = opened
    if about is None or content is None:
        return None
    return Draft(key, json.loads(zlib.decompress(about)), zlib.decompress(content))


def drop(user: User, key: uuid.UUID) -> None:
    cache.delete_many([_name(user, key, part) for part in ("about", "file")])


def tidy_up() -> None:
    """Take away what is out of date: the cache itself does so only when it is full."""
    now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM muster_cache WHERE cache_key LIKE %s AND expires < %s", ["%:draft:%", now])


def _name(user: User, key: uuid.UUID, part: str) -> str:
    return f"draft:{user.pk}:{key}:{part}"
