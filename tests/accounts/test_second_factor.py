"""The second factor: who must have one, what opens without it, where its secrets are kept, and what the trail says of it."""

import base64
import json
import re
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import services, vault
from accounts.models import Act, Change, User
from programs.models import Role
from tests import factories as f

from .door import code, factors, sign_in, with_app

pytestmark = pytest.mark.django_db
INDEX = "/accounts/2fa/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def coordinator():
    return f.RoleFactory(user__username="olha", user__is_staff=True).user


def raw(table="mfa_authenticator", column="data"):
    """What stands in the database, as whoever reads its file sees it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return " ".join(str(row[0]) for row in cursor.fetchall())


def set_up_app(client):
    """Set up an app on the page that offers it; its secret."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r'class="secret">(\w+)<', page.text)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    return secret


# ---- who must, and what opens without


@pytest.mark.parametrize("who", ["administrator", "coordinator"])
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/cohorts/",
        "/programs/new/",
        "/admin/",
        "/admin/accounts/user/",
        "/accounts/",
        "/accounts/2fa/recovery-codes/",
    ],
)
def test_nothing_opens_for_the_important_before_they_have_set_one_up(who, address, required, coordinator):
    user = coordinator if who == "coordinator" else f.UserFactory(is_superuser=True, is_staff=True)
    browser = sign_in(user)
    assert browser.get(address).url == INDEX
    assert browser.post(address, {}).url == INDEX
    answer = browser.get(address, headers=JSON)
    assert (answer.status_code, answer.json()["signin"]) == (401, INDEX)
    answer = browser.post(address, {}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, INDEX)


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_opens_everything_at_once_and_is_asked_for_the_next_time(required, coordinator):
    browser = sign_in(coordinator)
    assert browser.get(INDEX).status_code == 200
    secret = set_up_app(browser)
    assert browser.get("/").status_code == 200
    with time_machine.travel(time.time() + 120):
        assert sign_in(coordinator, secret).get("/admin/").status_code == 200
    halfway = Client()
    assert (
        halfway.post("/accounts/login/", {"login": "olha", "password": f.PASSWORD}).url == "/accounts/2fa/authenticate/"
    )
    assert halfway.get("/").url.startswith("/accounts/login/")


@pytest.mark.parametrize("kind", ["instructor", "viewer"])
def test_instructors_and_readers_may_do_without(kind, required):
    assert sign_in(f.RoleFactory(kind=kind).user).get("/").status_code == 200


def test_whoever_is_made_coordinator_is_asked_with_the_next_request(required):
    role = f.RoleFactory(kind="instructor")
    browser = sign_in(role.user)
    assert browser.get("/").status_code == 200
    f.do(lambda act: Role.objects.filter(pk=role.pk).update(act=act, kind="coordinator"))
    assert browser.get("/").url == INDEX


def test_the_demonstration_asks_nobody(coordinator):
    assert sign_in(coordinator).get("/").status_code == 200


