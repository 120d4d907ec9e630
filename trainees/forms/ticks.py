"""Trainees ticked in a table: `t=id:key`, the key being the version of the entry that the page showed as their last."""

from collections.abc import Iterable, Mapping

from accounts.addresses import as_pk


def ticked(values: Iterable[str]) -> dict[int, str]:
    """The key by trainee's id; what is no such pair is left out."""
    parts = (value.partition(":") for value in values)
    return {pk: key for text, colon, key in parts if colon and (pk := as_pk(text)) is not None}


def ticks(versions: Mapping[int, str]) -> str:
    """The same as one word for a hidden field; `ticked(word.split())` reads it."""
    return " ".join(f"{pk}:{key}" for pk, key in versions.items())
