"""A real browser: Debian's Chromium, driven by Playwright, against a live server.

A page that logs an error, breaks the content security policy or asks another host for anything fails its test.
"""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import sync_playwright

from tests.factories import PASSWORD

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items):
    """Everything in this folder is a browser test. Without a browser it is skipped, and fails where CI is set."""
    here = os.path.dirname(__file__)
    missing = chromium_path() is None
    for item in items:
        if not str(item.path).startswith(here):
            continue
        item.add_marker(pytest.mark.browser)
        if missing and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="NO BROWSER FOUND: install chromium or set CHROMIUM_PATH"))


@pytest.fixture(scope="session")
def chromium():
    path = chromium_path()
    if path is None:
        pytest.fail("No browser found: install chromium or set CHROMIUM_PATH")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's synchronous side keeps an event loop running
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def new_page(chromium, live_server):
    """Make pages: `new_page(javascript=False, dark=True, width=320)`. What goes wrong in any of them fails the test.

    `worker=True` lets the page have its service worker, `context` makes it another tab of that browser, `touch` a tablet; `at`
    is the address where it finds the server.
    """
    contexts, troubles = [], []

    def make(
        *,
        javascript=True,
        dark=False,
        width=1280,
        height=900,
        worker=False,
        touch=False,
        context=None,
        at=live_server.url,
    ):
        host = urlsplit(at).netloc
        context = context or chromium.new_context(
            base_url=at,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            locale="en-GB",
            service_workers="allow" if worker else "block",
            has_touch=touch,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.expected_errors = []  # words of console errors that a test provokes itself, such as "409"

        def heard(message):
            if message.type == "error" and not any(words in message.text for words in page.expected_errors):
                troubles.append(f"console: {message.text}")

        def asked(request):
            address = urlsplit(request.url)
            if address.scheme not in {"data", "blob", "about"} and address.netloc != host:
                troubles.append(f"asked another host: {request.url}")

        page.on("console", heard)
        page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
        page.on("request", asked)
        return page

    yield make
    for context in contexts:
        context.close()  # a second time where it has several pages, which does nothing
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def sign_in():
    """Sign a user in as people do: `sign_in(page, user)`."""

    def go(page, user, password=PASSWORD):
        page.goto("/accounts/login/")
        page.locator("#id_login").fill(user.username)
        page.locator("#id_password").fill(password)
        page.locator("form button[type=submit]").filter(has_text="Sign in").click()
        page.wait_for_url("/")
        return page

    return go


@pytest.fixture
def axe():
    """What an automatic check finds wrong with a page for people who see, hear or move differently: `axe(page) == []`."""

    def run(page):
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(AXE_FILE_PATH.read_text())  # a script tag would be refused by the content security policy
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']} ({node['html'][:120]})" for one in found["violations"] for node in one["nodes"]
        ]

    return run