def test_a_sign_in_from_before_shows_the_factor_that_was_set_up_elsewhere_and_sets_up_none_itself(
    required, coordinator
):
    thief = sign_in(coordinator)
    secret = with_app(coordinator)
    to = "/accounts/2fa/reauthenticate/?next=/cohorts/"
    for address in ("/cohorts/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", INDEX):
        assert thief.get(address).url.startswith("/accounts/2fa/reauthenticate/")
    assert thief.get("/cohorts/").url == to.replace("/cohorts/", "%2Fcohorts%2F")
    assert thief.post("/accounts/reauthenticate/", {"password": f.PASSWORD}).status_code == 302
    assert thief.get("/cohorts/").status_code == 302  # a password is not a second factor
    assert thief.post(to, {"code": code(secret), "next": "/cohorts/"}).url == "/cohorts/"
    assert thief.get("/cohorts/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_factor_that_was_removed_counts_no_more(required, coordinator):
    browser = sign_in(coordinator)
    set_up_app(browser)
    assert browser.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert factors(coordinator) == []
    assert browser.get("/").url == INDEX


def test_who_is_led_to_set_one_up_can_sign_out_and_choose_colours(required, coordinator):
    browser = sign_in(coordinator)
    assert browser.post("/accounts/theme/", {"theme": "dark"}).url == "/"
    assert browser.post("/accounts/logout/").url == "/accounts/login/"


# ---- codes


def test_a_code_opens_once_for_as_long_as_it_is_good(coordinator):
    secret = with_app(coordinator)
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        shown = code(secret, periods=1)  # taken already, as tolerance has it
        first, second = Client(), Client()
        for browser in (first, second):
            browser.post("/accounts/login/", {"login": "olha", "password": f.PASSWORD})
        assert first.post("/accounts/2fa/authenticate/", {"code": shown}).status_code == 302
        clock.shift(45)
        assert second.post("/accounts/2fa/authenticate/", {"code": shown}).status_code == 200
        assert second.post("/accounts/2fa/authenticate/", {"code": code(secret, periods=1)}).status_code == 302


def test_a_recovery_code_opens_once(coordinator):
    with_app(coordinator)
    spare = Authenticator.objects.get(user=coordinator, type="recovery_codes").wrap().get_unused_codes()[3]
    for opens in (True, False):
        browser = Client()
        browser.post("/accounts/login/", {"login": "olha", "password": f.PASSWORD})
        assert (browser.post("/accounts/2fa/authenticate/", {"code": spare}).status_code == 302) is opens


def test_codes_are_not_guessed(coordinator):
    secret = with_app(coordinator)
    browser = Client()
    browser.post("/accounts/login/", {"login": "olha", "password": f.PASSWORD})
    for _ in range(5):
        assert browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert browser.post("/accounts/2fa/authenticate/", {"code": code(secret)}).status_code == 200


def test_whoever_guesses_codes_with_a_stolen_password_is_shaken_off_by_a_new_one(coordinator):
    secret = with_app(coordinator)
    owner = sign_in(coordinator, secret)
    thief = Client()
    thief.post("/accounts/login/", {"login": "olha", "password": f.PASSWORD})
    for _ in range(5):
        thief.post("/accounts/2fa/authenticate/", {"code": "000000"})
    new = "an entirely different phrase"
    owner.post(reverse("account_change_password"), {"oldpassword": f.PASSWORD, "password1": new, "password2": new})
    again = Client()
    again.post("/accounts/login/", {"login": "olha", "password": new})
    assert again.post("/accounts/2fa/authenticate/", {"code": code(secret, periods=1)}).status_code == 302


# ---- secrets


@pytest.mark.django_db(transaction=True)
def test_no_secret_can_be_read_in_the_database(coordinator, client):
    browser = sign_in(coordinator)
    browser.get(reverse("mfa_activate_totp"))
    assert "mfa" not in b"".join(_opened(row) for row in Session.objects.all()).decode(errors="replace")
    secret = set_up_app(browser)
    seed = vault.decrypt(Authenticator.objects.get(type="recovery_codes").data["seed"])
    assert len(seed) > 60 and len(secret) > 30
    kept = raw() + raw("django_session", "session_data") + raw("accounts_change", "after")
    for text in (
        secret,
        seed,
        base64.b64encode(secret.encode()).decode().strip("="),
        *RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes(),
    ):
        assert text not in kept


def _opened(row):
    """The bytes of a session without the signature's wrapping."""
    import zlib

    data = row.session_data.split(":")[0]
    packed = data.startswith(".")
    data = base64.urlsafe_b64decode(data.lstrip(".") + "===")
    return zlib.decompress(data) if packed else data


def test_a_new_secret_key_still_opens_what_its_fallbacks_have_sealed_and_prepare_seals_it_anew(coordinator, settings):
    secret, old = with_app(coordinator), settings.SECRET_KEY
    before = raw()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [old]
    assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code(secret))
    services.tidy_up()
    assert raw() != before
    settings.SECRET_KEY_FALLBACKS = []
    assert vault.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_a_secret_that_no_key_opens_fits_no_code_and_breaks_nothing(coordinator, settings):
    with_app(coordinator)
    before = raw()
    settings.SECRET_KEY = "n" * 60
    services.tidy_up()
    assert raw() == before
    factor = TOTP(Authenticator.objects.get(type="totp"))
    assert not factor.validate_code(code("")) and not factor.validate_code("000000")


