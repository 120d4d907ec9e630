"""All that is held about one trainee, to hand it out."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from accounts.fields import SearchField
from accounts.history import history_of, named_by, value_in_words
from accounts.models import Act
from accounts.privacy import about_a_person
from accounts.trail import Column

from ..models import Trainee


def held_about(trainee: Trainee) -> dict[str, Any]:
    """Every row about `trainee` by table, and the history of all of them, in words; moments as ISO 8601.

    What stands under numbers that were merged into this one is told too: it is about the same person.

    A table that accounts/privacy.py says is about a person is in it by itself. A fixed number of queries.
    """
    numbers = [trainee, *Trainee.objects.filter(merged_into=trainee)]
    tables = {
        str(model._meta.verbose_name_plural): [_row(one) for one in _rows(model, path, numbers)]
        for model, path in about_a_person()
    }
    parts = [model for model, path in about_a_person() if path != "pk"]
    history = [
        {
            "when": entry.at.isoformat(),
            "who": entry.who,
            "what": [f"{line.thing}: {line.sentence}" if line.thing else line.sentence for line in entry.lines],
            "why": entry.why,
        }
        for entry in history_of(*numbers, parts=parts)
    ]
    return tables | {"history": history}


def _rows(model: type[models.Model], path: str, numbers: list[Trainee]) -> models.QuerySet[models.Model]:
    """The rows of `model` about the person with these `numbers`, oldest first, with all that their words need: one query."""
    names = list(_pointing(model))
    rows = model._base_manager.filter(**{f"{path}__in": [one.pk for one in numbers]}).order_by("pk")
    return rows.select_related(*names) if names else rows


def _pointing(model: type[models.Model]) -> Iterator[str]:
    for one in model._meta.concrete_fields:
        if one.related_model is Act:
            yield f"{one.name}__user"
        elif isinstance(one.related_model, type) and one.related_model is not model:
            yield one.name
            yield from (f"{one.name}__{further}" for further in named_by(one.related_model))


def _row(row: models.Model) -> dict[str, Any]:
    """One row: each column by what it is called, who wrote it and when."""
    told: dict[str, Any] = {}
    for one in row._meta.concrete_fields:
        if isinstance(one, SearchField):
            continue
        value = getattr(row, one.attname)
        if one.related_model is Act:
            act = row.act  # type: ignore[attr-defined]  # every row with an act calls it so
            told |= {"entered": act.at.isoformat(), "entered by": str(act.user or "")}
        else:
            told[str(one.verbose_name)] = value.isoformat() if hasattr(value, "isoformat") else _told(one, row, value)
    return told


def _told(column: Column, row: models.Model, value: Any) -> Any:
    """As it stands where it says enough by itself: numbers of rows, texts, snapshots; else in words."""
    own = column.related_model is type(row) or column.primary_key or isinstance(column, models.JSONField)
    return value if own or (isinstance(value, str) and not column.choices) else value_in_words(column, row)
