"""The example where Muster is reached by others: its accounts, with a known password, are made only when asked for."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Act, User
from seeds import accounts, loader
from tests import factories as f


@pytest.mark.parametrize("refresh", [False, True])
def test_where_others_reach_muster_no_known_accounts_are_made_unless_asked_for(refresh, db, settings, monkeypatch):
    settings.LOCAL = False
    f.UserFactory(username="instructor")  # somebody's own
    monkeypatch.setenv("MUSTER_DEMO_PASSWORD", f.PASSWORD)
    before = Act.objects.count()
    with pytest.raises(CommandError, match="--demo-accounts"):
        call_command("seed", refresh_practice=refresh)
    assert Act.objects.count() == before and User.objects.count() == 1
    monkeypatch.setattr(loader, "load", lambda users: None)
    monkeypatch.setattr(loader, "practise", lambda users, day, refresh: None)
    call_command("seed", refresh_practice=refresh, demo_accounts=True)
    assert set(User.objects.values_list("username", flat=True)) == set(accounts.NAMES)
