"""docs/access.md says on one page who gets what at every address. It is made from the table and from the answers themselves.

After a change of who may: `make access`, and read the difference.
"""

import json
import os
import re
from collections import defaultdict
from difflib import unified_diff
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import resolve, reverse

from tests import factories as f
from tests.admin.conftest import world as tables  # noqa: F401  a fixture: one row of every table
from tests.house.asking import JSON, Asking, answered, patterns
from tests.house.test_access import ACTORS, TABLE, everybody, expected

PAGE = Path(__file__).resolve().parents[2] / "docs/access.md"
HEAD = """# Who gets what

Made from the test's own table and answers (tests/house/test_access_page.py), and compared with them at every run: a change of
who may changes this page. "Other" is of another program. Each cell is the answer to GET, then to POST with nothing in it: 200
a page, 302 leads elsewhere, 403 theirs to see but not to do, 404 not there for them, 405 no such method, 422 what was sent is
not complete, "login" leads to signing in: a page for people, 204 for htmx, 401 for a script. HEAD is answered like GET, and
neither writes anything. POST without its token is 403 for everybody, any other method 405.
"""
METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
DUMMIES = {"uuid": "0b2cbb52-6f43-4d7c-8a0e-7b1a2c3d4e5f", "int": "1", "slug": "x", "path": "1"}
CHOICES = "?app_label=trainees&model_name=enrolment&field_name=cohort"  # what an autocomplete has to be told
REGEX = re.compile(r"\(\?P<(\w+)>(?:(\w+)\|[^)]*|[^)]*)\)")  # a word in an address that is told by a pattern
ROUTES = dict.fromkeys(route for _, route in patterns())  # in the order in which they are tried; allauth's too
NAMES = {name: route for name, route in patterns() if name}


def somewhere(route, **words):
    """An address of `route`: with something in the place of each of its words."""
    route = REGEX.sub(lambda found: found[2] or "x", route).removesuffix("$")
    return "/" + re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda found: str(words.get(found[2], DUMMIES.get(found[1], "x"))), route
    )


def in_short(route):
    """A route as it stands on the page."""
    return "`/" + REGEX.sub(r"<\1>", route).removesuffix("$") + "`"


def table(head, lines):
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *lines])


def short(answers):
    return " ".join(map(str, answers)).replace("login login", "login")


def of_ours():
    """From the table that test_access holds against the answers."""
    lines = []
    for name in sorted(TABLE, key=lambda name: NAMES[name]):
        lines.append([in_short(NAMES[name]), *(short(expected(TABLE[name], actor)) for actor in ACTORS)])
    return table(["address", *ACTORS], lines)


def of_allauth(ask):
    lines = [[in_short(route), *ask(somewhere(route))] for route in sorted(allauths())]
    return table(["address", *ACTORS], lines)


def allauths():
    return {route for name, route in NAMES.items() if name.startswith(("account_", "mfa_", "usersessions_"))} - {
        NAMES[name] for name in TABLE
    }  # an address of ours that stands in the place of theirs


def of_admin(ask):
    """Tables that are answered alike stand in one line."""
    alike, lines = defaultdict(list), []
    for route in sorted(route for route in ROUTES if route.startswith("admin/")):
        page = re.fullmatch(r"admin/(accounts|programs|trainees)/(\w+)/(.*)", route)
        if page is None:
            lines.append([in_short(route), "", *ask(somewhere(route) + CHOICES * ("autocomplete" in route))])
            continue
        app, model, rest = page.groups()
        row = apps.get_model(app, model)._default_manager.order_by("pk").first()
        alike[rest, ask(somewhere(route, object_id=row.pk, id=row.pk))].append(model)
    for (rest, answers), models in sorted(alike.items()):
        lines.append([in_short(f"admin/…/{rest}"), ", ".join(sorted(models)), *answers])
    return table(["address", "tables", *ACTORS], lines)


@pytest.fixture
def ask(tables):  # noqa: F811
    """What each of ACTORS gets at an address. All of them have the flag that lets into the admin, whatever their role."""
    asking = Asking(everybody(tables.program, f.ProgramFactory(), is_staff=True))

    def both(where):
        answers = []
        for actor in ACTORS:
            read = answered(asking(actor, "GET", where))
            assert not asking.wrote, f"{where} as {actor}"
            answers.append(short((read, answered(asking(actor, "POST", where)))))
        return tuple(answers)

    return both


def test_the_page_says_what_everybody_gets_everywhere(ask):
    parts = [HEAD, "## Pages\n", of_ours(), "\n## Signing in\n", of_allauth(ask), "\n## Admin\n"]
    parts += ["Asked by people who all have `is_staff`; without it nobody gets in.\n", of_admin(ask)]
    page = "\n".join(parts) + "\n"
    if os.environ.get("WRITE_ACCESS"):
        PAGE.write_text(page)
    changed = unified_diff(
        PAGE.read_text().splitlines(), page.splitlines(), "docs/access.md", "what is answered now", n=0
    )
    assert "\n".join(changed) == ""


def test_no_address_is_left_out():
    """Each pattern is the first that its address finds, so none stands in the shadow of another; each is on the page."""
    assert {route for route in ROUTES if resolve(somewhere(route)).route != route} == set()
    on_the_page = (
        {NAMES[name] for name in TABLE} | allauths() | {route for route in ROUTES if route.startswith("admin/")}
    )
    assert set(ROUTES) == on_the_page


def test_without_the_flag_only_the_door_of_the_admin_is_seen(tables):  # noqa: F811
    users = everybody(tables.program, f.ProgramFactory())
    asking = Asking(users)
    for route in ROUTES:
        if route.startswith("admin/"):
            where = somewhere(route)
            got = {asking(actor, "GET", where).status_code for actor in asking.cookies_of}
            assert got <= {302, 403}, where


@pytest.mark.parametrize(("actor", "headers"), [("anonymous", {}), ("anonymous", JSON), ("boss", {})])
def test_nothing_is_sent_without_its_token(actor, headers, db):
    asking = Asking({"anonymous": None, "boss": f.UserFactory(is_staff=True, is_superuser=True)}, csrf=True)
    for route in ROUTES:
        answer = asking(actor, "POST", somewhere(route), headers)
        assert (answer.status_code, asking.wrote) == (403, []), route
        if headers:
            assert json.loads(answer.content) == {"csrf": True}, route
    forged = {"csrfmiddlewaretoken": "x" * 64}
    answer = asking(actor, "POST", reverse("accounts:theme"), {**headers, "X-CSRFToken": "x" * 64}, data=forged)
    assert answer.status_code == 403


def test_no_address_answers_another_method(db):
    asking = Asking({"anonymous": None})
    for route in ROUTES:
        for method in METHODS:
            answer = asking("anonymous", method, somewhere(route))
            assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST"), route
