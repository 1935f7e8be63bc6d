"""A reading that dies anywhere: before each page of the answer and before each statement of the database.

Between two statements the database does not change, so dying before each of them is dying everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection

from bookingsite import leases
from bookingsite.models import User
from calendars import busy
from calendars.models import Busy, Calendar, Item
from calendars.providers.base import Page
from calendars.providers.memory import MemoryProvider, MemoryServer
from calendars.providers.registry import memory_server
from calendars.sync import pull, store
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db

PORTION = 3
PAGE = 2
AFTER_LEASE = pull.LEASE + timedelta(seconds=1)

Rows = dict[str, frozenset[tuple[int, int]]]


class Killed(BaseException):
    """No `Exception`: whoever is killed notes nothing and tidies nothing up."""


class Steps:
    """Counts steps and dies before the one that is wanted, once."""

    def __init__(self, fatal: int) -> None:
        self.left = fatal

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed

    def statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """For `connection.execute_wrapper`."""
        self.step()
        return execute(*arguments)


@contextmanager
def dying_before(step: int) -> Iterator[Steps]:
    """Within it, the database's statements and the server's pages are steps."""
    steps = Steps(step)
    usual = MemoryProvider._pages

    def pages(*arguments: Any) -> Iterator[Page]:
        for page in usual(*arguments):
            steps.step()
            yield page

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(steps.statement):
        patch.setattr(MemoryProvider, "_pages", pages)
        yield steps


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen events take several pages and several transactions."""
    usual_chunks, usual_init = store.chunks, MemoryProvider.__init__
    monkeypatch.setattr(store, "chunks", lambda things: usual_chunks(things, PORTION))
    monkeypatch.setattr(
        MemoryProvider, "__init__", lambda self, server: usual_init(self, server, page_size=PAGE)
    )


class Copy(NamedTuple):
    """Our copy of a calendar."""

    rows: Rows
    items: list[tuple[Any, ...]]
    cursor: str
    item_count: int


class Reader:
    """A host with one calendar, read again and again."""

    def __init__(self, name: str, now: datetime, *, address: str = "") -> None:
        self.host = User.objects.create_user(f"{name}@example.org", "correct horse battery", name=name)
        self.address = address or make.make_server()[0]
        self.server = memory_server(self.address)
        self.calendar = make.make_calendar(make.make_account(self.host, address=self.address))
        self.now = now

    def read(self) -> None:
        """Undisturbed, once the lease of whoever was killed has run out."""
        self.now += AFTER_LEASE
        self.calendar = make.read_now(self.calendar, self.now)

    def read_dying(self, step: int) -> bool:
        """Read, dying before this step; False when there are fewer steps."""
        self.now += AFTER_LEASE
        leases.wake(Calendar.objects.filter(pk=self.calendar.pk), self.now)
        [claimed] = leases.claim(
            pull.due_calendars().filter(pk=self.calendar.pk), now=self.now, lease_for=pull.LEASE
        )
        try:
            with dying_before(step):
                pull.read(claimed, self.now)
        except Killed:
            return True
        finally:
            self.calendar = Calendar.objects.select_related("account").get(pk=self.calendar.pk)
        return False

    def is_known(self) -> bool:
        """Whether times may be offered."""
        return busy.freshness([self.host.pk], self.now)[self.host.pk].known

    def rows(self) -> Rows:
        """The busy times of each event that has some."""
        found: dict[str, set[tuple[int, int]]] = {}
        times = Busy.objects.filter(calendar=self.calendar, blocks=True)
        for key, start, end in times.values_list("item__key", "start", "end"):
            found.setdefault(key, set()).add((start, end))
        return {key: frozenset(spans) for key, spans in found.items()}

    def copy(self) -> Copy:
        """Everything that is known, the cursor included."""
        items = Item.objects.filter(calendar=self.calendar).order_by("key")
        fields = items.values_list("key", "etag", "digest", "uid", "summary", "is_ours", "warning")
        return Copy(self.rows(), list(fields), self.calendar.cursor, self.calendar.item_count)

    def row_ids(self) -> tuple[list[int], list[int]]:
        """Which rows hold it."""
        return (
            sorted(Item.objects.filter(calendar=self.calendar).values_list("pk", flat=True)),
            sorted(Busy.objects.filter(calendar=self.calendar).values_list("pk", flat=True)),
        )


