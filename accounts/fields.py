"""Fields that more than one table needs."""

import json
import unicodedata
from typing import Any, Self, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def folded(text: str) -> str:
    """`text` as it is searched: one form for each letter, no difference of case, in any script.

    SQLite's own case-insensitive search knows ASCII only: it does not find "Олена" when asked for "олена".
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


class SearchField(models.TextField):
    """The folded words of other fields, written whenever the row is saved. `of` names those fields."""

    def __init__(self, *args, of: tuple[str, ...] = (), **kwargs):
        self.of = of
        kwargs |= {"editable": False, "default": "", "blank": True}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["of"] = self.of
        for implied in ("editable", "default", "blank"):
            kwargs.pop(implied, None)
        return name, path, args, kwargs

    def pre_save(self, model_instance, add):
        text = folded(" ".join(str(getattr(model_instance, name)) for name in self.of))
        setattr(model_instance, self.attname, text)
        return text


class SearchQuerySet(models.QuerySet[Row]):
    """A table with a `search` column."""

    def searched(self, words: str) -> Self:
        """Rows in which every word of `words` occurs, in any case and script; all rows when `words` is empty."""
        found = self
        for word in folded(words or "").split():
            found = found.filter(search__contains=word)
        return found


@models.IntegerField.register_lookup
@models.ForeignKey.register_lookup
class Among(models.Lookup):  # type: ignore[type-arg]  # which Django itself does not take
    """`trainee__among=ids` is `trainee__in=ids` for thousands of whole numbers: they are one parameter, however many."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(list(self.rhs))]  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", [*params, list(self.rhs)]
