"""What every provider must keep, as one suite: inherit ``ProviderContract`` and give a ``world`` fixture.

A provider that only reads keeps ``ReadingContract``. Say in ``kinds`` which kinds of accounts a class stands for:
a kind that is registered and stands nowhere fails ``test_registry``.

The world (``worlds.World``) is a server with one empty calendar of the test's own, seen from two sides: through the
provider, and as somebody else who changes the same calendar behind our back.
"""

import contextlib
from datetime import timedelta
from typing import ClassVar

import pytest

from calendars.providers.base import WishStatus
from calendars.providers.errors import CursorInvalid, NotFound, PermissionDenied, ProviderError
from tests.calendars.providers.worlds import (
    RULES,
    START,
    WINDOW,
    Copy,
    ReadOnlyWorld,
    ReadWorld,
    World,
    foreign,
    put,
    uids,
    wish,
)


class ReadingContract:
    """Reading what others put there; see the docstring of the module."""

    kinds: ClassVar[tuple[str, ...]] = ()
    """Keys of the registry."""

    def test_changes_of_a_missing_calendar_is_not_found(self, world: ReadWorld) -> None:
        with pytest.raises(NotFound):
            list(world.provider().changes(world.missing_calendar_id, cursor=None, known={}, window=WINDOW))

    def test_changes_of_an_empty_calendar_end_with_a_cursor(self, world: ReadWorld) -> None:
        copy = Copy(world)
        pages = copy.pull()
        assert copy.data == {}
        assert pages[-1].cursor is not None

    def test_changes_first_read_brings_everything(self, world: ReadWorld) -> None:
        for number in range(5):
            world.outsider_put(f"e{number}.ics", foreign(f"e{number}", START + timedelta(days=number)))
        copy = Copy(world)
        copy.pull()
        assert copy.uids() == ["e0", "e1", "e2", "e3", "e4"]

    def test_changes_without_news_bring_nothing(self, world: ReadWorld) -> None:
        world.outsider_put("a.ics", foreign("a"))
        copy = Copy(world)
        copy.pull()
        pages = copy.pull()
        assert [page.items for page in pages if page.items] == []
        assert copy.uids() == ["a"]

    @pytest.mark.promise("C12")
    def test_changes_bring_what_was_added_edited_and_deleted(self, world: ReadWorld) -> None:
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

    def test_changes_with_an_unknown_cursor_never_pass_as_incremental(self, world: ReadWorld) -> None:
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
        assert copy.uids() == ["b"]

    def test_changes_bring_a_series_with_its_occurrences(self, world: ReadWorld) -> None:
        world.outsider_put("weekly.ics", foreign("weekly", rule="FREQ=WEEKLY;COUNT=3"))
        copy = Copy(world)
        copy.pull()
        assert [one.start for one in copy.occurrences()] == [START + timedelta(weeks=n) for n in range(3)]

    def test_reconcile_heals_a_copy_that_missed_news(self, world: ReadWorld) -> None:
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
    def test_read_span_brings_what_touches_it(self, world: ReadWorld) -> None:
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


