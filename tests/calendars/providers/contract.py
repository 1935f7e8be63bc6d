"""What every provider must keep, as one suite: inherit ``ProviderContract`` and give a ``world`` fixture.

The world is a server with one empty calendar of the test's own, seen from two sides: through the provider,
and as somebody else who changes the same calendar behind our back.
"""

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from calendars.providers.base import (
    EventWish,
    Occurrence,
    Page,
    Provider,
    RawItem,
    ReadingRules,
    WishStatus,
    Written,
)
from calendars.providers.errors import CursorInvalid, NotFound, PermissionDenied, ProviderError

WINDOW = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
START = datetime(2026, 10, 26, 9, tzinfo=UTC)
RULES = ReadingRules(default_zone="Europe/Berlin")


class World(Protocol):
    """A server as a test sees it."""

    calendar_id: str
    """An empty, writable calendar."""
    bad_cursor: str
    """A cursor the server does not (or no longer) know."""
    missing_calendar_id: str
    """The id of a calendar that does not exist on this server."""

    def provider(self) -> Provider:
        """A new provider object, signed in."""

    def outsider_put(self, name: str, data: bytes) -> None:
        """Somebody else stores a resource under this name (``x.ics``), creating or replacing it."""

    def outsider_delete(self, name: str) -> None:
        """Somebody else deletes the resource with this name."""

    def stored(self) -> list[bytes]:
        """Every resource in the calendar, read without the provider."""

    def lose_next_answer(self) -> None:
        """Let the next write (PUT or DELETE) happen, but its answer never arrive."""


