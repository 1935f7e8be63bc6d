"""Two requests that meet in the middle of one, placed there by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bookings.domain import lifecycle, slots
from bookings.models import Booking
from tests.factories.bookings import event_type_of, wish

START = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.promise("B5")
def test_the_same_form_arriving_before_the_first_look_is_the_same_booking_and_no_refusal(host, now, monkeypatch):
    asked, look = wish(event_type_of(host), START), slots.require

    def look_after_the_other_request(*arguments: object, **options: object) -> None:
        monkeypatch.undo()
        lifecycle.book(asked, now=now)
        look(*arguments, **options)

    monkeypatch.setattr(slots, "require", look_after_the_other_request)

    assert lifecycle.book(asked, now=now) == Booking.objects.get()
