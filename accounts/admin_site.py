"""The admin's door is the same as everybody's."""

from allauth.account.decorators import secure_admin_login
from django.shortcuts import redirect


def wrap_admin_login(site) -> None:
    """Send the admin's sign-in through allauth, with its throttling and second factor."""
    site.login = secure_admin_login(site.login)
    site.password_change = _password_change


def _password_change(request, extra_context=None):
    """Changing a password is an act, and allauth's page does it as one."""
    return redirect("account_change_password")
