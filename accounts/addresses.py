"""What people, and machines, may write into an address."""

import re
import uuid

_PK = re.compile(r"[0-9]{1,18}")  # more digits than any database holds are no id; neither are digits of other scripts


def as_pk(text: object) -> int | None:
    """The id that `text` is, if it can be one."""
    return int(str(text)) if _PK.fullmatch(str(text)) else None


def as_text(text: str) -> str:
    """`text` without the one character that no database keeps."""
    return text.replace("\x00", "")


def as_key(text: object) -> uuid.UUID | None:
    """The key of an act that `text` is, if it can be one."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
