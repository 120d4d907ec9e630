"""The triggers are all there: after migrations, between tests, in a copy of the database."""

import sqlite3
from contextlib import closing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, models

from accounts import trail
from accounts.models import Change
from programs.models import SkillModule
from tests import factories as f

from .rows import noted

pytestmark = pytest.mark.django_db

ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="what SQLite alone can do")


def test_the_list_of_triggers_is_whole():
    assert trail.missing() == []
    assert {trigger.name for trigger in trail.triggers(connection.vendor)} == trail.installed().keys()


def test_the_names_of_triggers_are_unique_and_short_enough_for_postgresql():
    names = [trigger.name for vendor in ("sqlite", "postgresql") for trigger in trail.triggers(vendor)]
    assert max(len(name.encode()) for name in names) <= 63
    for vendor in ("sqlite", "postgresql"):
        names = [trigger.name for trigger in trail.triggers(vendor)]
        assert len(names) == len(set(names))


def test_the_names_of_rules_are_unique():
    names = [rule.name for model in trail.models_in_trail() for rule in getattr(model, "rules", ())]
    assert len(names) == len(set(names))


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_remakes_a_table_does_not_lose_triggers():
    trail.before_migrate(using="default", plan=["a migration"])
    old = SkillModule._meta.get_field("title")
    new = models.CharField(max_length=500)
    new.set_attributes_from_name("title")
    new.model = SkillModule
    with connection.schema_editor() as editor:
        editor.alter_field(SkillModule, old, new)
        editor.alter_field(SkillModule, new, old)
    assert len(trail.missing()) > 0

    call_command("migrate", verbosity=0)

    assert trail.missing() == []
    assert noted(f.SkillModuleFactory())


@pytest.mark.django_db(transaction=True)
def test_remaking_a_table_under_its_triggers_loses_them_on_sqlite():
    """The twin: why they come off before a migration and go on after it."""
    old = SkillModule._meta.get_field("title")
    new = models.CharField(max_length=500)
    new.set_attributes_from_name("title")
    new.model = SkillModule
    with connection.schema_editor() as editor:
        editor.alter_field(SkillModule, old, new)
        editor.alter_field(SkillModule, new, old)
    lost = trail.missing()
    trail.install()
    assert lost == (
        [f"muster_trail_programs_skillmodule_{verb}" for verb in ("delete", "insert", "update")]
        if connection.vendor == "sqlite"
        else []
    )


@pytest.mark.parametrize("time", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_the_list_is_whole_after_the_flush_of_a_transactional_test(time):
    assert trail.missing() == []
    f.RecordFactory(entry=f.EntryFactory())


def test_writing_without_the_triggers_is_refused(monkeypatch):
    name, table = next(iter(trail.installed().items()))
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"' + (f' ON "{table}"' if connection.vendor == "postgresql" else ""))
    monkeypatch.setattr(trail, "_found_whole", set())
    with pytest.raises(ImproperlyConfigured, match=name):
        f.ProgramFactory()


# ---- copies of the database


@ON_SQLITE
@pytest.mark.django_db(transaction=True)
def test_a_copy_of_the_file_is_whole_and_nobody_writes_to_it_with_another_tool(tmp_path):
    f.RecordFactory(entry=f.EntryFactory())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(tmp_path / "copy.sqlite3")])
        cursor.execute("VACUUM")
    assert trail.missing() == []

    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT count(*) FROM accounts_change").fetchone() == (Change.objects.count(),)
        with pytest.raises(sqlite3.OperationalError, match="no such function: muster_act"):
            copy.execute("UPDATE programs_program SET title = 'Forged'")
        with pytest.raises(sqlite3.IntegrityError, match="is only added to"):
            copy.execute("DELETE FROM accounts_act")
