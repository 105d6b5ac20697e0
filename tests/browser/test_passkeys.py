"""Signing in with a passkey, with an authenticator that Chromium pretends to have."""

import pytest

from tests.browser.conftest import sign_in

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(chromium, server, noise):
    """A page under a name: passkeys do not work on a bare address."""
    address = server.address.replace("127.0.0.1", "localhost")
    context = chromium.new_context(base_url=address, locale="nl-NL")
    page = context.new_page()
    noise.listen(page)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page
    context.close()


def test_a_passkey_is_added_and_then_is_all_one_needs(page, unique):
    sign_in(page, "leraar")
    page.goto("/mijn/passkeys")
    name = unique("laptop")
    page.get_by_label("Naam", exact=True).fill(name)
    page.get_by_role("button", name="Voeg toe").click()
    page.wait_for_url("**/mijn/beveiliging")
    page.get_by_text(f"De passkey {name} is toegevoegd.").wait_for()

    page.context.clear_cookies()
    page.goto("/inloggen?next=/mijn/beveiliging")
    page.get_by_role("button", name="Log in met een passkey").click()
    page.get_by_role("heading", name="Beveiliging").wait_for()

    page.goto("/mijn/passkeys")
    page.get_by_role("listitem").filter(has_text=name).get_by_role("button").click()
    page.get_by_text(f"De passkey {name} is verwijderd.").wait_for()
