"""docs/access.md says on one page who gets what at every address. It is made from the table and from the answers themselves.

After a change of who may: `make access`, and read the difference.
"""

import os
from collections import defaultdict
from pathlib import Path

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import Act
from tests import factories as f
from tests.admin.conftest import world as tables  # noqa: F401  a fixture: one row of every table
from tests.house.test_access import ACTORS, TABLE, WANTS, answered, expected

PAGE = Path(__file__).resolve().parents[2] / "docs/access.md"
HEAD = """# Who gets what

Made from the test's own table and answers (tests/house/test_access_page.py), and compared with them at every run: a change of
who may changes this page. "Other" is of another program. Each cell is the answer to GET, then to POST with nothing in it: 200
a page, 302 leads elsewhere, 403 theirs to see but not to do, 404 not there for them, 405 no such method, 422 what was sent is
not complete, "login" leads to signing in.
"""
SIGNED_IN = ("anonymous", "viewer", "administrator")  # whose answers differ where a page is about oneself
IN_THE_ADMIN = ("anonymous", "viewer", "coordinator", "other coordinator", "administrator")


def routes(patterns=None, before="", space=""):
    """Every pattern of ours and of allauth's: its full name, and its address."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern):
            yield f"{space}:{one.name}" if space else one.name, before + str(one.pattern)
        elif one.namespace != "djdt":
            yield from routes(one.url_patterns, before + str(one.pattern), one.namespace or space)


ROUTES = dict(routes())
ALLAUTH = [name for name in ROUTES if name and name.startswith(("account_", "mfa_", "usersessions_"))]


def table(head, lines):
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *lines])


def of_ours():
    """From the table that test_access holds against the answers."""
    lines = []
    for name in sorted(TABLE, key=lambda name: ROUTES[name]):
        cells = [" ".join(map(str, expected(TABLE[name], actor))) for actor in ACTORS]
        lines.append([f"`/{ROUTES[name]}`", *(cell.replace("login login", "login") for cell in cells)])
    return table(["address", *ACTORS], lines)


def asked(client, where):
    """The answers to GET and to POST; what either wrote is taken back."""
    got = []
    for method in (client.get, client.post):
        with transaction.atomic():
            got.append(str(answered(method(where))))
            transaction.set_rollback(True)
    return " ".join(got).replace("login login", "login")


def of_allauth(clients):
    words = {"key": "x", "uidb36": "1", "pk": 1}
    lines = []
    for name in sorted(ALLAUTH, key=ROUTES.get):
        wanted = [word for word in words if f"{word}>" in ROUTES[name]]
        where = reverse(name, kwargs={word: words[word] for word in wanted})
        lines.append([f"`{where}`", *(asked(clients[actor], where) for actor in SIGNED_IN)])
    return table(["address", *SIGNED_IN], lines)


def of_admin(clients):
    """Tables that are answered alike stand in one line."""
    alike = defaultdict(list)
    for model in admin.site._registry:
        row = model._default_manager.order_by("pk").first()
        for page in ("changelist", "add", "change", "delete", "history"):
            args = [row.pk] if page in ("change", "delete", "history") else []
            where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
            answers = tuple(asked(clients[actor], where) for actor in IN_THE_ADMIN)
            alike[page, answers].append(model._meta.model_name)
    lines = [[page, ", ".join(sorted(models)), *answers] for (page, answers), models in sorted(alike.items())]
    return table(["page of the admin", "tables", *IN_THE_ADMIN], lines)


@pytest.fixture
def users(tables):  # noqa: F811
    return {
        "viewer": f.RoleFactory(program=tables.program, kind="viewer").user,
        "coordinator": tables.user,
        "other coordinator": f.RoleFactory(user__is_staff=True).user,
        "administrator": f.UserFactory(is_staff=True, is_superuser=True),
    }


def signed_in(users):
    clients = {"anonymous": Client()}
    for actor, user in users.items():
        clients[actor] = Client()
        clients[actor].force_login(user)
    return clients


def test_the_page_says_what_everybody_gets_everywhere(users):
    before = Act.objects.count()
    allauth, tables_of_admin = of_allauth(signed_in(users)), of_admin(signed_in(users))  # the first signs out, too
    parts = [HEAD, "## Pages\n", of_ours(), "\n## Signing in\n", allauth, "\n## Admin\n", tables_of_admin]
    page = "\n".join(parts) + "\n"
    assert Act.objects.count() == before
    if os.environ.get("WRITE_ACCESS"):
        PAGE.write_text(page)
    assert page.splitlines() == PAGE.read_text().splitlines()


def test_no_address_is_left_out():
    """Ours are in the table, allauth's and the pages of tables on the page; what else the admin has is named here."""
    admins = {name for name in ROUTES if name and name.startswith("admin:")}
    pages = {name for name in admins if name.rpartition("_")[2] in {"changelist", "add", "change", "delete", "history"}}
    assert {name.removeprefix("admin:") for name in admins - pages} == {
        "None", "index", "login", "logout", "password_change_done", "autocomplete", "jsi18n", "view_on_site", "app_list",
    }  # fmt: skip
    assert set(ROUTES) - admins - set(ALLAUTH) == set(TABLE) == set(WANTS)
