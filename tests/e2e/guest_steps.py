"""What browser tests of the guests' pages share: a site in this process at a standing clock, and steps on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from bookings.domain import links
from bookings.models import Booking, EventType
from bookingsite.models import User

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in Berlin
TEN_ON_TUESDAY = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class GuestSite:
    """A host with one event type, and browsers that visit."""

    url: str
    chromium: Browser
    host: User
    talk: EventType

    @property
    def event(self) -> str:
        """The address of the event type's page."""
        return f"{self.url}/{self.host.slug}/{self.talk.slug}/"

    def of_booking(self, booking: Booking, page: str = "") -> str:
        """The address of the guest's page of a booking."""
        return f"{self.url}/b/{links.manage_token(booking)}/{page}"

    @contextmanager
    def visitor(self, **options: Any) -> Iterator[Page]:
        """A fresh browser; it fails the test when a page's script failed."""
        settings = {"locale": "en-US", "timezone_id": "Europe/Berlin", **options}
        context = self.chromium.new_context(**settings)
        context.set_default_timeout(15_000)
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            yield page
        finally:
            context.close()
        assert errors == []


def cookies(context: BrowserContext) -> list[str]:
    """The names of every cookie that was set."""
    return [str(cookie.get("name")) for cookie in context.cookies()]


def focused(page: Page) -> str | None:
    """The date of the day that has the focus."""
    found: str | None = page.evaluate("document.activeElement.dataset.date ?? null")
    return found


def settled(page: Page) -> None:
    """Wait until no request of htmx is on its way."""
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
