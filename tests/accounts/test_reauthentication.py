"""Asked once more who it is, before what a borrowed tablet must not do; and nothing that was entered is lost by it."""

import datetime
import re
from html import unescape
from urllib.parse import urlencode

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.reauthentication import PASSWORD, reauthenticated
from programs.models import Invitation, Role
from tests import factories as f

from .door import code, factors, sign_in, with_app

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
NEW = "an entirely different phrase"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def role(clock):
    return f.RoleFactory(user__is_staff=True)


def late(user, clock):
    """A browser in which `user` showed who they are eleven minutes ago."""
    browser = sign_in(user)
    clock.shift(11 * MINUTE)
    return browser


def carried(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text.partition("<main")[2])
    return {unescape(name): unescape(value) for name, value in found}


def of_program(name, role, *more):
    return reverse(f"programs:{name}", args=[role.program.slug, *more])


def test_a_page_that_gives_roles_asks_first_and_comes_back(role, clock):
    browser, address = late(role.user, clock), of_program("role_create", role)
    asked = browser.get(address)
    assert asked.url == f"/accounts/reauthenticate/?{urlencode({'next': address})}"
    assert browser.get(asked.url).status_code == 200
    assert browser.post(asked.url, {"password": "wrong", "next": address}).status_code == 200
    assert browser.get(address).status_code == 302
    assert browser.post(asked.url, {"password": f.PASSWORD, "next": address}).url == address
    assert browser.get(address).status_code == 200
    clock.shift(11 * MINUTE)
    assert browser.get(address).status_code == 302


def test_whoever_has_just_signed_in_is_not_asked(role):
    assert sign_in(role.user).get(of_program("role_create", role)).status_code == 200


def test_a_second_factor_will_do(role, clock):
    secret = with_app(role.user)
    browser, address = sign_in(role.user, secret), of_program("role_create", role)
    clock.shift(11 * MINUTE)
    asked = "/accounts/2fa/reauthenticate/"
    assert browser.post(asked, {"code": code(secret), "next": address}).url == address
    assert browser.get(address).status_code == 200


def test_a_form_that_comes_too_late_is_carried_along_and_arrives(role, clock):
    browser, address = sign_in(role.user), of_program("role_create", role)
    other = f.UserFactory(username="berta")
    clock.shift(11 * MINUTE)
    page = browser.post(address, {"key": "1" * 32, "user": "berta", "kind": "viewer"})
    assert page.status_code == 403 and "Is it you?" in page.text and not Role.objects.filter(user=other).exists()
    page = browser.post(address, carried(page) | {PASSWORD: "wrong"})
    assert page.status_code == 403 and not Role.objects.filter(user=other).exists()
    assert carried(page)["user"] == "berta" and "wrong" not in page.text
    assert browser.post(address, carried(page) | {PASSWORD: f.PASSWORD}).status_code == 302
    assert Role.objects.get(user=other).kind == "viewer"


def test_roles_are_changed_and_taken_away_only_after_it(role, clock):
    other = f.RoleFactory(program=role.program, kind="viewer")
    browser = late(role.user, clock)
    for name, fields in (("role_edit", {"kind": "instructor"}), ("role_revoke", {})):
        address = of_program(name, role, other.pk)
        sent = {"key": "1" * 32, "seen": other.seen} | fields
        assert browser.post(address, sent).status_code == 403
        other.refresh_from_db()
        assert other.kind == "viewer"


def test_people_are_invited_only_after_it(role, clock):
    browser, address = late(role.user, clock), of_program("invitation_create", role)
    assert browser.get(address).url.startswith("/accounts/reauthenticate/")
    page = browser.post(address, {"key": "1" * 32, "kind": "viewer"})
    assert page.status_code == 403 and carried(page)["kind"] == "viewer" and not Invitation.objects.exists()


@pytest.mark.parametrize("name", ["trainee_data", "trainee_erase"])
def test_a_person_is_handed_out_and_erased_only_after_it(name, role, clock):
    trainee = f.EnrolmentFactory(cohort__program=role.program).trainee
    browser, address = late(role.user, clock), reverse(f"trainees:{name}", args=[trainee.uuid])
    assert browser.get(address).url.startswith("/accounts/reauthenticate/")
    said = {"key": "1" * 32, "seen": trainee.seen, "roll_number": trainee.roll_number, "reason": "asked for"}
    page = browser.post(address, said)
    assert page.status_code == 403 and carried(page)["reason"] == "asked for"
    assert browser.post(address, carried(page) | {PASSWORD: f.PASSWORD}).status_code in {200, 302, 422}


