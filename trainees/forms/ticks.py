"""Trainees ticked in a table: `t=id:key`, the key being the version of the entry that the page showed as their last."""

import re
from collections.abc import Iterable, Mapping

_TICK = re.compile(r"([0-9]{1,18}):(.*)")


def ticked(values: Iterable[str]) -> dict[int, str]:
    """The key by trainee's id; what is no such pair is left out."""
    found = (_TICK.fullmatch(value) for value in values)
    return {int(one[1]): one[2] for one in found if one}


def ticks(versions: Mapping[int, str]) -> str:
    """The same as one word for a hidden field; `ticked(word.split())` reads it."""
    return " ".join(f"{pk}:{key}" for pk, key in versions.items())
