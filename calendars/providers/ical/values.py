"""Dates, times and durations of iCalendar (RFC 5545, 3.3.4-3.3.6), read forgivingly.

A ``Moment`` keeps the local wall time and its zone, because recurrence counts in local time; ``utc`` is the
instant.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple, Protocol

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Instants are clamped to [EARLIEST, LATEST]: nothing outside can be booked, and years at the edge
overflow."""
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

_MOMENT = re.compile(
    r"\s*(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[Tt ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?\s*",
    re.ASCII,
)
_DURATION = re.compile(
    r"\s*([+-]?)P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?\s*",
    re.IGNORECASE | re.ASCII,
)
_MAX_DURATION = timedelta(days=366 * 200)


class ZoneSource(Protocol):
    """Gives the time zone for a TZID; ``None`` asks for the zone of floating times."""

    def resolve(self, zone_id: str | None) -> tzinfo:
        """Return a usable zone for every input."""
        ...


class Moment(NamedTuple):
    """A wall time in a zone, or a whole day (``local`` is then its midnight)."""

    local: datetime
    zone: tzinfo
    all_day: bool = False

    @property
    def utc(self) -> datetime:
        """The instant, clamped to what can be booked."""
        return instant(self.local, self.zone)

    @property
    def day(self) -> date:
        """The local day."""
        return self.local.date()


def instant(local: datetime, zone: tzinfo) -> datetime:
    """Return the UTC instant of a naive wall time; a wall time that a clock change skips moves forward."""
    try:
        offset = zone.utcoffset(local.replace(tzinfo=zone)) or timedelta()
        return min(max((local - offset).replace(tzinfo=UTC), EARLIEST), LATEST)
    except OverflowError:
        return EARLIEST if local.year < LATEST.year else LATEST


def wall(moment: datetime, zone: tzinfo) -> datetime:
    """Return the naive wall time an aware datetime has in ``zone``."""
    return moment.astimezone(zone).replace(tzinfo=None)


def shifted(local: datetime, by: timedelta) -> datetime:
    """Add to a naive wall time, stopping at the ends of the calendar instead of overflowing."""
    try:
        return local + by
    except OverflowError:
        return datetime.max if by > timedelta() else datetime.min  # noqa: DTZ901 - wall time


def midnight(local: datetime) -> datetime:
    """The beginning of a naive wall time's day."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def moment(value: str, zone_id: str | None, zones: ZoneSource, *, day_only: bool = False) -> Moment | None:
    """Read a DATE or DATE-TIME; ``None`` when it is neither.

    Also understood: dashes and colons (``2026-11-05T10:00:00``), 24:00, second 60, a numeric offset.
    ``day_only`` (VALUE=DATE) makes a value with a time a whole day.
    """
    match = _MOMENT.fullmatch(value)
    if match is None:
        return None
    year, month, day, hour, minute, second, suffix = match.groups()
    try:
        local = datetime(int(year), int(month), int(day))  # noqa: DTZ001 - wall time, the zone is beside it
        if hour is None or day_only:
            return Moment(local, zones.resolve(None), True)
        local += _clock(int(hour), int(minute), int(second or 0))
        if suffix is None:
            return Moment(local, zones.resolve(zone_id))
        return Moment(local if suffix in "Zz" else local - offset_of(suffix), UTC)
    except (ValueError, OverflowError):
        return None


def _clock(hour: int, minute: int, second: int) -> timedelta:
    """Time of day; 24:00 is the end of the day, second 60 a leap second. Raises ``ValueError``."""
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError("no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def offset_of(text: str) -> timedelta:
    """Read ``+HHMM``, ``+HH:MM`` or ``+HHMMSS``; raises ``ValueError`` for anything else or more than a
    day."""
    match = re.fullmatch(r"\s*([+-])(\d{2}):?(\d{2}):?(\d{2})?\s*", text, re.ASCII)
    if match is None:
        raise ValueError("not an offset")
    amount = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if amount >= timedelta(days=1):
        raise ValueError("offset too large")
    return -amount if match[1] == "-" else amount


class Duration(NamedTuple):
    """A DURATION: whole days count in local days, the rest is exact time (RFC 5545, 3.3.6)."""

    days: timedelta
    exact: timedelta

    @property
    def total(self) -> timedelta:
        """Days and time added up."""
        return self.days + self.exact


def duration(value: str) -> Duration | None:
    """Read a DURATION, clamped to two centuries; ``None`` when it is unreadable (``P1Y`` is)."""
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()[1:]):
        return None
    sign = -1 if match[1] == "-" else 1
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    whole = min(timedelta(days=min(weeks * 7 + days, 366 * 200)), _MAX_DURATION)
    exact = min(timedelta(seconds=min(hours * 3600 + minutes * 60 + seconds, 10**10)), _MAX_DURATION)
    return Duration(sign * whole, sign * exact)
