"""Who signs in: written as acts, by administrators only."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied

from accounts import services
from accounts.acts import Conflict
from accounts.models import Act, User
from tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return f.UserFactory(is_superuser=True)


def write(service, user, **more):
    return getattr(services, service)(user=user, key=uuid.uuid4(), **more)


def test_the_same_account_is_made_once(boss):
    key = uuid.uuid4()
    made = [services.create_user(user=boss, key=key, username="kari", password=f.PASSWORD) for _ in range(2)]
    assert made[0] == made[1] and made[0].check_password(f.PASSWORD)
    assert f.PASSWORD not in str(list(Act.objects.latest("pk").changes.values()))


def test_without_a_password_nobody_signs_in(boss):
    assert not write("create_user", boss, username="kari").has_usable_password()


@pytest.mark.parametrize("who", ["coordinator", "deactivated"])
def test_nobody_but_an_administrator_writes_about_others(who):
    user = f.RoleFactory(user__is_staff=True).user
    if who == "deactivated":
        user = f.UserFactory(is_superuser=True, is_active=False)
    other, before = f.UserFactory(), Act.objects.count()
    for service, more in (
        ("create_user", {"username": "kari"}),
        ("update_user", {"account": other, "seen": other.seen, "is_superuser": True}),
        ("set_password", {"account": other, "password": "x"}),
        ("remove_second_factor", {"account": other, "seen": other.seen}),
    ):
        with pytest.raises(PermissionDenied):
            write(service, user, **more)
    assert Act.objects.count() == before
    assert User.objects.get(pk=other.pk).check_password(f.PASSWORD)


def test_one_s_own_password_is_one_s_own_to_set():
    user = f.UserFactory()
    write("set_password", user, account=user, password="another quite long phrase")
    user = User.objects.get(pk=user.pk)
    assert user.check_password("another quite long phrase")
    assert Act.objects.latest("pk").kind == "password.change" and user.act == Act.objects.latest("pk")


def test_whoever_was_slower_is_told(boss):
    other = f.UserFactory()
    mine = User.objects.get(pk=other.pk)
    write("update_user", boss, account=other, seen=other.seen, display_name="ANNA")
    with pytest.raises(Conflict):
        write("set_password", boss, account=mine, password="another quite long phrase")
    assert User.objects.get(pk=mine.pk).check_password(f.PASSWORD)
