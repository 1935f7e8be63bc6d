"""Sign-up, sign-in, settings, availability and integrations in a browser: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page

from availability.models import Schedule
from tests.e2e.guest_steps import GuestSite
from tests.e2e.test_host_pages import RULES, TOO_WIDE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"
ENTRANCE = [
    "",
    "accounts/login/",
    "accounts/signup/",
    "accounts/password/reset/",
    "accounts/confirm-email/x/",
]
SECRET = [
    "accounts/2fa/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
]


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colours asked for."""
    cache.clear()  # tries are counted there
    return str(request.param)


@pytest.fixture
def page(guest_site: GuestSite, scheme: str) -> Iterator[Page]:
    """Anna's narrow phone."""
    EmailAddress.objects.create(
        user=guest_site.host, email=guest_site.host.email, verified=True, primary=True
    )
    context = signed_in(guest_site, scheme=scheme)
    yield context.new_page()
    context.close()


def problems(page: Page, name: str) -> list[tuple[str, str]]:
    """What axe finds on the page at hand, and whether it is too wide."""
    found = [(name, str(row["id"])) for row in Axe().run(page, options=RULES).response["violations"]]
    return found + ([(name, "too wide")] if page.evaluate(TOO_WIDE) > 0 else [])


def test_entrance_is_accessible_and_narrow(guest_site: GuestSite, scheme: str) -> None:
    found = []
    with guest_site.visitor(viewport={"width": 320, "height": 640}, color_scheme=scheme) as page:
        for path in ENTRANCE:
            page.goto(f"{guest_site.url}/{path}")
            found += problems(page, path)
        page.goto(f"{guest_site.url}/accounts/signup/")
        page.get_by_role("button", name="Create account").click()
        page.wait_for_selector(".error-summary")
        found += problems(page, "sign-up with errors")
        page.fill("[name=name]", "Cora Lind")
        page.fill("[name=email]", "a.long.address.without.any.blank.in.it@example.org")
        page.fill("[name=password1]", "a long enough phrase")
        page.get_by_role("button", name="Create account").click()
        page.get_by_role("button", name="Send again").wait_for()
        found += problems(page, "mail sent")

    assert found == []


def test_own_pages_are_accessible_and_narrow(guest_site: GuestSite, page: Page) -> None:
    schedule = Schedule.objects.get(owner=guest_site.host)
    paths = [
        "settings/", "settings/profile/", "settings/integrations/", "settings/integrations/connect/",
        "settings/integrations/connect/feed/",
        "availability/", f"availability/schedules/{schedule.pk}/", "availability/time-off/new/",
        "availability/closing-rules/new/", "accounts/email/", "accounts/password/change/", "accounts/logout/",
    ]  # fmt: skip
    found = []
    for path in paths:
        page.goto(f"{guest_site.url}/{path}")
        assert page.url == f"{guest_site.url}/{path}"
        found += problems(page, path)

    assert found == []


def test_second_step_is_accessible_and_narrow(guest_site: GuestSite, page: Page) -> None:
    page.goto(f"{guest_site.url}/{SECRET[1]}")
    found = problems(page, "prove it is you")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**/{SECRET[1]}")

    for path in SECRET:
        page.goto(f"{guest_site.url}/{path}")
        assert page.url == f"{guest_site.url}/{path}"
        found += problems(page, path)

    assert found == []
