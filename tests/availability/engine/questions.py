"""Questions drawn zone first: a zone, one of its clock changes, and only then times around it.

A generator that draws times and zones apart from each other almost never meets a clock change. A question is
drawn evenly from a seed: Hypothesis, drawing number by number, favours small and repeated ones, and then most
questions have no slots at all or rules that close none. What that loses in shrinking it gains in bugs found.
"""

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from availability.engine import Claim, Hours, Question
from availability.engine.spans import Span
from tests.availability.engine.asking import ALL_DAY, MINUTE, utc

CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # 30 minutes
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # a whole date is skipped
    ("Pacific/Apia", "2012-03-31T14:00"),
    ("Asia/Kathmandu", "1985-12-31T18:30"),  # 15 minutes, at midnight
    ("Africa/Casablanca", "2026-02-15T02:00"),  # back for Ramadan
    ("Africa/Casablanca", "2026-03-22T02:00"),
    ("America/Santiago", "2026-04-05T03:00"),  # 24:00 is 23:00 again
    ("America/Santiago", "2026-09-06T04:00"),  # 00:00 is missing
    ("Atlantic/Azores", "2026-03-29T01:00"),
    ("Atlantic/Azores", "2026-10-25T01:00"),  # 01:00 is 00:00 again
    ("Pacific/Chatham", "2026-04-04T14:00"),
    ("Pacific/Chatham", "2026-09-26T14:00"),
    ("Africa/Cairo", "2026-04-23T22:00"),  # 00:00 is missing
    ("Africa/Cairo", "2026-10-29T21:00"),
    ("America/Havana", "2026-11-01T05:00"),
    ("America/St_Johns", "2010-11-07T02:31"),  # 00:01 is 23:01 of the day before
    ("Antarctica/Troll", "2026-10-25T01:00"),  # two hours
    ("Pacific/Kwajalein", "1993-08-21T12:00"),  # a whole date is skipped
]

# Fine steps are frequent and almost all times are multiples of five minutes, so that edges and starts meet:
# an edge that is wrong by a second shows only where a start lies exactly on it.
_DURATIONS = [5, 5, 10, 15, 20, 30, 45, 60, 90, 120]
_STEPS = [1, 1, 5, 5, 5, 5, 5, 5, 10, 15, 30, 60, 25, 45, 50, 90, 24 * 60]
_BUFFERS = [0, 5, 10, 15, 30, 60]


def questions() -> st.SearchStrategy[Question]:
    """Questions about the hours around a clock change, every rule in play now and then."""
    return st.integers(0, 2**64 - 1).map(draw)


def draw(seed: int) -> Question:
    """The question of this seed."""
    dice = Random(seed)
    zone, text = dice.choice(CHANGES)
    change = utc(text)
    start = change - MINUTE * dice.randrange(0, 300, 5)
    return Question(
        now=start + (_distance(dice) if _sometimes(dice) else -24 * 60 * MINUTE),
        notice=MINUTE * dice.randrange(0, 125, 5),
        window=(start, start + MINUTE * dice.choice([61, 119, 240, 300, 400, 540])),
        duration=MINUTE * dice.choice(_DURATIONS),
        step=MINUTE * dice.choice(_STEPS),
        before=MINUTE * dice.choice(_BUFFERS),
        after=MINUTE * dice.choice(_BUFFERS),
        hours=_hours(dice, zone, change),
        zone=dice.choice([zone, zone, "Asia/Tokyo"]),
        busy=[_span(dice, start) for _ in range(dice.randrange(3))],
        claims=[_claim(dice, start) for _ in range(dice.randrange(1, 3))] if _sometimes(dice) else [],
        closed=[_span(dice, start)] if _sometimes(dice) else [],
        bookable=_span(dice, start, 60, 600) if _sometimes(dice) else None,
        daily_limit=dice.randrange(3) if _sometimes(dice) else None,
        per_day={_date(zone, change, days): dice.randrange(4) for days in (-1, 0, 1)},
    )


def _sometimes(dice: Random) -> bool:
    return dice.random() < 0.15


def _distance(dice: Random) -> int:
    """Seconds from the start of the window, mostly a multiple of five minutes."""
    minutes: int = dice.choice([*range(-60, 301, 5), *range(-61, 301, 16)])
    return MINUTE * minutes


def _date(zone: str, instant: int, days: int) -> date:
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).date() + timedelta(days=days)


def _span(dice: Random, around: int, shortest: int = 0, longest: int = 120) -> Span:
    start = around + _distance(dice)
    return (start, start + MINUTE * dice.randrange(shortest, longest, 5))


def _claim(dice: Random, around: int) -> Claim:
    start, end = _span(dice, around, 5)
    return (start, end, start - MINUTE * dice.choice(_BUFFERS), end + MINUTE * dice.choice(_BUFFERS))


def _hours(dice: Random, zone: str, change: int) -> Hours:
    """Hours with edges before, in and after the stretch the clock skips or repeats."""
    edges = _edges(zone, change)

    def ranges() -> tuple[Span, ...]:
        pairs = [sorted(dice.sample(edges, 2)) for _ in range(dice.randrange(1, 4))]
        return tuple((start, end) for start, end in pairs if start < end)

    weekly = dice.choice([(ALL_DAY,), ranges(), ranges()])
    dates = [_date(zone, change, dice.choice([-1, 0, 1])) for _ in range(dice.choice([0, 0, 1, 2]))]
    return Hours(zone, (weekly,) * 7, {day: dice.choice([(), ranges(), ranges()]) for day in dates})


def _edges(zone: str, change: int) -> list[int]:
    """Minutes of the day for hours to begin or end at: those the clock jumps from and to, and around them."""
    before = datetime.fromtimestamp(change - MINUTE, ZoneInfo(zone)) + timedelta(minutes=1)
    after = datetime.fromtimestamp(change, ZoneInfo(zone))
    jump = [moment.hour * 60 + moment.minute for moment in (before, after)]
    middle = sum(jump) // 2
    near = [minute + by for minute in (*jump, middle) for by in (0, -5, 5, -20, 20, -90, 90)]
    return [minute % 1440 for minute in near] + [0, 1440, 0, 1440, 0, 1440, 360, 720, 1080]
