"""How allauth does things here: nobody signs up, a changed password is an act, tries are counted fairly, secrets are sealed."""

import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from . import devices, services, signins, vault


class Backend(AuthenticationBackend):
    """Who is deactivated is answered like somebody unknown, also when the password is right."""

    @classmethod
    def _stash_user(cls, user):
        return None


class AccountAdapter(DefaultAccountAdapter):
    _anywhere = None

    def is_open_for_signup(self, request):
        return False

    def _get_login_attempts_cache_key(self, request, **credentials):
        """What failed sign-ins of an account are counted by: the browser where it was signed in before, else the address."""
        account = named(credentials)
        return f"{account} {devices.known(request, account) or ratelimit.get_ip(request)}"

    def pre_authenticate(self, request, **credentials):
        """Besides, an account bears only so many failures from anywhere; browsers where it was signed in before go on."""
        super().pre_authenticate(request, **credentials)
        account = named(credentials)
        if devices.known(request, account):
            return
        self._anywhere = ratelimit.consume(request, app="allauth.account", action="login_failed_anywhere", key=account)
        if not self._anywhere:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self):
        super()._rollback_login_failed_rl_usage()
        if self._anywhere:
            self._anywhere.rollback()

    def is_reauthentication_required(self, *, app, **kwargs):
        return not signins.is_fresh(context.request)

    def is_safe_url(self, url):
        """Where `next` may lead: to pages of this very host, and from https to https only."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def set_password(self, user, password):
        services.set_password(user=user, key=uuid.uuid4(), account=user, password=password)


def named(credentials):
    """The account that somebody tries, in any spelling that finds it."""
    return credentials.get("username", "").upper()  # as the database compares: UPPER(ſ) is S


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text):
        return vault.encrypt(text)

    def decrypt(self, encrypted_text):
        """A secret that cannot be opened any more fits no code: an empty one would fit those that anybody can work out."""
        return vault.decrypt(encrypted_text) or generate_totp_secret()

    def get_totp_issuer(self):
        return "Muster"

    def generate_authenticator_name(self, user, type):
        return _("Passkey %(n)s") % {"n": Authenticator.objects.filter(user=user.pk, type=type).count() + 1}

    def _get_user_identifier(self, user):
        return user.username  # no mail address in somebody's authenticator
