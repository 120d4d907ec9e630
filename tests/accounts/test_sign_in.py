"""Signing in and out: throttled by account and by address, through one door, and never inside a page."""

import datetime
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.core import signing
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests import factories as f

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture
def try_in(client, settings):
    """Whether a name signs in, with the right password or a wrong one, from `address`: X-Forwarded-For as the proxy made it."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    f.UserFactory(username="anna", password=make_password(f.PASSWORD))

    def post(name="anna", *, right=False, address="203.0.113.9", host="testserver"):
        headers = {"X-Forwarded-For": address, "Host": host}
        words = {"login": name, "password": f.PASSWORD if right else "wrong"}
        return client.post(LOGIN, words, headers=headers).status_code == 302

    return post


def test_whoever_knows_the_password_is_let_in(try_in):
    assert not try_in() and try_in(right=True)


@pytest.mark.parametrize(("proxies", "forged"), [(1, "198.51.100.{}, 203.0.113.9"), (0, "198.51.100.{}")])
def test_an_address_is_throttled_whatever_it_says_of_itself(proxies, forged, try_in, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for n in range(10):
        assert not try_in(f"nobody{n}", address=forged.format(n))
    assert not try_in(right=True, address=forged.format(99))


def test_behind_the_proxy_everybody_has_an_address_of_their_own(try_in):
    for n in range(10):
        assert not try_in(f"nobody{n}")
    assert try_in(right=True, address="203.0.113.10")


def test_an_account_is_throttled_where_somebody_hammers_it_in_any_spelling(try_in):
    for n, name in enumerate(("anna", "ANNA", "Anna", "anna", "aNNa")):
        assert not try_in(name, host=f"testserver:{8000 + n}")
    assert not try_in(right=True)


def test_whoever_hammers_an_account_does_not_shut_out_its_owner_elsewhere(try_in):
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(60):  # for hours, and from a whole network
            try_in(address="203.0.113.9"), try_in(address="2001:db8::1"), try_in(address="2001:db8::2")
            clock.shift(datetime.timedelta(minutes=5))
        assert not try_in(right=True, address="203.0.113.9")
        assert try_in(right=True, address="203.0.113.10")


def test_an_account_bears_a_hundred_failures_a_day_from_everywhere_and_known_browsers_go_on(try_in, client):
    assert try_in(right=True)
    client.post(reverse("account_logout"))
    for n in range(100):
        Client().post(LOGIN, {"login": "anna", "password": "wrong"}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
    assert try_in(right=True, address="198.51.100.200")  # with the cookie of a browser that was in before
    stranger = Client().post(
        LOGIN, {"login": "anna", "password": f.PASSWORD}, headers={"X-Forwarded-For": "198.51.100.201"}
    )
    assert stranger.status_code == 200 and "Too many" in stranger.text


def test_a_known_browser_is_throttled_too_and_known_for_that_account_only(try_in, client):
    f.UserFactory(username="berta", password=make_password(f.PASSWORD))
    assert try_in(right=True)
    client.post(reverse("account_logout"))
    for n in range(5):
        assert not try_in(address=f"203.0.113.{n}")
    assert not try_in(right=True, address="203.0.113.99")
    assert try_in("berta", right=True, address="203.0.113.99")


def test_a_made_up_cookie_makes_no_browser_known(try_in, client, settings):
    for n in range(100):
        Client().post(LOGIN, {"login": "anna", "password": "wrong"}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
    client.cookies[settings.DEVICE_COOKIE_NAME] = signing.dumps({"anna": "x"}, salt="something else")
    assert not try_in(right=True)


def test_what_was_counted_is_not_forgotten_for_others(try_in):
    for _ in range(4):
        try_in()
    rows = [(f":1:other:{n}",) for n in range(1000)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO muster_cache (cache_key, value, expires) VALUES (%s, '', '2100-01-01 00:00:00')", rows
        )
    try_in()
    assert not try_in(right=True)


# ---- the pages themselves

NEW = "an entirely different phrase"


@pytest.fixture
def anna():
    return f.UserFactory(username="anna", email="anna@example.org")


def sign_in(client, name="anna", password=f.PASSWORD, **more):
    return client.post(LOGIN, {"login": name, "password": password} | more)


def is_in(client):
    """Whether the first page opens: nobody sees it who is not signed in."""
    answer = client.get("/")
    assert answer.status_code == 200 or answer.url == f"{LOGIN}?next=/"
    return answer.status_code == 200


def test_one_signs_in_comes_to_the_page_asked_for_and_signs_out(anna, client):
    assert not is_in(client)
    answer = sign_in(client, next="/cohorts/")
    assert (answer.status_code, answer.url) == (302, "/cohorts/")
    assert is_in(client)
    client.get(reverse("account_logout"))
    assert is_in(client)  # looking at the page signs nobody out
    assert client.post(reverse("account_logout")).url == LOGIN
    assert not is_in(client)


def test_the_session_ends_with_the_browser_and_is_no_script_s(anna, client, settings):
    cookie = sign_in(client).cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == cookie["expires"] == ""
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_host(address, anna, client):
    assert sign_in(client, next=address).url == "/"


def test_a_wrong_password_and_an_unknown_name_are_told_in_the_same_words(anna, client):
    f.UserFactory(username="gone", is_active=False)
    f.UserFactory(username="nopassword", password=make_password(None))
    told = set()
    tries = ("anna", "wrong"), ("nobody", "wrong"), ("gone", "wrong"), ("gone", f.PASSWORD), ("nopassword", f.PASSWORD)
    for name, password in tries:
        answer = sign_in(client, name, password)
        assert answer.status_code == 200 and name in answer.text and not is_in(client)
        without = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", answer.text)
        told.add(without.replace(f'value="{name}"', ""))
    [text] = told
    assert "not correct" in text


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that were hashed: what takes the time when somebody signs in."""
    found, encode = [], MD5PasswordHasher.encode

    def count(self, password, *args, **kwargs):
        found.append(password)
        return encode(self, password, *args, **kwargs)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    return found


