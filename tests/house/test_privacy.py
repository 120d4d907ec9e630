"""Every field says what it holds about people and how long it is kept; nothing is told of a table that is not there."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from accounts import trail
from accounts.privacy import HELD, OTHER_TABLES, PERSON, Kind, erasable, held, table

DOC = Path(__file__).parents[2] / "docs/privacy.md"
MODELS = apps.get_models(include_auto_created=True)


def is_key(field):
    return field.is_relation or (field.primary_key and isinstance(field, models.AutoField))


def of_kind(model, *kinds):
    return {name for kind, names in held(model).by_kind() if kind in kinds for name in names}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_has_one_kind_and_its_table_a_term(model):
    named = [name for _kind, names in held(model).by_kind() for name in names]
    assert sorted(named) == sorted(field.name for field in model._meta.concrete_fields if not is_key(field))
    assert held(model).keep


def test_no_table_is_told_of_that_is_not_there_and_none_is_left_out(db):
    assert HELD.keys() == {model._meta.label for model in MODELS}
    call_command("createcachetable", verbosity=0)
    there = set(connection.introspection.table_names())
    assert there == {model._meta.db_table for model in MODELS} | OTHER_TABLES.keys()


@pytest.mark.parametrize("model", trail.models_in_trail(), ids=lambda model: model._meta.label)
def test_the_trail_has_no_name_and_no_password(model):
    assert of_kind(model, Kind.PERSONAL) == set(getattr(model, "secret", ()))
    assert of_kind(model, Kind.SECRET) <= set(getattr(model, "unrecorded", ()))


@pytest.mark.parametrize("model", trail.models_in_trail(), ids=lambda model: model._meta.label)
def test_a_table_that_points_to_a_trainee_is_about_them(model):
    columns = [f for f in model._meta.concrete_fields if f.is_relation and f.related_model is not model]
    points = [f.name for f in columns if f.related_model._meta.label == PERSON]
    assert [held(model).of] == points or (not points and held(model).of in {"", "pk", "record__trainee"})


def test_what_was_written_about_a_trainee_can_be_erased():
    found = {model._meta.model_name: set(erasable(model)) for model in MODELS if erasable(model)}
    assert found == {
        "trainee": {"call_sign", "search"},
        "enrolment": {"reason", "correction"},
        "completion": {"revoked_reason"},
        "attendance": {"reason"},
        "excusal": {"reason"},
        "unlisted": {"told", "note"},
        "attemptleave": {"reason"},
        "record": {"authority", "reason"},
    }


def test_the_table_of_the_documents_is_this_one():
    assert table() in DOC.read_text(), "python manage.py privacy prints the table for docs/privacy.md"
