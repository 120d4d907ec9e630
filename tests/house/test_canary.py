"""A name, a password and a token are put through whole journeys, right and wrong, and looked for where they must never be."""

import io
import logging
import re
import uuid
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings as ours
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from accounts import trail
from accounts.models import Act, Change
from tests import factories as f
from tests.house.asking import text_of
from trainees import services
from trainees.models import Identity

from .test_access import ACTORS, TABLE, WANTS, address, world  # noqa: F401  world is a fixture

FAMILY, GIVEN, AGAIN = "Зозуляк", "Мотря", "Sosyulyak"
NAMES = (FAMILY, GIVEN, AGAIN)
PASSWORD, WRONG, NEXT = "kanareyka spivaye vranci", "kanareyka movchyt vranci", "kanareyka letyt uvecheri"
PASSWORDS = (PASSWORD, WRONG, NEXT)
LINKS = re.compile(r"""(?:href|action|hx-\w+|src|formaction)="([^"]*)\"""")
TITLE = re.compile(r"<title>(.*?)</title>", re.S)


class Watched(Client):
    """A browser that remembers every address it was given, and every page."""

    def __init__(self):
        super().__init__(raise_request_exception=False)
        self.heard = []

    def request(self, **request):
        response = super().request(**request)
        self.heard.append(response)
        return response

    def texts(self):
        return [one.text for one in self.heard if not one.streaming]

    def addresses(self):
        for one in self.heard:
            yield f"{one.request['PATH_INFO']}?{one.request.get('QUERY_STRING', '')}"
            yield one.get("Location", "")
            yield one.get("Content-Disposition", "")
        for text in self.texts():
            yield from LINKS.findall(text)

    def titles(self):
        return [title for text in self.texts() for title in TITLE.findall(text)]


COLUMNS = {"column_1": "call_sign", "column_2": "family_name", "column_3": "given_name", "column_4": "since"}


