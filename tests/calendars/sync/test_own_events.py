"""Our own events are recognised by every name they have, and only they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookingsite import leases
from bookingsite.models import User
from calendars import busy, signals, writing
from calendars.models import Calendar, Item, Write
from calendars.providers import errors
from calendars.sync import connection as connecting
from calendars.sync import pull, push
from tests.calendars.sync.renaming import THEIRS, rename_events
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=1)


class Desk:
    """A receiving calendar, one booking's event, and what is told of it."""

    def __init__(self, owner: User, now: datetime) -> None:
        self.owner, self.now = owner, now
        self.address, self.server = make.make_server()
        self.calendar = make.make_calendar(make.make_account(owner, address=self.address))
        self.wish = make.wish(now + timedelta(days=1))
        self.told: list[tuple[str, str]] = []

    def want(self, days: float = 1, sequence: int = 0) -> None:
        wish = make.wish(self.now + timedelta(days=days), sequence=sequence)
        writing.want_event(self.calendar, uid=wish.uid, wish=wish, now=self.now)

    def write(self, at: datetime) -> None:
        for row in leases.claim(push.due_writes(), now=at, lease_for=push.LEASE):
            push.write(row, at)

    def read(self, at: datetime, calendar: Calendar | None = None) -> None:
        make.read_now(calendar or self.calendar, at)

    def busy(self) -> list[tuple[int, int]]:
        start = int(self.now.timestamp())
        return sorted(busy.spans([self.owner.pk], start, start + 30 * 86400)[self.owner.pk])

    def item(self) -> Item:
        return Item.objects.get(calendar=self.calendar)

    def hear(self, uid: str, change: str, **_: object) -> None:
        self.told.append((uid, change))


@pytest.fixture
def desk(host: User, now: datetime) -> Desk:
    found = Desk(host, now)
    signals.own_event_changed.connect(found.hear)
    return found


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    rename_events(monkeypatch)


@pytest.mark.promise("C18")
def test_marker_follows_from_the_event_and_the_calendar(desk: Desk) -> None:
    desk.want()
    first = Write.objects.get()
    Write.objects.all().delete()
    desk.want(days=2)
    again = Write.objects.get()
    assert (again.marker, (again.wish or {})["marker"]) == (first.marker, first.marker)
    assert len(first.marker) == 36


def test_row_of_an_older_version_gets_its_marker_with_the_next_change(desk: Desk) -> None:
    desk.want()
    marker = Write.objects.get().marker
    Write.objects.update(marker="")
    desk.want(days=2, sequence=1)
    assert Write.objects.get().marker == marker


@pytest.mark.promise("C18")
def test_event_under_another_uid_is_not_busy_wherever_it_is_read(desk: Desk, renamed: None) -> None:
    mirror = make.make_calendar(make.make_account(desk.owner, address=desk.address, label="M", username="m"))
    desk.want()
    desk.write(desk.now)
    desk.read(desk.now + MINUTES)
    desk.read(desk.now + MINUTES, mirror)
    assert (desk.busy(), Write.objects.get().remote_uid) == ([], THEIRS + desk.wish.uid)
    assert [(one.uid, one.is_ours) for one in Item.objects.all()] == [(desk.wish.uid, True)] * 2


@pytest.mark.promise("C18")
def test_event_whose_answer_was_lost_is_recognised_by_its_marker(desk: Desk, renamed: None) -> None:
    desk.want()
    [row] = leases.claim(push.due_writes(), now=desk.now, lease_for=push.LEASE)
    push._drive(
        connecting.open_provider(row.calendar.account, deadline=5), row
    )  # and dies before it is noted
    desk.read(desk.now + MINUTES)
    assert (desk.busy(), desk.item().is_ours, Write.objects.get().remote_uid) == ([], True, "")


@pytest.mark.promise("C16")
@pytest.mark.parametrize("change", ["moved", "deleted"])
def test_change_of_a_renamed_event_is_told_under_the_bookings_uid(
    desk: Desk, renamed: None, change: str
) -> None:
    desk.want()
    desk.write(desk.now)
    desk.read(desk.now + MINUTES)
    if change == "moved":
        start = desk.now + timedelta(days=3)
        desk.server.store("work", "b1.ics", make.event(start, uid=THEIRS + desk.wish.uid))
    else:
        desk.server.remove("work", "b1.ics")
    desk.read(desk.now + 10 * MINUTES)
    assert desk.told == [(desk.wish.uid, change)]


