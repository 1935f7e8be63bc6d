"""Stage one: cut a calendar into its events, grouped by UID, each group with a digest of what matters.

An unchanged series then costs nothing, and one broken event cannot spoil the others. Nothing is interpreted
here. What is not a whole calendar is refused: a download that lost its tail must never look like a calendar
with fewer events (RELIABILITY 5.1), because that would free time.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from calendars.providers.errors import NotACalendar, TooLarge
from calendars.providers.ical.lines import name_of, parsed, text
from calendars.providers.ical.text import unfolded_lines

MAX_BYTES = 20_000_000
MAX_EVENTS = 25_000
MAX_DEPTH = 50
MAX_ZONE_LINES = 2_000
MAX_UID = 255

# What decides when and how an event blocks, and what the owner sees of it. Descriptions stay outside: feeds
# put reservation links and telephone numbers there.
KEPT = frozenset(
    [
        "UID",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "EXRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "STATUS",
        "TRANSP",
        "SUMMARY",
        "LOCATION",
        "GEO",
        "SEQUENCE",
        "DTSTAMP",
        "LAST-MODIFIED",
        "ATTENDEE",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-APPLE-STRUCTURED-LOCATION",
        "X-APPLE-TRAVEL-DURATION",
        "X-BOOKING-ID",
    ]
)
# Stamped anew at every fetch by some senders; never a reason to read an event again.
_STAMPS = frozenset({"DTSTAMP", "LAST-MODIFIED"})


@dataclass(frozen=True, slots=True)
class Group:
    """All VEVENTs of one UID: a series with its exceptions, or several events that share a UID.

    ``key`` is the UID, or stands for it where it is missing or too long. ``digest`` is a hex SHA-256 that
    changes with everything that matters and with nothing else.
    """

    key: str
    digest: str
    events: tuple[tuple[str, ...], ...]
    zones: tuple[tuple[str, ...], ...] = ()
    head: tuple[str, ...] = ()

    @property
    def data(self) -> bytes:
        """The group as a calendar of its own, with the zones it names; the splitter reads it back to the
        same."""
        lines = ["BEGIN:VCALENDAR", *self.head]
        for zone in self.zones:
            lines += ["BEGIN:VTIMEZONE", *zone, "END:VTIMEZONE"]
        for event in self.events:
            lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
        return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


@dataclass(slots=True)
class Document:
    """A calendar cut into pieces: lines of events and of zone definitions, and what it says about itself."""

    events: list[tuple[str, ...]] = field(default_factory=list)
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)
    name: str = ""
    zone_name: str = ""
    method: str = ""

    def groups(self) -> Iterator[Group]:
        """Yield the events grouped by UID, in the order of first appearance."""
        for key, events in self.by_uid().items():
            zones = tuple(self._zones_of(events))
            yield Group(key, _digest(events, zones, self._head), tuple(events), zones, self._head)

    def by_uid(self) -> dict[str, list[tuple[str, ...]]]:
        """The lines of the events by the key of their group."""
        by_key: dict[str, list[tuple[str, ...]]] = {}
        for event in self.events:
            by_key.setdefault(_key(event), []).append(event)
        return by_key

    @property
    def _head(self) -> tuple[str, ...]:
        head = []
        if self.method == "CANCEL":
            head.append("METHOD:CANCEL")
        if self.zone_name:
            head.append(f"X-WR-TIMEZONE:{self.zone_name}")
        return tuple(head)

    def _zones_of(self, events: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
        if not self.zones:
            return
        named = {zone_id for event in events for zone_id in _zone_ids(event)}
        yield from (lines for zone_id, lines in self.zones.items() if zone_id in named)


def split(data: bytes, *, max_bytes: int = MAX_BYTES, max_events: int = MAX_EVENTS) -> Document:
    """Cut iCalendar bytes into pieces.

    Raises ``NotACalendar`` for what is not iCalendar or not whole (``detail``: ``"empty"``,
    ``"no_calendar"``, ``"truncated"``, ``"nested"``), ``TooLarge`` for more bytes or events than allowed.
    """
    if len(data) > max_bytes:
        raise TooLarge("bytes")
    lines = unfolded_lines(data)
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise NotACalendar("empty")
    if first.strip().upper() != "BEGIN:VCALENDAR":
        raise NotACalendar("no_calendar")
    cutter = _Cutter(max_events)
    for line in lines:
        cutter.take(line)
    return cutter.finish()


class _Cutter:
    """Walks the lines once, remembering which components are open."""

    def __init__(self, max_events: int) -> None:
        self.document = Document()
        self.open: list[str] = []
        self.lines: list[str] = []
        self.max_events = max_events

    def take(self, line: str) -> None:
        mark = line[:6].upper() if line[:1] in "BbEe" else ""
        if mark == "BEGIN:":
            self._begin(line[6:].strip().upper())
        elif mark[:4] == "END:":
            self._end(line[4:].strip().upper())
        elif self.open:
            self._property(line)

    def finish(self) -> Document:
        if self.open:
            raise NotACalendar("truncated")
        return self.document

    def _begin(self, name: str) -> None:
        if name in ("VEVENT", "VTIMEZONE", "VCALENDAR"):
            self._close_down_to("VCALENDAR")
            self.lines = []
        elif "VTIMEZONE" in self.open:
            self.lines.append(f"BEGIN:{name}")
        self.open.append(name)
        if len(self.open) > MAX_DEPTH:
            raise NotACalendar("nested")

    def _end(self, name: str) -> None:
        if name not in self.open:
            return
        while self.open[-1] != name:
            self._pop()
        self._pop()

    def _close_down_to(self, name: str) -> None:
        """Close what a careless sender left open, so that the event before is kept and the next one is
        seen."""
        while self.open and self.open[-1] != name:
            self._pop()

    def _pop(self) -> None:
        name = self.open.pop()
        if name == "VEVENT":
            self._keep_event()
        elif name == "VTIMEZONE":
            self._keep_zone()
        elif "VTIMEZONE" in self.open:
            self.lines.append(f"END:{name}")

    def _property(self, line: str) -> None:
        innermost = self.open[-1]
        if innermost == "VEVENT":
            if name_of(line) in KEPT:
                self.lines.append(line)
        elif "VTIMEZONE" in self.open:
            if len(self.lines) < MAX_ZONE_LINES:
                self.lines.append(line)
        elif innermost == "VCALENDAR":
            self._calendar_property(line)

    def _calendar_property(self, line: str) -> None:
        found = parsed(line)
        if found is None:
            return
        if found.name == "X-WR-TIMEZONE":
            self.document.zone_name = " ".join(text(found.value, 80).split())
        elif found.name == "X-WR-CALNAME":
            self.document.name = text(found.value, 200)
        elif found.name == "METHOD":
            self.document.method = text(found.value, 20).upper()

    def _keep_event(self) -> None:
        if len(self.document.events) >= self.max_events:
            raise TooLarge("events")
        self.document.events.append(tuple(self.lines))
        self.lines = []

    def _keep_zone(self) -> None:
        for line in self.lines:
            if name_of(line) == "TZID" and (found := parsed(line)):
                self.document.zones.setdefault(text(found.value, 300), tuple(self.lines))
                break
        self.lines = []


def _key(event: tuple[str, ...]) -> str:
    for line in event:
        if name_of(line) == "UID" and (found := parsed(line)):
            uid = text(found.value, len(line))
            if 0 < len(uid) <= MAX_UID:
                return uid
            if uid:
                return f"sha256:{hashlib.sha256(uid.encode()).hexdigest()}"
    return f"sha256:{_event_digest(event)}"


def _zone_ids(event: tuple[str, ...]) -> Iterator[str]:
    for line in event:
        if "TZID" in line.upper() and (found := parsed(line)) and "TZID" in found.params:
            yield text(found.params["TZID"], 300)


def _event_digest(event: tuple[str, ...]) -> str:
    told = "\n".join(line for line in event if name_of(line) not in _STAMPS)
    return hashlib.sha256(told.encode()).hexdigest()


def _digest(events: list[tuple[str, ...]], zones: tuple[tuple[str, ...], ...], head: tuple[str, ...]) -> str:
    whole = hashlib.sha256("\n".join(head).encode())
    # Sorted: some senders shuffle the events of a series at every fetch.
    for one in sorted(_event_digest(event) for event in events):
        whole.update(one.encode())
    for zone in zones:
        whole.update(_event_digest(zone).encode())
    return whole.hexdigest()