def wish(public_id: str = "bk-1", **changes: object) -> EventWish:
    """A wish that differs from the usual one by ``changes``."""
    usual = EventWish(
        uid=f"{public_id}@booking.example",
        key=f"{public_id}.ics",
        start=START,
        end=START + timedelta(minutes=30),
        zone="Europe/Berlin",
        summary="Intro call: Ada",
        created=datetime(2026, 10, 1, tzinfo=UTC),
        updated=datetime(2026, 10, 2, tzinfo=UTC),
        private_id=public_id,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def foreign(uid: str, start: datetime = START, *, rule: str = "", summary: str = "Dentist") -> bytes:
    """An event somebody else made, an hour long."""
    stamp = "%Y%m%dT%H%M%SZ"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//outsider//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260901T000000Z",
        f"DTSTART:{start.strftime(stamp)}",
        f"DTEND:{(start + timedelta(hours=1)).strftime(stamp)}",
        *([f"RRULE:{rule}"] if rule else []),
        f"SUMMARY:{summary}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


def uids(resources: Iterable[bytes]) -> list[str]:
    """The UIDs of resources, one each, sorted."""
    return sorted(
        found[1].decode().strip() for data in resources if (found := re.search(rb"^UID:(.*)$", data, re.M))
    )


class Copy:
    """Our side of a calendar, kept by the rules of ``Page``: what the sync will do with the pages."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cursor: str | None = None
        self.data: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}

    def pull(self) -> list[Page]:
        """Take the changes; returns the pages."""
        pages = list(self.world.provider().changes(
            self.world.calendar_id, cursor=self.cursor, known=self.etags, window=WINDOW
        ))  # fmt: skip
        self._apply(pages)
        return pages

    def reconcile(self) -> None:
        """Take the whole listing."""
        self._apply(list(self.world.provider().reconcile(
            self.world.calendar_id, known=self.etags, window=WINDOW
        )))  # fmt: skip

    def occurrences(self) -> list[Occurrence]:
        """What the copy means."""
        return sorted(_read(self.world, self.data), key=lambda one: one.start)

    def _apply(self, pages: list[Page]) -> None:
        last = pages[-1]
        assert last.cursor is not None
        assert [page.cursor for page in pages[:-1]] == [None] * (len(pages) - 1)
        for page in pages:
            for key in page.deleted:
                self.data.pop(key, None)
            for item in page.items:
                self.data[item.key] = item.data
                self.etags[item.key] = item.etag
        if last.complete:
            present = frozenset().union(*(page.present for page in pages if page.present is not None))
            self.data = {key: data for key, data in self.data.items() if key in present}
        self.etags = {key: etag for key, etag in self.etags.items() if key in self.data}
        self.cursor = last.cursor


def _read(world: World, data: Mapping[str, bytes]) -> list[Occurrence]:
    provider = world.provider()
    found: list[Occurrence] = []
    for key, one in data.items():
        found += provider.occurrences(RawItem(key, "", one), window=WINDOW, rules=RULES).occurrences
    return found


def _put(world: World, one: EventWish, known: Written | None = None) -> Written:
    return world.provider().put(world.calendar_id, one, known)


class ProviderContract:
    """Inherit and define a ``world`` fixture; see the docstring of the module."""

    # Looking around

    def test_calendars_lists_the_calendar_as_writable(self, world: World) -> None:
        found = {info.remote_id: info for info in world.provider().calendars()}
        assert found[world.calendar_id].writable is True
        assert found[world.calendar_id].why_read_only == ""

    def test_changes_of_a_missing_calendar_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFound):
            list(world.provider().changes(world.missing_calendar_id, cursor=None, known={}, window=WINDOW))

    # Writing

    @pytest.mark.promise("C17")
    def test_put_makes_an_event_that_reads_back_as_wished(self, world: World) -> None:
        one = wish(location="Room 5", geo=(52.5, 13.4), sequence=3)
        _put(world, one)
        [item] = world.provider().read_span(world.calendar_id, (one.start, one.end))
        reading = world.provider().occurrences(item, window=WINDOW, rules=RULES)
        [found] = reading.occurrences
        assert (found.start, found.end, found.uid, found.summary) == (
            one.start,
            one.end,
            one.uid,
            one.summary,
        )
        assert (found.location, found.geo, found.zone) == ("Room 5", (52.5, 13.4), "Europe/Berlin")
        assert (reading.private_id, reading.sequence, reading.cancelled) == ("bk-1", 3, False)

    @pytest.mark.promise("C18")
    def test_put_repeated_without_memory_is_one_event(self, world: World) -> None:
        first = _put(world, wish())
        second = _put(world, wish())
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert second.key == first.key

    @pytest.mark.promise("C18")
    def test_put_after_a_lost_answer_is_one_event(self, world: World) -> None:
        world.lose_next_answer()
        with pytest.raises(ProviderError):
            _put(world, wish())
        _put(world, wish(summary="Second try"))
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert b"SUMMARY:Second try" in world.stored()[0]

    def test_put_with_its_version_moves_the_event(self, world: World) -> None:
        known = _put(world, wish())
        later = START + timedelta(days=1)
        moved = _put(world, wish(start=later, end=later + timedelta(hours=1), sequence=1), known)
        copy = Copy(world)
        copy.pull()
        assert [(one.start, one.end) for one in copy.occurrences()] == [(later, later + timedelta(hours=1))]
        assert moved.key == known.key
        assert moved.etag != known.etag

    def test_put_over_a_change_by_somebody_else_is_our_event(self, world: World) -> None:
        known = _put(world, wish())
        world.outsider_put("bk-1.ics", foreign("bk-1@booking.example", summary="Edited outside"))
        _put(world, wish(summary="Put back", sequence=1), known)
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert b"SUMMARY:Put back" in world.stored()[0]

    def test_put_after_somebody_deleted_it_makes_it_again(self, world: World) -> None:
        known = _put(world, wish())
        world.outsider_delete("bk-1.ics")
        _put(world, wish(), known)
        assert uids(world.stored()) == ["bk-1@booking.example"]

    def test_put_leaves_other_events_alone(self, world: World) -> None:
        world.outsider_put("other.ics", foreign("other@outside.example"))
        _put(world, wish("bk-1"))
        _put(world, wish("bk-2"))
        assert uids(world.stored()) == [
            "bk-1@booking.example",
            "bk-2@booking.example",
            "other@outside.example",
        ]

    @pytest.mark.promise("C11")
    def test_put_cancelled_keeps_the_event_without_blocking(self, world: World) -> None:
        known = _put(world, wish())
        _put(world, wish(status=WishStatus.CANCELLED, sequence=1), known)
        copy = Copy(world)
        copy.pull()
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert copy.occurrences() == []

    @pytest.mark.promise("C11")
    def test_delete_removes_the_event_and_may_be_repeated(self, world: World) -> None:
        known = _put(world, wish())
        _put(world, wish("bk-2"))
        for _ in range(2):
            world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        assert uids(world.stored()) == ["bk-2@booking.example"]

    def test_delete_after_a_lost_answer_finds_the_event_by_its_name(self, world: World) -> None:
        world.lose_next_answer()
        with pytest.raises(ProviderError):
            _put(world, wish())
        world.provider().delete(world.calendar_id, key=wish().key, uid=wish().uid)
        assert world.stored() == []

    def test_delete_with_a_lost_answer_may_be_repeated(self, world: World) -> None:
        known = _put(world, wish())
        world.lose_next_answer()
        with pytest.raises(ProviderError):
            world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        assert world.stored() == []

    def test_delete_wins_over_a_change_by_somebody_else(self, world: World) -> None:
        known = _put(world, wish())
        world.outsider_put("bk-1.ics", foreign("bk-1@booking.example", summary="Edited outside"))
        world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        assert world.stored() == []

    # Reading what changed

    def test_changes_of_an_empty_calendar_end_with_a_cursor(self, world: World) -> None:
        copy = Copy(world)
        pages = copy.pull()
        assert copy.data == {}
        assert pages[-1].cursor is not None

    def test_changes_first_read_brings_everything(self, world: World) -> None:
        for number in range(5):
            world.outsider_put(f"e{number}.ics", foreign(f"e{number}", START + timedelta(days=number)))
        copy = Copy(world)
        copy.pull()
        assert uids(copy.data.values()) == ["e0", "e1", "e2", "e3", "e4"]

    def test_changes_without_news_bring_nothing(self, world: World) -> None:
        world.outsider_put("a.ics", foreign("a"))
        copy = Copy(world)
        copy.pull()
        pages = copy.pull()
        assert [page.items for page in pages if page.items] == []
        assert uids(copy.data.values()) == ["a"]

    @pytest.mark.promise("C12")
    def test_changes_bring_what_was_added_edited_and_deleted(self, world: World) -> None:
        for name in ("stays", "edited", "deleted"):
            world.outsider_put(f"{name}.ics", foreign(name))
        copy = Copy(world)
        copy.pull()
        world.outsider_put("edited.ics", foreign("edited", START + timedelta(days=2)))
        world.outsider_delete("deleted.ics")
        world.outsider_put("added.ics", foreign("added", START + timedelta(days=3)))
        copy.pull()
        assert [(one.uid, one.start) for one in copy.occurrences()] == [
            ("stays", START),
            ("edited", START + timedelta(days=2)),
            ("added", START + timedelta(days=3)),
        ]

    def test_changes_name_our_own_event_by_the_key_that_put_returned(self, world: World) -> None:
        copy = Copy(world)
        copy.pull()
        written = _put(world, wish())
        copy.pull()
        assert list(copy.data) == [written.key]

    def test_changes_report_our_event_deleted_by_its_key(self, world: World) -> None:
        written = _put(world, wish())
        copy = Copy(world)
        copy.pull()
        world.outsider_delete("bk-1.ics")
        pages = copy.pull()
        assert copy.data == {}
        assert [key for page in pages for key in page.deleted] == [written.key] or pages[-1].complete

    def test_changes_with_an_unknown_cursor_never_pass_as_incremental(self, world: World) -> None:
        world.outsider_put("a.ics", foreign("a"))
        world.outsider_put("b.ics", foreign("b"))
        copy = Copy(world)
        copy.pull()
        world.outsider_delete("a.ics")
        copy.cursor = world.bad_cursor
        try:
            copy.pull()
        except CursorInvalid:
            copy.cursor = None
            copy.pull()
        assert uids(copy.data.values()) == ["b"]

    def test_changes_bring_a_series_with_its_occurrences(self, world: World) -> None:
        world.outsider_put("weekly.ics", foreign("weekly", rule="FREQ=WEEKLY;COUNT=3"))
        copy = Copy(world)
        copy.pull()
        assert [one.start for one in copy.occurrences()] == [START + timedelta(weeks=n) for n in range(3)]

    def test_reconcile_heals_a_copy_that_missed_news(self, world: World) -> None:
        for name in ("stays", "edited", "deleted"):
            world.outsider_put(f"{name}.ics", foreign(name))
        copy = Copy(world)
        copy.pull()
        world.outsider_put("edited.ics", foreign("edited", START + timedelta(days=2)))
        world.outsider_delete("deleted.ics")
        world.outsider_put("added.ics", foreign("added", START + timedelta(days=3)))
        copy.reconcile()
        assert [one.uid for one in copy.occurrences()] == ["stays", "edited", "added"]
        assert [page.items for page in copy.pull() if page.items] == []

    @pytest.mark.promise("C19")
    def test_read_span_brings_what_touches_it(self, world: World) -> None:
        world.outsider_put("inside.ics", foreign("inside", START))
        world.outsider_put("far.ics", foreign("far", START + timedelta(days=30)))
        weekly = foreign("weekly", START - timedelta(weeks=10), rule="FREQ=WEEKLY")
        world.outsider_put("weekly.ics", weekly)
        span = (START, START + timedelta(hours=1))
        provider = world.provider()
        found = [
            one
            for item in provider.read_span(world.calendar_id, span)
            for one in provider.occurrences(item, window=span, rules=RULES).occurrences
        ]
        assert sorted((one.uid, one.start) for one in found) == [("inside", START), ("weekly", START)]

    def test_read_span_names_items_as_changes_do(self, world: World) -> None:
        written = _put(world, wish())
        items = world.provider().read_span(world.calendar_id, (START, START + timedelta(hours=1)))
        assert [item.key for item in items] == [written.key]


class ReadOnlyWorld(World, Protocol):
    """A world that also has a calendar that may only be read."""

    read_only_id: str
    read_only_before: list[bytes]
    """What it held when the test began."""

    def read_only_stored(self) -> list[bytes]:
        """What it holds now, read without the provider."""


class ReadOnlyContract:
    """For servers that can offer a calendar which may only be read."""

    def test_calendars_says_that_it_may_only_be_read(self, world: ReadOnlyWorld) -> None:
        found = {info.remote_id: info for info in world.provider().calendars()}
        assert found[world.read_only_id].writable is False
        assert found[world.read_only_id].why_read_only != ""

    def test_put_into_it_is_denied(self, world: ReadOnlyWorld) -> None:
        with pytest.raises(PermissionDenied):
            world.provider().put(world.read_only_id, wish(), None)

    def test_delete_from_it_leaves_everything_there(self, world: ReadOnlyWorld) -> None:
        with contextlib.suppress(PermissionDenied):
            world.provider().delete(world.read_only_id, key=wish().key, uid=wish().uid)
        assert world.read_only_stored() == world.read_only_before
