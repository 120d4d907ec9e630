"""Every write is an act: one intent, one transaction, one key, done exactly once (docs/developers.md)."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from . import trail
from .models import Act, User, Versioned

Row = TypeVar("Row", bound=models.Model)
VersionedRow = TypeVar("VersionedRow", bound=Versioned)

_backdated: ContextVar[datetime | None] = ContextVar("backdated", default=None)


class Conflict(Exception):
    """Somebody else wrote this row first, or the key was used for something else. Nothing was written.

    `current` is the row as it stands now, where one is known.
    """

    def __init__(self, message: str = "", current: models.Model | None = None):
        super().__init__(message or _("Somebody else changed this in the meantime. Nothing of yours was saved yet."))
        self.current = current


def perform(
    *,
    user: User | None,
    key: uuid.UUID | str,
    kind: str,
    body: Any,
    do: Callable[[Act], object],
    reason: str = "",
    scope: int | None = None,
    undoes: Act | None = None,
) -> Act:
    """Do something once, in one transaction, on behalf of `user`; give back its act.

    `key` was made by the page that offers the write. The same key with the same `kind`, `body` and `reason` by the same user
    changes nothing and gives the same act again; anything else under that key is a `Conflict`. `do` writes, and may refuse by
    raising: then nothing is written and the key stays free. `scope` is the id of the program concerned.
    """
    act = Act(
        key=uuid.UUID(str(key)),
        user=user,
        kind=kind,
        reason=reason,
        scope=scope,
        undoes=undoes,
        digest=_digest(kind, body, reason),
        at=_backdated.get() or timezone.now(),
    )
    try:
        with transaction.atomic():
            act.save(force_insert=True)
            with trail.acting(act):
                do(act)
    except IntegrityError as error:
        return _repeated(act, error)
    return act


def _repeated(act: Act, error: IntegrityError) -> Act:
    """The act that already has this key, when it is the same one; otherwise why the database refused."""
    first = Act.objects.filter(key=act.key).first()
    if first is None:
        if rule := trail.broken_rule(error):
            raise ValidationError(rule.message) from error
        raise Conflict from error
    if (first.user_id, first.digest) != (act.user_id, act.digest):
        raise Conflict(_("This form was already sent with other content. Load the page again.")) from error
    return first


def _digest(kind: str, body: Any, reason: str) -> str:
    """What was asked for, so that it can be compared but not guessed: a body may hold a name, and nobody erases an act."""
    plain = json.dumps([kind, body, reason], sort_keys=True, default=_plain)
    return salted_hmac("muster.act", plain, algorithm="sha256").hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, set | frozenset | models.QuerySet):
        return sorted(str(_plain(item)) for item in value)
    return str(value)


@contextmanager
def backdated(at: datetime) -> Iterator[None]:
    """Acts inside happened at `at`. Only the seed may: its example has to have been recorded in August 2023."""
    token = _backdated.set(at)
    try:
        yield
    finally:
        _backdated.reset(token)


# ---- writing one row within an act: checked in words first, then held by the database


def add(row: Row, act: Act) -> Row:
    """Insert `row`. ValidationError where a rule of the table refuses it."""
    if isinstance(row, Versioned) or hasattr(row, "act_id"):
        row.act = act
    check(row)
    row.save(force_insert=True)
    return row


def change(row: VersionedRow, act: Act, *, seen: uuid.UUID | str) -> VersionedRow:
    """Write `row`, with the values it has now, if its version is still `seen`; Conflict otherwise.

    One UPDATE decides, by the version in its WHERE: nothing can come between looking and writing.
    """
    row.act = act
    check(row)
    values = {f.attname: f.pre_save(row, False) for f in row._meta.concrete_fields if not f.primary_key}
    if not _still(row, seen).update(**values):
        raise Conflict(current=type(row)._default_manager.filter(pk=row.pk).first())
    return row


def remove(row: Versioned, *, seen: uuid.UUID | str) -> None:
    """Delete `row` if its version is still `seen`. What others hang on cannot be deleted: ValidationError names what hangs."""
    try:
        deleted, _rows = _still(row, seen).delete()
    except ProtectedError as error:
        raise ValidationError(hanging(error)) from error
    if not deleted:
        raise Conflict(current=type(row)._default_manager.filter(pk=row.pk).first())


def hanging(error: ProtectedError) -> str:
    """What keeps a row from being deleted, in words."""
    counts: dict[Any, int] = {}
    for other in error.protected_objects:
        counts[other._meta] = counts.get(other._meta, 0) + 1
    things = [f"{n} {meta.verbose_name if n == 1 else meta.verbose_name_plural}" for meta, n in counts.items()]
    return _("This cannot be deleted: %(things)s depend on it. Archive it instead.") % {
        "things": get_text_list(things, _("and"))
    }


def _still(row: Versioned, seen: uuid.UUID | str) -> models.QuerySet:
    try:
        version = Act.objects.filter(key=uuid.UUID(str(seen))).values_list("pk", flat=True).first()
    except ValueError:
        version = None  # no version, or a forged one: fails closed
    return type(row)._default_manager.filter(pk=row.pk, act=version) if version else type(row)._default_manager.none()


def check(row: models.Model) -> None:
    """The table's own rules, in words. References are not looked up again: services pass objects that they fetched."""
    references = {f.name for f in row._meta.concrete_fields if f.is_relation}
    errors: dict[str, list] = {}
    steps = [lambda: row.clean_fields(exclude=references), row.clean, row.validate_unique, row.validate_constraints]
    for step in steps:
        try:
            step()
        except ValidationError as error:
            errors = error.update_error_dict(errors)
    if errors:
        raise ValidationError({name or NON_FIELD_ERRORS: messages for name, messages in errors.items()})