def test_secrets_that_were_kept_in_the_open_are_sealed(coordinator):
    secret = with_app(coordinator)
    row = Authenticator.objects.get(type="totp")
    Authenticator.objects.filter(pk=row.pk).update(data={"secret": secret})
    assert secret in raw()
    services.tidy_up()
    assert secret not in raw() and vault.decrypt(Authenticator.objects.get(pk=row.pk).data["secret"]) == secret


# ---- the trail


def noted(account):
    """Kind and author of each act in the trail of an account, and everything that it says of them."""
    changes = Change.objects.filter(table="accounts_user", row=str(account.pk)).select_related("act")
    said = json.dumps([[one.before, one.after] for one in changes])
    return [(one.act.kind, one.act.user) for one in changes.order_by("id")][1:], said


@pytest.mark.django_db(transaction=True)
def test_setting_up_renewing_and_removing_are_noted_with_who_and_when_never_the_secret(coordinator):
    browser = sign_in(coordinator)
    secret = set_up_app(browser)
    browser.post(reverse("mfa_generate_recovery_codes"))
    browser.post(reverse("mfa_deactivate_totp"))
    kinds, said = noted(coordinator)
    assert sorted(kind for kind, _who in kinds) == [
        "second_factor.add_recovery_codes",
        "second_factor.add_totp",
        "second_factor.remove_recovery_codes",
        "second_factor.remove_totp",
        "second_factor.renew_recovery_codes",
    ]
    assert {who for _kind, who in kinds} == {coordinator}
    assert secret not in said and secret not in json.dumps(list(Act.objects.values("kind", "reason", "digest")))


def test_an_administrator_takes_a_lost_factor_away_and_ends_where_it_was_signed_in(coordinator):
    browser = sign_in(coordinator, with_app(coordinator))
    boss = f.UserFactory(is_superuser=True)
    row = User.objects.select_related("act").get(pk=coordinator.pk)
    services.remove_second_factor(user=boss, key="1" * 32, account=row, seen=row.seen)
    assert factors(coordinator) == []
    assert browser.get("/").url.startswith("/accounts/login/")
    assert noted(coordinator)[0][-1] == ("user.remove_second_factor", boss)


# ---- the pages


@pytest.mark.parametrize("has", [False, True])
def test_the_pages_open_and_have_neither_script_nor_style_in_their_text(has, coordinator):
    browser = sign_in(coordinator, with_app(coordinator) if has else "")
    names = ["mfa_index", "mfa_add_webauthn", "mfa_list_webauthn", "accounts:account", "account_reauthenticate"]
    names += (
        ["mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_reauthenticate"]
        if has
        else ["mfa_activate_totp"]
    )
    for name in names:
        page = browser.get(reverse(name))
        assert page.status_code == 200, name
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=", page.text)


def test_recovery_codes_are_shown_and_downloaded_by_whoever_showed_lately_that_it_is_they(coordinator):
    secret = with_app(coordinator)
    spare = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    with time_machine.travel(time.time(), tick=False) as clock:
        browser = sign_in(coordinator, secret)
        assert all(one in browser.get(reverse("mfa_view_recovery_codes")).text for one in spare)
        file = browser.get(reverse("mfa_download_recovery_codes"))
        assert file["Content-Disposition"].startswith("attachment") and file.text.split() == spare
        clock.shift(11 * 60)
        assert browser.get(reverse("mfa_download_recovery_codes")).url.startswith("/accounts/reauthenticate/")