def fill(server: MemoryServer, now: datetime) -> None:
    """Ten events, two of them series."""
    for number in range(10):
        lines = "RRULE:FREQ=WEEKLY;COUNT=3\r\n" if number % 5 == 0 else ""
        put(server, now, number, lines=lines)


def change(server: MemoryServer, now: datetime) -> None:
    """Five move, three go, two come, two stay."""
    for number in range(5):
        put(server, now, number, hours=5)
    for number in range(5, 8):
        server.remove("work", f"{number}.ics")
    for number in range(10, 12):
        put(server, now, number)


def put(server: MemoryServer, now: datetime, number: int, *, hours: int = 0, lines: str = "") -> None:
    start = now + timedelta(days=2 + number, hours=hours)
    server.store("work", f"{number}.ics", make.event(start, uid=f"{number}@example.net", lines=lines))


def mixed(held: Rows, before: Rows, after: Rows) -> list[str]:
    """The events that are neither as they were nor as they are to be."""
    keys = before.keys() | after.keys()
    return sorted(key for key in keys if held.get(key) not in (before.get(key), after.get(key)))


def lost(held: Rows, before: Rows) -> list[str]:
    """The events that were busy and are not."""
    return sorted(before.keys() - held.keys())


def undisturbed(reader: Reader, now: datetime) -> Copy:
    """What somebody else's first reading of the same calendar makes of it."""
    other = Reader(f"undisturbed-{reader.host.name}", now, address=reader.address)
    other.read()
    return other.copy()


def settle(reader: Reader, wanted: Copy) -> None:
    """Read to the end; then nothing is left to be told or written."""
    reader.read()
    ids = reader.row_ids()
    assert reader.copy() == wanted
    asked = len(reader.server.calls)

    reader.read()

    assert reader.server.calls[asked:] == ["changes"]
    assert (reader.copy(), reader.row_ids()) == (wanted, ids)


def test_first_reading_that_dies_anywhere_leaves_times_unknown_and_is_made_up_for(now: datetime) -> None:
    stages = set()
    step, dies = 0, True
    while dies:
        step += 1
        reader = Reader(f"first{step}", now)
        fill(reader.server, now)
        wanted = undisturbed(reader, now)

        dies = reader.read_dying(step)

        held = reader.rows()
        assert mixed(held, {}, wanted.rows) == [], step
        assert reader.is_known() is (not dies or reader.copy() == wanted), step
        stages.add(Item.objects.filter(calendar=reader.calendar).count())
        reader.read_dying(step)
        assert lost(reader.rows(), held) == [], step
        settle(reader, wanted)
    assert step > 30
    assert stages == {0, 3, 6, 9, 10}


def check_between(reader: Reader, before: Copy, after: Copy) -> None:
    """Each event is as it was or as it is to be, and nothing is freed before the cursor says so."""
    held = reader.rows()
    assert mixed(held, before.rows, after.rows) == []
    assert reader.is_known()
    if reader.calendar.cursor == before.cursor:
        assert lost(held, before.rows) == []
    else:
        assert reader.copy() == after


@pytest.mark.parametrize("expired", [False, True], ids=["by cursor", "compared whole"])
def test_later_reading_that_dies_anywhere_frees_nothing_too_early(now: datetime, expired: bool) -> None:
    step, dies = 0, True
    while dies:
        step += 1
        reader = Reader(f"later{step}", now)
        fill(reader.server, now)
        reader.read()
        before = reader.copy()
        change(reader.server, now)
        if expired:
            reader.server.expire_cursors()
        after = undisturbed(reader, now)

        dies = reader.read_dying(step)
        check_between(reader, before, after)
        reader.read_dying(step)
        check_between(reader, before, after)
        settle(reader, after)
    assert step > 30
