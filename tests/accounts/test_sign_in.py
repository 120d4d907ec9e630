"""Signing in: throttled by account and by address, and never inside a page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.urls import reverse

from tests import factories as f

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def try_in(client, settings):
    """Whether a name signs in, with the right password or a wrong one, from `address`: X-Forwarded-For as the proxy made it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be fast
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


def test_an_account_is_throttled_from_everywhere(try_in):
    for n, name in enumerate(("anna", "ANNA", "Anna", "anna", "aNNa")):
        assert not try_in(name, address=f"203.0.113.{n}", host=f"testserver:{8000 + n}")
    assert not try_in(right=True, address="203.0.113.99")


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
    assert (answer.status_code, answer.url) == (302, "/")