def admin_of(who, what):
    """Address and form for each write in the admin that gives rights or takes protection away."""
    user, role = what
    return {
        "password": (
            f"/admin/accounts/user/{user.pk}/password/",
            {"password1": NEW, "password2": NEW, "usable_password": "true"},
        ),
        "rights": (f"/admin/accounts/user/{user.pk}/change/", {"username": user.username, "is_superuser": "on"}),
        "account": ("/admin/accounts/user/add/", {"username": "eve"}),
        "factor": ("/admin/accounts/user/", {"action": "remove_second_factor", "_selected_action": user.pk}),
        "role": (f"/admin/programs/role/{role.pk}/change/", {"kind": "coordinator"}),
        "role away": (f"/admin/programs/role/{role.pk}/delete/", {"post": "yes"}),
        "role within program": (f"/admin/programs/program/{role.program_id}/change/", {"roles-0-kind": "coordinator"}),
    }[who]


@pytest.mark.parametrize(
    "what", ["password", "rights", "account", "factor", "role", "role away", "role within program"]
)
def test_the_admin_asks_too(what, clock):
    boss = f.UserFactory(is_superuser=True, is_staff=True)
    role = f.RoleFactory(kind="viewer")
    with_app(role.user)
    browser = late(boss, clock)
    before = list(User.objects.values()), list(Role.objects.values()), factors(role.user)
    address, fields = admin_of(what, (role.user, role))
    page = browser.post(address, fields)
    assert page.status_code == 403 and "Is it you?" in page.text
    assert {name: carried(page)[name] for name in fields} == {name: str(value) for name, value in fields.items()}
    assert (list(User.objects.values()), list(Role.objects.values()), factors(role.user)) == before


def test_what_was_asked_for_in_the_admin_happens_once_it_is_answered(clock):
    boss, anna = f.UserFactory(is_superuser=True, is_staff=True), f.UserFactory()
    with_app(anna)
    browser = late(boss, clock)
    address, fields = admin_of("factor", (anna, f.RoleFactory()))
    page = browser.post(address, fields)
    browser.post(address, carried(page) | {PASSWORD: f.PASSWORD})
    assert factors(anna) == []
    clock.shift(11 * MINUTE)
    address, fields = admin_of("password", (anna, f.RoleFactory()))
    page = browser.post(address, fields)
    browser.post(address, carried(page) | {PASSWORD: f.PASSWORD})
    anna.refresh_from_db()
    assert anna.check_password(NEW)


def test_ones_own_second_factor_is_changed_only_after_it(clock):
    anna = f.UserFactory()
    secret = with_app(anna)
    browser = sign_in(anna, secret)
    clock.shift(11 * MINUTE)
    for name in ("mfa_add_webauthn", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes"):
        assert browser.get(reverse(name)).url.startswith("/accounts/reauthenticate/"), name
        assert browser.post(reverse(name), {}).status_code in {302, 405}, name
    assert factors(anna) == ["recovery_codes", "totp"] and Authenticator.objects.count() == 2


def test_guessing_the_password_there_is_throttled(role, clock):
    browser = late(role.user, clock)
    address = of_program("role_create", role)
    for _ in range(5):
        assert browser.post(address, {PASSWORD: "wrong"}).status_code == 403
    page = browser.post(address, {PASSWORD: f.PASSWORD})
    assert page.status_code == 403 and "Too many" in page.text


def test_scripts_and_htmx_are_told_where_it_is_asked(role, clock):
    browser, address = late(role.user, clock), of_program("role_create", role)
    said = browser.post(address, {}, headers={"Accept": "application/json"})
    assert said.status_code == 403 and said.json()["reauthenticate"].startswith("/accounts/reauthenticate/?next=")
    said = browser.post(address, {}, headers={"HX-Request": "true"})
    assert (said.status_code, said["HX-Redirect"][:25]) == (204, "/accounts/reauthenticate/")


def test_whoever_is_signed_in_nowhere_is_asked_to_sign_in(role):
    assert Client().get(of_program("role_create", role)).url.startswith("/accounts/login/")


def test_the_password_does_not_reach_the_view(rf: RequestFactory, role, clock):
    seen = []

    @reauthenticated
    def view(request):
        seen.append(dict(request.POST))
        return HttpResponse()

    browser = late(role.user, clock)
    request = rf.post("/", {"a": "1", PASSWORD: f.PASSWORD})
    request.user, request.session, request.htmx = role.user, browser.session, False
    from allauth.core import context

    with context.request_context(request):
        assert view(request).status_code == 200
    assert seen == [{"a": ["1"]}]
