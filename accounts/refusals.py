"""What the database refused, in words for people.

The database decides: it alone knows what others are writing at this moment. So rows are not looked up beforehand; a
constraint that is broken is told in the words that it carries in the model, on both engines alike.
"""

import re
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models

from . import trail

UNIQUE, FOREIGN_KEY, CHECK = "23505", "23503", "23514"
DEADLOCK, SERIALIZATION = "40P01", "40001"
_SQLITE = {
    "SQLITE_CONSTRAINT_UNIQUE": UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": UNIQUE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": FOREIGN_KEY,
    "SQLITE_CONSTRAINT_CHECK": CHECK,
}


def lost_race(error: DatabaseError) -> bool:
    """Whether somebody else wrote at the same time: took the next place, deleted what this points to, locked it crosswise."""
    return _state(error) in {UNIQUE, FOREIGN_KEY, DEADLOCK, SERIALIZATION}


def in_words(error: DatabaseError) -> ValidationError | None:
    """The rule or constraint that was broken, if it has words: those for people. Call it after the roll-back."""
    if rule := trail.broken_rule(error):
        return ValidationError({rule.field: rule.message} if rule.field else rule.message)
    if _state(error) == CHECK:
        check = _checks().get(_constraint(error))
        if check is None:
            return None
        return ValidationError(check.get_violation_error_message(), code=check.violation_error_code)
    if _state(error) == UNIQUE:
        return _taken(*_table_and_columns(error))
    return None


def _taken(table: str, columns: tuple[str, ...]) -> ValidationError | None:
    """A value that may be there only once, by its field; a pair of values whose constraint says something."""
    model = next((model for model in trail.models_in_trail() if model._meta.db_table == table), None)
    if model is None:
        return None
    fields = [field for field in model._meta.concrete_fields if field.column in columns]
    if len(fields) == 1 and fields[0].unique and not fields[0].is_relation:
        return ValidationError({fields[0].name: model().unique_error_message(model, (fields[0].name,))})
    for constraint in model._meta.constraints:
        if (
            isinstance(constraint, models.UniqueConstraint)
            and set(constraint.fields) == {field.name for field in fields}
            and constraint.violation_error_message != constraint.default_violation_error_message
        ):
            return ValidationError(constraint.get_violation_error_message(), code=constraint.violation_error_code)
    return None


# ---- what each engine says about an error


def _state(error: DatabaseError) -> str:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or _SQLITE.get(getattr(cause, "sqlite_errorname", ""), "")


def _diagnosis(error: DatabaseError) -> Any:
    """PostgreSQL's own."""
    cause: Any = error.__cause__
    return cause.diag


def _constraint(error: DatabaseError) -> str:
    if connection.vendor == "postgresql":
        name: str = _diagnosis(error).constraint_name
        return name
    return re.sub(r"^.*failed: ", "", str(error))


def _table_and_columns(error: DatabaseError) -> tuple[str, tuple[str, ...]]:
    if connection.vendor == "postgresql":
        table = _diagnosis(error).table_name
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        return table, tuple(found[_constraint(error)]["columns"])
    names = [name.partition(".") for name in _constraint(error).split(", ")]
    return names[0][0], tuple(column for _table, _dot, column in names)


@cache
def _checks() -> dict[str, models.CheckConstraint]:
    return {
        constraint.name: constraint
        for model in trail.models_in_trail()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
