"""Every guest page against axe-core, at 320 px, and by the size of what is to be hit (A-7, A-8, A-9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bookings.domain import lifecycle, links
from bookings.models import Booking, EventType
from bookings.outside import offering
from tests.e2e.guest_steps import NOW, TEN_ON_TUESDAY, GuestSite
from tests.factories.bookings import booked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# Left out: links within sentences (WCAG 2.5.8 excepts them), and what has a larger target around it.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, select, input:not([type=hidden], [tabindex='-1'])")]
  .filter(part => part.checkVisibility())
  .filter(part => !part.closest(".visually-hidden, .skip-link, td[role=gridcell]"))
  .filter(part => !part.closest("p, label, li > span, .offer, .error-summary"))
  .map(part => [part.outerHTML.slice(0, 90), part.getBoundingClientRect()])
  .filter(([name, box]) => box.width > 0 && (box.height < 24 || box.width < 24)).map(([name]) => name)"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def taken(site: GuestSite) -> Booking:
    """Gina's booking on Tuesday at ten."""
    return booked(site.talk, TEN_ON_TUESDAY, now=NOW, notes="A long note without a single blank: " + "x" * 90)


def with_errors(site: GuestSite, page: Page) -> None:
    """The form after sending it empty."""
    page.goto(f"{site.event}book/?start=2027-03-02T09:00Z")
    page.get_by_role("button", name="Book this time").click()
    page.wait_for_selector(".error-summary")


def cancelled(site: GuestSite, page: Page) -> None:
    """The page of a cancelled booking."""
    booking = lifecycle.cancel(taken(site), actor=Booking.Actor.GUEST, now=NOW)
    page.goto(site.of_booking(booking))


def proposed(path: str = "") -> Callable[[GuestSite, Page], Any]:
    """The page of other times that the host proposes, one of which is gone."""

    def go(site: GuestSite, page: Page) -> None:
        booking = taken(site)
        starts = [TEN_ON_TUESDAY + timedelta(hours=hours) for hours in (-1, 1, 24, 24 * 7)]
        offer = offering.offer(booking, starts, now=NOW)
        booked(site.talk, starts[1], now=NOW)
        page.goto(f"{site.url}/b/offer/{links.offer_token(offer)}/{path}")

    return go


def kept(site: GuestSite, page: Page) -> None:
    """The page of a proposal after the guest kept the time."""
    proposed()(site, page)
    page.get_by_role("button", name="Keep the time as it is").click()
    page.wait_for_selector("text=Your appointment stays as it is")


def too_late(site: GuestSite, page: Page) -> None:
    """The page of a booking whose deadline has passed."""
    EventType.objects.update(cancel_notice=60 * 24 * 30)
    site.talk.refresh_from_db()
    page.goto(site.of_booking(taken(site)))


def refused(site: GuestSite, page: Page) -> None:
    """The form of a time that is taken."""
    taken(site)
    page.goto(f"{site.event}book/?start=2027-03-02T09:00Z")


def shown(path: str) -> Callable[[GuestSite, Page], Any]:
    """A page of the site."""
    return lambda site, page: page.goto(site.url + path)


def of_booking(path: str) -> Callable[[GuestSite, Page], Any]:
    """A page behind the link of a booking."""
    return lambda site, page: page.goto(site.of_booking(taken(site), path))


PAGES: dict[str, Callable[[GuestSite, Page], Any]] = {
    "host": shown("/anna/"),
    "month": shown("/anna/talk/"),
    "month without a day": shown("/anna/talk/?month=2027-04"),
    "empty month": shown("/anna/talk/?month=2030-01"),
    "form": shown("/anna/talk/book/?start=2027-03-02T09:00Z"),
    "form with errors": with_errors,
    "time taken": refused,
    "confirmation": of_booking(""),
    "cancel": of_booking("cancel/"),
    "reschedule": of_booking("reschedule/"),
    "reschedule to a time": of_booking("reschedule/?start=2027-03-03T09:00Z"),
    "cancelled": cancelled,
    "too late": too_late,
    "times proposed": proposed(),
    "time proposed and chosen": proposed("?start=2027-03-03T09:00Z"),
    "cancel instead of moving": proposed("?cancel=1"),
    "time kept": kept,
    "not found": shown("/anna/nothing/"),
}


def test_axe_would_find_something(chromium: Browser):
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content(
            "<html lang=en><title>x</title><main><img src=x><p style='color:#bbb'>pale</p></main></html>"
        )

        found = Axe().run(page, options=RULES).response["violations"]

    assert [rule["id"] for rule in found] == ["color-contrast", "image-alt"]


@pytest.mark.promise("B1")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(guest_site: GuestSite, name: str, scheme: str):
    with guest_site.visitor(color_scheme=scheme, reduced_motion="reduce") as page:
        PAGES[name](guest_site, page)
        page.wait_for_load_state("networkidle")

        found = Axe().run(page, options=RULES).response["violations"]

    assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.promise("B1")
@pytest.mark.parametrize("name", PAGES)
def test_a_small_phone_shows_everything_without_scrolling_sideways_and_big_enough(
    guest_site: GuestSite, name: str
):
    with guest_site.visitor(viewport={"width": 320, "height": 640}, has_touch=True) as page:
        PAGES[name](guest_site, page)
        page.wait_for_load_state("networkidle")

        assert page.evaluate(TOO_WIDE) == 0
        assert page.evaluate(TOO_SMALL) == []


@pytest.mark.parametrize(
    "selector", [".slot", ".day-free > a", ".month-head a", ".zone-form select", ".clock-link"]
)
def test_what_is_tapped_to_book_is_at_least_44_pixels_high(guest_site: GuestSite, selector: str):
    with guest_site.visitor(viewport={"width": 390, "height": 844}, has_touch=True) as page:
        page.goto(f"{guest_site.event}?day=2027-03-02")
        page.wait_for_load_state("networkidle")
        heights = page.locator(selector).evaluate_all(
            "parts => parts.map(part => part.getBoundingClientRect().height)"
        )

    assert min(heights) >= 44


def test_the_focus_can_be_seen_on_days_times_and_buttons(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.event}?day=2027-03-02")
        page.wait_for_selector("table[role=grid]")
        page.keyboard.press("Tab")
        for selector, outlined in (
            (".slot", ".slot"),
            ("td[tabindex='0']", "td[tabindex='0'] > a"),
            ("select", "select"),
        ):
            page.locator(selector).first.focus()
            width = page.locator(outlined).first.evaluate(
                "part => parseFloat(getComputedStyle(part).outlineWidth)"
            )
            assert (selector, width) == (selector, 3.0)


def test_forced_colours_leave_free_days_a_border(guest_site: GuestSite):
    with guest_site.visitor(forced_colors="active") as page:
        page.goto(f"{guest_site.event}?month=2027-03")
        styles = page.locator(".day-free > a").evaluate_all(
            "links => links.map(link => [getComputedStyle(link).borderStyle, getComputedStyle(link).borderTopColor])"
        )

    assert {style for style, _ in styles} == {"solid"}
    assert "rgba(0, 0, 0, 0)" not in {colour for _, colour in styles}


def test_errors_take_the_focus_and_lead_to_their_fields(guest_site: GuestSite):
    with guest_site.visitor() as page:
        with_errors(guest_site, page)
        assert page.evaluate("document.activeElement.className") == "error-summary"

        page.get_by_role("link", name="Your e-mail address").click()
        assert page.evaluate("document.activeElement.id") == "id_email"