@pytest.mark.promise("C16")
def test_event_moved_before_it_was_ever_read_is_told_as_moved(desk: Desk) -> None:
    desk.want()
    desk.write(desk.now)
    desk.server.store("work", "b1.ics", make.event(desk.now + timedelta(days=3), uid=desk.wish.uid))
    desk.read(desk.now + MINUTES)
    assert desk.told == [(desk.wish.uid, "moved")]


@pytest.mark.promise("C16")
def test_event_written_while_the_calendar_is_read_is_not_told_as_moved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.want()
    desk.write(desk.now)
    desk.read(desk.now + MINUTES)
    desk.server.store("work", "b1.ics", desk.server.calendar("work").items["b1.ics"].data + b"\r\n")
    desk.want(days=5, sequence=1)
    take = pull._take

    def write_then_take(*rest: object) -> None:
        desk.write(desk.now + 2 * MINUTES)  # began before the reading did, and ends in the middle of it
        take(*rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pull, "_take", write_then_take)
    desk.read(desk.now + 3 * MINUTES)
    assert (desk.told, Write.objects.get().is_settled) == ([], True)


@pytest.mark.promise("C16")
def test_event_wanted_and_written_while_the_calendar_is_read_is_not_told_as_moved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.want()
    desk.write(desk.now)
    desk.read(desk.now + MINUTES)
    desk.server.store("work", "b1.ics", desk.server.calendar("work").items["b1.ics"].data + b"\r\n")
    take = pull._take

    def write_then_take(*rest: object) -> None:
        desk.want(days=5, sequence=1)
        desk.write(desk.now + 4 * MINUTES)
        take(*rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pull, "_take", write_then_take)
    desk.read(desk.now + 3 * MINUTES)
    assert (desk.told, Write.objects.get().is_settled) == ([], True)


@pytest.mark.promise("C16")
def test_event_that_its_server_moved_to_another_key_is_not_told_as_deleted(desk: Desk) -> None:
    desk.want()
    desk.write(desk.now)
    desk.read(desk.now + MINUTES)
    data = desk.server.calendar("work").items["b1.ics"].data
    desk.server.remove("work", "b1.ics")
    desk.server.store("work", "elsewhere.ics", data)
    desk.read(desk.now + 10 * MINUTES)
    assert (desk.told, desk.busy(), desk.item().is_ours) == ([], [], True)


@pytest.mark.promise("C16")
def test_copy_of_our_event_in_its_calendar_is_an_event_of_theirs(desk: Desk, renamed: None) -> None:
    desk.want()
    desk.write(desk.now)
    desk.read(desk.now + MINUTES)
    marker = Write.objects.get().marker
    start = desk.now + timedelta(days=3)
    desk.server.store("work", "copy.ics", make.event(start, lines=f"X-MARKER:{marker}\r\n"))
    desk.read(desk.now + 10 * MINUTES)
    assert desk.busy() == [(int(start.timestamp()), int(start.timestamp()) + 3600)]
    assert desk.told == []


def test_recognising_costs_the_same_for_one_event_and_for_many(desk: Desk, renamed: None) -> None:
    counts = []
    for batch in (1, 2, 3, 30):  # the first readings find more that is new
        for number in range(batch):
            wish = make.wish(desk.now + timedelta(days=1), public_id=f"n{batch}-{number}")
            writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
        for _ in range(batch):
            desk.write(desk.now)
        with CaptureQueriesContext(connection) as queries:
            desk.read(desk.now + timedelta(days=batch))
        counts.append(len(queries))
    assert counts[-2] == counts[-1]


@pytest.mark.promise("C18")
def test_meeting_link_is_kept_and_told_once(desk: Desk) -> None:
    told: list[str] = []
    signals.meeting_link_made.connect(listener := lambda url, **_: told.append(url))
    wish = replace(desk.wish, meeting="google_meet")
    for sequence in (0, 1):
        again = replace(wish, sequence=sequence)
        writing.want_event(desk.calendar, uid=wish.uid, wish=again, now=desk.now)
        desk.write(desk.now)
    signals.meeting_link_made.disconnect(listener)
    row = Write.objects.get()
    assert (told, row.meeting_url.startswith("https://meet.example/")) == ([row.meeting_url], True)


