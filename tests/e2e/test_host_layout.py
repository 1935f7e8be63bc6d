"""The host's page for moving a booking: month and times side by side where there is room, then the form."""

from __future__ import annotations

import pytest

from tests.e2e.guest_steps import NOW, TEN_ON_TUESDAY, GuestSite
from tests.e2e.test_host_pages import signed_in
from tests.factories.bookings import booked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLACES = """() => {
    const place = selector => document.querySelector(selector).getBoundingClientRect();
    const [now, month, times] = [".booking-info", ".booking-month", ".booking-slots"].map(place);
    return {
        month: month.width,
        gap: place("section.card:has(#move-heading)").top - place("#booking").bottom,
        columns: new Set([now.left, month.left, times.left].map(Math.round)).size,
        overflow: document.documentElement.scrollWidth - innerWidth,
    };
}"""


@pytest.mark.parametrize(("width", "columns", "month"), [(390, 1, 300), (800, 2, 400), (1280, 3, 380)])
def test_moving_a_booking_uses_the_width_there_is(
    guest_site: GuestSite, width: int, columns: int, month: int
) -> None:
    booking = booked(guest_site.talk, TEN_ON_TUESDAY, now=NOW)
    page = signed_in(guest_site, width=width).new_page()
    page.goto(f"{guest_site.url}/bookings/{booking.public_id}/reschedule/")
    found = page.evaluate(PLACES)

    assert (found["columns"], found["overflow"]) == (columns, 0)
    assert found["month"] >= month
    assert found["gap"] >= 16
