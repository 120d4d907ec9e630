"""How allauth does things here: nobody signs up, and a changed password is an act."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter

from . import services


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    def _get_login_attempts_cache_key(self, request, **credentials):
        """What failed sign-ins of an account are counted by: the name in any spelling that finds it, and not the host,
        whose port can be made up."""
        return credentials.get("username", "").upper()  # as the database compares: UPPER(ſ) is S

    def set_password(self, user, password):
        services.set_password(user=user, key=uuid.uuid4(), account=user, password=password)
