"""What a calendar server remembers, and the faults a test may order."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count, takewhile

from calendars.providers.base import CalendarInfo, EventWish, Meeting, RawItem
from calendars.providers.errors import CursorInvalid, NotFound, ProviderError


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered failure: ``operation`` is the method's name, or ``"write"`` for put and delete alike.

    ``late`` lets the work happen (or all but the last page go out) before the error: the answer is lost.
    """

    operation: str
    error: ProviderError
    late: bool = False


@dataclass(slots=True)
class StoredCalendar:
    """One calendar: its items, and for every key the revision of its last change, the latest at the end."""

    info: CalendarInfo
    items: dict[str, RawItem] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def change(self, key: str, revision: int) -> None:
        """Note a change."""
        self.changed.pop(key, None)
        self.changed[key] = revision

    def changed_since(self, revision: int) -> list[str]:
        """The keys that changed after a revision, in the order of their changes."""
        latest = takewhile(lambda one: one[1] > revision, reversed(self.changed.items()))
        return [key for key, _ in latest][::-1]


class MemoryServer:
    """Holds calendars and counts revisions. ``calls`` lists the operations in order, for tests."""

    def __init__(self, *calendars: CalendarInfo) -> None:
        self.calendars = {info.remote_id: StoredCalendar(info) for info in calendars}
        self.calls: list[str] = []
        self.empty_answers = 0
        self.cut_answers = 0
        self.late_links = 0
        self._faults: list[Fault] = []
        self._revision = count(1)
        self._last = 0
        self._generation = 0

    # What tests order.

    def fail_next(self, operation: str, error: ProviderError, *, late: bool = False) -> None:
        """Let the next call of ``operation`` fail; several orders are kept in a row."""
        self._faults.append(Fault(operation, error, late))

    def make_links_late(self, times: int = 1) -> None:
        """Let the next events that ask for a meeting have no link yet."""
        self.late_links = times

    def meeting_link(self, wish: EventWish) -> str:
        """The link of the meeting that was asked for, always the same for the same event."""
        if wish.meeting != Meeting.GOOGLE_MEET:
            return ""
        if self.late_links:
            self.late_links -= 1
            return ""
        return f"https://meet.example/{hashlib.sha256(wish.uid.encode()).hexdigest()[:12]}"

    def expire_cursors(self) -> None:
        """Forget every cursor given out so far."""
        self._generation += 1

    def answer_empty(self, times: int = 1) -> None:
        """Let the next full listings be valid but empty."""
        self.empty_answers = times

    def cut_next(self, times: int = 1) -> None:
        """Let the content of the next items that are read break off in the middle."""
        self.cut_answers = times

    # What happens on the server, through the provider or by somebody else.

    def store(self, calendar_id: str, key: str, data: bytes) -> RawItem:
        """Put an item, whoever does it; the version changes with the content."""
        calendar = self.calendar(calendar_id)
        self._last = next(self._revision)
        digest = hashlib.sha256(data).hexdigest()[:12]
        item = RawItem(key, f'"{self._last}-{digest}"', data)
        calendar.items[key] = item
        calendar.change(key, self._last)
        return item

    def remove(self, calendar_id: str, key: str) -> None:
        """Take an item away; nothing happens when there is none."""
        calendar = self.calendar(calendar_id)
        if calendar.items.pop(key, None):
            self._last = next(self._revision)
            calendar.change(key, self._last)

    def calendar(self, calendar_id: str) -> StoredCalendar:
        """Return a calendar; raises ``NotFound``."""
        try:
            return self.calendars[calendar_id]
        except KeyError:
            raise NotFound("calendar") from None

    def cursor(self) -> str:
        """The cursor that stands for now."""
        return f"{self._generation}.{self._last}"

    def revision_of(self, cursor: str) -> int:
        """Return the revision a cursor stands for; raises ``CursorInvalid``."""
        generation, _, revision = cursor.partition(".")
        if generation != str(self._generation) or not revision.isdigit():
            raise CursorInvalid("expired")
        return int(revision)

    def listing(self, calendar_id: str) -> Mapping[str, RawItem]:
        """Everything in a calendar, unless an empty answer was ordered."""
        items = self.calendar(calendar_id).items
        if self.empty_answers:
            self.empty_answers -= 1
            return {}
        return dict(items)

    def sent(self, item: RawItem) -> RawItem:
        """Return the item as it goes over the wire."""
        if not self.cut_answers:
            return item
        self.cut_answers -= 1
        return RawItem(item.key, item.etag, item.data[: len(item.data) // 2])

    def called(self, operation: str) -> Fault | None:
        """Note a call; raise an early fault, return a late one for the caller to raise after its work."""
        self.calls.append(operation)
        names = {operation, "write"} if operation in ("put", "delete") else {operation}
        fault = next((one for one in self._faults if one.operation in names), None)
        if fault is None:
            return None
        self._faults.remove(fault)
        if not fault.late:
            raise fault.error
        return fault
