"""An event of a booking moved or deleted in the calendar: a question, or the answer given for good (C16)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.domain import lifecycle
from bookings.models import Booking, Notice, OutsideChange
from bookings.outside import drift
from calendars.models import Write
from tests.bookings.outside.conftest import TEN, Desk, changes
from tests.factories.bookings import at, booked

pytestmark = pytest.mark.django_db(transaction=True)
HOST, GUEST = "anna@example.org", "gina@example.com"
MINUTE = timedelta(minutes=1)


def question(booking: Booking) -> OutsideChange:
    return OutsideChange.objects.select_related("booking", "calendar__account").get(
        booking=booking, state="open"
    )


@pytest.mark.promise("C16")
def test_moved_event_is_asked_about_and_moves_nothing(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15))
    desk.work()

    booking.refresh_from_db()
    asked = question(booking)
    assert (booking.start, booking.sequence) == (TEN, 0)
    assert (asked.change, asked.start, asked.end) == ("moved", at(15), at(15, 30))
    assert b"Renamed by hand" in desk.event(booking)
    assert desk.subjects() == []


@pytest.mark.promise("C16")
def test_text_changed_outside_is_left_alone_and_no_question(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, TEN)
    desk.work()

    booking.refresh_from_db()
    assert (changes(booking), booking.title) == ([], "First talk")
    assert b"Renamed by hand" in desk.event(booking)


@pytest.mark.promise("C16")
def test_following_moves_the_booking_and_tells_the_guest(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15), minutes=45)

    drift.follow(question(booking), now=desk.now)
    desk.work()
    desk.pass_time()

    booking.refresh_from_db()
    assert (booking.start, booking.end) == (at(15), at(15, 45))
    assert changes(booking) == [("moved", "followed", "")]
    assert desk.subjects(GUEST) == ["New time: First talk with Anna Berg, Tuesday 2 March 2027, 9:00 AM"]
    assert b"DTSTART;TZID=Europe/Berlin:20270302T150000" in desk.event(booking)


@pytest.mark.promise("C16")
def test_deleted_event_is_put_back_exactly_once(desk: Desk, booking: Booking) -> None:
    desk.wipe(booking)

    drift.put_back(question(booking), now=desk.now)
    desk.work()
    desk.pass_time()

    assert changes(booking) == [("deleted", "put_back", "")]
    assert list(desk.server.calendar("work").items) == [f"{booking.public_id}.ics"]
    assert desk.subjects() == []
