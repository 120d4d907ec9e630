"""How allauth does things here: nobody signs up, and a changed password is an act."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter

from .acts import perform


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    def _get_login_attempts_cache_key(self, request, **credentials):
        """What failed sign-ins of an account are counted by: the name in any spelling that finds it, and not the host,
        whose port can be made up."""
        return credentials.get("username", "").upper()  # as the database compares: UPPER(ſ) is S

    def set_password(self, user, password):
        """Write the new password as an act of its owner; the value stays out of the trail."""

        def do(act):
            user.set_password(password)
            user.act = act
            user.save(update_fields=["password", "act"])

        perform(user=user, key=uuid.uuid4(), kind="password.change", body=user.pk, do=do)
