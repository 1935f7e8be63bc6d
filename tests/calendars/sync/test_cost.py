"""What reading costs grows with what changed, and finding work with nothing at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookingsite import leases
from bookingsite.models import User
from calendars.models import Calendar, Item
from calendars.sync import known, pull
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


def queries_of_a_change(owner: User, now: datetime, stored: int) -> list[str]:
    """Read a calendar of so many events, change five of them, and see what the next reading asks."""
    address, server = make.make_server()
    calendar = make.make_calendar(make.make_account(owner, address=address, username=f"{stored}"))
    for number in range(stored):
        server.store("work", f"{number}.ics", make.event(now + number * MINUTES))
    make.read_now(calendar, now)
    for number in range(5):
        server.store("work", f"{number}.ics", make.event(now + timedelta(days=number)))
    with CaptureQueriesContext(connection) as queries:
        read = make.read_now(calendar, now + 10 * MINUTES)
    assert (read.item_count, read.last_changed_at) == (stored, now + 10 * MINUTES)
    return [query["sql"].split(" ")[0] for query in queries.captured_queries]


@pytest.mark.promise("C12")
def test_five_changes_cost_the_same_in_a_small_and_in_a_big_calendar(host: User, now: datetime) -> None:
    assert queries_of_a_change(host, now, 100) == queries_of_a_change(host, now, 3000)


def test_count_of_events_follows_what_comes_and_goes(host: User, now: datetime) -> None:
    address, server = make.make_server()
    calendar = make.make_calendar(make.make_account(host, address=address))
    for number in range(4):
        server.store("work", f"{number}.ics", make.event(now + timedelta(days=1)))
    assert make.read_now(calendar, now).item_count == 4
    server.remove("work", "0.ics")
    server.remove("work", "1.ics")
    server.store("work", "2.ics", make.event(now + timedelta(days=2)))
    server.store("work", "new.ics", make.event(now + timedelta(days=2)))
    assert make.read_now(calendar, now + 10 * MINUTES).item_count == 3
    assert make.read_now(calendar, now + timedelta(days=1)).item_count == 3


@pytest.fixture
def held(host: User, now: datetime) -> Calendar:
    """A calendar of thirty events."""
    address, server = make.make_server()
    calendar = make.make_calendar(make.make_account(host, address=address))
    for number in range(30):
        server.store("work", f"{number}.ics", make.event(now + timedelta(days=1)))
    return make.read_now(calendar, now)


def test_few_known_items_are_looked_up_one_by_one(held: Calendar) -> None:
    items = known.KnownItems(held)
    etag = Item.objects.get(calendar=held, key="3.ics").etag
    with CaptureQueriesContext(connection) as queries:
        found = [items.get("3.ics"), items.get("3.ics"), items.get("none"), "4.ics" in items]
    assert (found, len(queries)) == ([etag, etag, None, True], 3)


def test_many_known_items_are_looked_up_together(held: Calendar) -> None:
    items = known.KnownItems(held)
    with CaptureQueriesContext(connection) as queries:
        found = [bool(items[f"{number}.ics"]) for number in range(30)]
    assert (found, len(queries)) == ([True] * 30, known.FEW + 1)


def test_known_items_can_be_gone_through(held: Calendar) -> None:
    items = known.KnownItems(held)
    assert (sorted(items), len(items)) == (sorted(f"{number}.ics" for number in range(30)), 30)
    with pytest.raises(KeyError):
        items["none"]


def queries_of_a_claim(now: datetime) -> int:
    with CaptureQueriesContext(connection) as queries:
        leases.claim(pull.due_calendars(), now=now, lease_for=pull.LEASE)
    return len(queries)


@pytest.mark.promise("C12")
def test_finding_what_is_due_costs_the_same_for_one_calendar_and_for_three(host: User, now: datetime) -> None:
    counts = []
    for number in range(3):
        account = make.make_account(host, address=f"memory:{number}", username=f"{number}")
        make.make_calendar(account)
        Calendar.objects.update(lease=None, run_at=now)
        counts.append((queries_of_a_claim(now), queries_of_a_claim(now - timedelta(days=1))))
    assert counts == [counts[0]] * 3


def test_one_account_never_occupies_all_workers(host: User, other_host: User, now: datetime) -> None:
    slow = make.make_account(host)
    for number in range(5):
        make.make_calendar(slow, remote_id=f"slow-{number}", run_at=now - timedelta(hours=1))
    quick = make.make_calendar(make.make_account(other_host), run_at=now)
    claimed = [
        row.account_id
        for _ in range(5)
        for row in leases.claim(pull.due_calendars(), now=now, lease_for=pull.LEASE)
    ]
    assert claimed == [slow.pk] * pull.AT_ONCE + [quick.account_id]


def test_rows_of_dead_workers_do_not_shut_their_account(host: User, now: datetime) -> None:
    account = make.make_account(host)
    for number in range(5):
        make.make_calendar(account, remote_id=f"{number}", run_at=now - timedelta(hours=1))
    for _ in range(pull.AT_ONCE):
        leases.claim(pull.due_calendars(), now=now, lease_for=pull.LEASE)
    later = now + pull.LEASE + MINUTES
    claimed = [
        row.abandoned
        for _ in range(5)
        for row in leases.claim(pull.due_calendars(), now=later, lease_for=pull.LEASE)
    ]
    assert len(claimed) == pull.AT_ONCE


def test_unused_calendars_are_never_due(host: User, now: datetime) -> None:
    make.make_calendar(make.make_account(host), blocks=False, receives=False)
    assert leases.claim(pull.due_calendars(), now=now, lease_for=pull.LEASE) == []
