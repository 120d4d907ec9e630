"""The trail has every change to every row, whoever writes it and however; and nothing gets round it."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts import trail
from accounts.acts import add, change, remove
from accounts.models import Act, Change
from programs.models import Program, SkillModule
from tests import factories as f
from trainees.models import Completion, Enrolment, Identity, Record, Trainee

from . import rows
from .rows import noted

pytestmark = pytest.mark.django_db

TABLES = pytest.mark.parametrize("model", trail.models_in_trail(), ids=lambda model: model._meta.db_table)
ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="what PostgreSQL alone can do")
ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="what SQLite alone can do")


def refused(write):
    """The database's words when it refuses `write`."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    return str(error.value)


# ---- nothing is written outside an act


@TABLES
def test_no_table_can_be_written_outside_an_act(model):
    row = rows.MAKE[model]()
    if hasattr(row, "act_id"):
        row.act = Act.objects.first() or f.do(lambda act: None)
    if hasattr(row, "added_at"):
        row.added_at = row.act.at
    assert "act_id" in refused(lambda: row.save(force_insert=True))

    row = rows.written(rows.MAKE[model]())
    one = model._base_manager.filter(pk=row.pk)
    delete = refused(lambda: one._raw_delete(one.db))
    assert "act_id" in delete or "is only added to" in delete or "rule " in delete
    if not getattr(model, "append_only", False):
        another = (
            {"revoked_on": rows.DAY, "revoked_reason": "x"} if model is Completion else {"id": F("id") + 1_000_000}
        )
        assert "act_id" in refused(lambda: one.update(**another))


@TABLES
def test_every_table_is_followed_by_its_three_triggers(model):
    table = model._meta.db_table
    assert {f"muster_trail_{table}_{verb}" for verb in ("insert", "update", "delete")} <= trail.installed().keys()


def test_the_session_of_an_act_ends_with_it():
    with transaction.atomic():
        f.do(lambda act: None)
        assert "act_id" in refused(
            lambda: Program.objects.create(code="X", slug="x", title="X", act=Act.objects.first())
        )


def test_after_an_inner_act_the_outer_one_goes_on():
    def outer(act):
        inner = f.do(lambda inner: add(Program(code="IN", slug="in", title="x", host="Norway"), inner))
        add(Program(code="OUT", slug="out", title="x", host="Norway"), act)
        assert noted(Program.objects.get(code="IN"))[0][1]["act_id"] == inner.pk

    act = f.do(outer)
    assert [change.after["code"] for change in act.changes.all()] == ["OUT"]


def test_after_a_refused_inner_act_the_outer_one_goes_on():
    def refuse(act):
        raise ZeroDivisionError

    def outer(act):
        with pytest.raises(ZeroDivisionError):
            f.do(refuse)
        add(Program(code="OUT", slug="out", title="x", host="Norway"), act)

    assert f.do(outer).changes.count() == 1


# ---- every way to write is in the trail


def test_insert_update_and_delete_are_noted_with_before_and_after():
    track = f.TrackFactory(title="Medic")
    first = track.act_id

    def rename(act):
        track.title = "Combat medic"
        change(track, act, seen=track.seen)

    second = f.do(rename)
    track.refresh_from_db()
    f.do(lambda act: remove(track, seen=track.seen))

    inserted, updated, deleted = noted(track)
    assert (inserted[0], inserted[1]["title"], inserted[1]["act_id"]) == (None, "Medic", first)
    assert (updated[0]["title"], updated[1]["title"], updated[1]["act_id"]) == ("Medic", "Combat medic", second.pk)
    assert (deleted[0]["title"], deleted[1]) == ("Combat medic", None)


def _bulk_create(act):
    Trainee.objects.bulk_create([Trainee(roll_number=f"B{n}", call_sign="SOKIL", act=act) for n in range(3)])


def _bulk_update(act):
    trainees = list(Trainee.objects.all())
    for trainee in trainees:
        trainee.nation = "Norway"
    Trainee.objects.bulk_update(trainees, ["nation"])


def _save_each(act):
    for trainee in Trainee.objects.all():
        trainee.nation = "Norway"
        trainee.save()


