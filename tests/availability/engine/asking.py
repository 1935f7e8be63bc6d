"""Short ways to write questions and times in the tests of the engine."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from availability.engine import Hours, Question, slots
from availability.engine.spans import Span

MINUTE, HOUR, DAY = 60, 3_600, 86_400
ALL_DAY = (0, 1440)
NINE_TO_FIVE = ((9 * 60, 17 * 60),)


def utc(text: str) -> int:
    """Epoch seconds of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def span(start: str, end: str) -> Span:
    """A span between two ISO times in UTC."""
    return (utc(start), utc(end))


def wall(instants: Iterable[int], zone: str) -> list[str]:
    """What the zone's clocks show, with the offset: 'HH:MM+HH:MM'."""
    return [
        datetime.fromtimestamp(instant, ZoneInfo(zone)).isoformat("T")[11:16]
        + datetime.fromtimestamp(instant, ZoneInfo(zone)).isoformat()[19:]
        for instant in instants
    ]


def every_day(zone: str, *ranges: Span) -> Hours:
    """The same hours on every weekday."""
    return Hours(zone, (ranges,) * 7)


def ask(**changes: object) -> Question:
    """Hourly appointments of an hour on 1 June 2026 (a Monday), 09:00 to 17:00 UTC, asked long before."""
    question = Question(
        now=utc("2001-01-01T00:00"),
        window=span("2026-06-01T00:00", "2026-06-02T00:00"),
        duration=HOUR,
        step=HOUR,
        hours=every_day("UTC", *NINE_TO_FIVE),
        zone="UTC",
    )
    return replace(question, **changes)  # type: ignore[arg-type]


def offered(question: Question, zone: str = "UTC") -> list[str]:
    """The slots as hours and minutes on the zone's clocks."""
    return [f"{datetime.fromtimestamp(start, ZoneInfo(zone)):%H:%M}" for start in slots(question)]
