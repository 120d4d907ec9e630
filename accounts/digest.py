"""What a write asked for, in one line that can be compared but not guessed."""

import hashlib
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise


def digest(kind: str, body: Any, reason: str) -> str:
    """Equal for equal wishes, on any day and in any process.

    Keyed with the installation's secret: a body may hold a name, and nobody erases an act.
    """
    plain = json.dumps(_plain([kind, body, reason]), sort_keys=True)
    return salted_hmac("muster.act", plain, algorithm="sha256").hexdigest()


def _plain(value: Any) -> Any:
    """`value` in the terms of JSON. TypeError for what has no lasting text: a repeated request would look like another one."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case MultiValueDict():
            return _plain(dict(value.lists()))
        case dict():
            return {str(_plain(name)): _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset() | models.QuerySet():
            return sorted((_plain(item) for item in value), key=str)
        case models.Model():
            return [value._meta.label_lower, _plain(value.pk)]
        case Decimal():
            return format(value.normalize(), "f")  # 70, 70.0 and 70.00 are one score
        case datetime() | date() | time() | timedelta() | UUID() | Promise():
            return str(value)
        case bytes():
            return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} cannot be part of what an act is about")
