"""Believable events for the demo's calendars: meetings, a moved instance, tentative, free and all-day ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

ZONE = ZoneInfo("Europe/Berlin")
WORK, FAMILY = "work", "family"


@dataclass(frozen=True)
class DemoEvent:
    """One resource: which calendar, under which name, and its source."""

    calendar: str
    name: str
    data: bytes


def events(today: date) -> Iterator[DemoEvent]:
    """A few weeks around `today`, anchored to the Monday of its week."""
    monday = today - timedelta(days=today.weekday())
    weekly = {"freq": "weekly"}
    yield _series_with_move(monday)
    yield _event(WORK, "review", "Design review", _at(monday, 1, 14), 90, rrule={**weekly, "interval": 2})
    yield _event(WORK, "lunch", "Lunch with Tomasz", _at(monday, 9, 12), 60, location="Café Einstein")
    yield _event(WORK, "maybe", "Perhaps: supplier visit", _at(monday, 10, 10), 120, status="TENTATIVE")
    yield _event(WORK, "focus", "Focus time (movable)", _at(monday, 8, 9), 120, transp="TRANSPARENT")
    yield _event(WORK, "workshop", "Workshop in Hamburg", _at(monday, 15, 9), 480, location="Hamburg")
    yield _event(FAMILY, "dentist", "Dentist", _at(monday, 7, 10, 30), 45)
    yield _event(FAMILY, "football", "Football training", _at(monday, 2, 16), 90, rrule=weekly)
    yield _whole_days(FAMILY, "grandma", "Grandma visits", monday + timedelta(days=18), 2, transp="OPAQUE")
    yield _whole_days(
        FAMILY, "birthday", "Mia's birthday", monday + timedelta(days=11), 1, transp="TRANSPARENT"
    )


def _at(monday: date, days: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(monday + timedelta(days=days), time(hour, minute), tzinfo=ZONE)


def _series_with_move(monday: date) -> DemoEvent:
    """The weekly team meeting; next week's was moved, the one after that was cancelled (C15)."""
    first = _at(monday, -28, 9, 30)
    series = _component(
        "team", "Team meeting", first, first + timedelta(minutes=45), rrule={"freq": "weekly"}
    )
    original = _at(monday, 7, 9, 30)
    moved = _component("team", "Team meeting (moved)", _at(monday, 8, 15), _at(monday, 8, 15, 45))
    moved.add("recurrence-id", original)
    series.add("exdate", _at(monday, 14, 9, 30))
    return DemoEvent(WORK, "team.ics", _calendar(series, moved))


def _event(calendar: str, uid: str, summary: str, start: datetime, minutes: int, **more: Any) -> DemoEvent:
    made = _component(uid, summary, start, start + timedelta(minutes=minutes), **more)
    return DemoEvent(calendar, f"{uid}.ics", _calendar(made))


def _whole_days(calendar: str, uid: str, summary: str, first: date, days: int, **more: Any) -> DemoEvent:
    return DemoEvent(
        calendar,
        f"{uid}.ics",
        _calendar(_component(uid, summary, first, first + timedelta(days=days), **more)),
    )


def _component(uid: str, summary: str, start: date, end: date, **more: Any) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{uid}@demo.example")
    event.add("dtstamp", datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
    event.add("summary", summary)
    event.add("dtstart", start)
    event.add("dtend", end)
    for name, value in more.items():
        event.add(name, value)
    return event


def _calendar(*components: icalendar.Event) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Demo//EN")
    for component in components:
        calendar.add_component(component)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
