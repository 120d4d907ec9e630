"""The trail: who changed which row, from what, to what, written by the database itself.

One trigger per table and verb fills `Change`, on SQLite and PostgreSQL alike, so bulk writes, `.update()`, deletes and the admin
are in it, and a write outside an act fails. The same mechanism holds what Django's constraints cannot: tables that are only
ever added to, and rules between rows. A model says what it wants by class attributes:

    append_only = True | "update"      no update and no delete | no update only
    unrecorded = ("password",)         columns outside the trail
    secret = ("family_name",)          the trail says that they changed, never the value
    rules = (Rule(...), ...)           what must hold for every row

The one exception is for erasing a person (erasing.py).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .erasing import ACTING, only_erases
from .fields import SearchField

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

APPS = ("accounts", "programs", "trainees")
HIDDEN = "•••"
Column: TypeAlias = "models.Field[Any, Any]"

_acting: ContextVar[int | None] = ContextVar("acting", default=None)
_found_whole: set[str] = set()


@dataclass(frozen=True)
class Rule:
    """Something the database makes sure of for every row that is written.

    `holds` is an SQL condition on NEW (OLD for a delete) which both engines understand; `message` is for people, shown beside
    `field` where there is one. Where it asks another row for something that may change, it says FOR SHARE, so that nobody
    changes it before this is written (PostgreSQL; SQLite has one writer at a time). `muster_day(moment, time zone)` is the day
    that it was there.
    """

    name: str
    holds: str
    message: "str | StrPromise"
    verbs: tuple[str, ...] = ("INSERT", "UPDATE")
    field: str = ""


def stays(table: str, reference: str) -> Rule:
    """A row keeps the parent that it was made for: what hangs on it was checked against that one."""
    return Rule(
        f"{table}_keeps_its_{reference}",
        f"NEW.{reference}_id = OLD.{reference}_id",
        _("This stays where it was made. Make a new one there."),
        ("UPDATE",),
    )


@contextmanager
def acting(act: models.Model) -> Iterator[None]:
    """What is written inside belongs to `act`, which was inserted just now. Needs an open transaction."""
    _make_sure_it_is_whole()
    outer = _acting.get()
    token = _acting.set(act.pk)
    try:
        yield
        if connection.savepoint_ids:  # otherwise the commit does it, as the roll-back does after an error
            _tell_postgresql(outer)
    finally:
        _acting.reset(token)


def _tell_postgresql(act: int | None) -> None:
    """Which act goes on after one within a transaction. That one begins, a trigger tells (`triggers`)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('muster.act', %s, true)", ["" if act is None else str(act)])


def on_connect(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """SQLite asks this process which act is going on, and calls the triggers also for what REPLACE deletes."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("muster_act", 0, _acting.get)
        connection.connection.create_function("muster_day", 2, _day, deterministic=True)
        connection.connection.execute("PRAGMA recursive_triggers = ON")


def _day(moment: str, time_zone: str) -> str:
    """`muster_day` on SQLite, which keeps moments as text, in UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).date().isoformat()


_DAY_ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION muster_day(moment timestamptz, zone text) RETURNS date LANGUAGE sql STABLE "
    "AS $body$ SELECT (moment AT TIME ZONE zone)::date $body$"
)


def _make_sure_it_is_whole() -> None:
    """Refuse to write where triggers are missing, as after a migration that broke off. Asked once in each process."""
    database = str(connection.settings_dict["NAME"])
    if database not in _found_whole:
        if gone := missing():
            raise ImproperlyConfigured(f"The trail is not whole; run manage.py migrate. Missing: {', '.join(gone)}")
        _found_whole.add(database)


