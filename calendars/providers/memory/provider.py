"""The provider that talks to a ``MemoryServer``."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from calendars.providers.base import (
    CalendarInfo,
    Capabilities,
    EventWish,
    Meeting,
    OneByOne,
    Page,
    RawItem,
    Reading,
    ReadingRules,
    Window,
    Written,
)
from calendars.providers.errors import Conflict, NoCalendars, PermissionDenied
from calendars.providers.ical import event_bytes, occurrences, split
from calendars.providers.memory.server import Fault, MemoryServer


class MemoryProvider(OneByOne):
    """Reads and writes a server in the same process; see ``base.Provider`` for what is promised."""

    key: ClassVar[str] = "memory"
    capabilities: ClassVar[Capabilities] = Capabilities(
        writes=True, sync_token=True, meeting=Meeting.GOOGLE_MEET
    )

    def __init__(self, server: MemoryServer, *, page_size: int = 100) -> None:
        self.server = server
        self.page_size = page_size

    def calendars(self) -> list[CalendarInfo]:
        """List the calendars; raises ``NoCalendars``."""
        fault = self.server.called("calendars")
        found = [calendar.info for calendar in self.server.calendars.values()]
        _raise(fault)
        if not found:
            raise NoCalendars
        return found

    def changes(
        self, calendar_id: str, *, cursor: str | None, known: Mapping[str, str], window: Window
    ) -> Iterator[Page]:
        """Yield what changed since the cursor; a first read is a full listing."""
        fault = self.server.called("changes")
        if cursor is None:
            yield from self._everything(calendar_id, known, fault)
            return
        calendar = self.server.calendar(calendar_id)
        since = self.server.revision_of(cursor)
        changed = calendar.changed_since(since)
        items = [calendar.items[key] for key in changed if key in calendar.items]
        deleted = tuple(key for key in changed if key not in calendar.items)
        yield from self._pages(_news(items, known), Page(deleted=deleted, cursor=self.server.cursor()), fault)

    def reconcile(self, calendar_id: str, *, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """Yield everything that differs from what is known, as a full listing."""
        yield from self._everything(calendar_id, known, self.server.called("reconcile"))

    def read_span(self, calendar_id: str, span: Window) -> list[RawItem]:
        """Return the items with an occurrence in the span."""
        fault = self.server.called("read_span")
        found = [
            self.server.sent(item)
            for item in self.server.calendar(calendar_id).items.values()
            if occurrences(item.data, window=span).occurrences
        ]
        _raise(fault)
        return found

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
        """Read iCalendar."""
        return occurrences(
            item.data, window=window, default_zone=rules.default_zone, owner_emails=rules.owner_emails
        )

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Create or update the one event with the wish's UID."""
        fault = self.server.called("put")
        key = self._key_of(calendar_id, wish.uid) or wish.key
        held = self.server.calendar(calendar_id).items.get(key)
        if held and wish.uid not in _uids(held):
            raise Conflict("another event has this name")
        self._writable(calendar_id)
        item = self.server.store(calendar_id, key, event_bytes(wish))
        _raise(fault)
        return Written(item.key, item.etag, meeting_url=self.server.meeting_link(wish))

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """Remove the event if it is there."""
        fault = self.server.called("delete")
        self._writable(calendar_id)
        self.server.remove(calendar_id, self._key_of(calendar_id, uid) or key)
        _raise(fault)

    def close(self) -> None:
        """Nothing to let go of."""

    def _everything(self, calendar_id: str, known: Mapping[str, str], fault: Fault | None) -> Iterator[Page]:
        listing = self.server.listing(calendar_id)
        last = Page(cursor=self.server.cursor(), complete=True, present=frozenset(listing))
        yield from self._pages(_news(listing.values(), known), last, fault)

    def _pages(self, items: list[RawItem], last: Page, fault: Fault | None) -> Iterator[Page]:
        for start in range(0, len(items), self.page_size):
            yield Page(items=tuple(self.server.sent(item) for item in items[start : start + self.page_size]))
        _raise(fault)
        yield last

    def _key_of(self, calendar_id: str, uid: str) -> str | None:
        items = self.server.calendar(calendar_id).items
        return next((key for key, item in items.items() if uid in _uids(item)), None)

    def _writable(self, calendar_id: str) -> None:
        if not self.server.calendar(calendar_id).info.writable:
            raise PermissionDenied("read only")


def _news(items: Iterable[RawItem], known: Mapping[str, str]) -> list[RawItem]:
    return [item for item in items if known.get(item.key) != item.etag]


def _uids(item: RawItem) -> set[str]:
    return {group.key for group in split(item.data).groups()}


def _raise(fault: Fault | None) -> None:
    if fault is not None:
        raise fault.error
