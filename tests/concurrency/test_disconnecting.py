"""A booking that is being made while its host disconnects the account it would be written into."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from time import monotonic, sleep

import pytest
from django.db import OperationalError, connection, transaction

from bookingsite.models import User
from calendars import closing, writing
from calendars.models import Account, Calendar, Write
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db(transaction=True)
LONG_ENOUGH = 0.5
PATIENCE = 20


def _disconnect(account: Account, now: datetime, done: Event) -> None:
    try:
        _begin(account, now)
        done.set()
    finally:
        connection.close()


def _begin(account: Account, now: datetime) -> None:
    """A SQLite database in memory refuses at once where files and PostgreSQL wait: this waits for all."""
    until = monotonic() + PATIENCE
    while True:
        try:
            return closing.begin(account, now)
        except OperationalError:
            if connection.vendor != "sqlite" or monotonic() > until:
                raise
            sleep(0.05)


@pytest.mark.parametrize("is_new", [True, False], ids=["booked", "moved"])
def test_event_wanted_while_disconnecting_is_taken_out_as_well(
    host: User, now: datetime, is_new: bool
) -> None:
    account = make.make_account(host)
    calendar: Calendar = make.make_calendar(account)
    event = make.wish(now + timedelta(days=1))
    if not is_new:
        earlier = make.wish(now + timedelta(days=2))
        writing.want_event(calendar, uid=earlier.uid, wish=earlier, now=now)
    done = Event()
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            writing.want_event(calendar, uid=event.uid, wish=event, now=now)
            disconnecting = other.submit(_disconnect, account, now, done)
            done.wait(LONG_ENOUGH)
        disconnecting.result(timeout=30)
    account.refresh_from_db()
    assert (account.closing_at, Write.objects.get().wish) == (now, None)


def test_event_wanted_after_disconnecting_is_not_written(host: User, now: datetime) -> None:
    account = make.make_account(host)
    calendar = make.make_calendar(account)
    event = make.wish(now + timedelta(days=1))
    closing.begin(account, now)
    writing.want_event(calendar, uid=event.uid, wish=event, now=now)
    assert Write.objects.count() == 0
