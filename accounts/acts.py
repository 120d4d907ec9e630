"""Every write is an act: one intent, one transaction, one key, done exactly once (docs/developers.md)."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, connection, models, transaction
from django.db.models import ProtectedError
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from . import refusals, trail
from .digest import digest
from .fields import Row
from .models import Act, User, Versioned

Key = uuid.UUID | str  # of an act; as a row's version, the one that wrote it last
VersionedRow = TypeVar("VersionedRow", bound=Versioned)

_writing = Lock()
_backdated: ContextVar[datetime | None] = ContextVar("backdated", default=None)
_together: ContextVar[Act | None] = ContextVar("together", default=None)


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
    key: Key,
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
    raising: then nothing is written and the key stays free. What the database refuses is a `ValidationError` where a rule or
    constraint has words for it, a `Conflict` where somebody else was faster. `scope` is the id of the program concerned.
    Inside `together` there is an act already, and what is done belongs to that one.
    """
    if (act := _together.get()) is not None:
        do(act)
        return act
    act = Act(
        key=_key(key),
        user=user,
        kind=kind,
        reason=reason,
        scope=scope,
        undoes=undoes,
        digest=digest(kind, body, reason),
    )
    try:
        with _turn(), transaction.atomic():
            act.at = _backdated.get() or timezone.now()  # now that it is our turn: acts are dated in their order
            act.save(force_insert=True)
            with trail.acting(act):
                do(act)
    except IntegrityError as error:
        return _repeated(act, error)
    except OperationalError as error:
        if refusals.lost_race(error):
            raise Conflict from error
        raise
    return act


def _key(key: Key) -> uuid.UUID:
    try:
        return uuid.UUID(str(key))
    except ValueError:
        raise Conflict(_("This form has lost its key. Load the page again.")) from None


@contextmanager
def _turn() -> Iterator[None]:
    """On SQLite, one act at a time in each process: its own way of waiting, to look again and again, lets some starve."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with _writing:
            yield
    else:
        yield


def _repeated(act: Act, error: IntegrityError) -> Act:
    """The act that already has this key, when it is the same one; otherwise why the database refused."""
    first = Act.objects.filter(key=act.key).first()
    if first is None:
        if words := refusals.in_words(error):
            raise words from error
        if refusals.lost_race(error):
            raise Conflict from error
        raise error
    if (first.user_id, first.digest) != (act.user_id, act.digest):
        raise Conflict(_("This form was already sent with other content. Load the page again.")) from error
    return first


@contextmanager
def together(act: Act) -> Iterator[None]:
    """Services called inside belong to `act`: one page that saves several things is one act. Use it within a `do`.

    `act.made(Model)` then gives the first row of that table, so rely on it only where there is one.
    """
    token = _together.set(act)
    try:
        yield
    finally:
        _together.reset(token)


@contextmanager
def backdated(at: datetime) -> Iterator[None]:
    """Acts inside happened at `at`. Only the seed may: its example has to have been recorded in August 2023."""
    token = _backdated.set(at)
    try:
        yield
    finally:
        _backdated.reset(token)


# ---- writing one row within an act: its own values are checked here, what other rows say by the database


def add(row: Row, act: Act) -> Row:
    """Insert `row`; it notes the moment where it has `added_at`. ValidationError where its values are no good."""
    if hasattr(row, "act_id"):
        row.act = act  # type: ignore[attr-defined]  # not every row with an act is Versioned
    if hasattr(row, "added_at"):
        row.added_at = act.at
    check(row)
    row.save(force_insert=True)
    return row


def must_be_new(row: models.Model, name: str) -> None:
    """Refuse a code in Latin letters that differs from another one only in case: `veh-1` is `VEH-1`.

    What is equal to the letter is left to the database, which alone knows for sure.
    """
    code = getattr(row, name)
    others = type(row)._default_manager.filter(**{f"{name}__iexact": code}).exclude(pk=row.pk)
    if others.exclude(**{name: code}).exists():
        raise row.unique_error_message(type(row), (name,))


def change(row: VersionedRow, act: Act, *, seen: Key) -> VersionedRow:
    """Write `row`, with the values it has now, if its version is still `seen`; Conflict otherwise.

    One UPDATE decides, by the version in its WHERE: nothing can come between looking and writing. Columns outside the trail,
    such as a password, are not written: their version is not known.
    """
    row.act = act
    check(row)
    left_out = getattr(row, "unrecorded", ())
    fields = [f for f in row._meta.concrete_fields if not f.primary_key and f.name not in left_out]
    if not _still(row, seen).update(**{f.attname: f.pre_save(row, False) for f in fields}):
        raise _conflict(row)
    return row


def remove(row: Versioned, *, seen: Key) -> None:
    """Delete `row` if its version is still `seen`. What others hang on cannot be deleted: ValidationError names what hangs."""
    locked = _still(row, seen).select_for_update().first()  # a DELETE alone would ask for the primary key only
    if locked is None:
        raise _conflict(row)
    try:
        locked.delete()
    except ProtectedError as error:
        hint = " " + _("Archive it instead.") if hasattr(row, "archived_at") else ""
        raise ValidationError(hanging(error) + hint) from error


def what_hangs(row: models.Model, along: Iterable[type[models.Model]] = ()) -> str:
    """What keeps `row` from being deleted, in words; empty if nothing does. Rows of the models `along` would go with it."""
    collector = Collector(using=DEFAULT_DB_ALIAS)
    try:
        collector.collect([row])
    except ProtectedError as error:
        return hanging(error) if {type(one) for one in error.protected_objects} - set(along) else ""
    return ""


def hanging(error: ProtectedError) -> str:
    """What keeps a row from being deleted, in words."""
    counts: dict[Any, int] = {}
    for other in error.protected_objects:
        counts[other._meta] = counts.get(other._meta, 0) + 1
    things = sorted(f"{n} {meta.verbose_name if n == 1 else meta.verbose_name_plural}" for meta, n in counts.items())
    return _("This cannot be deleted: it is still used by %(things)s.") % {"things": get_text_list(things, _("and"))}


def _still(row: VersionedRow, seen: Key) -> models.QuerySet[VersionedRow]:
    try:
        version = Act.objects.filter(key=uuid.UUID(str(seen))).values_list("pk", flat=True).first()
    except ValueError:
        version = None  # no version, or a forged one: fails closed
    rows = row.__class__._default_manager  # not type(row): a request's user is lazy, and no type of ours
    return rows.filter(pk=row.pk, act=version) if version else rows.none()


def _conflict(row: models.Model) -> Conflict:
    return Conflict(current=row.__class__._default_manager.filter(pk=row.pk).first())


def check(row: models.Model) -> None:
    """The values of `row` by themselves, in words: ValidationError by field. Asks the database nothing."""
    references = {f.name for f in row._meta.concrete_fields if f.is_relation}
    errors: dict[str, list[ValidationError]] = {}
    for step in (partial(row.clean_fields, exclude=references), row.clean):
        try:
            step()
        except ValidationError as error:
            errors = error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)
