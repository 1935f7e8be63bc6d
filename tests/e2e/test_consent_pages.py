"""The pages around a consent, as people on phones and with screen readers get them."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from calendars.models import OAuthClient
from tests.e2e.guest_steps import GuestSite
from tests.e2e.test_host_pages import RULES, TOO_WIDE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HERE = "settings/integrations/"
PATHS = [
    "", "connect/", "connect/google/", "connect/microsoft/", "client/google/", "client/google/delete/",
    "client/microsoft/", "callback/microsoft/?admin_consent=True&tenant=t",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_narrow(guest_site: GuestSite, shots: Path, scheme: str) -> None:
    row = OAuthClient.objects.create(owner=guest_site.host, provider="google", client_id="my-client")
    row.seal_secret("secret")
    row.save()
    context = signed_in(guest_site, scheme=scheme)
    page, found = context.new_page(), []
    for number, path in enumerate(PATHS):
        page.goto(f"{guest_site.url}/{HERE}{path}")
        assert page.url == f"{guest_site.url}/{HERE}{path}"  # and not the sign-in page
        page.screenshot(path=shots / f"consent-{number}-{scheme}.png", full_page=True)
        found += [(path, one["id"]) for one in Axe().run(page, options=RULES).response["violations"]]
        if page.evaluate(TOO_WIDE) > 0:
            found.append((path, "too wide"))
    context.close()

    assert found == []


def test_page_moves_on_to_the_provider_by_itself_and_by_its_link(
    guest_site: GuestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = {"client_id": "x", "secret": "y", "tenant": ""}
    monkeypatch.setattr(settings, "OAUTH_CLIENTS", {**settings.OAUTH_CLIENTS, "google": client})
    monkeypatch.setattr(settings, "GOOGLE_AUTH_URI", f"{guest_site.url}/healthz")
    context = signed_in(guest_site, scripts=False)
    page = context.new_page()
    page.goto(f"{guest_site.url}/{HERE}connect/google/")
    page.get_by_role("button", name="Continue to Google").click()
    page.wait_for_url("**/healthz?*")

    assert "client_id=x" in page.url
    page.go_back()
    assert page.url == f"{guest_site.url}/{HERE}connect/google/"  # not into the page that moves on
    context.close()