class ProviderContract(ReadingContract):
    """Reading and writing."""

    def test_calendars_lists_the_calendar_as_writable(self, world: World) -> None:
        found = {info.remote_id: info for info in world.provider().calendars()}
        assert found[world.calendar_id].writable is True
        assert found[world.calendar_id].why_read_only == ""

    # Writing

    @pytest.mark.promise("C17")
    def test_put_makes_an_event_that_reads_back_as_wished(self, world: World) -> None:
        one = wish(location="Room 5", geo=(52.5, 13.4), sequence=3)
        put(world, one)
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
        first = put(world, wish())
        second = put(world, wish())
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert second.key == first.key

    @pytest.mark.promise("C18")
    def test_put_after_a_lost_answer_is_one_event(self, world: World) -> None:
        world.lose_next_answer()
        with pytest.raises(ProviderError):
            put(world, wish())
        put(world, wish(summary="Second try"))
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert b"SUMMARY:Second try" in world.stored()[0]

    def test_put_with_its_version_moves_the_event(self, world: World) -> None:
        known = put(world, wish())
        later = START + timedelta(days=1)
        moved = put(world, wish(start=later, end=later + timedelta(hours=1), sequence=1), known)
        copy = Copy(world)
        copy.pull()
        assert [(one.start, one.end) for one in copy.occurrences()] == [(later, later + timedelta(hours=1))]
        assert moved.key == known.key
        assert moved.etag != known.etag

    def test_put_over_a_change_by_somebody_else_is_our_event(self, world: World) -> None:
        known = put(world, wish())
        world.outsider_put("bk-1.ics", foreign("bk-1@booking.example", summary="Edited outside"))
        put(world, wish(summary="Put back", sequence=1), known)
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert b"SUMMARY:Put back" in world.stored()[0]

    def test_put_after_somebody_deleted_it_makes_it_again(self, world: World) -> None:
        known = put(world, wish())
        world.outsider_delete("bk-1.ics")
        put(world, wish(), known)
        assert uids(world.stored()) == ["bk-1@booking.example"]

    def test_put_leaves_other_events_alone(self, world: World) -> None:
        world.outsider_put("other.ics", foreign("other@outside.example"))
        put(world, wish("bk-1"))
        put(world, wish("bk-2"))
        assert uids(world.stored()) == [
            "bk-1@booking.example",
            "bk-2@booking.example",
            "other@outside.example",
        ]

    @pytest.mark.promise("C11")
    def test_put_cancelled_keeps_the_event_without_blocking(self, world: World) -> None:
        known = put(world, wish())
        put(world, wish(status=WishStatus.CANCELLED, sequence=1), known)
        copy = Copy(world)
        copy.pull()
        assert uids(world.stored()) == ["bk-1@booking.example"]
        assert copy.occurrences() == []

    @pytest.mark.promise("C11")
    def test_delete_removes_the_event_and_may_be_repeated(self, world: World) -> None:
        known = put(world, wish())
        put(world, wish("bk-2"))
        for _ in range(2):
            world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        assert uids(world.stored()) == ["bk-2@booking.example"]

    def test_delete_after_a_lost_answer_finds_the_event_by_its_name(self, world: World) -> None:
        world.lose_next_answer()
        with pytest.raises(ProviderError):
            put(world, wish())
        world.provider().delete(world.calendar_id, key=wish().key, uid=wish().uid)
        assert world.stored() == []

    def test_delete_with_a_lost_answer_may_be_repeated(self, world: World) -> None:
        known = put(world, wish())
        world.lose_next_answer()
        with pytest.raises(ProviderError):
            world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        assert world.stored() == []

    def test_delete_wins_over_a_change_by_somebody_else(self, world: World) -> None:
        known = put(world, wish())
        world.outsider_put("bk-1.ics", foreign("bk-1@booking.example", summary="Edited outside"))
        world.provider().delete(world.calendar_id, key=known.key, uid=wish().uid)
        assert world.stored() == []

    # What we wrote, read back

    def test_changes_name_our_own_event_by_the_key_that_put_returned(self, world: World) -> None:
        copy = Copy(world)
        copy.pull()
        written = put(world, wish())
        copy.pull()
        assert list(copy.data) == [written.key]

    def test_changes_report_our_event_deleted_by_its_key(self, world: World) -> None:
        written = put(world, wish())
        copy = Copy(world)
        copy.pull()
        world.outsider_delete("bk-1.ics")
        pages = copy.pull()
        assert copy.data == {}
        assert [key for page in pages for key in page.deleted] == [written.key] or pages[-1].complete

    def test_read_span_names_items_as_changes_do(self, world: World) -> None:
        written = put(world, wish())
        items = world.provider().read_span(world.calendar_id, (START, START + timedelta(hours=1)))
        assert [item.key for item in items] == [written.key]


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
