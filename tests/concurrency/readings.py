"""What hosts do while one of their calendars is being read: neither may end as the victim of a deadlock.

A reading stores what it found under its account's lock, then its calendar's, and notes there what happened to
bookings. Here it waits in between, as long as whoever comes then needs to take the locks of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bookings.models import Booking
    from calendars.models import Calendar

PAUSE = 0.3
Act = Callable[["Booking", "Calendar", datetime], None]


def deeds_while_reading(port: int) -> dict[str, list[str]]:
    """What went wrong in the reading or beside it, by what was done meanwhile."""
    return {name: _raced(name, act) for name, act in _deeds().items()}


def _deeds() -> dict[str, Act]:
    from bookings.domain import lifecycle
    from bookings.models import Booking, OutsideChange
    from bookings.outside import drift
    from calendars import connecting

    def choose(booking: Booking, calendar: Calendar, now: datetime) -> None:
        pk = calendar.pk
        connecting.choose(calendar.owner, blocking=[pk], receiving=pk, now=now)

    def switch(booking: Booking, calendar: Calendar, now: datetime) -> None:
        calendar.tentative_blocks = True  # and what blocks now collides with the booking
        connecting.save_switches(calendar, now=now)

    def cancel(booking: Booking, calendar: Calendar, now: datetime) -> None:
        lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=now)

    def put_back(booking: Booking, calendar: Calendar, now: datetime) -> None:
        change = OutsideChange.objects.select_related("calendar").get(booking=booking)
        drift.put_back(change, now=now)

    return {act.__name__: act for act in (choose, switch, cancel, put_back)}


def _raced(name: str, act: Act) -> list[str]:
    from bookingsite.lib import clock
    from calendars.models import Calendar

    now = clock.now()
    booking, calendar = _read_before(name, now)
    meanwhile = Calendar.objects.select_related("account", "owner").get(pk=calendar.pk)

    def beside() -> None:
        time.sleep(PAUSE / 3)
        act(booking, meanwhile, now)

    return _at_once(lambda: _read(booking, calendar, now), beside)


def _read_before(name: str, now: datetime) -> tuple[Booking, Calendar]:
    """A booking whose event was moved, beside an event that does not block, in a calendar that is being read."""
    from bookingsite import leases
    from calendars.models import Calendar
    from calendars.sync import pull
    from tests.concurrency.people import field
    from tests.factories import calendars as make
    from tests.factories.bookings import booked

    raced = field(f"read-{name}", 1)
    address, server = make.make_server()
    account = make.make_account(raced.event_type.host, address=address)
    calendar = make.read_now(make.make_calendar(account, tentative_blocks=False), now)
    booking = booked(raced.event_type, raced.starts[0], now=now)
    server.store("work", "maybe.ics", make.event(booking.start, lines="STATUS:TENTATIVE\r\n"))
    make.read_now(calendar, now)
    _moved(booking, calendar, now, hours=1)
    due = pull.due_calendars().filter(pk=calendar.pk)
    leases.wake(Calendar.objects.filter(pk=calendar.pk), now)
    [claimed] = leases.claim(due, now=now, lease_for=timedelta(minutes=5))
    return booking, claimed


def _read(booking: Booking, calendar: Calendar, now: datetime) -> None:
    """The last transaction of a reading that finds the booking's event elsewhere once more."""
    from django.db import transaction

    from bookingsite import leases
    from calendars.sync.trouble import locked

    with transaction.atomic():
        locked(calendar.account_id)
        time.sleep(PAUSE)
        leases.held(calendar)
        _moved(booking, calendar, now, hours=2)


def _moved(booking: Booking, calendar: Calendar, now: datetime, *, hours: int) -> None:
    from bookings.outside import drift

    start, end = (side + timedelta(hours=hours) for side in (booking.start, booking.end))
    drift.note(calendar, uid=booking.uid, change="moved", start=start, end=end, now=now)


def _at_once(*jobs: Callable[[], None]) -> list[str]:
    """The errors of these jobs, begun at the same moment."""
    from django.db import connection

    failed: list[str] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
