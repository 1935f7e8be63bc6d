"""A server in memory that gives events names of its own, as Google and Graph do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from calendars.providers import registry
from calendars.providers.base import EventWish, RawItem, Reading, ReadingRules, Window, Written
from calendars.providers.memory import MemoryProvider

THEIRS = "made-by-the-server-"
MARK = b"X-MARKER:"


class RenamingProvider(MemoryProvider):
    """Writes a UID of its own, and keeps the marker in the event."""

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Tells the UID that the event got."""
        uid = THEIRS + wish.uid
        written = super().put(calendar_id, replace(wish, uid=uid), known)
        item = self.server.calendar(calendar_id).items[written.key]
        marked = item.data.replace(b"END:VEVENT", MARK + wish.marker.encode() + b"\r\nEND:VEVENT")
        item = self.server.store(calendar_id, written.key, marked)
        return replace(written, etag=item.etag, uid=uid)

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """By the name that the event has here."""
        super().delete(calendar_id, key=key, uid=THEIRS + uid)

    def readings(self, items: Iterable[RawItem], *, window: Window, rules: ReadingRules) -> Iterator[Reading]:
        """With the marker of each."""
        for item in items:
            marker = item.data.partition(MARK)[2].partition(b"\r\n")[0].decode()
            yield replace(self.occurrences(item, window=window, rules=rules), marker=marker)


def rename_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on servers in memory give events names of their own."""
    kind = registry.KINDS["memory"]
    renaming = replace(kind, open=lambda access: RenamingProvider(registry.memory_server(access.url)))
    monkeypatch.setitem(registry.KINDS, "memory", renaming)
