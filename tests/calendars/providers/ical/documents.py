"""Building calendars line by line, and reading them with the usual window."""

from datetime import UTC, datetime

from calendars.providers.base import Occurrence, Reading
from calendars.providers.ical import Budget, occurrences

YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
OWNER = frozenset({"ada@example.org"})


def event(*lines: str, uid: str = "one@example.org") -> str:
    """A VEVENT with these lines."""
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    """A VCALENDAR around components and calendar properties."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""]).encode()


def read(*parts: str, zone: str = "Europe/Berlin", budget: Budget | None = None) -> Reading:
    """Read a calendar made of these parts for 2026."""
    return occurrences(calendar(*parts), window=YEAR, default_zone=zone, owner_emails=OWNER, budget=budget)


def only(*parts: str, zone: str = "Europe/Berlin") -> Occurrence:
    """The one occurrence in a calendar made of these parts."""
    [found] = read(*parts, zone=zone).occurrences
    return found


def utc(text: str) -> datetime:
    """``11-05 09:00`` of 2026, or with the year in front, as UTC."""
    return datetime.fromisoformat(text if len(text) > 12 else f"2026-{text}").replace(tzinfo=UTC)


def starts(reading: Reading) -> list[str]:
    """The starts of a reading, short."""
    return [one.start.strftime("%m-%d %H:%M") for one in reading.occurrences]