def test_the_known_and_the_unknown_take_the_same_time(anna, client, hashed):
    f.UserFactory(username="gone", is_active=False)
    f.UserFactory(username="nopassword", password=make_password(None))
    hashed.clear()
    for name, password in (
        ("anna", "wrong"),
        ("nobody", "wrong"),
        ("gone", "wrong"),
        ("gone", f.PASSWORD),
        ("nopassword", "x"),
    ):
        sign_in(client, name, password)
        assert len(hashed) == 1, name
        hashed.clear()


def test_the_admin_has_no_door_of_its_own(client, settings):
    boss = f.UserFactory(username="boss", is_superuser=True, is_staff=True)
    answer = client.get("/admin/login/?next=/admin/")
    assert (answer.status_code, urlsplit(answer.url).path) == (302, LOGIN)
    answer = client.post("/admin/login/", {"username": "boss", "password": f.PASSWORD, "next": "/admin/"})
    assert urlsplit(answer.url).path == LOGIN and not is_in(client)
    plain = f.UserFactory(is_staff=True)
    client.force_login(plain)  # also for somebody who is in already: it would ask neither twice nor for a second factor
    client.post("/admin/login/", {"username": "boss", "password": f.PASSWORD, "next": "/admin/"})
    assert client.get("/accounts/whoami/").json()["user"] == str(plain.pk)
    client.logout()
    sign_in(client, "boss")
    assert client.get("/admin/").status_code == 200 and is_in(client)
    assert client.get("/admin/password_change/").url == reverse("account_change_password")
    assert boss.check_password(f.PASSWORD)


def test_nobody_signs_up(client):
    address = reverse("account_signup")
    count = User.objects.count()
    answer = client.post(address, {"username": "eve", "password1": NEW, "password2": NEW})
    assert User.objects.count() == count and not is_in(client)
    assert "made by a coordinator or an administrator" in answer.text
    assert address not in client.get(LOGIN).text


def test_labels_begin_with_one_capital_letter(client, mailoutbox):
    user = f.UserFactory(email="anna@example.org")
    client.post(reverse("account_reset_password"), {"email": user.email})
    key = client.get(re.search(r"http\S+", mailoutbox[0].body)[0], follow=True)
    client.force_login(user)
    for page in (key, client.get(reverse("account_change_password"))):
        labels = [str(field.label) for field in page.context["form"].fields.values()]
        assert labels[-2:] == ["New password", "New password (again)"]
        assert "New Password" not in page.text and "Current Password" not in page.text


def change(client, new, old=f.PASSWORD):
    return client.post(reverse("account_change_password"), {"oldpassword": old, "password1": new, "password2": new})


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("fourteen chars", "too short"),
        ("1q2w3e4r5t6y7u8i9o0p", "too common"),
        ("asdfghjklasdfghjkl", "easy to guess"),
        ("123456789012345", "entirely numeric"),
        ("anna.karenina.1877", "too similar to the username"),
    ],
)
def test_a_password_that_is_short_or_easily_guessed_is_refused(new, told, client):
    user = f.UserFactory(username="anna.karenina")
    client.force_login(user)
    answer = change(client, new)
    assert answer.status_code == 200 and told in answer.text
    user.refresh_from_db()
    assert user.check_password(f.PASSWORD)


def test_fifteen_characters_are_enough(anna, client):
    client.force_login(anna)
    assert change(client, "fjellrype trost").status_code == 302
    anna.refresh_from_db()
    assert anna.check_password("fjellrype trost")


def test_nobody_changes_a_password_who_does_not_know_it(anna, client):
    client.force_login(anna)
    assert change(client, NEW, old="wrong").status_code == 200
    anna.refresh_from_db()
    assert anna.check_password(f.PASSWORD)


def test_a_changed_password_ends_the_other_sessions_and_not_this_one(anna, client):
    elsewhere = Client()
    sign_in(client), sign_in(elsewhere)
    assert is_in(client) and is_in(elsewhere)
    change(client, NEW)
    assert is_in(client) and not is_in(elsewhere)


