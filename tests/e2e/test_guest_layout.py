"""The guests' pages end where their content ends, at every size."""

from __future__ import annotations

import pytest

from bookings.models import EventType
from tests.e2e.guest_steps import GuestSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(320, 640), (390, 844), (800, 900), (1280, 600), (1280, 900)]
HEIGHTS = """() => [
    document.documentElement.scrollHeight,
    Math.max(innerHeight, Math.ceil(document.querySelector("footer").getBoundingClientRect().bottom + scrollY)),
    document.querySelectorAll(".slot").length,
]"""


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_day_full_of_times_does_not_lengthen_the_page(
    guest_site: GuestSite, width: int, height: int
) -> None:
    EventType.objects.filter(pk=guest_site.talk.pk).update(increment=5, duration=15)
    with guest_site.visitor(viewport={"width": width, "height": height}) as page:
        page.goto(f"{guest_site.event}?day=2027-03-03")
        page.wait_for_selector("table[role=grid]")
        page_height, footer_end, times = page.evaluate(HEIGHTS)

    assert times == 94  # every five minutes from nine to a quarter to five
    assert page_height == footer_end
