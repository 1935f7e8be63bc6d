"""A calendar of 1,500 events, what they mean, and a watcher of what the site makes of them meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.caldav_servers import USERNAME, CalDavServer

COUNT, SERIES, WEEKS = 1500, 150, 50
DAY_ONE = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

Rows = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Event:
    """What another program wrote; a series of quarter hours at night or half an hour by day."""

    number: int
    version: int = 0

    @property
    def name(self) -> str:
        return f"event{self.number}.ics"

    @property
    def is_series(self) -> bool:
        return self.number % (COUNT // SERIES) == 0

    @property
    def start(self) -> datetime:
        moved = timedelta(minutes=45 * self.version)
        if self.is_series:
            return DAY_ONE + timedelta(days=self.number % 7, minutes=self.number % 300) + moved
        return DAY_ONE + timedelta(days=self.number % 300, hours=8, minutes=75 * (self.number // 300)) + moved

    def rows(self) -> Rows:
        """The busy times it means, worked out without the product's code."""
        length = 900 if self.is_series else 1800
        first = int(self.start.timestamp())
        times = WEEKS if self.is_series else 1
        return frozenset((first + week * 604800, first + week * 604800 + length) for week in range(times))

    def text(self) -> str:
        rule = f"RRULE:FREQ=WEEKLY;COUNT={WEEKS}\r\n" if self.is_series else ""
        return (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//other//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:event{self.number}@example.net\r\nDTSTAMP:20260101T000000Z\r\n"
            f"DTSTART:{self.start:%Y%m%dT%H%M%SZ}\r\nDURATION:{'PT15M' if self.is_series else 'PT30M'}\r\n"
            f"{rule}SUMMARY:version {self.version}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )


class Shelf:
    """The calendar on the server, written past the server as a restored backup would be: in a moment."""

    def __init__(self, server: CalDavServer, folder: Path) -> None:
        self.url = server.make_calendar("work")
        self.folder = folder / "collections" / "collection-root" / USERNAME / "work"
        self.events: dict[str, Event] = {}

    def put(self, event: Event) -> None:
        (self.folder / event.name).write_text(event.text(), newline="")
        self.events[event.name] = event

    def remove(self, number: int) -> None:
        del self.events[f"event{number}.ics"]
        (self.folder / f"event{number}.ics").unlink()

    def rows(self) -> dict[str, Rows]:
        """What should be busy, by the events' names."""
        return {name: event.rows() for name, event in self.events.items()}


@dataclass
class Watcher:
    """Looks at what is known and offered again and again, and notes what must never be seen."""

    calendar: Any
    event_type: Any
    before: Mapping[str, Rows]
    after: Mapping[str, Rows]
    looks: int = 0
    wrong: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watcher:
        from calendars.models import Calendar

        row = Calendar.objects.get(pk=self.calendar.pk)
        self.is_first, self.cursor, self.renewed = row.last_ok_at is None, row.cursor, set[str]()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        from django.db import connection

        try:
            while not self._over.wait(0.3):
                self._look_at_rows()
                self._look_at_offers()
                self.looks += 1
        except Exception as problem:  # a watcher that died saw nothing wrong for the wrong reason
            self.wrong.append(f"watcher: {problem!r}")
        finally:
            connection.close()

    def _look_at_rows(self) -> None:
        """Every event as before or as after, never back, and gone only together with the cursor."""
        from calendars.models import Busy

        held: dict[str, set[tuple[int, int]]] = {}
        cursors = set()
        found = Busy.objects.filter(calendar=self.calendar.pk, blocks=True)  # one statement: one moment
        for key, start, end, cursor in found.values_list("item__key", "start", "end", "calendar__cursor"):
            held.setdefault(key.rsplit("/", 1)[-1], set()).add((start, end))
            cursors.add(cursor)
        is_over = bool(cursors) and cursors != {self.cursor}
        for name in self.before.keys() | self.after.keys() | held.keys():
            self._judge(name, frozenset(held.get(name, ())), is_over=is_over)

    def _judge(self, name: str, rows: Rows, *, is_over: bool) -> None:
        old, new = self.before.get(name, frozenset()), self.after.get(name, frozenset())
        if rows == new != old:
            self.renewed.add(name)
            if not rows and not is_over:
                self.wrong.append(f"{name}: free before the reading was over")
        elif rows != old:
            self.wrong.append(f"{name}: {len(rows)} rows, neither as before nor as after")
        elif old != new and (name in self.renewed or is_over):
            self.wrong.append(f"{name}: as before, though it was renewed or the reading is over")

    def _look_at_offers(self) -> None:
        """Nothing is offered, nothing is called known, until the first reading is over; then always."""
        from bookings.domain import slots
        from bookingsite.lib import clock
        from calendars import busy
        from calendars.models import Calendar

        now = clock.now()
        offered = slots.starts(self.event_type, now, now + timedelta(days=5), now=now)
        is_known = busy.freshness([self.calendar.owner_id], now)[self.calendar.owner_id].known
        is_read = Calendar.objects.get(pk=self.calendar.pk).last_ok_at is not None
        if not is_read and (offered or is_known):
            self.wrong.append(f"{len(offered)} times offered, known: {is_known}, before the first reading")
        if not self.is_first and not (offered and is_known):
            self.wrong.append(f"{len(offered)} times offered, known: {is_known}, while reading again")
