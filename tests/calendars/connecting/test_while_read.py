"""Accounts that change under a reading: what is being read must not come out on top."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookingsite import leases
from bookingsite.models import User
from calendars import closing, subscribing
from calendars.models import Busy, Calendar
from calendars.providers.ics.address import feed_address
from calendars.sync import pull
from tests.factories import calendars as make
from tests.fakes.feed import Feed, feed_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Iterator[Feed]:
    with feed_server() as running:
        running.put("old@example.org", "DTSTART:20270302T080000Z", "DTEND:20270302T090000Z")
        yield running


@pytest.mark.promise("C5")
def test_reading_of_the_former_address_is_dropped(
    host: User, feed: Feed, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = subscribing.subscribe(host, feed_address(feed.url), "", now)
    take = pull._take

    def change_first(*args: object) -> None:
        monkeypatch.setattr(pull, "_take", take)
        feed.path = "/another/feed.ics"
        feed.events.clear()
        feed.put("new@example.org", "DTSTART:20270303T080000Z", "DTEND:20270303T090000Z")
        subscribing.change_address(account, feed_address(feed.url), now)
        take(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pull, "_take", change_first)
    with pytest.raises(leases.LeaseLost):
        make.read_now(account.calendars.get(), now)

    held = account.calendars.get()
    assert (held.cursor, held.last_ok_at, held.run_at, Busy.objects.count()) == ("", None, now, 0)
    make.read_now(held, now + timedelta(minutes=1))
    assert list(Busy.objects.values_list("item__uid", flat=True)) == ["new@example.org"]


@pytest.mark.promise("C15")
def test_forgetting_locks_account_and_calendars_before_what_was_read(host: User, now: datetime) -> None:
    """In the order of a reading: else PostgreSQL ends one of the two as a deadlock."""
    account = make.make_account(host)
    make.make_calendar(account)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        closing.forget(account)

    first = [next(at for at, one in enumerate(asked) if one["sql"].startswith(words)) for words in (
        'SELECT "calendars_account"', 'SELECT "calendars_calendar"', 'DELETE FROM "calendars_busy"',
    )]  # fmt: skip
    assert (first == sorted(first), Calendar.objects.count()) == (True, 0)


def test_pass_that_takes_long_leaves_the_rest_to_the_next(
    host: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        make.make_account(host, username=f"account-{number}", closing_at=now)
    monkeypatch.setattr(closing, "PASS_SECONDS", 0.0)

    assert [closing.finish_all(now) for _ in range(4)] == [1, 1, 1, 0]
