"""What the database keeps and must not be able to tell: secrets of second factors, and what a sign-in carries."""

import base64
import hashlib
import json
import logging
from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

logger = logging.getLogger(__name__)


def _keys() -> Iterator[Fernet]:
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"muster.vault:" + secret.encode()).digest()))


def encrypt(text: str) -> str:
    """`text` as only SECRET_KEY opens it."""
    return MultiFernet(list(_keys())).encrypt(text.encode()).decode()


def decrypt(text: str) -> str | None:
    """What was encrypted with SECRET_KEY or one of its fallbacks; None where none of them fits."""
    try:
        return MultiFernet(list(_keys())).decrypt(text.encode()).decode()
    except InvalidToken:
        logger.error("A secret in the database cannot be opened with SECRET_KEY or SECRET_KEY_FALLBACKS.")
        return None


def seal(content: bytes) -> bytes:
    """A file as only SECRET_KEY opens it."""
    return MultiFernet(list(_keys())).encrypt(content)


def unseal(sealed: bytes) -> bytes | None:
    """What `seal` sealed; None where no key fits."""
    try:
        return MultiFernet(list(_keys())).decrypt(sealed)
    except InvalidToken:
        return None


def renew(text: str) -> str:
    """`text` sealed with SECRET_KEY: as it is where that has sealed it, or where none of the keys opens it."""
    newest = next(_keys())
    if not text.startswith("gAAAA"):  # how every sealed text begins: this one was kept in the open
        return encrypt(text)
    try:
        newest.decrypt(text.encode())
    except InvalidToken:
        opened = decrypt(text)
        return text if opened is None else encrypt(opened)
    return text


class SessionSerializer:
    """How sessions are written: they hold the secret of a second factor that is being set up, and forms that came too late."""

    def dumps(self, session: dict[str, Any]) -> bytes:
        return encrypt(json.dumps(session, separators=(",", ":"))).encode()

    def loads(self, kept: bytes) -> dict[str, Any]:
        return json.loads(decrypt(kept.decode()) or "{}")
