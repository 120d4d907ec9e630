"""Asks every address as everybody, fast: requests go to the handler itself, and whatever they write is taken back."""

import io
import zipfile
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from django.urls import URLPattern, get_resolver, reverse

# How a sign-in goes, when it was last heard of, and what is counted; nothing that anybody entered.
KEPT_BY_READING = {"django_session", "usersessions_usersession", "muster_cache"}
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}
JSON = {"Accept": "application/json"}


class Asking(RequestFactory):
    """Sends requests as any of `users` (None is somebody who is not signed in). `wrote` is what the last one wrote, as SQL."""

    def __init__(self, users, csrf=False):
        super().__init__()
        self.handler = ClientHandler(enforce_csrf_checks=csrf)
        self.cookies_of = {actor: self._cookie(user) for actor, user in users.items()}

    @staticmethod
    def _cookie(user):
        client = Client()
        if user:
            client.force_login(user)
        return client.cookies.output(header="", sep=";").strip()

    def __call__(self, actor, method, where, headers=None, data=None):
        self.wrote = []
        environ = {"HTTP_COOKIE": self.cookies_of[actor]} if self.cookies_of[actor] else {}
        form = {"content_type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        with transaction.atomic(), connection.execute_wrapper(self._note):
            response = self.generic(method, where, urlencode(data or {}), headers=headers, **form, **environ)
            transaction.set_rollback(True)
        return response

    def request(self, **request):
        return self.handler(self._base_environ(**request))

    def _note(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(WRITES) and not KEPT_BY_READING & set(sql.split('"')):
            self.wrote.append(sql[:100])
        return execute(sql, params, many, context)


def text_of(response):
    """All that an answer says; of a ZIP, what its files say."""
    content = response.getvalue()
    if response.get("Content-Type") != "application/zip":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist())


def answered(response):
    """The status; "login" where one is led to signing in, be it as a page, for htmx or for a script."""
    doors = {reverse("account_login"), reverse("admin:login")}
    leads = response.get("Location") or response.get("HX-Redirect") or ""
    if leads.partition("?")[0] in doors or response.status_code == 401:
        return "login"
    return response.status_code


def patterns(of=None, before="", space=""):
    """Every pattern of the URLconf but the toolbar's: its full name, and its address as it is written there."""
    for one in get_resolver().url_patterns if of is None else of:
        route = before + str(one.pattern).removeprefix("^")
        if isinstance(one, URLPattern):
            yield f"{space}:{one.name}" if space else one.name, route
        elif one.namespace != "djdt":
            yield from patterns(one.url_patterns, route, one.namespace or space)
