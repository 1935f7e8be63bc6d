"""Schedules and closed times for tests, told in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from availability.fields import read_minutes
from availability.models import ClosingRule, DateHours, Schedule, TimeOff, WeeklyHours
from bookingsite.models import User


def ranges(text: str) -> list[tuple[int, int]]:
    """`"09:00-12:00 13:00-17:00"` as minutes of the day."""
    pairs = (part.split("-") for part in text.split())
    return [(read_minutes(start), read_minutes(end)) for start, end in pairs]


def make_schedule(
    owner: User,
    weekly: Mapping[int, str] | None = None,
    *,
    name: str = "Hours",
    zone: str | None = None,
    is_default: bool = False,
) -> Schedule:
    """A schedule with the hours of each weekday given as in `ranges`."""
    schedule = Schedule.objects.create(owner=owner, name=name, zone=zone or owner.zone, is_default=is_default)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(schedule=schedule, weekday=day, start=start, end=end)
        for day, text in (weekly or {}).items()
        for start, end in ranges(text)
    )
    return schedule


def make_date_hours(schedule: Schedule, day: date, text: str = "") -> Sequence[DateHours]:
    """Hours of one date; without a text the date is closed."""
    spans = ranges(text) or [(None, None)]
    return [DateHours.objects.create(schedule=schedule, date=day, start=a, end=b) for a, b in spans]


def make_time_off(
    owner: User, first: date, last: date | None = None, text: str = "", note: str = ""
) -> TimeOff:
    """Time off on whole days, or with `text` such as `"14:00-16:00"` from and to a time."""
    start, end = ranges(text)[0] if text else (None, None)
    return TimeOff.objects.create(
        owner=owner, first_day=first, last_day=last or first, start=start, end=end, note=note
    )


def make_closing_rule(owner: User, weekday: int, text: str = "00:00-24:00", note: str = "") -> ClosingRule:
    """A time of a weekday that is always closed."""
    start, end = ranges(text)[0]
    return ClosingRule.objects.create(owner=owner, weekday=weekday, start=start, end=end, note=note)


def at(text: str) -> int:
    """`"2027-03-01 09:00"` UTC as epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
