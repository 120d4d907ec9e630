"""What every answer tells the browser it may do, and what no request may talk us into."""

import re
from contextlib import closing
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.acts import Conflict
from tests import factories as f
from tests.accounts.door import code, with_app

from .asking import Asking
from .test_access import TABLE, address, world  # noqa: F401  world is a fixture

EVIL = ["https://evil.example/", "//evil.example/", "/\\evil.example/", "http:///evil.example/", "javascript:alert(1)"]


@pytest.fixture
def boss(client, db):
    client.force_login(f.UserFactory(is_superuser=True, is_staff=True))
    client.raise_request_exception = False
    return client


def fails(*_args, **_kwargs):
    raise RuntimeError


def overtaken(*_args, **_kwargs):
    raise Conflict


@pytest.fixture(
    params=[
        200,
        302,
        304,
        400,
        403,
        404,
        405,
        409,
        422,
        429,
        500,
        "admin",
        "worker",
        "file",
        "no file",
        "json",
        "to https",
    ]
)
def answer(request, boss, monkeypatch, settings):
    """One of each kind of answer, none of which may forget its headers."""
    kind = request.param
    if kind in {409, 500}:
        monkeypatch.setattr("accounts.views.signins_of", overtaken if kind == 409 else fails)
    if kind == "to https":
        settings.SECURE_SSL_REDIRECT = True
        kind, got = 301, Client().get("/")
    elif kind in {304, "file", "no file"}:
        settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
        files = Client()
        with closing(files.get("/static/icon.svg")) as got:
            stamp = {"If-Modified-Since": got["Last-Modified"]} if kind == 304 else {}
        if kind != "file":
            got = files.get("/static/icon.svg" if kind == 304 else "/static/nothing.svg", headers=stamp)
        kind = {"file": 200, "no file": 404}.get(kind, kind)
    elif kind == 400:
        got = boss.get("/", headers={"Host": "evil.example"})
    elif kind == 403:
        got = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    elif kind == 422:
        got = boss.post("/modules/new/", {})
    elif kind == 429:
        for _ in range(31):
            got = Client().post("/accounts/login/", {})
    elif kind == "json":
        kind, got = 401, Client().get("/", headers={"Accept": "application/json"})
    else:
        address = {200: "/", 302: "/accounts/email/", 404: "/nothing-here/", 405: "/accounts/theme/"}
        address |= {409: "/accounts/", 500: "/accounts/", "admin": "/admin/", "worker": "/sw.js"}
        got = boss.get(address[kind])
        kind = kind if isinstance(kind, int) else 200
    assert got.status_code == kind
    return got


def test_a_browser_runs_nothing_and_loads_nothing_but_ours(answer):
    policy = answer["Content-Security-Policy"]
    directives = {
        name: sources.split() for name, _, sources in (one.strip().partition(" ") for one in policy.split(";"))
    }
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == directives["base-uri"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]
    assert {source for sources in directives.values() for source in sources} == {"'none'", "'self'", "data:"}
    assert [name for name, sources in directives.items() if "data:" in sources] == ["img-src"]


def test_no_other_site_frames_a_page_guesses_its_kind_or_learns_its_address(answer):
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"


def test_no_page_uses_camera_microphone_or_place(answer):
    permissions = answer["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(permissions)
    assert "publickey-credentials-get=(self)" in permissions


@pytest.mark.parametrize("page", ["/", "/admin/", "/accounts/login/", "/nothing-here/"])
def test_a_page_has_no_script_or_style_in_its_text(page, client, boss):
    text = (client if page == "/accounts/login/" else boss).get(page).text
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("evil", EVIL)
def test_choosing_colours_leads_to_no_other_host(evil, client, db):
    answer = client.post(reverse("accounts:theme"), {"theme": "dark", "next": evil})
    assert (answer.status_code, answer.url) == (302, "/")


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "127.0.0.1.evil.example", "testserver:80@x"]
)
def test_a_forged_host_is_refused_before_any_page_or_mail_is_made(host, client, db, mailoutbox):
    f.UserFactory(email="anna@example.org")
    assert client.get("/accounts/login/", headers={"Host": host}).status_code == 400
    sent = {"email": "anna@example.org"}
    assert client.post(reverse("account_reset_password"), sent, headers={"Host": host}).status_code == 400
    assert mailoutbox == []


