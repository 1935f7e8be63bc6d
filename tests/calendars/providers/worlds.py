"""A calendar server as the contract suite sees it, what is put into it, and our copy of it by the rules of ``Page``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from calendars.providers.base import EventWish, Occurrence, Page, Provider, RawItem, ReadingRules, Written

WINDOW = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
START = datetime(2026, 10, 26, 9, tzinfo=UTC)
RULES = ReadingRules(default_zone="Europe/Berlin")


class ReadWorld(Protocol):
    """A server as a test sees it that only reads through the provider."""

    calendar_id: str
    """An empty calendar."""
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


class World(ReadWorld, Protocol):
    """A server as a test sees it; its calendar is writable."""

    def stored(self) -> list[bytes]:
        """Every resource in the calendar, read without the provider."""

    def lose_next_answer(self) -> None:
        """Let the next write (PUT or DELETE) happen, but its answer never arrive."""


class ReadOnlyWorld(World, Protocol):
    """A world that also has a calendar that may only be read."""

    read_only_id: str
    read_only_before: list[bytes]
    """What it held when the test began."""

    def read_only_stored(self) -> list[bytes]:
        """What it holds now, read without the provider."""


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

    def __init__(self, world: ReadWorld) -> None:
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

    def uids(self) -> list[str]:
        """The UIDs of what the copy holds, as the provider reads them, sorted."""
        provider = self.world.provider()
        items = [RawItem(key, "", data) for key, data in self.data.items()]
        return sorted(reading.uid for reading in provider.readings(items, window=WINDOW, rules=RULES))

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


def _read(world: ReadWorld, data: Mapping[str, bytes]) -> list[Occurrence]:
    provider = world.provider()
    found: list[Occurrence] = []
    for key, one in data.items():
        found += provider.occurrences(RawItem(key, "", one), window=WINDOW, rules=RULES).occurrences
    return found


def put(world: World, one: EventWish, known: Written | None = None) -> Written:
    return world.provider().put(world.calendar_id, one, known)
