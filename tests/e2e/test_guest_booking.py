"""A whole booking in a real browser: with scripts off, and with scripts without reloading (BP-1, BP-6, TZ-1, EB-4)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bookings.models import Booking
from tests.e2e.guest_steps import TEN_ON_TUESDAY, GuestSite, cookies, settled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.promise("B1", "B4", "E5")
def test_a_guest_books_moves_and_cancels_with_scripts_off(guest_site: GuestSite):
    with guest_site.visitor(java_script_enabled=False, viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{guest_site.url}/anna/")
        page.get_by_role("link", name="First talk").click()
        page.get_by_role("link", name="Next month, April 2027").click()
        page.get_by_role("link", name="Previous month, March 2027").click()
        page.get_by_role("link", name="Tuesday 2 March 2027, 16 times").click()
        expect(page.get_by_role("heading", name="Tuesday 2 March 2027")).to_be_in_viewport()
        page.get_by_role("link", name="10:00 AM, Tuesday 2 March 2027, Europe/Berlin").click()
        page.get_by_label("Your name").fill("Gina Guest")
        page.get_by_label("Your e-mail address").fill("gina@example.com")
        page.get_by_role("button", name="Book this time").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")
        booking = Booking.objects.get()
        assert booking.start == TEN_ON_TUESDAY

        page.get_by_role("link", name="Reschedule").click()
        page.get_by_role("link", name="Wednesday 3 March 2027, 16 times").click()
        page.get_by_role("link", name="3:00 PM, Wednesday").click()
        page.get_by_role("button", name="Move it to this time").click()
        expect(page.get_by_role("listitem").first).to_contain_text(
            "Wednesday 3 March 2027, 3:00 PM – 3:30 PM"
        )

        page.get_by_role("link", name="Cancel the appointment").click()
        page.get_by_label("Reason").fill("Flu")
        page.get_by_role("button", name="Cancel the appointment").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("This appointment is cancelled")
        assert cookies(page.context) == []

    booking.refresh_from_db()
    assert (booking.state, booking.sequence, booking.cancel_reason) == ("cancelled", 2, "Flu")


def test_the_zone_is_changed_with_a_plain_form_when_scripts_are_off(guest_site: GuestSite):
    with guest_site.visitor(java_script_enabled=False) as page:
        page.goto(guest_site.event)
        page.get_by_label("All times in Europe/Berlin, UTC+1").select_option("Asia/Tokyo")
        page.get_by_role("button", name="Apply").click()

        expect(page.get_by_label("All times in Asia/Tokyo, UTC+9")).to_have_value("Asia/Tokyo")


def test_months_and_days_change_without_a_reload_and_back_goes_back(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(guest_site.event)
        page.evaluate("window.stayed = true")

        page.get_by_role("link", name="Next month, April 2027").click()
        expect(page.locator("#month-heading")).to_have_text("April 2027")
        expect(page).to_have_url(re.compile(r"\?month=2027-04"))
        page.locator("td[data-date='2027-04-06'] a").click()
        expect(page.locator("#slots-heading")).to_have_text("Tuesday 6 April 2027")
        expect(page).to_have_url(re.compile(r"day=2027-04-06"))
        assert page.evaluate("window.stayed") is True

        page.go_back()
        expect(page.locator("#slots-heading")).to_have_text("Choose a day")
        page.wait_for_selector("table[role=grid]")
        page.go_back()
        expect(page.locator("#month-heading")).to_have_text("March 2027")
        page.wait_for_selector("table[role=grid]")
        page.go_forward()
        expect(page.locator("#month-heading")).to_have_text("April 2027")


def test_a_whole_booking_with_scripts_leaves_no_cookie(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.url}/anna/")
        page.get_by_role("link", name="First talk").click()
        page.locator("td[data-date='2027-03-02'] a").click()
        page.get_by_role("link", name="10:00 AM, Tuesday 2 March 2027").click()
        page.get_by_label("Your name").fill("Gina Guest")
        page.get_by_label("Your e-mail address").fill("gina@example.com")
        page.get_by_role("button", name="Book this time").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")
        page.get_by_role("link", name="Cancel the appointment").click()
        page.get_by_role("button", name="Cancel the appointment").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("This appointment is cancelled")

        assert cookies(page.context) == []
        assert page.evaluate("localStorage.length") == 0


def test_pressing_book_twice_is_one_booking(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.event}book/?start=2027-03-02T09:00Z")
        page.get_by_label("Your name").fill("Gina Guest")
        page.get_by_label("Your e-mail address").fill("gina@example.com")
        page.get_by_role("button", name="Book this time").dblclick()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is booked")

    assert Booking.objects.count() == 1


@pytest.mark.promise("A12")
@pytest.mark.parametrize(
    ("browser_zone", "zone"), [("America/New_York", "America/New_York"), ("Asia/Calcutta", "Asia/Kolkata")]
)
def test_the_visitors_own_zone_is_proposed(guest_site: GuestSite, browser_zone: str, zone: str):
    with guest_site.visitor(timezone_id=browser_zone) as page:
        page.goto(guest_site.event)

        expect(page.locator("select[name=tz]")).to_have_value(zone)
        page.go_back()  # the proposal is no step of its own
        assert page.url == "about:blank"


@pytest.mark.promise("A12")
def test_a_zone_that_the_event_locks_is_never_switched(guest_site: GuestSite):
    guest_site.talk.show_zone = "host"
    guest_site.talk.save()
    with guest_site.visitor(timezone_id="Asia/Tokyo") as page:
        page.goto(guest_site.event)
        page.get_by_role("link", name="Next month").click()
        expect(page.locator("#month-heading")).to_have_text("April 2027")

        expect(page.locator(".zone-form")).to_contain_text(
            "All times in Europe/Berlin, UTC+1, the host's time zone"
        )
        assert page.locator("#booking").get_attribute("data-zone") == "Europe/Berlin"


@pytest.mark.promise("A12")
def test_a_zone_once_chosen_is_not_proposed_away(guest_site: GuestSite):
    with guest_site.visitor(timezone_id="Asia/Tokyo") as page:
        page.goto(f"{guest_site.event}?tz=Europe/Oslo")
        settled(page)

        expect(page.locator("select[name=tz]")).to_have_value("Europe/Oslo")


def test_choosing_another_zone_applies_at_once_and_keeps_the_focus(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(f"{guest_site.event}?day=2027-03-02")
        expect(page.get_by_role("button", name="Apply")).to_be_hidden()
        page.locator("select[name=tz]").focus()
        page.locator("select[name=tz]").select_option("Asia/Tokyo")

        expect(page.locator(".slot").first).to_contain_text("12:00 AM")
        expect(page).to_have_url(re.compile("tz=Asia%2FTokyo"))
        assert page.evaluate("document.activeElement.id") == "zone"


def test_the_skip_link_does_not_load_the_page_again(guest_site: GuestSite):
    with guest_site.visitor() as page:
        page.goto(guest_site.event)
        page.evaluate("window.stayed = true")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("#main$"))
        page.wait_for_timeout(300)

        assert page.evaluate("[window.stayed, document.activeElement.id]") == [True, "main"]
