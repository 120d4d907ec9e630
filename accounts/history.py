"""The trail, told to people: who changed what, from, to, when and why."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from . import trail
from .erasing import ERASES
from .models import Act, Change
from .privacy import of_health

BESIDE = {  # acts that change nothing in the row they are about, but something that it stands for
    "password.change": _lazy("set the password"),
    "second_factor.add_recovery_codes": _lazy("made recovery codes"),
    "second_factor.add_totp": _lazy("set up an app as second factor"),
    "second_factor.add_webauthn": _lazy("added a passkey"),
    "second_factor.remove_recovery_codes": _lazy("removed the recovery codes with the last factor"),
    "second_factor.remove_totp": _lazy("removed the app as second factor"),
    "second_factor.remove_webauthn": _lazy("removed a passkey"),
    "second_factor.renew_recovery_codes": _lazy("made new recovery codes"),
    "signin.end": _lazy("signed out one browser"),
    "signin.end_all": _lazy("signed out all other browsers"),
    "user.remove_second_factor": _lazy("took the second factor away"),
}

Tells = Callable[[models.Model], bool]  # whether a reader may know of a row
References = dict[type[models.Model], dict[Any, models.Model]]


@dataclass(frozen=True)
class Line:
    """What an act did to one row. `thing` is empty where it is the row that the history is about."""

    thing: str
    sentence: str


@dataclass(frozen=True)
class Entry:
    """What one act did to the rows that were asked about."""

    act: Act
    who: str
    at: datetime
    lines: tuple[Line, ...]
    why: str


def history_of(
    *rows: models.Model,
    parts: Iterable[type[models.Model]] = (),
    newest: int | None = None,
    only: Q | None = None,
    health: bool = True,
) -> list[Entry]:
    """What was done to `rows`, one entry for each act, newest first; of `newest`, only so many.

    `rows` are of any tables of ours; the history is about the first one, and names the others where it tells of them. `parts`
    are models with a reference to the first row and others of its table, or to a part named before: all their rows, also those
    deleted since, belong to its history too. `only`: which of all these changes its reader may know of. Without `health`, no
    remark is told that may say that somebody is ill. The number of queries depends on the tables concerned, never on how many
    rows or acts there are.
    """
    found = Change.objects.filter(_about(rows, parts), only or Q()).order_by("-act__at", "-act_id", "pk")
    if newest is not None:
        acts = found.values("act").order_by("-act__at", "-act").distinct()[:newest]
        found = found.filter(act__in=acts.values("act"))
    changes = list(found.select_related("act__user"))
    references = _references(changes)
    about = (rows[0]._meta.db_table, str(rows[0].pk))
    return [
        _entry(list(together), references, about, health)
        for _act, together in groupby(changes, key=lambda change: change.act_id)
    ]


def told(changes: list[Change], tells: Tells) -> list[tuple[Line, ...]]:
    """What each of `changes` did, in sentences: nothing of rows that `tells` refuses, nor a word of what points to such.

    `tells` is given a row as it was noted, with what it points to at hand where that may be told. The number of queries
    depends on the tables concerned.
    """
    references = {
        model: {pk: row for pk, row in rows.items() if tells(row)} for model, rows in _references(changes).items()
    }
    return [tuple(_lines(change, references)) if tells(_noted(change, references)) else () for change in changes]


def _about(rows: tuple[models.Model, ...], parts: Iterable[type[models.Model]]) -> Q:
    """Which changes tell of `rows` and their parts. One query for each part that others are parts of."""
    wanted = [
        Q(table=table, row__in=[str(row.pk) for row in rows if row._meta.db_table == table])
        for table in {row._meta.db_table for row in rows}
    ]
    owners: dict[Any, Any] = {type(rows[0]): [row.pk for row in rows if type(row) is type(rows[0])]}
    for part in parts:
        here = Q()
        for field in part._meta.concrete_fields:
            ids = owners.get(field.related_model)
            if ids is not None:
                here |= Q(**{f"after__{field.column}__in": ids}) | Q(**{f"before__{field.column}__in": ids})
        here &= Q(table=part._meta.db_table)
        wanted.append(here)
        if any(field.related_model is part for other in parts for field in other._meta.concrete_fields):
            owners[part] = [int(pk) for pk in Change.objects.filter(here).values_list("row", flat=True).distinct()]
    return reduce(or_, wanted)


# ---- one entry


def _entry(changes: list[Change], references: References, about: tuple[str, str], health: bool) -> Entry:
    act = changes[0].act
    lines = [line for change in changes for line in _lines(change, references, about, health)]
    reasons = [act.reason]
    if any("reason" in _hidden(_model_of(change), health) for change in changes):
        reasons = []  # why somebody was suspended, say
    for change in changes:
        if change.before is None and "reason" not in _hidden(_model_of(change), health):
            reasons.append((change.after or {}).get("reason") or "")
    return Entry(
        act=act,
        who=str(act.user) if act.user else _("the command line"),
        at=act.at,
        lines=tuple(lines),
        why=next(filter(None, reasons), ""),
    )


def _lines(
    change: Change, references: References, about: tuple[str, str] | None = None, health: bool = True
) -> Iterator[Line]:
    """What a change did. Where the history is `about` nothing in particular, each line says to what."""
    model, row = _model_of(change), _noted(change, references)
    thing = "" if (change.table, change.row) == about else f"{model._meta.verbose_name} {_label(row)}"
    if change.before is None and hasattr(row, "added_sentence"):
        sentence = row.added_sentence()
        named = about or any(
            field.is_cached(row) and str(getattr(row, field.name)) in sentence for field in _pointing(model)
        )
        yield Line("" if named else thing, sentence)
    elif change.before is None:
        yield Line(thing, _("created"))
    elif change.after is None:
        yield Line(thing, _("deleted"))
    elif change.act.kind == ERASES:
        yield Line(thing, _("erased what was written about this person"))
    else:
        hidden = _hidden(model, health)
        for sentence in _changed(_row(model, change.before, references), row, hidden, change.act.kind):
            yield Line(thing, sentence)


def _hidden(model: type[models.Model], health: bool) -> frozenset[str]:
    """The fields whose values are not told."""
    return frozenset(getattr(model, "secret", ())) | (frozenset() if health else of_health(model))


def _changed(before: models.Model, after: models.Model, hidden: frozenset[str], kind: str) -> Iterator[str]:
    model = type(after)
    shown = [f for f in _told(model) if f.name not in hidden]
    differing = [f for f in shown if getattr(before, f.attname) != getattr(after, f.attname)]
    for field in differing:
        words = {
            "field": field.verbose_name,
            "before": value_in_words(field, before),
            "after": value_in_words(field, after),
        }
        if not words["before"]:
            yield _("set %(field)s to %(after)s") % words
        elif not words["after"]:
            yield _("removed %(field)s, which was %(before)s") % words
        else:
            yield _("changed %(field)s from %(before)s to %(after)s") % words
    if not differing and kind in BESIDE:
        yield str(BESIDE[kind])
    elif not differing and (hidden or hasattr(model, "unrecorded")):
        yield _("changed something that is not shown")
    elif not differing:
        yield _("saved without a change")


def _told(model: type[models.Model]) -> list[trail.Column]:
    """The columns worth telling: neither the last act nor what is made from others."""
    return [
        f
        for f in trail.recorded(model)
        if f.related_model is not Act and not (isinstance(f, models.SlugField) and not f.editable)
    ]


# ---- rows and values, in words


def _model_of(change: Change) -> type[models.Model]:
    return next(model for model in trail.models_in_trail() if model._meta.db_table == change.table)


def _noted(change: Change, references: References) -> models.Model:
    """The row as the change left it, or as it was when it was deleted."""
    return _row(_model_of(change), change.before if change.after is None else change.after, references)


def _row(model: type[models.Model], noted: Any, references: References) -> models.Model:
    """The row as it was noted, with what it points to at hand."""
    row = model(**trail.values_of(model, noted))
    for field in _pointing(model):
        if (other := references[field.related_model].get(getattr(row, field.attname))) is not None:
            setattr(row, field.name, other)
    return row


def _label(row: models.Model) -> str:
    at_hand = all(field.null or field.is_cached(row) for field in _pointing(type(row)))
    try:
        return str(row) if at_hand else f"#{row.pk}"  # it pointed to something that is gone, or not to be told
    except ObjectDoesNotExist:
        return f"#{row.pk}"


def value_in_words(field: trail.Column, row: models.Model) -> str:
    value = getattr(row, field.attname)
    if value in (None, ""):
        return ""
    if isinstance(field, models.ForeignKey):
        return _label(getattr(row, field.name)) if field.is_cached(row) else f"#{value}"
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, time):
        return formats.time_format(value, "TIME_FORMAT")
    if isinstance(value, str):
        return _("“%(text)s”") % {"text": Truncator(value).chars(200)}
    return str(formats.localize(value))


# ---- what rows point to, fetched at once


def _pointing(model: type[models.Model]) -> list[models.ForeignKey[Any, Any]]:
    return [f for f in trail.recorded(model) if isinstance(f, models.ForeignKey) and f.related_model is not Act]


def _references(changes: list[Change]) -> References:
    """Everything that the noted rows point to: one query for each table pointed to."""
    wanted: dict[type[models.Model], set[Any]] = {}
    for change in changes:
        for field in _pointing(_model_of(change)):
            ids = wanted.setdefault(field.related_model, set())
            ids |= {noted[field.column] for noted in (change.before, change.after) if noted and noted.get(field.column)}
    return {model: _with_labels(model).in_bulk(ids) if ids else {} for model, ids in wanted.items()}


def _with_labels(model: type[models.Model]) -> models.QuerySet[models.Model]:
    names = list(named_by(model))
    return model._base_manager.select_related(*names) if names else model._base_manager.all()


def named_by(model: type[models.Model], depth: int = 2) -> Iterator[str]:
    """The references that the label of a row may need: those that are never empty, and theirs."""
    for field in _pointing(model) if depth else ():
        if not field.null:
            yield field.name
            yield from (f"{field.name}__{further}" for further in named_by(field.related_model, depth - 1))