def test_what_is_pressed_is_never_done_by_a_link(world):  # noqa: F811
    asking = Asking(world.users)
    for name, policy in TABLE.items():
        if "press" in policy or policy in {"mark", "theme"}:
            answer = asking("administrator", "GET", address(name, world))
            assert answer.status_code == 405 and answer["Allow"] == "POST", name


@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/sw.js", "/offline/", "/nothing/", "/admin/"])
def test_text_says_in_which_letters_it_is_written(page, boss):
    assert boss.get(page)["Content-Type"].endswith("; charset=utf-8")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("page", ["/", "/cohorts/new/", "/accounts/login/", "/admin/", "/sw.js", "/nothing/"])
def test_no_other_method_is_answered(method, page, boss):
    answer = boss.generic(method, page)
    assert answer.status_code == 405 and answer["Allow"] == "GET, HEAD, POST"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "page",
    ["/accounts/logout/", "/admin/logout/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/generate/"],
)
def test_looking_at_a_door_does_nothing(page, db):
    boss = f.UserFactory(is_superuser=True, is_staff=True)
    with_app(boss)
    client = Client()
    client.force_login(boss)
    had = list(Authenticator.objects.values())
    assert client.get(page).status_code in {200, 405}
    assert client.get("/").status_code == 200 and list(Authenticator.objects.values()) == had


# ---- where a door leads to


@pytest.mark.parametrize(
    "evil", [*EVIL, "http://testserver.evil.example/", "https://testserver@evil.example/", "ftp://testserver/"]
)
@pytest.mark.parametrize(
    "door", ["login", "login while in", "logout", "reauthenticate", "second factor", "code", "admin"]
)
def test_no_door_leads_to_another_host(door, evil, db):
    boss = f.UserFactory(is_superuser=True, is_staff=True)
    secret = with_app(boss) if door in {"second factor", "code"} else ""
    client = Client()
    if door == "login":
        answer = client.post("/accounts/login/", {"login": boss.username, "password": f.PASSWORD, "next": evil})
    elif door == "code":
        client.post("/accounts/login/", {"login": boss.username, "password": f.PASSWORD, "next": evil})
        answer = client.post("/accounts/2fa/authenticate/", {"code": code(secret), "next": evil})
    elif door == "admin":
        answer = client.get("/admin/login/", {"next": evil})
        words = {"login": boss.username, "password": f.PASSWORD}
        answer = client.post(answer.url, words | {"next": evil})
    else:
        client.force_login(boss)
        where, words = {
            "login while in": ("/accounts/login/", {}),
            "logout": ("/accounts/logout/", {}),
            "reauthenticate": ("/accounts/reauthenticate/", {"password": f.PASSWORD}),
            "second factor": ("/accounts/2fa/reauthenticate/", {"code": code(secret) if secret else ""}),
        }[door]
        answer = client.post(f"{where}?{urlencode({'next': evil})}", words | {"next": evil})
    assert answer.status_code == 302
    assert answer.url in {"/", "/accounts/login/"}


def test_from_https_no_door_leads_to_http(db):
    boss = f.UserFactory()
    words = {"login": boss.username, "password": f.PASSWORD, "next": "http://testserver/cohorts/"}
    assert Client().post("/accounts/login/", words, secure=True).url == "/"


# ---- what proxies say, and what anybody can say in their name


def test_a_forged_host_that_was_forwarded_is_not_believed(db, client, mailoutbox):
    f.UserFactory(email="anna@example.org")
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "81", "Forwarded": "host=evil.example"}
    client.post(reverse("account_reset_password"), {"email": "anna@example.org"}, headers=forged)
    assert "http://testserver/" in mailoutbox[0].body and "evil" not in mailoutbox[0].body
    assert client.get("/", headers=forged).url == "/accounts/login/?next=/"


def test_a_scheme_that_was_forwarded_is_believed_only_behind_the_proxy_of_https(client, db, settings):
    forged = {"X-Forwarded-Proto": "https"}
    assert not client.get("/offline/", headers=forged).wsgi_request.is_secure()
    settings.SECURE_PROXY_SSL_HEADER, settings.SECURE_SSL_REDIRECT = ("HTTP_X_FORWARDED_PROTO", "https"), True
    behind = Client()  # with middleware that has read the settings
    assert behind.get("/offline/", headers=forged).wsgi_request.is_secure()
    for said in ("http", "HTTPS", ""):
        assert behind.get("/offline/", headers={"X-Forwarded-Proto": said}).status_code == 301
