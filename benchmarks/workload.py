"""The slot workload: one host in Berlin in December 2026, and a team of ten. Every draw gives the same.

An event: day = randrange(31) after 1 December, start = 5 minutes * randrange(276) after local midnight,
length one of 5, 10, 15, 20, 30, 45 and 60 minutes. Unsorted, and they overlap.
"""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/Berlin"
FIRST_DAY = date(2026, 12, 1)
DAYS = 31
WINDOW = (
    int(datetime(2026, 12, 1, 5, tzinfo=UTC).timestamp()),
    int(datetime(2027, 1, 1, 5, tzinfo=UTC).timestamp()),
)
"""December for a guest in New York."""
RANGES = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
WEEKLY = (RANGES,) * 5 + ((), ())
DURATION, STEP, BEFORE, AFTER = 1800, 900, 600, 600

Spans = list[tuple[int, int]]

_BERLIN = ZoneInfo(ZONE)
_LENGTHS = [5, 10, 15, 20, 30, 45, 60]
_PARTS = [(10 * 60, 11 * 60 + 30), (14 * 60, 15 * 60 + 30)]


def host(number: int) -> Spans:
    """The first ``number`` events of the single host; smaller numbers are prefixes of larger ones."""
    draw = random.Random(7)
    return [_event(draw) for _ in range(number)]


def host_with_gaps(number: int) -> Spans:
    """As many events, none within ten minutes of Mon-Fri 10:00-11:30 and 14:00-15:30: slots remain."""
    draw = random.Random(11)
    workdays = [day for day in range(DAYS) if (FIRST_DAY + timedelta(days=day)).weekday() < 5]
    protected = [(_instant(day, start), _instant(day, end)) for day in workdays for start, end in _PARTS]
    events: Spans = []
    while len(events) < number:
        start, end = _event(draw)
        if all(end + 600 <= left or start - 600 >= right for left, right in protected):
            events.append((start, end))
    return events


def team() -> list[Spans]:
    """Ten hosts with 200 events each."""
    draws = [random.Random(100 + number) for number in range(10)]
    return [[_event(draw) for _ in range(200)] for draw in draws]


def _event(draw: random.Random) -> tuple[int, int]:
    start = _instant(draw.randrange(DAYS), 5 * draw.randrange(276))
    return (start, start + 60 * draw.choice(_LENGTHS))


def _instant(day: int, minutes: int) -> int:
    midnight = datetime.combine(FIRST_DAY + timedelta(days=day), datetime.min.time(), _BERLIN)
    return int(midnight.timestamp()) + 60 * minutes
