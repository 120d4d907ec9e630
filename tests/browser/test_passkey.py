"""A passkey: only a browser makes one and signs with it."""

import pytest
from playwright.sync_api import expect

from tests import factories as f

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(new_page, live_server):
    """A page with a device that has a passkey for whoever sits before it. Passkeys want a name, not a number, for their host."""
    page = new_page(at=live_server.url.replace("127.0.0.1", "localhost"))
    page.device = page.context.new_cdp_session(page)
    page.device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    page.device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    return page


def test_a_passkey_is_added_asked_for_at_the_door_and_removed(page, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    role = f.RoleFactory()

    def sign_in():
        page.goto("/accounts/login/")
        page.get_by_label("Username").fill(role.user.username)
        page.get_by_label("Password").fill(f.PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    sign_in()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name", exact=True).fill("blue key")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    sign_in()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove blue key").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have none yet")).to_be_visible()