def test_meeting_link_stays_when_a_later_answer_leaves_it_out(desk: Desk) -> None:
    wish = replace(desk.wish, meeting="google_meet")
    writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
    desk.write(desk.now)
    url = Write.objects.get().meeting_url
    desk.server.make_links_late()
    writing.want_event(desk.calendar, uid=wish.uid, wish=replace(wish, sequence=1), now=desk.now)
    desk.write(desk.now)
    row = Write.objects.get()
    assert (row.meeting_url, row.state) == (url, Write.State.DONE)


def test_meeting_link_goes_with_the_meeting(desk: Desk) -> None:
    wish = replace(desk.wish, meeting="google_meet")
    writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
    desk.write(desk.now)
    writing.want_event(desk.calendar, uid=wish.uid, wish=replace(desk.wish, sequence=1), now=desk.now)
    desk.write(desk.now)
    assert Write.objects.get().meeting_url == ""


def test_late_meeting_link_is_looked_for_three_times(desk: Desk) -> None:
    desk.server.make_links_late(times=9)
    wish = replace(desk.wish, meeting="google_meet")
    writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
    at, pauses, progress = desk.now, [], set()
    for _ in range(4):
        desk.write(at)
        row = Write.objects.get()
        progress.add(writing.progress([wish.uid])[wish.uid][0].state)
        pauses.append(int((row.run_at - at).total_seconds()))
        at = row.run_at
    assert (pauses[:3], row.state) == ([30, 120, 600], Write.State.DONE)
    assert (desk.server.calls.count("put"), progress) == (4, {writing.Writing.WRITTEN})


def test_late_meeting_link_is_taken_when_it_comes(desk: Desk) -> None:
    desk.server.make_links_late()
    wish = replace(desk.wish, meeting="google_meet")
    writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
    desk.write(desk.now)
    desk.write(desk.now + timedelta(seconds=30))
    row = Write.objects.get()
    assert (bool(row.meeting_url), row.state, row.is_settled) == (True, Write.State.DONE, True)


def test_outage_while_a_link_is_looked_for_is_no_trouble_for_the_event(desk: Desk) -> None:
    desk.server.make_links_late()
    wish = replace(desk.wish, meeting="google_meet")
    writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
    desk.write(desk.now)
    desk.server.fail_next("put", errors.ServerFailed())
    desk.write(desk.now + timedelta(seconds=30))
    row = Write.objects.get()
    assert (row.error, row.is_settled, row.run_at) == ("", True, desk.now + timedelta(seconds=150))


@pytest.mark.promise("C16")
def test_event_deleted_before_it_was_ever_read_is_told_as_deleted(desk: Desk) -> None:
    desk.read(desk.now)
    desk.want()
    desk.write(desk.now + MINUTES)
    desk.server.remove("work", desk.wish.key)
    desk.read(desk.now + 10 * MINUTES)
    assert desk.told == [(desk.wish.uid, "deleted")]


@pytest.mark.promise("C16")
def test_event_that_no_list_of_changes_names_is_found_missing_by_comparing(desk: Desk) -> None:
    """Made and deleted between two tokens: many servers never tell of it."""
    desk.read(desk.now)
    desk.want()
    desk.write(desk.now + MINUTES)
    desk.server.remove("work", desk.wish.key)
    del desk.server.calendar("work").changed[desk.wish.key]
    desk.read(desk.now + 10 * MINUTES)
    calendar = Calendar.objects.get(pk=desk.calendar.pk)
    assert (desk.told, calendar.last_full_at) == ([], None)
    assert calendar.run_at == desk.now + 10 * MINUTES + timedelta(seconds=20)
    desk.read(desk.now + 11 * MINUTES)
    assert desk.told == [(desk.wish.uid, "deleted")]


def test_event_that_is_read_after_writing_asks_for_no_comparison(desk: Desk) -> None:
    desk.read(desk.now)
    desk.want()
    desk.write(desk.now + MINUTES)
    desk.read(desk.now + 10 * MINUTES)
    assert Calendar.objects.get(pk=desk.calendar.pk).last_full_at == desk.now
    assert (desk.told, desk.item().digest != "", desk.item().is_ours) == ([], True, True)


def test_event_written_while_the_calendar_is_read_is_not_missed(desk: Desk) -> None:
    desk.read(desk.now)
    desk.want()
    desk.write(desk.now + MINUTES)
    del desk.server.calendar("work").changed[desk.wish.key]  # the list of changes was made before
    desk.read(desk.now + MINUTES)
    assert (desk.told, Calendar.objects.get(pk=desk.calendar.pk).last_full_at) == ([], desk.now)
