"""Reading a calendar into busy times, against a server in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bookingsite import leases, work
from bookingsite.models import User
from calendars import busy, signals, tasks, writing
from calendars.models import Account, Busy, Calendar, Item
from calendars.providers import errors
from calendars.sync import pull, store
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db


class Shelf:
    """A connected calendar, its server, and what is read from it."""

    def __init__(self, owner: User, now: datetime) -> None:
        self.address, self.server = make.make_server()
        self.account = make.make_account(owner, address=self.address)
        self.calendar = make.make_calendar(self.account)
        self.owner = owner
        self.now = now

    def put(self, key: str, hours: float, **fields: object) -> tuple[int, int]:
        """Somebody puts an event `hours` from now; returns its span."""
        start = self.now + timedelta(hours=hours)
        self.server.store("work", key, make.event(start, **fields))  # type: ignore[arg-type]
        return int(start.timestamp()), int(start.timestamp()) + 3600

    def read(self, after: timedelta = timedelta()) -> Calendar:
        """The worker reads the calendar, `after` later."""
        self.calendar = make.read_now(self.calendar, self.now + after)
        self.account = self.calendar.account
        return self.calendar

    def busy(self) -> list[tuple[int, int]]:
        """What the availability sees."""
        start = int(self.now.timestamp())
        return sorted(busy.spans([self.owner.pk], start, start + 400 * 86400)[self.owner.pk])


@pytest.fixture
def shelf(host: User, now: datetime) -> Shelf:
    return Shelf(host, now)


def test_first_read_makes_events_busy_and_remembers_the_cursor(shelf: Shelf) -> None:
    spans = [shelf.put("a.ics", 24), shelf.put("b.ics", 48)]
    calendar = shelf.read()
    assert shelf.busy() == spans
    assert calendar.cursor == shelf.server.cursor()
    assert (calendar.error, calendar.item_count, calendar.last_ok_at) == ("", 2, shelf.now)


def test_next_read_asks_only_for_changes(shelf: Shelf) -> None:
    shelf.put("a.ics", 24)
    shelf.read()
    moved = shelf.put("a.ics", 30)
    added = shelf.put("c.ics", 72)
    shelf.read(timedelta(minutes=10))
    assert shelf.server.calls == ["changes", "changes"]
    assert shelf.busy() == [moved, added]


def test_deleted_event_is_free_again(shelf: Shelf) -> None:
    shelf.put("a.ics", 24)
    kept = shelf.put("b.ics", 48)
    shelf.read()
    shelf.server.remove("work", "a.ics")
    shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [kept]
    assert Item.objects.count() == 1


def test_next_read_is_due_after_the_interval(shelf: Shelf) -> None:
    calendar = shelf.read()
    assert timedelta(minutes=9) <= calendar.run_at - shelf.now <= timedelta(minutes=11)


def test_failed_read_keeps_the_copy_and_pauses(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    shelf.read()
    shelf.server.fail_next("changes", errors.ServerFailed("down"))
    calendar = shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [span]
    assert (calendar.error, calendar.last_ok_at) == ("server_failed", shelf.now)
    assert (shelf.account.status, shelf.account.error) == (Account.Status.RETRYING, "server_failed")


def test_read_that_breaks_off_changes_nothing(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    cursor = shelf.read().cursor
    shelf.put("a.ics", 30)
    shelf.server.fail_next("changes", errors.ServerFailed("cut"), late=True)
    calendar = shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [span]
    assert calendar.cursor == cursor


def test_good_read_ends_the_trouble(shelf: Shelf) -> None:
    shelf.read()
    shelf.server.fail_next("changes", errors.Timeout())
    shelf.read(timedelta(minutes=10))
    shelf.read(timedelta(minutes=12))
    assert (shelf.account.status, shelf.account.error, shelf.account.failures) == ("connected", "", 0)
    assert shelf.calendar.error == ""


def test_expired_cursor_compares_everything_without_a_gap(shelf: Shelf) -> None:
    shelf.put("a.ics", 24)
    kept = shelf.put("b.ics", 48)
    shelf.read()
    shelf.server.remove("work", "a.ics")
    added = shelf.put("c.ics", 72)
    shelf.server.expire_cursors()
    shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [kept, added]
    assert shelf.server.calls == ["changes", "changes", "reconcile", "calendars"]


def test_suddenly_empty_listing_is_believed_the_second_time(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    shelf.read()
    shelf.server.expire_cursors()
    shelf.server.answer_empty(2)
    calendar = shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [span]
    assert (calendar.warning, calendar.run_at) == ("suspect", shelf.now + timedelta(minutes=15))
    calendar = shelf.read(timedelta(minutes=15))
    assert shelf.busy() == []
    assert (calendar.warning, calendar.suspect) == ("", "")


def test_suddenly_empty_listing_is_forgotten_when_the_second_differs(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    shelf.read()
    shelf.server.expire_cursors()
    shelf.server.answer_empty(1)
    shelf.read(timedelta(minutes=10))
    calendar = shelf.read(timedelta(minutes=15))
    assert shelf.busy() == [span]
    assert (calendar.warning, calendar.suspect) == ("", "")


def test_wrong_password_asks_to_reconnect_and_tells_the_owner_once(shelf: Shelf) -> None:
    told: list[str] = []
    signals.account_failing.connect(listener := lambda code, **_: told.append(code))
    span = shelf.put("a.ics", 24)
    shelf.read()
    for minutes in (10, 20):
        shelf.server.fail_next("changes", errors.WrongPassword())
        shelf.read(timedelta(minutes=minutes))
    signals.account_failing.disconnect(listener)
    assert (shelf.account.status, told) == (Account.Status.RECONNECT, ["wrong_password"])
    assert shelf.busy() == [span]
    assert shelf.calendar.run_at == shelf.now + timedelta(hours=6, minutes=20)


def test_outage_tells_the_owner_when_the_copy_is_no_longer_trusted(shelf: Shelf) -> None:
    told: list[str] = []
    signals.account_failing.connect(listener := lambda code, **_: told.append(code))
    shelf.read()
    for minutes in (10, 1190, 1441):
        shelf.server.fail_next("changes" if minutes < 1440 else "reconcile", errors.Unreachable())
        shelf.read(timedelta(minutes=minutes))
        assert told == ([] if minutes < 1440 else ["unreachable"])
    signals.account_failing.disconnect(listener)


def test_vanished_calendar_keeps_its_copy(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    shelf.read()
    shelf.server.calendars.clear()
    calendar = shelf.read(timedelta(minutes=10))
    assert (calendar.error, calendar.vanished_at) == ("not_found", shelf.now + timedelta(minutes=10))
    assert shelf.busy() == [span]


def test_unreadable_change_keeps_the_known_times(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    shelf.read()
    shelf.put("a.ics", 30)
    shelf.server.cut_next()
    calendar = shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [span]
    assert calendar.warning == "events_odd"


def test_daily_comparison_moves_the_horizon(shelf: Shelf) -> None:
    start = shelf.now - timedelta(days=30)
    shelf.server.store("work", "daily.ics", make.event(start, lines="RRULE:FREQ=DAILY\r\n"))
    shelf.read()
    before = Busy.objects.count()
    calendar = shelf.read(timedelta(days=1))
    assert calendar.expanded_to == shelf.now + timedelta(days=401)
    assert Busy.objects.count() == before
    assert Busy.objects.order_by("-end")[0].start_at == shelf.now + timedelta(days=400)


def test_read_of_unchanged_calendar_writes_no_items(shelf: Shelf) -> None:
    shelf.put("a.ics", 24)
    shelf.read()
    rows = list(Busy.objects.values_list("pk", flat=True))
    calendar = shelf.read(timedelta(minutes=10))
    assert list(Busy.objects.values_list("pk", flat=True)) == rows
    assert calendar.last_changed_at == shelf.now


def test_new_blocks_are_told_with_their_spans(shelf: Shelf) -> None:
    told: list[list[tuple[int, int]]] = []
    shelf.read()
    signals.blocks_changed.connect(listener := lambda spans, **_: told.append(spans))
    span = shelf.put("a.ics", 24)
    shelf.read(timedelta(minutes=10))
    shelf.read(timedelta(minutes=20))
    signals.blocks_changed.disconnect(listener)
    assert told == [[span]]


def whole_day(uid: str = "h") -> bytes:
    """The tenth of March, in whichever zone the calendar is."""
    body = f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART;VALUE=DATE:20270310\r\nEND:VEVENT\r\n"
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\n{body}END:VCALENDAR\r\n".encode()


@pytest.mark.promise("C14")
def test_whole_days_follow_the_owners_zone_where_the_calendar_names_none(shelf: Shelf) -> None:
    shelf.server.calendars["work"].info = replace(make.WORK, zone=None)
    shelf.server.store("work", "h.ics", whole_day())
    shelf.read()
    assert [row.start_at.hour for row in Busy.objects.all()] == [23]
    shelf.owner.zone = "America/New_York"
    shelf.owner.save()
    shelf.read(timedelta(minutes=10))
    assert [row.start_at.hour for row in Busy.objects.all()] == [5]


@pytest.mark.promise("C14")
def test_whole_days_follow_the_zone_that_the_calendar_gets(shelf: Shelf) -> None:
    shelf.server.store("work", "h.ics", whole_day())
    shelf.read()
    shelf.server.calendars["work"].info = replace(make.WORK, zone="Asia/Tokyo")
    calendar = shelf.read(timedelta(days=1))
    assert calendar.zone == "Asia/Tokyo"
    assert [row.start_at.hour for row in Busy.objects.all()] == [15]


def test_reader_that_lost_its_lease_changes_nothing(shelf: Shelf) -> None:
    shelf.put("a.ics", 24)
    [claimed] = leases.claim(pull.due_calendars(), now=shelf.now, lease_for=pull.LEASE)
    shelf.read(timedelta(minutes=20))
    rows = list(Busy.objects.values_list("pk", flat=True))
    shelf.put("a.ics", 30)
    with pytest.raises(leases.LeaseLost):
        pull.read(claimed, shelf.now)
    assert list(Busy.objects.values_list("pk", flat=True)) == rows


def test_big_import_that_died_half_way_is_finished_by_the_next(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = [shelf.put(f"{number}.ics", 24 + number) for number in range(12)]
    monkeypatch.setattr(store, "CHUNK", 5)
    monkeypatch.setattr(store.chunks, "__defaults__", (5,))
    with monkeypatch.context() as dying:
        dying.setattr(pull, "_read_well", lambda *_: 1 / 0)
        calendar = shelf.read()
    assert (Item.objects.count(), calendar.cursor, calendar.last_ok_at, calendar.error) == (
        10,
        "",
        None,
        "internal",
    )
    shelf.read(timedelta(minutes=1))
    assert shelf.busy() == spans


def test_queries_of_an_import_grow_by_batches_not_by_events(
    shelf: Shelf, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for number in range(1000):
        shelf.put(f"{number}.ics", 24 + number)
    with django_assert_max_num_queries(80):
        shelf.read()
    assert len(shelf.busy()) == 1000


@pytest.mark.promise("C12")
def test_worker_reads_and_writes_what_is_due(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24)
    wish = make.wish(shelf.now + timedelta(days=3))
    writing.want_event(shelf.calendar, uid=wish.uid, wish=wish, now=shelf.now)
    done = work.drain(lambda: shelf.now, only={tasks.READ, tasks.WRITE})
    assert (done.rows, done.more) == (2, False)
    assert shelf.busy() == [span]
    assert sorted(shelf.server.calendar("work").items) == ["a.ics", "b1.ics"]


def test_calendar_that_fails_for_ever_is_never_given_up(shelf: Shelf) -> None:
    at = timedelta()
    for _ in range(15):
        shelf.server.fail_next("changes", errors.ServerFailed())
        calendar = shelf.read(at)
        at += timedelta(hours=2)
    assert (calendar.state, calendar.run_at <= shelf.now + at) == ("ready", True)


def test_owner_is_reminded_after_one_three_and_seven_days(shelf: Shelf) -> None:
    told: list[int] = []
    shelf.read()
    for hours in range(0, 10 * 24, 6):
        moment = shelf.now + timedelta(hours=hours)
        signals.account_failing.connect(listener := lambda now, **_: told.append((now - shelf.now).days))
        shelf.server.fail_next("changes" if hours < 24 else "reconcile", errors.WrongPassword())
        shelf.read(moment - shelf.now)
        signals.account_failing.disconnect(listener)
    assert told == [0, 1, 3, 7]


LONG_KEYS = ["/cal/" + "ä" * 600 + ".ics", "/cal/" + "x" * 5000 + ".ics", "/cal/nul\x00and\x10escape.ics"]


@pytest.mark.parametrize("key", LONG_KEYS, ids=["600", "5000", "nul"])
def test_events_with_unusual_keys_block_move_and_go_like_others(shelf: Shelf, key: str) -> None:
    twin = key + "2"
    spans = [shelf.put(key, 24), shelf.put(twin, 48), shelf.put("plain.ics", 72)]
    calendar = shelf.read()
    assert (calendar.error, shelf.busy()) == ("", spans)
    assert set(Item.objects.values_list("key", flat=True)) == {key, twin, "plain.ics"}
    moved = shelf.put(key, 30)
    shelf.read(timedelta(minutes=10))
    assert shelf.busy() == [moved, spans[1], spans[2]]
    shelf.server.remove("work", twin)
    shelf.read(timedelta(minutes=20))
    assert shelf.busy() == [moved, spans[2]]
    shelf.server.remove("work", key)
    shelf.read(timedelta(days=2))
    assert (shelf.busy(), shelf.server.calls[-2:]) == ([spans[2]], ["reconcile", "calendars"])


def test_unusual_keys_are_unchanged_by_a_daily_comparison(shelf: Shelf) -> None:
    spans = [shelf.put(key, 24 * (3 + number)) for number, key in enumerate(LONG_KEYS)]
    shelf.read()
    rows = set(Busy.objects.values_list("pk", flat=True))
    shelf.read(timedelta(days=1, minutes=1))
    assert (shelf.busy(), set(Busy.objects.values_list("pk", flat=True))) == (spans, rows)


def test_nul_in_title_and_uid_hinders_no_reading(shelf: Shelf) -> None:
    span = shelf.put("a.ics", 24, uid="a\x00b", summary="Den\x00tist")
    calendar = shelf.read()
    item = Item.objects.get()
    assert (calendar.error, shelf.busy(), item.uid, item.summary) == ("", [span], "ab", "Dentist")
