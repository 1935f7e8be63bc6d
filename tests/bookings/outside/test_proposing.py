"""Ranked new times: the nearest, the same weekday at the same hour; all of them free (C20)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from bookings.outside import proposing
from calendars.models import Calendar
from tests.bookings.outside.conftest import Desk
from tests.factories.bookings import at

pytestmark = pytest.mark.django_db(transaction=True)


def proposed(desk: Desk, booking: Booking) -> list[datetime]:
    return proposing.proposals(booking, now=desk.now)


@pytest.mark.promise("C20")
def test_nearest_times_and_the_same_weekday_take_turns(desk: Desk, booking: Booking) -> None:
    desk.busy(at(10))

    assert proposed(desk, booking) == [
        at(9, 30), at(10, day=9),  # nearest; the next Tuesday at four in the morning in New York
        at(9), at(9, day=16),  # from 14 March on America's clocks are an hour nearer
        at(11), at(9, day=23),
    ]  # fmt: skip


def test_times_are_free_within_the_hours_and_not_too_soon(desk: Desk, booking: Booking) -> None:
    desk.now = at(8, 15)
    Calendar.objects.update(last_ok_at=desk.now)
    desk.busy(at(9), minutes=8 * 60)
    found = proposed(desk, booking)

    assert found == [
        at(9, day=3), at(10, day=9), at(9, 30, day=3), at(9, day=16), at(10, day=3), at(9, day=23),
    ]  # fmt: skip


def test_same_hour_is_that_of_the_guests_clock(desk: Desk, booking: Booking) -> None:
    booking.guests.update(zone="Europe/Berlin")
    desk.busy(at(10))

    assert at(10, day=16) in proposed(desk, booking)


def test_nothing_is_proposed_while_a_calendar_is_unknown(desk: Desk, booking: Booking) -> None:
    Calendar.objects.update(last_ok_at=desk.now - timedelta(days=30))

    assert proposed(desk, booking) == []


def test_times_taken_meanwhile_are_left_out(desk: Desk, booking: Booking) -> None:
    desk.book(at(11))
    desk.busy(at(12))

    wanted = [at(12, 30), at(11), at(14), at(9, 30)]
    assert proposing.still_free(booking, wanted, now=desk.now) == [at(9, 30), at(14)]


@pytest.mark.parametrize("count", [1, 3])
def test_proposing_costs_the_same_for_any_number(desk: Desk, count: int) -> None:
    booking = desk.book()
    for number in range(count):
        desk.book(at(12 + number))

    with CaptureQueriesContext(connection) as queries:
        proposed(desk, booking)

    assert len(queries) == 8, [query["sql"][:100] for query in queries]
