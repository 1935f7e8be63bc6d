"""Locks come in one order: the account before what the sync notes under it. Else PostgreSQL sees deadlocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.domain import lifecycle
from bookings.models import Booking, OutsideChange
from bookings.outside import drift
from calendars.models import Write
from tests.bookings.outside.conftest import Desk
from tests.factories.bookings import at

pytestmark = pytest.mark.django_db
HOST = Booking.Actor.HOST
ACCOUNT, NOTED = (
    'SELECT "calendars_account"',
    ('UPDATE "bookings_outsidechange"', 'UPDATE "bookings_collision"'),
)


def put_back(desk: Desk, booking: Booking) -> None:
    drift.put_back(OutsideChange.objects.select_related("calendar").get(booking=booking), now=desk.now)


def move(desk: Desk, booking: Booking) -> None:
    lifecycle.reschedule(booking, at(13), actor=HOST, now=desk.now, any_time=True)


def cancel(desk: Desk, booking: Booking) -> None:
    lifecycle.cancel(booking, actor=HOST, now=desk.now)


@pytest.mark.promise("C16", "C20")
@pytest.mark.parametrize("act", [put_back, move, cancel])
def test_account_is_locked_before_what_the_sync_noted(
    desk: Desk, booking: Booking, act: Callable[[Desk, Booking], None]
) -> None:
    desk.drag(booking, at(15))
    desk.busy(at(10))
    with CaptureQueriesContext(connection) as asked:
        act(desk, booking)

    statements = [one["sql"] for one in asked]
    noted = [at for at, sql in enumerate(statements) if sql.startswith(NOTED)]
    account = [at for at, sql in enumerate(statements) if sql.startswith(ACCOUNT)]
    assert account[0] < noted[0]


def test_event_is_not_put_back_where_the_question_was_answered_meanwhile(
    desk: Desk, booking: Booking
) -> None:
    desk.drag(booking, at(15))
    change = OutsideChange.objects.select_related("calendar").get(booking=booking)
    drift.follow(OutsideChange.objects.select_related("booking").get(pk=change.pk), now=desk.now)
    before = Write.objects.values_list("version", flat=True).get(uid=booking.uid)

    drift.put_back(change, now=desk.now)

    assert Write.objects.values_list("version", flat=True).get(uid=booking.uid) == before
    change.refresh_from_db()
    assert change.state == OutsideChange.State.FOLLOWED
