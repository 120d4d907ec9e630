"""The log says what happened at the door: who by number, from where; never a name or a password that was typed."""

import logging

import pytest
from django.test import Client

from tests import factories as f

from .door import LOGIN, sign_in

pytestmark = pytest.mark.django_db
TYPED = "my-password-in-the-wrong-field"


@pytest.fixture
def told(caplog):
    """The lines about the door."""
    caplog.set_level(logging.INFO, logger="muster.door")
    return lambda: [one.getMessage() for one in caplog.records if one.name == "muster.door"]


def test_signing_in_and_out_is_told(told):
    user = f.UserFactory()
    browser = sign_in(user)
    browser.post("/accounts/logout/")
    assert told() == [f"signed in: account {user.pk} from 127.0.0.1", f"signed out: account {user.pk} from 127.0.0.1"]


def test_a_failed_sign_in_is_told_by_a_sign_that_is_the_same_for_the_same_name(told):
    for name in (TYPED, TYPED.upper(), "somebody"):
        Client().post(LOGIN, {"login": name, "password": "a secret that was typed"})
    first, again, other = told()
    assert first == again != other and first.startswith("sign-in failed: name ") and first.endswith(" from 127.0.0.1")
    assert TYPED not in first.lower() and "secret" not in first


def test_whoever_asks_for_what_is_not_theirs_to_do_is_told(told, client):
    role = f.RoleFactory(kind="viewer")
    client.force_login(role.user)
    assert client.get(f"/programs/{role.program.slug}/edit/").status_code == 403
    assert told()[-1] == f"refused: account {role.user.pk}, GET programs:program_edit from 127.0.0.1"