def models_in_trail() -> list[type[models.Model]]:
    """Every table of ours but the trail itself."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in APPS and model._meta.db_table not in {"accounts_act", "accounts_change"}
    ]


def recorded(model: type[models.Model]) -> list[Column]:
    """The columns of `model` that the trail follows."""
    derived_or_left_out = getattr(model, "unrecorded", ())
    return [
        f for f in model._meta.concrete_fields if f.name not in derived_or_left_out and not isinstance(f, SearchField)
    ]


def broken_rule(error: DatabaseError) -> Rule | None:
    """The rule that a database error is about, if it is about one."""
    name = re.match(r"rule (\w+)", str(error))
    return _rules().get(name[1]) if name else None


@cache
def _rules() -> dict[str, Rule]:
    return {rule.name: rule for model in models_in_trail() for rule in getattr(model, "rules", ())}


# ---- the triggers


@dataclass(frozen=True)
class _Trigger:
    name: str
    table: str
    when: str  # BEFORE or AFTER
    verb: str
    condition: str  # may hold a subquery
    action: str  # one SQL statement, or the text of a refusal
    refuses: bool = False

    def sql(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            action = f"SELECT RAISE(ABORT, '{self.action}')" if self.refuses else self.action
            condition = self.condition.replace(" FOR SHARE", "")
            return [
                f'CREATE TRIGGER "{self.name}" {self.when} {self.verb} ON "{self.table}" FOR EACH ROW '
                f"WHEN {condition} BEGIN {action}; END"
            ]
        action = (
            f"RAISE EXCEPTION '{self.action}' USING ERRCODE = 'integrity_constraint_violation'"
            if self.refuses
            else self.action
        )
        row = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(self.verb, "NEW")
        each = "STATEMENT" if self.verb == "TRUNCATE" else "ROW"
        return [
            f'CREATE OR REPLACE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ '
            f"BEGIN IF {self.condition} THEN {action}; END IF; RETURN {row}; END $body$",
            f'CREATE TRIGGER "{self.name}" {self.when} {self.verb} ON "{self.table}" '
            f'FOR EACH {each} EXECUTE FUNCTION "{self.name}"()',
        ]


def triggers(vendor: str) -> Iterator[_Trigger]:
    """Every trigger there has to be."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in APPS:
            continue
        table = model._meta.db_table
        refused = {True: ("UPDATE", "DELETE"), "update": ("UPDATE",), False: ()}[getattr(model, "append_only", False)]
        erasing = only_erases(model, vendor)
        unless = {"UPDATE": f" AND ({erasing}) IS NOT TRUE"} if erasing else {}
        for verb in refused:
            name = f"muster_keep_{table}_{verb.lower()}"
            condition = f"1 = 1{unless.get(verb, '')}"
            yield _Trigger(name, table, "BEFORE", verb, condition, f"{table} is only added to", True)
        if vendor == "postgresql":  # which forgets a whole table without asking the rows
            name = f"muster_keep_{table}_truncate"
            yield _Trigger(name, table, "BEFORE", "TRUNCATE", "1 = 1", f"{table} is never emptied", True)
        for rule in getattr(model, "rules", ()):
            for verb in set(rule.verbs) - set(refused):
                name = f"muster_rule_{rule.name}_{verb.lower()}"
                condition = f"({rule.holds}) IS NOT TRUE{unless.get(verb, '')}"
                yield _Trigger(name, table, "BEFORE", verb, condition, f"rule {rule.name}", True)
    if vendor == "postgresql":  # SQLite asks this process (`on_connect`)
        tell = "PERFORM set_config('muster.act', NEW.id::text, true)"
        yield _Trigger("muster_acting", "accounts_act", "AFTER", "INSERT", "1 = 1", tell)
    for model in models_in_trail():
        yield from _trail_triggers(model, vendor)


