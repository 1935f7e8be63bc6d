"""The model: one host's diary as a dictionary, with the rules written down once more, as plainly as possible.

It shares no code with the product: every question is answered by trying every time against everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = (date(2027, 3, 26), date(2027, 3, 29))  # Friday and Monday: clocks go forward on the Sunday between
OPENS, CLOSES = 9, 17
MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Rules:
    """Of the event type, in minutes."""

    duration: int
    increment: int
    before: int
    after: int
    daily_limit: int | None


@dataclass
class Diary:
    """What is booked (by whatever names a booking) and when the host's calendar is busy."""

    rules: Rules
    booked: dict[int, datetime] = field(default_factory=dict)
    busy: set[Span] = field(default_factory=set)

    def grid(self) -> Iterator[datetime]:
        """Every start the hours allow."""
        for day in DAYS:
            start = datetime(day.year, day.month, day.day, OPENS, tzinfo=BERLIN)
            while start + self.rules.duration * MINUTE <= start.replace(hour=CLOSES, minute=0):
                yield start
                start += self.rules.increment * MINUTE

    def offered(self) -> list[datetime]:
        """Every start a guest may book."""
        return [start for start in self.grid() if self.is_free(start)]

    def is_free(self, start: datetime, *, moving: int | None = None, is_host: bool = False) -> bool:
        """Whether an appointment may start there; `moving` is a booking that does not count."""
        others = [begin for number, begin in self.booked.items() if number != moving]
        return (
            start in set(self.grid())
            and not any(_meet(self.padded(start), span) for span in self.busy)
            and not any(self.too_close(start, other) for other in others)
            and (is_host or not self.is_full(start, others))
        )

    def clashes(self, start: datetime, *, moving: int) -> bool:
        """Whether an appointment there would meet another one itself, buffers aside."""
        others = (begin for number, begin in self.booked.items() if number != moving)
        return any(_meet(self.core(start), self.core(other)) for other in others)

    def too_close(self, start: datetime, other: datetime) -> bool:
        """Each keeps clear of the other's buffers; buffers may lie on each other."""
        return _meet(self.core(start), self.padded(other)) or _meet(self.padded(start), self.core(other))

    def is_full(self, start: datetime, others: list[datetime]) -> bool:
        """Whether the day has its number of bookings."""
        limit = self.rules.daily_limit
        return limit is not None and sum(_day(other) == _day(start) for other in others) >= limit

    def core(self, start: datetime) -> Span:
        """The appointment itself."""
        return start, start + self.rules.duration * MINUTE

    def padded(self, start: datetime) -> Span:
        """The appointment with its buffers."""
        begin, end = self.core(start)
        return begin - self.rules.before * MINUTE, end + self.rules.after * MINUTE


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _day(start: datetime) -> date:
    return start.astimezone(BERLIN).date()
