"""The admin's door is the same as everybody's."""

from allauth.account.decorators import secure_admin_login


def wrap_admin_login(site) -> None:
    """Send the admin's sign-in through allauth, with its throttling and second factor."""
    site.login = secure_admin_login(site.login)
