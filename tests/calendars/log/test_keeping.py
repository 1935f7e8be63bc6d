"""How long a debug log runs, and how much of it stays (C10)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bookingsite import work
from calendars.log import keeping
from calendars.models import Account, LogEntry
from tests.factories import calendars as make

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C10")]
WEEK = timedelta(days=7)


def entries(account: Account, count: int, at: datetime) -> None:
    for number in range(count):
        LogEntry.objects.create(account=account, at=at, job="read", verb="GET", result=str(200 + number))


def test_a_log_ends_by_itself_after_a_week_and_its_entries_go_a_week_later(host, now):
    account = make.make_account(host)
    keeping.switch_on(account, now)
    account.refresh_from_db()
    assert account.logging_until == now + WEEK
    entries(account, 2, now + WEEK - timedelta(hours=1))

    keeping.prune(now + 2 * WEEK)
    assert LogEntry.objects.count() == 2
    keeping.prune(now + 2 * WEEK + timedelta(seconds=1))

    account.refresh_from_db()
    assert (LogEntry.objects.count(), account.logging_until) == (0, None)


def test_a_log_that_is_switched_off_keeps_its_entries_for_a_week(host, now):
    account = make.make_account(host)
    keeping.switch_on(account, now)
    entries(account, 1, now)

    keeping.switch_off(account, now + timedelta(hours=1))

    keeping.prune(now + WEEK)
    assert LogEntry.objects.count() == 1
    keeping.prune(now + WEEK + timedelta(hours=2))
    assert LogEntry.objects.count() == 0


def test_switching_off_what_is_over_does_not_make_it_stay_longer(host, now):
    account = make.make_account(host, logging_until=now - timedelta(days=6))

    keeping.switch_off(account, now)

    account.refresh_from_db()
    assert account.logging_until == now - timedelta(days=6)


def test_a_log_that_is_switched_on_again_and_again_forgets_its_beginning(host, now):
    account = make.make_account(host, logging_until=now + WEEK)
    entries(account, 1, now - 2 * WEEK - timedelta(seconds=1))
    entries(account, 1, now - 2 * WEEK + timedelta(seconds=1))

    keeping.prune(now)

    assert [entry.at for entry in LogEntry.objects.all()] == [now - 2 * WEEK + timedelta(seconds=1)]


def test_the_oldest_go_beyond_the_limit_of_each_account(host, now, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_ENTRIES", 3)
    full = make.make_account(host, logging_until=now + WEEK)
    small = make.make_account(host, address="memory:small", logging_until=now + WEEK)
    entries(full, 5, now)
    entries(small, 3, now)

    keeping.prune(now)

    kept = {account: [entry.result for entry in account.log.order_by("pk")] for account in (full, small)}
    assert kept == {full: ["202", "203", "204"], small: ["200", "201", "202"]}


def test_pruning_is_done_by_the_worker(host, now):
    account = make.make_account(host, logging_until=now - WEEK - timedelta(seconds=1))
    entries(account, 1, now)

    work.repair_ticks(now)
    work.drain(lambda: now + timedelta(minutes=10))

    assert LogEntry.objects.count() == 0
