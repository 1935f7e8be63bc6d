"""Anna's calendar at a server in memory, an appointment in it, the worker, and the mails that go out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from bookings.models import Booking, OutsideChange
from bookings.outside import drift
from bookingsite import work
from bookingsite.models import Tick, User
from calendars.models import Calendar
from tests.bookings.guest.pages import Guest
from tests.bookings.messages.conftest import Delivery, MailServer, mail_server
from tests.factories import calendars as make
from tests.factories.bookings import at, booked, event_type_of

__all__ = ["mail_server"]
TEN = at(10)  # on Tuesday in Berlin


class Desk:
    """A host with one calendar, which was read and holds Gina's half hour on Tuesday at ten."""

    def __init__(self, host: User, mailbox: MailServer, now: datetime) -> None:
        address, self.server = make.make_server()
        self.account = make.make_account(host, address=address, label="Home server")
        self.calendar = make.make_calendar(self.account)
        self.host, self.mailbox, self.now = host, mailbox, now
        self.kind = event_type_of(host)
        Tick.objects.create(name=drift.WORK, run_at=now)
        self.pass_time(timedelta())

    def pass_time(self, after: timedelta = timedelta(minutes=10)) -> None:
        """Time goes by and the calendar is read."""
        self.now += after
        self.calendar = make.read_now(self.calendar, self.now)

    def work(self, *only: str, after: timedelta = timedelta()) -> None:
        """The worker does what is due."""
        self.now += after
        work.drain(lambda: self.now, only=only or ("tick", "calendars.write", "messages", "notices"))

    def book(self, start: datetime = TEN, **fields: str) -> Booking:
        """A booking that is in the calendar and has been read back."""
        made = booked(self.kind, start, now=self.now, **fields)
        self.work()
        self.pass_time()
        self.mailbox.deliveries.clear()
        return made

    def event(self, booking: Booking) -> bytes:
        """What the calendar holds of a booking."""
        return self.server.calendar("work").items[f"{booking.public_id}.ics"].data

    def drag(self, booking: Booking, start: datetime, *, minutes: int = 30) -> None:
        """Somebody moves the event in the calendar, which is then read."""
        data = make.event(start, minutes=minutes, uid=booking.uid, summary="Renamed by hand")
        self.server.store("work", f"{booking.public_id}.ics", data)
        self.pass_time()

    def wipe(self, *bookings: Booking) -> None:
        """Somebody deletes the events in the calendar, which is then read."""
        for booking in bookings:
            self.server.remove("work", f"{booking.public_id}.ics")
        self.pass_time()

    def busy(
        self, start: datetime, *, minutes: int = 60, key: str = "other.ics", title: str = "Dentist"
    ) -> None:
        """An event of Anna's own, read at once."""
        uid = f"{key}@example.net"
        self.server.store("work", key, make.event(start, minutes=minutes, uid=uid, summary=title))
        self.pass_time()

    def answers(self, setting: str) -> None:
        """The account's setting for events that were moved outside."""
        type(self.account).objects.filter(pk=self.account.pk).update(moved_outside=setting)

    def mails(self, to: str = "") -> list[Delivery]:
        """What was delivered, to this address."""
        return [mail for mail in self.mailbox.deliveries if to in {"", *mail.receivers}]

    def subjects(self, to: str = "") -> list[str]:
        """The subjects delivered, in order."""
        return [str(mail.mail["Subject"]) for mail in self.mails(to)]


def changes(booking: Booking) -> list[tuple[str, str, str]]:
    """What was noted about a booking's event, the oldest first."""
    rows = OutsideChange.objects.filter(booking=booking).order_by("pk")
    return [(row.change, row.state, row.refusal) for row in rows]


@pytest.fixture
def desk(host: User, mail_server: MailServer, now: datetime) -> Desk:
    """The desk before anything happened."""
    return Desk(host, mail_server, now)


@pytest.fixture
def booking(desk: Desk) -> Booking:
    """Gina's half hour, in the calendar."""
    return desk.book()


@pytest.fixture
def calendar(desk: Desk) -> Calendar:
    """Anna's calendar."""
    return desk.calendar


@pytest.fixture
def standing_clock(desk: Desk, booking: Booking) -> Iterator[None]:
    """Pages are looked at while the booking has just been read back."""
    with time_machine.travel(desk.now, tick=False):
        yield


@pytest.fixture
def page(host: User) -> Client:
    """A browser in which the host is signed in."""
    browser = Client()
    browser.force_login(host)
    return browser


@pytest.fixture
def guest() -> Guest:
    """Somebody without an account."""
    return Guest(Client())
