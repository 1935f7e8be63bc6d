"""The coming days as the engine sees them: open times after time off and closing rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from availability.engine.hours import open_spans
from availability.engine.local_time import day_spans, day_start
from availability.engine.spans import Span, intersect, merge, overlaps, subtract
from availability.loading import Availability, ClosedBy, ClosedSource, load_one
from bookingsite.dates import end_of_day_text, time_text
from bookingsite.lib import zones

DAYS = 7


@dataclass(frozen=True)
class Open:
    """An open stretch of one day; aware times on the wall clock that was asked for."""

    start: datetime
    end: datetime

    @property
    def start_text(self) -> str:
        """The time as the language writes it."""
        return time_text(self.start)

    @property
    def end_text(self) -> str:
        """The same; midnight is read as the end of the day."""
        return end_of_day_text() if self.end.time() == time.min else time_text(self.end)


@dataclass(frozen=True)
class Day:
    """One date: when it is open, whether hours of its own hold, what closes parts of it."""

    date: date
    open: Sequence[Open]
    has_own_hours: bool
    closed_by: Sequence[ClosedSource]

    @property
    def has_time_off(self) -> bool:
        """Whether time off touches the day's hours."""
        return any(source.kind is ClosedBy.TIME_OFF for source in self.closed_by)

    @property
    def has_closing_rule(self) -> bool:
        """Whether a closing rule touches the day's hours."""
        return any(source.kind is ClosedBy.CLOSING_RULE for source in self.closed_by)


def coming_days(
    owner_id: int, schedule_id: int | None, *, first: date, zone: str, days: int = DAYS
) -> list[Day]:
    """`days` dates from `first` on, in `zone`. Bookings and calendars are not looked at."""
    start, end = day_start(first, zone), day_start(first + timedelta(days=days), zone)
    found = load_one(owner_id, schedule_id, start=start, end=end)
    hours = merge(open_spans(found.hours, start, end))
    free = subtract(hours, found.closed)
    return [_day(found, hours, free, first + timedelta(days=number), zone) for number in range(days)]


def _day(found: Availability, hours: list[Span], free: list[Span], day: date, zone: str) -> Day:
    whole = day_spans(day, zone)
    opened = intersect(hours, whole)
    return Day(
        date=day,
        open=[Open(_wall(start, zone), _wall(end, zone)) for start, end in intersect(free, whole)],
        has_own_hours=day in found.hours.dates,
        closed_by=[
            source
            for span, source in zip(found.closed, found.sources, strict=True)
            if any(overlaps(span, part) for part in opened)
        ],
    )


def _wall(instant: int, zone: str) -> datetime:
    return datetime.fromtimestamp(instant, zones.zone(zone))
