"""Wall clocks: the only place that knows about clock changes.

A zone is, over any period, a short list of stretches with one constant offset from UTC. Everything asked of a
wall clock (hours, days, grids) is answered by shifting by an offset inside one stretch, so a skipped hour is
simply not there and a repeated hour is there twice; no other module has code for either case.

*Wall seconds* are seconds since 1970-01-01 00:00 as the wall clock shows them: instant + offset.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from availability.engine.spans import Span

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_CHUNK = 128 * DAY
_WIDEST_OFFSET = DAY

Segment = tuple[int, int, int]
"""(start, end, offset): in [start, end) the wall clock shows instant + offset seconds."""

EARLIEST = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(9000, 1, 1, tzinfo=UTC).timestamp())
"""Instants the engine answers for: [EARLIEST, LATEST). Python's calendar ends soon after."""


def segments(zone: str, start: int, end: int) -> list[Segment]:
    """The stretches of constant offset that make up [start, end), in order and to the second.

    Raises ``zoneinfo.ZoneInfoNotFoundError`` for a zone nobody knows.
    """
    found: list[Segment] = []
    for chunk in range(start // _CHUNK, -(-end // _CHUNK)):
        for change, next_change, offset in _chunk_segments(zone, chunk):
            left, right = max(change, start), min(next_change, end)
            if left >= right:
                continue
            if found and found[-1][2] == offset:
                found[-1] = (found[-1][0], right, offset)
            else:
                found.append((left, right, offset))
    return found


def offset_at(zone: str, instant: int) -> int:
    """Seconds the zone's wall clock is ahead of UTC at this instant."""
    return segments(zone, instant, instant + 1)[0][2]


def local_date(instant: int, zone: str) -> date:
    """The date on the zone's calendar at this instant."""
    return date.fromordinal(_EPOCH + (instant + offset_at(zone, instant)) // DAY)


def wall_midnight(day: date) -> int:
    """Wall seconds of the day's 00:00, whether or not any clock ever shows it."""
    return (day.toordinal() - _EPOCH) * DAY


def showing(stretches: list[Segment], wall_start: int, wall_end: int) -> list[Span]:
    """The spans in which the wall clock shows a time in [wall_start, wall_end).

    None if a clock change skips it all, two or more if a change repeats part of it.
    """
    spans: list[Span] = []
    for left, right, offset in stretches:
        start, end = max(left, wall_start - offset), min(right, wall_end - offset)
        if start >= end:
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def day_spans(day: date, zone: str) -> list[Span]:
    """The instants at which the zone's calendar shows this date; none for a date the zone skipped."""
    midnight = wall_midnight(day)
    return showing(segments_of_days(zone, day, day), midnight, midnight + DAY)


def day_start(day: date, zone: str) -> int:
    """The first instant of the date; where a zone skipped it, the first instant after the gap.

    Not always 00:00: Cairo and Santiago change their clocks at midnight.
    """
    spans = day_spans(day, zone)
    return spans[0][0] if spans else day_start(day + timedelta(days=1), zone)


def days(start: int, end: int, zone: str) -> list[date]:
    """Every date the zone's calendar shows during [start, end), in order."""
    shown: set[int] = set()
    for left, right, offset in segments(zone, start, end):
        shown.update(range((left + offset) // DAY, (right - 1 + offset) // DAY + 1))
    return [date.fromordinal(_EPOCH + number) for number in sorted(shown)]


def segments_of_days(zone: str, first: date, last: date) -> list[Segment]:
    """Segments wide enough to hold every instant of the dates first to last (included)."""
    return segments(zone, wall_midnight(first) - _WIDEST_OFFSET, wall_midnight(last) + DAY + _WIDEST_OFFSET)


@lru_cache(maxsize=4096)
def _chunk_segments(zone: str, chunk: int) -> tuple[Segment, ...]:
    """The segments of one fixed stretch of time: fixed, so that any window asked for hits the cache."""
    info = ZoneInfo(zone)
    start, end = chunk * _CHUNK, (chunk + 1) * _CHUNK
    found: list[Segment] = []
    while start < end:
        change = _next_change(info, start, end)
        found.append((start, change, _offset(info, start)))
        start = change
    return tuple(found)


def _next_change(info: ZoneInfo, start: int, end: int) -> int:
    """The first instant after ``start`` with another offset, or ``end``. Looks once a day, then halves."""
    offset = _offset(info, start)
    same = start
    while same < end:
        probe = min(same + DAY, end)
        if _offset(info, probe) != offset:
            break
        same = probe
    else:
        return end
    while probe - same > 1:
        middle = (same + probe) // 2
        if _offset(info, middle) == offset:
            same = middle
        else:
            probe = middle
    return min(probe, end)


def _offset(info: ZoneInfo, instant: int) -> int:
    offset = datetime.fromtimestamp(instant, info).utcoffset()
    assert offset is not None  # a ZoneInfo always knows
    return offset // timedelta(seconds=1)
