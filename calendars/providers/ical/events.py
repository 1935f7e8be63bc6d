"""Stage two: the lines of one VEVENT as an event (RFC 5545, 3.6.1), with everything that decides about time.

Forgiving where senders err and the meaning is plain; an event without a readable start is ``Unplaced``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from calendars.providers.base import Status
from calendars.providers.ical.lines import Line, parsed, text
from calendars.providers.ical.place import coordinates
from calendars.providers.ical.standing import Standing, standing
from calendars.providers.ical.values import (
    Duration,
    Moment,
    ZoneSource,
    duration,
    instant,
    midnight,
    moment,
    shifted,
)

MAX_TRAVEL = timedelta(hours=24)
ONE_DAY = timedelta(days=1)

_MANY = frozenset({"RRULE", "EXRULE", "RDATE", "EXDATE", "ATTENDEE"})
END_UNREADABLE = "end_unreadable"


class Unplaced(ValueError):
    """The event says nothing readable about when it starts."""


@dataclass(slots=True)
class Event:
    """One VEVENT. ``nominal`` is its length on the wall clock, ``exact`` in true time; both are not negative.

    ``recurrence_id`` is set on exceptions to a series; ``onwards`` makes the exception count for all later
    instances.
    """

    start: Moment
    nominal: timedelta
    exact: timedelta
    standing: Standing
    uid: str = ""
    summary: str = ""
    location: str = ""
    geo: tuple[float, float] | None = None
    private_id: str = ""
    sequence: int = 0
    travel: timedelta = timedelta()
    rules: list[str] = field(default_factory=list)
    exception_rules: list[str] = field(default_factory=list)
    extra_dates: list[Line] = field(default_factory=list)
    exception_dates: list[Line] = field(default_factory=list)
    recurrence_id: Moment | None = None
    onwards: bool = False
    warnings: set[str] = field(default_factory=set)

    @property
    def repeats(self) -> bool:
        """Whether it has a rule or extra dates."""
        return bool(self.rules or self.extra_dates)

    @property
    def status(self) -> Status | None:
        """What it means for the owner's time; ``None`` when it takes none."""
        return self.standing.status

    def span(self, start: Moment) -> tuple[datetime, datetime]:
        """Return the UTC span of an instance that begins at ``start``.

        Whole days are local days, and the event's own instance ends when it says. Later instances end at the
        later of "same time on the clock" and "same true length": clients differ in the night of a clock
        change, and time is never freed by a doubt.
        """
        begin = start.utc
        if start.all_day:
            return begin, instant(shifted(start.local, self.nominal), start.zone)
        end = begin + self.exact
        if start != self.start:
            end = max(end, instant(shifted(start.local, self.nominal), start.zone))
        return begin - self.travel, end


def read_event(lines: Iterable[str], zones: ZoneSource, owner_emails: frozenset[str]) -> Event:
    """Read one event. Raises ``Unplaced``."""
    single: dict[str, Line] = {}
    many: dict[str, list[Line]] = {}
    for raw in lines:
        line = parsed(raw)
        if line is None:
            continue
        if line.name in _MANY:
            many.setdefault(line.name, []).append(line)
        else:
            single.setdefault(line.name, line)
    start = read_moment(single.get("DTSTART"), zones)
    if start is None:
        raise Unplaced
    values = {name: line.value for name, line in single.items()}
    placed = _placed(start, single, zones)
    event = Event(
        start=placed.start,
        nominal=placed.nominal,
        exact=placed.exact,
        standing=standing(values, many.get("ATTENDEE", ()), owner_emails),
        uid=text(values.get("UID", "")),
        summary=text(values.get("SUMMARY", "")),
        location=text(values.get("LOCATION", "")),
        geo=coordinates(values.get("X-APPLE-STRUCTURED-LOCATION", ""), values.get("GEO", "")),
        private_id=text(values.get("X-BOOKING-ID", ""), 100),
        sequence=_sequence(values.get("SEQUENCE", "")),
        travel=timedelta() if start.all_day else _travel(values.get("X-APPLE-TRAVEL-DURATION", "")),
        warnings={placed.warning} if placed.warning else set(),
    )
    if many:
        event.rules = [line.value for line in many.get("RRULE", ())]
        event.exception_rules = [line.value for line in many.get("EXRULE", ())]
        event.extra_dates = many.get("RDATE", [])
        event.exception_dates = many.get("EXDATE", [])
    if exception := single.get("RECURRENCE-ID"):
        event.recurrence_id = read_moment(exception, zones)
        event.onwards = exception.params.get("RANGE", "").upper() == "THISANDFUTURE"
    return event


