"""The real mail server of the other mail tests, and a host's calendar with the worker beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bookings.models import Booking
from bookingsite import work
from bookingsite.models import User
from calendars.providers import errors
from calendars.providers.memory import MemoryServer
from tests.bookings.messages.conftest import Delivery, MailServer, mail_server
from tests.factories import calendars as make
from tests.factories.bookings import booked, event_type_of

__all__ = ["Desk", "desk", "mail_server", "server"]


class Desk:
    """Anna's calendar, read once, and the worker."""

    def __init__(self, host: User, mailbox: MailServer, now: datetime) -> None:
        address, self.server = make.make_server()
        self.account = make.make_account(host, address=address, label="Home server")
        self.calendar = make.make_calendar(self.account)
        self.host, self.mailbox, self.now = host, mailbox, now
        make.read_now(self.calendar, now)

    def read(self, after: timedelta, *, failing: errors.ProviderError | None = None) -> None:
        if failing:
            self.server.fail_next("changes", failing)
        make.read_now(self.calendar, self.now + after)

    def drain(self, after: timedelta = timedelta(), *only: str) -> None:
        work.drain(lambda: self.now + after, only=only or ("notices",))

    def mails(self) -> list[Delivery]:
        return self.mailbox.deliveries

    def subjects(self) -> list[str]:
        return [delivery.mail["Subject"] for delivery in self.mails()]

    def book(self, start: datetime, **fields: str) -> Booking:
        return booked(event_type_of(self.host), start, now=self.now, **fields)


@pytest.fixture
def desk(host: User, mail_server: MailServer, now: datetime) -> Desk:
    return Desk(host, mail_server, now)


@pytest.fixture
def server(desk: Desk) -> MemoryServer:
    return desk.server
