"""The whole way: the lifecycle announces, the worker drains, a mail server receives."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bookings.domain import lifecycle
from bookings.models import Booking, Message
from bookingsite import work
from bookingsite.models import User
from tests.bookings.messages.conftest import MailServer
from tests.factories.bookings import booked, event_type_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("B2")]


def test_book_move_and_cancel_reach_both_mailboxes(
    host: User, mail_server: MailServer, now: datetime
) -> None:
    start = now + timedelta(days=1, hours=2)
    booking = booked(event_type_of(host), start, now=now)
    work.drain(lambda: now)
    booking = lifecycle.reschedule(booking, start + timedelta(hours=1), actor=Booking.Actor.GUEST, now=now)
    work.drain(lambda: now)
    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=now, reason="Ill")
    work.drain(lambda: now)
    openings = [(each.mail["To"], each.text().splitlines()[0]) for each in mail_server.deliveries]
    assert sorted(openings[:2]) == [
        ("anna@example.org", "You have a new booking."),
        ("gina@example.com", "Your appointment is confirmed."),
    ]
    assert sorted(openings[2:4]) == [
        ("anna@example.org", "Your guest chose another time."),
        ("gina@example.com", "You moved your appointment."),
    ]
    assert sorted(openings[4:]) == [
        ("anna@example.org", "You cancelled an appointment."),
        ("gina@example.com", "Anna Berg cancelled your appointment."),
    ]
    assert set(Message.objects.values_list("state", "error", "attempts")) == {("done", "", 1)}
