"""Opening hours: what the host wrote down, and the instants that makes open.

Promises A1 (weekly hours, several ranges a day, in the host's zone), A2 (hours of a date replace that
weekday's), A13 (clock changes). An instant is open if and only if the host's wall clock then shows a time
inside the hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from availability.engine.local_time import days, segments_of_days, showing, wall_midnight
from availability.engine.spans import Span, merge

MINUTES_OF_DAY = 1440

Ranges = tuple[Span, ...]
"""Ranges of one day in minutes since local midnight, half-open; 1440 is the end of the day."""


class BadHours(ValueError):
    """These hours cannot be: not seven weekdays, or a range that is empty or leaves the day."""


@dataclass(frozen=True)
class Hours:
    """A schedule. ``weekly`` is Monday to Sunday; a date in ``dates`` replaces its weekday, ``()`` closes it
    (A2).

    Ranges may come unsorted and overlapping. Raises ``BadHours``.
    """

    zone: str
    weekly: tuple[Ranges, ...]
    dates: Mapping[date, Ranges] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise BadHours("weekly hours need seven days")
        for ranges in (*self.weekly, *self.dates.values()):
            for start, end in ranges:
                if not 0 <= start < end <= MINUTES_OF_DAY:
                    raise BadHours(f"not a range of minutes in a day: {start}-{end}")

    def on(self, day: date) -> Ranges:
        """The ranges that hold for this date."""
        return self.dates.get(day, self.weekly[day.weekday()])


def open_spans(hours: Hours, start: int, end: int) -> list[Span]:
    """The open spans that touch [start, end), whole, disjoint and in order.

    Every range of every local date keeps spans of its own, also where it touches the next one across
    midnight: the start of a span anchors a grid that does not follow the clock. Spans are not cut to the
    window, so whoever asks about a part of a day gets the same anchors as whoever asks about all of it.
    ``merge`` joins them for fitting.
    """
    dates = days(start, end, hours.zone)
    spans = open_on(hours, dates[0], dates[-1])
    return [(left, right) for left, right in spans if left < end and right > start]


def open_on(hours: Hours, first: date, last: date) -> list[Span]:
    """The open spans of the dates ``first`` to ``last`` (included), one or more for each range."""
    stretches = segments_of_days(hours.zone, first, last)
    tidy: dict[Sequence[Span], list[Span]] = {}
    spans: list[Span] = []
    day = first
    while day <= last:
        midnight = wall_midnight(day)
        ranges = hours.on(day)
        if ranges not in tidy:
            tidy[ranges] = merge(ranges)
        for left, right in tidy[ranges]:
            spans += showing(stretches, midnight + left * 60, midnight + right * 60)
        day += timedelta(days=1)
    spans.sort()
    return spans
