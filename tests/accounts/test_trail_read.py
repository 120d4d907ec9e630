"""What the trail knows, what it must not know, and how rows stood on an earlier day."""

import datetime
import json

import pytest

from accounts import trail
from accounts.acts import Conflict, change, remove
from accounts.models import Act, Change, User
from programs.models import SkillModule, Track
from tests import factories as f
from trainees.models import Identity

from . import rows
from .rows import noted

pytestmark = pytest.mark.django_db

TABLES = pytest.mark.parametrize("model", trail.models_in_trail(), ids=lambda model: model._meta.db_table)


# ---- what the trail must not know


def test_passwords_are_not_in_the_trail_and_signing_in_is_no_act(client):
    user = f.UserFactory(username="anna")
    before = Act.objects.count(), Change.objects.count()
    assert client.login(username="anna", password=f.PASSWORD)
    user.refresh_from_db()
    assert user.last_login is not None
    assert (Act.objects.count(), Change.objects.count()) == before

    from allauth.account.adapter import get_adapter

    get_adapter().set_password(user, "another quite long one")
    user.refresh_from_db()
    assert user.check_password("another quite long one")
    act = Act.objects.latest("pk")
    assert (act.kind, act.user) == ("password.change", user)
    everything = json.dumps(list(Change.objects.values_list("before", "after")))
    assert user.password not in everything and "password" not in everything and "last_login" not in everything


def test_a_stale_page_does_not_bring_an_old_password_back():
    user = f.UserFactory()
    stale = User.objects.get(pk=user.pk)

    from allauth.account.adapter import get_adapter

    get_adapter().set_password(User.objects.get(pk=user.pk), "another quite long one")

    def rename(act, seen):
        stale.display_name = "X"
        change(stale, act, seen=seen)

    with pytest.raises(Conflict):
        f.do(lambda act: rename(act, user.seen))
    f.do(lambda act: rename(act, User.objects.get(pk=user.pk).seen))
    assert User.objects.get(pk=user.pk).check_password("another quite long one")


def test_names_are_not_in_the_trail_though_their_coming_and_going_is():
    identity = rows.written(rows.MAKE[Identity]())
    f.do(lambda act: Identity.objects.all().delete())
    (_none, came), (went, _gone) = noted(identity)
    assert came["family_name"] == came["given_name"] == went["family_name"] == trail.HIDDEN
    assert "Shevchenko" not in json.dumps(list(Change.objects.values_list("before", "after")), ensure_ascii=False)
    assert not Act.objects.filter(digest__contains="Shevchenko").exists()


# ---- reading it back


def known(model, since):
    changes = Change.objects.filter(table=model._meta.db_table, pk__gt=since).order_by("pk")
    return trail.as_known(model, rows.values(model), list(changes.values_list("row", "before")))


@TABLES
def test_every_field_of_every_table_comes_back_from_the_trail(model):
    row = rows.written(rows.MAKE[model]())
    secret = getattr(model, "secret", ())
    is_now = {name: value for name, value in rows.values(model)[row.pk].items() if name not in secret}
    (_before, after) = noted(row)[0]
    told = trail.values_of(model, after)
    assert {name: value for name, value in told.items() if name not in secret} == is_now
    assert {name: type(told[name]) for name in is_now} == {name: type(value) for name, value in is_now.items()}


def test_rows_are_known_as_they_stood_earlier():
    changed, deleted = f.SkillModuleFactory(title="Old"), f.SkillModuleFactory()
    then, mark = rows.values(SkillModule), Change.objects.latest("pk").pk

    def later(act):
        changed.title = "New"
        change(changed, act, seen=changed.seen)
        deleted.delete()

    f.do(later)
    f.SkillModuleFactory()
    f.do(lambda act: SkillModule.objects.update(archived_at=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)))

    assert rows.values(SkillModule) != then
    assert known(SkillModule, mark) == then


def test_a_row_that_came_and_went_since_was_not_known():
    mark = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    track = f.TrackFactory()
    f.do(lambda act: remove(track, seen=track.seen))
    assert known(Track, mark) == {}