def _upsert(act):
    Trainee.objects.bulk_create(
        [Trainee(roll_number=f"R{n}", call_sign="VOVK", act=act, uuid=uuid.uuid4()) for n in range(3)],
        update_conflicts=True,
        unique_fields=["roll_number"],
        update_fields=["call_sign"],
    )


def _raw(sql):
    def write(act):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return write


@pytest.mark.parametrize(
    ("write", "verb"),
    [
        (_bulk_create, "insert"),
        (_bulk_update, "update"),
        (_upsert, "update"),
        (lambda act: Trainee.objects.update(nation="Norway"), "update"),
        (lambda act: Trainee.objects.all().delete(), "delete"),
        (_save_each, "update"),
        (_raw("UPDATE trainees_trainee SET nation = 'Norway'"), "update"),
        (_raw("DELETE FROM trainees_trainee"), "delete"),
    ],
    ids=["bulk_create", "bulk_update", "upsert", "update()", "delete()", "save()", "raw update", "raw delete"],
)  # fmt: skip
def test_each_way_of_writing_notes_every_row(write, verb):
    for n in range(3):
        f.TraineeFactory(roll_number=f"R{n}")
    changes = f.do(write).changes.filter(table="trainees_trainee")
    shape = {"insert": (True, False), "update": (False, False), "delete": (False, True)}[verb]
    assert [(change.before is None, change.after is None) for change in changes] == [shape] * 3


@ON_SQLITE
def test_what_replace_deletes_is_noted_and_evidence_is_not_replaced():
    module, record = f.SkillModuleFactory(code="M"), f.RecordFactory(entry=f.EntryFactory())
    values = "code, 'Other', kind, standard, archived_at, search, act_id FROM programs_skillmodule"
    f.do(_raw(f"INSERT OR REPLACE INTO programs_skillmodule SELECT id, {values} WHERE code = 'M'"))
    assert [after is None for _before, after in noted(module)] == [False, True, False]
    again = f"INSERT OR REPLACE INTO trainees_record SELECT * FROM trainees_record WHERE id = {record.pk}"
    assert "is only added to" in refused(lambda: f.do(_raw(again)))


@ON_POSTGRESQL
def test_no_table_is_emptied_at_once():
    for model in [*trail.models_in_trail(), Act, Change]:
        with connection.cursor() as cursor:
            words = refused(
                lambda cursor=cursor, model=model: cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
            )
        assert "is never emptied" in words


def test_a_write_that_changes_nothing_is_not_noted():
    module = f.SkillModuleFactory()
    act = f.do(lambda act: SkillModule.objects.filter(pk=module.pk).update(title=module.title))
    assert not act.changes.exists()


def test_a_rolled_back_act_leaves_nothing():
    def write_and_fail(act):
        add(Program(code="X", slug="x", title="X", host="Norway"), act)
        raise ZeroDivisionError

    before = Act.objects.count(), Change.objects.count()
    with pytest.raises(ZeroDivisionError):
        f.do(write_and_fail)
    assert (Act.objects.count(), Change.objects.count()) == before
    assert not Program.objects.exists()


# ---- what is only added to


def _kept():
    return [model for model in rows.MAKE if getattr(model, "append_only", False) is True] + [Act, Change]


@pytest.mark.parametrize("model", _kept(), ids=lambda model: model.__name__)
def test_evidence_and_trail_refuse_update_and_delete(model):
    row = rows.written(rows.MAKE[model]()) if model in rows.MAKE else model(pk=f.ProgramFactory().act_id)
    if model is Change:
        row = Change.objects.first()
    one = model._base_manager.filter(pk=row.pk)
    column = next(f for f in model._meta.concrete_fields if not f.primary_key).attname
    for write in (lambda: one.update(**{column: F(column)}), lambda: one._raw_delete(one.db)):
        assert "is only added to" in refused(write)
        assert "is only added to" in refused(lambda write=write: f.do(lambda act: write()))
    assert one.exists()


def test_the_evidence_is_what_it_should_be():
    assert {Act, Change, Record, Enrolment} <= set(_kept())


def test_a_name_is_never_updated_but_can_be_erased():
    identity = rows.written(rows.MAKE[Identity]())
    own = Identity.objects.filter(pk=identity.pk)
    assert "is only added to" in refused(lambda: f.do(lambda act: own.update(family_name="X")))
    f.do(lambda act: own.delete())
    assert not own.exists()