def read_moment(line: Line | None, zones: ZoneSource) -> Moment | None:
    """Read the date or time of a property; ``None`` when there is none."""
    if line is None:
        return None
    day_only = line.params.get("VALUE", "").upper() == "DATE"
    found = moment(line.value, line.params.get("TZID"), zones, day_only=day_only)
    if found is None and ":" in line.value:
        # An unquoted TZID with a colon in it: (UTC+01:00) Berlin:20261105T100000
        head, _, value = line.value.rpartition(":")
        found = moment(value, f"{line.params.get('TZID', '')}:{head}", zones, day_only=day_only)
    return found


class _Span(NamedTuple):
    start: Moment
    nominal: timedelta
    exact: timedelta
    warning: str = ""


def _placed(start: Moment, single: dict[str, Line], zones: ZoneSource) -> _Span:
    """Find start and length from DTEND or DURATION; an end before the start makes the two change places."""
    if end_line := single.get("DTEND"):
        if end := read_moment(end_line, zones):
            return _days_until(start, end) if start.all_day else _until(start, end)
    elif length_line := single.get("DURATION"):
        if length := duration(length_line.value):
            return _lasting(start, length)
    else:
        # RFC 5545, 3.6.1: a day lasts a day, a time without an end takes no time.
        length_unsaid = ONE_DAY if start.all_day else timedelta()
        return _Span(start, length_unsaid, length_unsaid)
    # An end was meant but cannot be read: an hour, or the day, is blocked rather than nothing.
    fallback = ONE_DAY if start.all_day else timedelta(hours=1)
    return _Span(start, fallback, fallback, END_UNREADABLE)


def _days_until(start: Moment, end: Moment) -> _Span:
    first, last = sorted((start.local, end.local))
    length = _up_to_days(last - first)
    return _Span(start._replace(local=midnight(first)), length, length)


def _until(start: Moment, end: Moment) -> _Span:
    if end.all_day:
        end = Moment(end.local, start.zone)
    exact = end.utc - start.utc
    nominal = end.local - start.local if start.zone is end.zone else exact
    if nominal < timedelta():
        return _Span(end, -nominal, max(-exact, timedelta()))
    # In the hour that a clock change skips, the end may come out before the start: the clock face is right.
    return _Span(start, nominal, exact if exact > timedelta() else nominal)


def _lasting(start: Moment, length: Duration) -> _Span:
    if length.total < timedelta():
        length = Duration(abs(length.days), abs(length.exact))
        start = start._replace(local=shifted(start.local, -length.total))
    if start.all_day:
        days = _up_to_days(length.total)
        return _Span(start, days, days)
    # RFC 5545, 3.3.6: days count on the clock, hours and minutes are true time.
    end = instant(shifted(start.local, length.days), start.zone) + length.exact
    return _Span(start, length.total, max(end - start.utc, timedelta()))


def _up_to_days(length: timedelta) -> timedelta:
    """Round up to whole days, at least one (DTEND equal to DTSTART is the sender's way to say "that day")."""
    return max(ONE_DAY, timedelta(days=-(-length // ONE_DAY)))


def _sequence(value: str) -> int:
    digits = value.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _travel(value: str) -> timedelta:
    """Apple's travel time in front of an event: the owner is under way and not free."""
    found = duration(value)
    return min(max(found.total, timedelta()), MAX_TRAVEL) if found else timedelta()
