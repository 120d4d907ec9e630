"""Erasing what was written about a person: the one exception from what is only added to, held by the database.

An UPDATE that an append-only table or a rule would refuse goes through when it only erases: the act going on is of the kind
`ERASES` and was the last to write the person's row, every changed column is one that privacy.py calls erasable, and what it
says now is the marker. In the trail the marker may take the place of those columns in what was noted, and of the reason of
an act. Nothing else passes, whoever asks. Here are the SQL of that exception, and what uses it.
"""

from django.apps import apps
from django.db import OperationalError, connection, models

from .fields import SearchField
from .privacy import ERASED, PERSON, about_a_person, erasable, field, held

ERASES = "person.erase"  # the kind of act that may
ACTING = {"sqlite": "muster_act()", "postgresql": "NULLIF(current_setting('muster.act', true), '')::bigint"}


def columns(model: type[models.Model]) -> list[str]:
    """The columns of `model` that may be erased and that the trail follows."""
    found = (field(model, name) for name in erasable(model))
    return [str(one.column) for one in found if not isinstance(one, SearchField)]


def only_erases(model: type[models.Model], vendor: str) -> str:
    """The condition on OLD and NEW under which an UPDATE of `model` does nothing but erase; empty where it never may."""
    same = "IS" if vendor == "sqlite" else "IS NOT DISTINCT FROM"
    match model._meta.db_table:
        case "accounts_act":
            parts, person = [f"NEW.reason = '{ERASED}'"], ""
            erased = {"reason"}
        case "accounts_change":
            parts = [f'NEW."{one}" {same} {erased_json(f"OLD.{one}", "OLD.", vendor)}' for one in ("before", "after")]
            erased, person = {"before", "after"}, ""
        case _:
            of, erased = held(model).of, set(columns(model))
            if not erased or of == "pk":
                return ""
            parts = [f"(NEW.{one} = OLD.{one} OR NEW.{one} = '{ERASED}')" for one in sorted(erased)]
            person = f" AND p.id = NEW.{field(model, of).column}"
    others = [f.column for f in model._meta.concrete_fields if f.column not in erased]
    parts += [f'NEW."{one}" {same} OLD."{one}"' for one in others]
    table = apps.get_model(PERSON)._meta.db_table
    parts.append(
        f"EXISTS (SELECT 1 FROM accounts_act a JOIN {table} p ON p.act_id = a.id "
        f"WHERE a.id = {ACTING[vendor]} AND a.kind = '{ERASES}'{person})"
    )
    return " AND ".join(parts)


def erased_json(noted: str, row: str, vendor: str) -> str:
    """SQL for what a change `noted`, with the marker in place of what was written about a person. `row` goes before columns."""
    cases = []
    for model, _path in about_a_person():
        expression = noted
        for column in columns(model):
            if vendor == "sqlite":
                marker = f"CASE WHEN json_extract({noted}, '$.{column}') = '' THEN '' ELSE '{ERASED}' END"
                expression = f"json_replace({expression}, '$.{column}', {marker})"
            else:
                marker = f"to_jsonb(CASE WHEN {noted}->>'{column}' = '' THEN '' ELSE '{ERASED}' END)"
                expression = f"jsonb_set({expression}, '{{{column}}}', {marker}, false)"
        if expression != noted:
            cases.append(f"WHEN '{model._meta.db_table}' THEN {expression}")
    return f'CASE {row}"table" {" ".join(cases)} ELSE {noted} END'


def clean_file() -> None:
    """Write SQLite's file anew and empty its log: until then what was erased lies about in both. PostgreSQL has its own ways.

    OperationalError while others do not let it.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if cursor.fetchone()[0]:
            raise OperationalError("the log is still being read")
