"""The forms of signing in, of passwords and of second factors: allauth's, in our spelling."""

from typing import Any

from allauth.account import forms
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password (again)"),
}


class _Plain:
    """Labels begin with one capital letter, as on every other page."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)


class ChangePasswordForm(_Plain, forms.ChangePasswordForm):
    pass


class ResetPasswordKeyForm(_Plain, forms.ResetPasswordKeyForm):
    pass


class _Once:
    """A code of an app opens once (RFC 6238, 5.2). allauth forgets that after one period, and takes codes for longer."""

    def clean_code(self):
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            used = f"muster:totp:{self.user.pk}:{normalize_user_code(code)}"
            if not cache.add(used, True, app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)):
                raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_Once, mfa_forms.AuthenticateForm):
    pass


class ReauthenticateForm(_Once, mfa_forms.ReauthenticateForm):
    pass
