"""The host's pages in a browser: accessible, narrow enough for 320 px, a form with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from bookings.models import Booking, OutsideChange
from bookings.outside import colliding, offering
from calendars.models import Account, Busy, Item
from tests.e2e.guest_steps import NOW, TEN_ON_TUESDAY, GuestSite
from tests.factories.bookings import booked
from tests.factories.calendars import make_account, make_calendar

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def signed_in(
    site: GuestSite, *, scripts: bool = True, width: int = 320, scheme: str = "light"
) -> BrowserContext:
    """A browser in which Anna is signed in."""
    client = Client()
    client.force_login(site.host)
    context = site.chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts,
        color_scheme="dark" if scheme == "dark" else "light",
    )  # fmt: skip
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}])
    return context


@pytest.fixture
def booking(guest_site: GuestSite) -> Booking:
    """Gina's booking, and an account that needs the host."""
    Account.objects.create(
        owner=guest_site.host, provider="memory", label="Memory", status="reconnect", error="timeout"
    )
    made = booked(guest_site.talk, TEN_ON_TUESDAY, now=NOW, notes="without a single blank: " + "x" * 90)
    _disturb(made)
    return made


def _disturb(booking: Booking) -> None:
    """The event of the booking is moved, an outside one lies over it, and other times were proposed."""
    calendar = make_calendar(
        make_account(booking.host), last_ok_at=NOW, expanded_to=NOW + timedelta(days=400), run_at=NOW
    )
    item = Item.objects.create(calendar=calendar, key="other.ics", uid="other", summary="Dentist")
    span = int(booking.start.timestamp()), int(booking.end.timestamp())
    Busy.objects.create(calendar=calendar, item=item, start=span[0], end=span[1])
    colliding.note(calendar, [span], now=NOW)
    later = booking.start + timedelta(hours=5)
    OutsideChange.objects.create(
        booking=booking, calendar=calendar, change="moved", start=later, end=later + timedelta(days=1)
    )
    offering.offer(booking, [later], now=NOW)


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, guest_site: GuestSite) -> Iterator[Page]:
    """A narrow phone, light and dark."""
    context = signed_in(guest_site, scheme=request.param)
    yield context.new_page()
    context.close()


def test_every_page_is_accessible_and_narrow(guest_site: GuestSite, booking: Booking, page: Page) -> None:
    event, own = f"event-types/{guest_site.talk.pk}/", f"bookings/{booking.public_id}/"
    paths = [
        "home/", "bookings/", "bookings/?first=x", own, f"{own}cancel/", f"{own}reschedule/", f"{own}offer/",
        f"{own}reschedule/?start=2027-03-03T09:00Z", "event-types/", "event-types/new/", event, f"{event}delete/",
        f"{event}why-not/?date=2027-03-02&time=10:10",
    ]  # fmt: skip
    found = []
    for path in paths:
        page.goto(f"{guest_site.url}/{path}")
        assert page.url == f"{guest_site.url}/{path}"  # and not the sign-in page
        found += [(path, row["id"]) for row in Axe().run(page, options=RULES).response["violations"]]
        if page.evaluate(TOO_WIDE) > 0:
            found.append((path, "too wide"))

    assert found == []


@pytest.mark.promise("A6")
def test_the_form_shows_the_fields_that_count(guest_site: GuestSite) -> None:
    page = signed_in(guest_site, width=1280).new_page()
    page.goto(f"{guest_site.url}/event-types/{guest_site.talk.pk}/")
    days, first, target = (
        page.locator(f"[name={name}]") for name in ("window_days", "window_first", "target")
    )

    seen = {}
    for kind in ("unlimited", "days", "range"):
        page.select_option("[name=window]", kind)
        seen[kind] = (days.is_visible(), first.is_visible())
    page.uncheck("[name=adds_to_calendar]")

    assert seen == {"unlimited": (False, False), "days": (True, False), "range": (False, True)}
    assert not target.is_visible()


@pytest.mark.promise("A6")
def test_without_scripts_every_field_is_there(guest_site: GuestSite) -> None:
    page = signed_in(guest_site, scripts=False, width=1280).new_page()
    page.goto(f"{guest_site.url}/event-types/new/")

    for name in ("window_days", "window_first", "window_last", "target"):
        assert page.locator(f"[name={name}]").is_visible()


@pytest.mark.promise("B3")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_host_moves_a_booking_past_their_hours(
    guest_site: GuestSite, booking: Booking, scripts: bool
) -> None:
    page = signed_in(guest_site, scripts=scripts, width=1280).new_page()
    page.goto(f"{guest_site.url}/bookings/{booking.public_id}/reschedule/")
    page.fill("[name=date]", "2027-03-02")
    page.fill("[name=time]", "20:00")
    page.get_by_role("button", name="Move the booking").click()
    page.get_by_label("Move it there anyway").check()
    page.get_by_role("button", name="Move the booking").click()

    page.get_by_text("The booking is moved; the guest is being told.").wait_for()
    booking.refresh_from_db()
    assert booking.start.isoformat() == "2027-03-02T19:00:00+00:00"
