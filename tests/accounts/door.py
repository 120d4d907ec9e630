"""Signing in as people do, with a telephone that shows codes."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from tests import factories as f

LOGIN = "/accounts/login/"


def code(secret, periods=0):
    """What the app shows now, or some periods from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def with_app(user):
    """Give `user` an app and recovery codes, as if set up long ago; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def sign_in(user, secret="", client=None, **more):
    """A browser in which `user` is signed in, through the door."""
    client = client or Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    answer = client.post(LOGIN, {"login": user.username, "password": f.PASSWORD} | more)
    if secret:
        assert answer.url == "/accounts/2fa/authenticate/"
        answer = client.post(answer.url, {"code": code(secret)})
    assert answer.status_code == 302, answer.text
    return client


def factors(user):
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
