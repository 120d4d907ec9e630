"""The admin's door is the same as everybody's."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect


def wrap_admin_login(site) -> None:
    """Send the admin's sign-in through allauth, with its throttling and second factor: its own form takes no password."""

    def login(request, extra_context=None):
        if site.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or request.path)

    site.login = login_not_required(login)
    site.password_change = _password_change


def without_shortcut(site) -> None:
    """Take away `/admin/r/…`: it leads to the page of any row by its number, and so tells its code, asking nobody who may."""
    with_it = site.get_urls
    site.get_urls = lambda: [one for one in with_it() if getattr(one, "name", None) != "view_on_site"]


def _password_change(request, extra_context=None):
    """Changing a password is an act, and allauth's page does it as one."""
    return redirect("account_change_password")