def test_a_forgotten_password_is_made_anew_by_a_link_that_works_once(anna, client, mailoutbox):
    elsewhere = Client()
    sign_in(elsewhere)
    client.post(reverse("account_reset_password"), {"email": anna.email})
    [mail] = mailoutbox
    assert mail.to == [anna.email] and f.PASSWORD not in mail.body
    [link] = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", mail.body)
    page = client.get(link, follow=True)
    where = page.redirect_chain[-1][0]
    assert link not in page.text  # the secret stands in no address from here on
    assert "too short" in client.post(where, {"password1": "short", "password2": "short"}).text
    client.post(where, {"password1": NEW, "password2": NEW})
    anna.refresh_from_db()
    assert anna.check_password(NEW) and not is_in(elsewhere)
    again = Client()
    page = again.get(link, follow=True)
    assert "password1" not in page.text
    again.post(page.request["PATH_INFO"], {"password1": f.PASSWORD, "password2": f.PASSWORD})
    anna.refresh_from_db()
    assert anna.check_password(NEW)


def test_whether_an_address_belongs_to_somebody_is_not_told(anna, client, mailoutbox):
    answers = [
        client.post(reverse("account_reset_password"), {"email": mail}, follow=True)
        for mail in (anna.email, "nobody@example.org")
    ]
    assert [one.redirect_chain for one in answers] == [[(reverse("account_reset_password_done"), 302)]] * 2
    assert not any("@example.org" in one.text for one in answers)


def test_asking_for_a_new_password_answers_the_known_and_the_unknown_alike(anna, client, hashed, mailoutbox):
    f.UserFactory(email="gone@example.org", is_active=False)
    f.UserFactory(email="nopassword@example.org", password=make_password(None))
    hashed.clear()
    for name in ("anna", "nobody", "gone", "nopassword"):
        mail = f"{name}@example.org"
        answer = client.post(reverse("account_reset_password"), {"email": mail})
        assert (answer.status_code, answer.url, answer.content) == (302, reverse("account_reset_password_done"), b"")
        assert (len(hashed), len(mailoutbox)) == (0, 1)  # one mail goes out to each, which takes the time
        assert ("/accounts/password/reset/key/" in mailoutbox.pop().body) is (name in {"anna", "nopassword"})


def test_whoever_is_deactivated_is_out_with_the_next_request_and_does_not_come_back(anna, client):
    sign_in(client)
    assert is_in(client)
    f.do(lambda act: User.objects.filter(pk=anna.pk).update(act=act, is_active=False))
    assert not is_in(client)
    sign_in(client)
    assert not is_in(client)


@pytest.mark.parametrize("address", ["/", "/cohorts/", "/nothing-here/", "/accounts/password/change/", "/admin/"])
def test_no_browser_keeps_a_page_of_somebody_who_is_signed_in(address, client):
    client.force_login(f.UserFactory(is_staff=True, is_superuser=True))
    answer = client.get(address)
    assert answer.status_code in {200, 404}
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))


# ---- a session that has ended


def again(client, address, **asked):
    """Where htmx is sent by an answer to somebody who is not signed in, and where the sign-in page goes from there."""
    answer = client.get(address, headers={"HX-Request": "true"} | asked)
    assert (answer.status_code, answer.content) == (204, b"")
    to = urlsplit(answer["HX-Redirect"])
    assert (to.scheme, to.netloc, to.path) == ("", "", LOGIN)
    return parse_qs(to.query)["next"]


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/cohorts/?q=ЖУК&page=2#top", "/cohorts/?q=ЖУК&page=2"),
        ("http://testserver/", "/"),
        ("https://evil.example/cohorts/", "/"),
        ("http://testserver@evil.example/cohorts/", "/"),
        ("http://testserver:81/cohorts/", "/"),
        ("https://testserver/cohorts/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("http://testserver/\\evil.example/", "/"),
        ("http://testserver", "/"),
        ("//evil.example/", "/"),
        ("/cohorts/", "/"),
        ("javascript:alert(1)", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_htmx_leaves_for_the_sign_in_page_and_comes_back_to_the_page_not_the_part(page, back, client):
    assert again(client, reverse("trainees:cohort_list") + "?q=part", **{"HX-Current-URL": page}) == [back]


def test_without_a_page_it_comes_back_to_the_first(client):
    assert again(client, reverse("trainees:cohort_list")) == ["/"]


def test_whoever_uses_no_htmx_is_redirected_as_ever(client):
    answer = client.get(reverse("trainees:cohort_list") + "?q=1")
    assert (answer.status_code, answer.url) == (302, f"{LOGIN}?next=/cohorts/%3Fq%3D1")


def test_other_redirects_are_left_alone(client):
    client.force_login(f.UserFactory())
    answer = client.get(reverse("accounts:email"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.url) == (302, "/accounts/")