@pytest.fixture
def log():
    """All that is logged, at the most talkative, as it would be written."""
    plain = ours.LOGGING["formatters"]["plain"]
    heard = logging.StreamHandler(io.StringIO())
    heard.setFormatter(import_string(plain["class"])(plain["format"], style=plain["style"]))
    root = logging.getLogger()
    root.addHandler(heard)
    loggers = [root, *(one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    levels = [(one, one.level) for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
    yield heard.stream
    root.removeHandler(heard)
    for one, level in levels:
        one.setLevel(level)


def broken(**said):
    """A service that fails as an error in our code would, with all it was told in its words."""
    raise RuntimeError(f"cannot write {said}")


def refused(**said):
    """One that the database refuses: PostgreSQL quotes the whole row."""
    with transaction.atomic(), connection.cursor() as cursor:  # the test's own transaction goes on
        columns = "(family_name, given_name, trainee_id)"
        cursor.execute(
            f"INSERT INTO trainees_identity {columns} VALUES (%s, %s, NULL)", [said["family_name"], said["given_name"]]
        )


@pytest.fixture
def journey(world, settings, monkeypatch, mailoutbox):  # noqa: F811
    """A coordinator's day with names in it: signing in, entering, reading, handing out, errors of all kinds, the admin."""
    settings.ADMINS = [("Operator", "operator@example.org")]
    user = world.users["coordinator"]
    f.do(
        lambda act: (
            type(user)
            .objects.filter(pk=user.pk)
            .update(act=act, is_staff=True, email="coordinator@example.org", password=make_password(PASSWORD))
        )
    )
    browser = Watched()
    key = lambda: {"key": uuid.uuid4()}  # noqa: E731
    names = {"family_name": FAMILY, "given_name": GIVEN}
    for password in (WRONG, PASSWORD):
        browser.post("/accounts/login/", {"login": user.username, "password": password})
    assert browser.heard[-1].status_code == 302

    # entering names: new, corrected, refused, sent twice, overtaken
    new = f"{reverse('trainees:trainee_create')}?cohort={world.cohort.slug}"
    place = {"status": "active", "since": "2023-08-07"}
    browser.post(new, key() | place | names | {"roll_number": "", "call_sign": "SOKIL"})
    once = key() | place | names | {"roll_number": "R-77", "call_sign": "SOKIL"}
    for _time in range(2):
        assert browser.post(new, once).status_code == 302
    assert browser.post(new, once | {"given_name": AGAIN}).status_code == 409
    edit, show = address("trainees:name_edit", world), address("trainees:trainee_name", world)
    for family in (FAMILY, AGAIN, FAMILY):
        assert browser.post(edit, key() | names | {"family_name": family}).status_code == 302
    assert browser.post(edit, key() | {"family_name": FAMILY * 40}).status_code == 422
    assert browser.post(edit, {"family_name": FAMILY}).status_code == 422
    assert browser.get(f"{edit}nothing/").status_code == 404
    assert browser.post(reverse("trainees:trainee_list"), names).status_code == 405
    browser.get(reverse("trainees:trainee_list"), {"q": "R-77"})

    # reading them
    assert FAMILY in browser.post(show, key() | {"reason": "Diploma"}).text
    assert browser.post(address("trainees:cohort_names", world), key() | {"reason": "Diplomas"}).status_code == 302
    assert FAMILY in browser.get(address("trainees:cohort_roster", world)).text
    handed = browser.post(address("trainees:trainee_data", world), key() | {"reason": "Asked for it"})
    assert FAMILY in handed.getvalue().decode()
    assert browser.post(address("trainees:cohort_names_hide", world), key()).status_code == 302

    # a roster with names in it: somebody who looks known, and a row that is wrong
    start = reverse("trainees:import_new", args=[world.program.slug])
    file = f"roll_number,call_sign,family_name,given_name,since\nR-88,DUB,{FAMILY},{GIVEN},{{day}}\n"
    sent = {"kind": "roster", "cohort": world.cohort.slug}
    for day in (AGAIN, "2023-08-08"):
        named = SimpleUploadedFile("roster.csv", file.format(day=day).encode())
        preview = browser.post(start, key() | sent | {"file": named}).url
        assert browser.get(preview).status_code == 200
    assert browser.get(preview, {"format": "csv"}).getvalue()
    assert browser.post(preview, {"column_0": "roll_number", "line_2": "new"} | COLUMNS).status_code == 302
    assert browser.post(f"{preview}confirm/").status_code == 302
    assert (
        "What it wrote" in browser.get(preview).text and Identity.objects.filter(trainee__roll_number="R-88").exists()
    )

    # the admin
    add = reverse("admin:trainees_identity_add")
    assert browser.post(add, key() | names | {"trainee": world.trainee.pk}).status_code == 302
    assert browser.post(add, key() | names | {"trainee": ""}).status_code == 200
    for name in ("trainees_identity_changelist", "trainees_nameread_changelist", "trainees_trainee_changelist"):
        assert browser.get(reverse(f"admin:{name}")).status_code == 200
    newest = Identity.objects.latest("pk")
    assert browser.get(reverse("admin:trainees_identity_change", args=[newest.pk])).status_code == 200
    assert browser.get(reverse("admin:trainees_trainee_history", args=[world.trainee.pk])).status_code == 200

    # what goes wrong
    errors = []
    for service in (broken, refused):
        with monkeypatch.context() as patched:
            patched.setattr(services, "write_name", service)
            errors.append(browser.post(edit, key() | names))
    with monkeypatch.context() as patched:
        patched.setattr(services, "read_names", broken)
        errors.append(browser.post(show, key() | {"reason": f"Papers of {FAMILY}"}))
    with monkeypatch.context() as patched:
        patched.setattr("accounts.services.set_password", broken)
        change = {"oldpassword": PASSWORD, "password1": NEXT, "password2": NEXT}
        errors.append(browser.post(reverse("account_change_password"), change))
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    errors.append(strict.post("/accounts/login/", {"login": user.username, "password": PASSWORD}))
    assert [one.status_code for one in errors] == [500] * 4 + [403]

    # a new password, by the form and by mail
    assert browser.post(reverse("account_change_password"), change).status_code == 302
    browser.post("/accounts/logout/")
    browser.post(reverse("account_reset_password"), {"email": "coordinator@example.org"})
    [link] = re.findall(r"http://testserver(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)
    form = browser.get(link)
    assert browser.post(form.url, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    token = link.strip("/").rpartition("-")[2]
    return SimpleNamespace(browser=browser, errors=errors, user=user, link=link, token=token, mail=list(mailoutbox))


def found(words, *texts):
    return {word for word in words for text in texts if word in str(text) or word.casefold() in str(text).casefold()}


def test_no_log_line_has_a_name_or_a_password_or_a_token(log, journey):
    told = log.getvalue()
    assert "Internal Server Error" in told and "RuntimeError" in told and "IntegrityError" in told
    assert found((*NAMES, *PASSWORDS, journey.token), told) == set()


def test_no_address_has_one_and_no_title(journey):
    where = [one for one in journey.browser.addresses() if journey.link not in one]
    assert len(where) > 100
    assert found((*NAMES, *PASSWORDS, journey.token), *where, *journey.browser.titles()) == set()


def test_no_error_page_repeats_what_was_sent_and_no_error_is_mailed(journey):
    for page in journey.errors:
        assert found((*NAMES, *PASSWORDS), page.text, page.headers) == set()
    assert found((*NAMES, *PASSWORDS), *(f"{one.subject}{one.body}{one.to}" for one in journey.mail)) == set()
    assert [one.to for one in journey.mail if "operator@example.org" in one.to] == []


def test_no_page_gives_a_password_back(journey):
    assert found(PASSWORDS, *journey.browser.texts()) == set()


def test_names_stand_in_one_table_and_passwords_in_none(journey):
    for model in apps.get_models(include_auto_created=True):
        rows = [str(row) for row in model._base_manager.values()]
        assert found(PASSWORDS, *rows) == set(), model
        assert model is Identity or found(NAMES, *rows) == set(), model
    told = [*Change.objects.values_list("before", "after"), *Act.objects.values_list("reason", "kind", "digest")]
    assert found((*NAMES, *PASSWORDS, journey.token), *told) == set()
    assert {"trainees_identity", "trainees_nameread"} <= {one.table for one in Change.objects.all()}


def test_no_session_and_no_cookie_has_one(journey):
    kept = [one.get_decoded() for one in Session.objects.all()]
    cookies = [value.OutputString() for one in journey.browser.heard for value in one.cookies.values()]
    assert cookies and found((*NAMES, *PASSWORDS), *kept, *cookies) == set()


@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_finds_a_name_on_any_page_and_no_browser_keeps_one_of_theirs(actor, journey, world):  # noqa: F811
    """Each page with its history, by everybody: the coordinator too, who hid the names again."""
    browser = Watched()
    if user := world.users[actor]:
        user.refresh_from_db()  # of one the password has changed
        browser.force_login(user)
    for name in TABLE:
        browser.get(address(name, world), {"history": "all"})
    assert len(browser.heard) == len(WANTS)
    assert [one.request["PATH_INFO"] for one in browser.heard if found(NAMES, text_of(one))] == []
    if user and user.is_active:
        assert sum(one.status_code == 200 for one in browser.heard) >= 15
        kept = [
            one
            for one in browser.heard
            if not {"no-store", "private"} <= set(re.split(r",\s*", one.get("Cache-Control", "")))
        ]
        assert [one.request["PATH_INFO"] for one in kept] == []


def test_the_triggers_stand_after_all_this(journey):
    assert trail.missing() == []
