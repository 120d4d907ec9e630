"""How the server talks to scripts: JSON to those who ask for it, a token that dies with the sign-in, pages a browser may keep."""

import pytest
from django.test import Client

from accounts.wire import KEEP_HEADER, USER_HEADER
from tests import factories as f

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def browser():
    """A client that has to show its token, as browsers do."""
    return Client(enforce_csrf_checks=True)


def test_a_script_learns_who_is_signed_in_and_that_nobody_is(client):
    said = client.get("/accounts/whoami/", headers=JSON)
    assert said.status_code == 401 and said.json()["signin"] == "/accounts/login/" and said.json()["token"]
    user = f.UserFactory(username="anna")
    client.force_login(user)
    said = client.get("/accounts/whoami/", headers=JSON)
    assert (said.json()["user"], said.json()["name"]) == (str(user.pk), "anna") and said.json()["token"]
    assert "no-store" in said["Cache-Control"]


def test_whoever_reads_pages_is_still_led_to_the_sign_in(client):
    for headers in (PAGE, {}):
        assert client.get("/cohorts/", headers=headers).url == "/accounts/login/?next=/cohorts/"
    assert client.post("/cohorts/new/", headers=JSON).status_code == 401


def test_the_token_of_one_person_writes_nothing_for_the_next(browser):
    first, second = f.RoleFactory().user, f.RoleFactory().user
    signed_in(browser, first)
    token = browser.get("/accounts/whoami/", headers=JSON).json()["token"]
    assert browser.post("/cohorts/new/", headers=JSON | {"X-CSRFToken": token}).status_code == 200
    signed_in(browser, second)
    answer = browser.post("/cohorts/new/", headers=JSON | {"X-CSRFToken": token})
    assert (answer.status_code, answer.json()) == (403, {"csrf": True})


def signed_in(browser, user):
    """Sign in as a script does: with the token that came with the refusal."""
    browser.logout()
    token = browser.get("/accounts/whoami/", headers=JSON).json()["token"]
    words = {"login": user.username, "password": f.PASSWORD}
    answer = browser.post("/accounts/login/", words, headers=JSON | {"X-CSRFToken": token})
    assert answer.status_code == 200 and answer.json()["location"] == "/"


def test_a_form_that_is_too_old_is_told_so_in_a_page_or_in_json(browser):
    browser.force_login(f.RoleFactory().user)
    assert "too old" in browser.post("/cohorts/new/", headers=PAGE).text
    assert browser.post("/cohorts/new/", headers=JSON).json() == {"csrf": True}


def test_only_sheets_may_be_kept_and_every_page_says_whose_it_is(client):
    session = f.TrainingSessionFactory()
    user = f.RoleFactory(program=session.cohort.program).user
    client.force_login(user)
    kept = {
        where: client.get(where) for where in ("/", f"/sessions/{session.pk}/", f"/sessions/{session.pk}/register/")
    }
    assert [where for where, page in kept.items() if KEEP_HEADER in page] == [f"/sessions/{session.pk}/register/"]
    assert {page[USER_HEADER] for page in kept.values()} == {str(user.pk)}
    client.logout()
    assert USER_HEADER not in client.get("/accounts/login/")


def test_the_worker_is_ours_may_serve_every_page_and_is_asked_for_anew(client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript;") and "no-store" in answer["Cache-Control"]
    assert "js/worker" in answer.text and "worker-src 'self'" in answer["Content-Security-Policy"]


def test_the_page_without_network_says_nothing_about_anybody(client):
    client.force_login(f.UserFactory(username="anna"))
    page = Client().get("/offline/")
    assert page.status_code == 200 and "anna" not in page.text
