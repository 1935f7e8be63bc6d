"""Bad weather while a calendar is read: the last good copy stays, and the trouble is noted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bookingsite import leases, work
from bookingsite.models import User
from calendars import busy, tasks
from calendars.models import Account, Calendar, Item
from calendars.providers import errors, registry
from calendars.providers.base import RawItem, Reading, ReadingRules, Window
from calendars.providers.memory import MemoryProvider
from calendars.sync import pull
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


class Shelf:
    """A calendar with one event that was read, and its server."""

    def __init__(self, owner: User, now: datetime) -> None:
        self.owner, self.now = owner, now
        self.address, self.server = make.make_server()
        self.calendar = make.make_calendar(make.make_account(owner, address=self.address))
        self.put("a.ics", 1)
        self.read()
        self.known = self.busy()

    def put(self, key: str, days: int) -> None:
        self.server.store("work", key, make.event(self.now + timedelta(days=days)))

    def read(self, after: timedelta = timedelta()) -> Calendar:
        return make.read_now(self.calendar, self.now + after)

    def busy(self) -> list[tuple[int, int]]:
        start = int(self.now.timestamp())
        return sorted(busy.spans([self.owner.pk], start, start + 30 * 86400)[self.owner.pk])


@pytest.fixture
def shelf(host: User, now: datetime) -> Shelf:
    return Shelf(host, now)


class Choking(MemoryProvider):
    """Reads its first items well and then meets a limit, as readers of strangers' files do."""

    error: errors.ProviderError = errors.TooLarge("memory")

    def readings(self, items: Iterable[RawItem], *, window: Window, rules: ReadingRules) -> Iterator[Reading]:
        """One, then no more."""
        for item in list(items)[:1]:
            yield self.occurrences(item, window=window, rules=rules)
        raise self.error


@pytest.fixture
def choking(monkeypatch: pytest.MonkeyPatch) -> type[Choking]:
    kind = registry.KINDS["memory"]
    found = type("Choking", (Choking,), {})
    opened = replace(kind, open=lambda access: found(registry.memory_server(access.url)))
    monkeypatch.setitem(registry.KINDS, "memory", opened)
    return found


@pytest.mark.parametrize("error", [errors.TooLarge("memory"), errors.NotACalendar("cut"), errors.Timeout()])
@pytest.mark.parametrize("after", [10 * MINUTES, timedelta(days=1)], ids=["incremental", "whole"])
def test_reader_that_gives_up_leaves_the_last_good_copy(
    shelf: Shelf, choking: type[Choking], error: errors.ProviderError, after: timedelta
) -> None:
    choking.error = error
    shelf.put("a.ics", 2)
    shelf.put("b.ics", 3)
    before = list(Item.objects.values_list("key", "digest"))
    calendar = shelf.read(after)
    assert (shelf.busy(), list(Item.objects.values_list("key", "digest"))) == (shelf.known, before)
    assert (calendar.error, calendar.last_ok_at) == (error.code, shelf.now)
    assert calendar.account.status == Account.Status.RETRYING


@pytest.mark.parametrize(
    "error",
    [errors.AccessRevoked(), errors.TestingExpired(), errors.BadClient(), errors.AdminConsentNeeded()],
)
def test_permission_that_ends_in_the_middle_of_paging_asks_the_host_and_keeps_the_copy(
    shelf: Shelf, error: errors.ProviderError
) -> None:
    cursor = Calendar.objects.get().cursor
    shelf.put("a.ics", 2)
    shelf.server.fail_next("changes", error, late=True)
    calendar = shelf.read(10 * MINUTES)
    assert (shelf.busy(), calendar.cursor) == (shelf.known, cursor)
    assert (calendar.account.status, calendar.account.error) == (Account.Status.RECONNECT, error.code)


def test_renamed_calendar_keeps_its_choices_and_is_read_on(shelf: Shelf) -> None:
    shelf.server.calendars["work"].info = replace(make.WORK, name="Renamed", colour="#00ff00")
    shelf.put("b.ics", 2)
    calendar = shelf.read(timedelta(days=1))
    assert (calendar.name, calendar.colour, calendar.blocks, calendar.receives) == (
        "Renamed",
        "#00ff00",
        True,
        True,
    )
    assert (calendar.error, len(shelf.busy())) == ("", 2)


def test_calendar_that_became_read_only_blocks_on_and_receives_no_more(shelf: Shelf) -> None:
    shelf.server.calendars["work"].info = replace(make.WORK, writable=False, why_read_only="not_owner")
    shelf.put("b.ics", 2)
    calendar = shelf.read(timedelta(days=1))
    assert (calendar.writable, calendar.receives, calendar.blocks) == (False, False, True)
    assert (calendar.error, len(shelf.busy())) == ("", 2)


def test_calendar_that_comes_back_is_well_again(shelf: Shelf) -> None:
    held = shelf.server.calendars.pop("work")
    assert shelf.read(10 * MINUTES).vanished_at == shelf.now + 10 * MINUTES
    shelf.server.calendars["work"] = held
    calendar = shelf.read(20 * MINUTES)
    assert (calendar.vanished_at, calendar.error, shelf.busy()) == (None, "", shelf.known)


def test_two_workers_at_once_read_a_calendar_once(shelf: Shelf) -> None:
    at = shelf.now + timedelta(hours=1)
    first = leases.claim(pull.due_calendars(), now=at, lease_for=pull.LEASE)
    second = leases.claim(pull.due_calendars(), now=at, lease_for=pull.LEASE)
    assert ([row.pk for row in first], second) == ([shelf.calendar.pk], [])


@pytest.mark.promise("C12")
def test_without_push_a_change_is_known_within_one_cadence(shelf: Shelf) -> None:
    shelf.put("b.ics", 2)
    due = Calendar.objects.get().run_at
    assert due - shelf.now <= 11 * MINUTES
    work.drain(lambda: due, only={tasks.READ})
    assert len(shelf.busy()) == 2


@pytest.mark.promise("C9")
def test_doubted_answer_ends_the_trouble_before_it(shelf: Shelf) -> None:
    """The server answers again, only too little: that is told alone, not the old failure beside it."""
    shelf.server.fail_next("changes", errors.ServerFailed("HTTP 500"))
    failed = shelf.read(10 * MINUTES)
    shelf.server.expire_cursors()
    shelf.server.answer_empty()
    doubted = shelf.read(20 * MINUTES)
    account = Account.objects.get()
    assert (failed.error, failed.account.status) == ("server_failed", Account.Status.RETRYING)
    assert (doubted.error, doubted.failing_since, doubted.warning) == ("", None, "suspect")
    assert (account.status, account.error, shelf.busy()) == (Account.Status.CONNECTED, "", shelf.known)