def _trail_triggers(model: type[models.Model], vendor: str) -> Iterator[_Trigger]:
    table, pk = model._meta.db_table, model._meta.pk.column
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f'OLD."{f.column}" {differs} NEW."{f.column}"' for f in recorded(model))
    for verb, before, after, condition in (
        ("INSERT", "NULL", _row_json(model, "NEW", vendor), "1 = 1"),
        ("UPDATE", _row_json(model, "OLD", vendor), _row_json(model, "NEW", vendor), changed),
        ("DELETE", _row_json(model, "OLD", vendor), "NULL", "1 = 1"),
    ):
        row = "OLD" if verb == "DELETE" else "NEW"
        note = (
            'INSERT INTO accounts_change (act_id, "table", "row", before, after) '
            f"VALUES ({ACTING[vendor]}, '{table}', {row}.\"{pk}\", {before}, {after})"
        )
        yield _Trigger(f"muster_trail_{table}_{verb.lower()}", table, "AFTER", verb, condition, note)


def _row_json(model: type[models.Model], row: str, vendor: str) -> str:
    secret = getattr(model, "secret", ())
    pairs = []
    for field in recorded(model):
        value = f'{row}."{field.column}"'
        if field.name in secret:
            value = f"CASE WHEN {value} = '' THEN '' ELSE '{HIDDEN}' END"
        elif vendor == "sqlite" and isinstance(field, models.JSONField):
            value = f"json({value})"
        pairs.append(f"'{field.column}', {value}")
    return f"{'json_object' if vendor == 'sqlite' else 'jsonb_build_object'}({', '.join(pairs)})"


def installed(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """The triggers of ours that the database has now: name and table."""
    question = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'muster_%'"
        if connections[using].vendor == "sqlite"
        else "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname LIKE 'muster_%'"
    )
    with connections[using].cursor() as cursor:
        cursor.execute(question)
        return dict(cursor.fetchall())


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """The triggers that have to be there and are not."""
    return sorted({trigger.name for trigger in triggers(connections[using].vendor)} - installed(using).keys())


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Put every trigger on the tables that exist, all at once; those already there are made anew."""
    tables = set(connections[using].introspection.table_names())
    with transaction.atomic(using), connections[using].cursor() as cursor:
        uninstall(using)
        if connections[using].vendor == "postgresql":
            cursor.execute(_DAY_ON_POSTGRESQL)
        for trigger in triggers(connections[using].vendor):
            if trigger.table in tables:
                for statement in trigger.sql(connections[using].vendor):
                    cursor.execute(statement)


def uninstall(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take all of them off: for migrations, and for tests that empty tables."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        for name, table in installed(using).items():
            on = "" if connections[using].vendor == "sqlite" else f' ON "{table}"'
            cursor.execute(f'DROP TRIGGER "{name}"{on}')


def before_migrate(using: str, plan: list[Any], **_kwargs: Any) -> None:
    if plan:
        uninstall(using)


def after_migrate(using: str, **_kwargs: Any) -> None:
    install(using)


# ---- reading it back


def values_of(model: type[models.Model], noted: dict[str, Any]) -> dict[str, Any]:
    """What a change noted about a row (its `before` or `after`), as values of the model's fields by attribute name."""
    return {f.attname: _value(f, noted[f.column]) for f in recorded(model) if f.column in noted}


def _value(field: Column, noted: Any) -> Any:
    """SQLite notes what it stores: moments without their zone, decimals as binary fractions, truth as 0 and 1."""
    value = field.to_python(noted)
    if isinstance(value, datetime) and timezone.is_naive(value):
        return timezone.make_aware(value, UTC)
    if isinstance(field, models.DecimalField) and isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-field.decimal_places))
    return value


def as_known(
    model: type[models.Model], rows: dict[int, dict[str, Any]], changes: list[tuple[str, dict[str, Any] | None]]
) -> dict[int, dict[str, Any]]:
    """Rows of `model` as they stood before `changes`: what was known on an earlier day.

    `rows` holds today's columns by primary key; `changes` are (row, before) of every change since that day, oldest first.
    A row that did not exist yet goes; one that was deleted since comes back.
    """
    then = dict(rows)
    done = set()
    for row, before in changes:
        pk = int(row)
        if pk in done:
            continue
        done.add(pk)
        if before is None:
            then.pop(pk, None)
        else:
            then[pk] = values_of(model, before)
    return then
