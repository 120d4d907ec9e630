"""What every answer tells the browser it may do, and what no request may talk us into."""

import re

import pytest
from django.urls import reverse

from tests import factories as f

from .test_access import ANSWERS, TABLE, address, world  # noqa: F401  world is a fixture

PAGES = ["/", "/accounts/login/", "/nothing-here/", "/admin/", "/accounts/theme/"]
EVIL = ["https://evil.example/", "//evil.example/", "/\\evil.example/", "http:///evil.example/", "javascript:alert(1)"]


@pytest.fixture
def boss(client, db):
    client.force_login(f.UserFactory(is_superuser=True, is_staff=True))
    return client


@pytest.mark.parametrize("page", PAGES)
def test_a_browser_runs_nothing_and_loads_nothing_but_ours(page, boss):
    policy = boss.get(page)["Content-Security-Policy"]
    directives = {
        name: sources.split() for name, _, sources in (one.strip().partition(" ") for one in policy.split(";"))
    }
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == directives["base-uri"] == ["'none'"]
    assert directives["form-action"] == ["'self'"]
    assert {source for sources in directives.values() for source in sources} == {"'none'", "'self'", "data:"}
    assert [name for name, sources in directives.items() if "data:" in sources] == ["img-src"]


@pytest.mark.parametrize("page", PAGES)
def test_no_other_site_frames_a_page_guesses_its_kind_or_learns_its_address(page, boss):
    answer = boss.get(page)
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"


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


@pytest.mark.parametrize("name", [name for name, policy in TABLE.items() if "press" in policy or policy == "theme"])
def test_what_is_pressed_is_never_done_by_a_link(name, world, client):  # noqa: F811
    client.force_login(world.users["administrator"])
    answer = client.get(address(name, world))
    assert answer.status_code == 405 and answer["Allow"] == "POST"


@pytest.mark.parametrize(
    "name", [name for name, policy in TABLE.items() if ANSWERS[policy].get("everybody") == (200, 405)]
)
def test_what_is_only_read_takes_nothing(name, world, client):  # noqa: F811
    client.force_login(world.users["administrator"])
    assert client.post(address(name, world), {}).status_code == 405


@pytest.mark.parametrize("page", ["/cohorts/new/", "/accounts/theme/", "/accounts/logout/"])
def test_a_form_of_another_site_is_refused(page, db):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(f.RoleFactory().user)
    assert client.post(page, {}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("page", ["/", "/cohorts/new/", "/accounts/login/", "/admin/", "/sw.js", "/nothing/"])
def test_no_other_method_is_answered(method, page, boss):
    answer = boss.generic(method, page)
    assert answer.status_code == 405 and answer["Allow"] == "GET, HEAD, POST"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
