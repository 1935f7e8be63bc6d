"""Passkeys work in a real browser under our content policy; own pages fit a narrow phone."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from bookingsite.models import User

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
OWN = [
    "/home/",
    "/settings/",
    "/settings/profile/",
    "/accounts/2fa/",
    "/accounts/email/",
    "/event-types/new/",
]


@pytest.fixture
def anna(transactional_db: None) -> User:
    person = User.objects.create_user("anna@example.org", PASSWORD, name="Anna Berg", slug="anna")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def sign_in(context: BrowserContext, site: str) -> Page:
    page = context.new_page()
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-mail").fill("anna@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home/")
    return page


def test_passkey_is_added_and_signs_in(
    live_server: LiveServer, anna: User, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The live server speaks http, as a development machine does; MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN is DEBUG.
    monkeypatch.setattr("allauth.mfa.app_settings.AppSettings.WEBAUTHN_ALLOW_INSECURE_ORIGIN", True)
    context = chromium.new_context()
    page = sign_in(context, live_server.url)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Sign in with it without a password").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/recovery-codes/")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home/")

    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Anna"
    assert errors == []
    context.close()


@pytest.mark.promise("H3")
def test_own_pages_fit_a_narrow_phone(live_server: LiveServer, anna: User, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 640}, has_touch=True)
    page = sign_in(context, live_server.url)

    too_wide = {}
    for path in OWN:
        page.goto(live_server.url + path)
        too_wide[path] = page.evaluate(
            "(root => root.scrollWidth - root.clientWidth)(document.documentElement)"
        )

    assert too_wide == dict.fromkeys(OWN, 0)
    context.close()
