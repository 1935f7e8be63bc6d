"""Dates and times in words, in the active language (TZ-3, TZ-6).

The formats are those of `bookingsite.formats`; templates use them by name, code uses these functions.
Nothing here converts between zones: what comes in is local already.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache

from django.utils import formats
from django.utils.dateformat import format as format_date
from django.utils.dateformat import time_format
from django.utils.translation import get_language

MINUTES_A_DAY = 24 * 60
_TWELVE, _TWENTY_FOUR = "g:i A", "H:i"


def day_text(day: date) -> str:
    """Weekday and date: "Monday 29 March 2027", "Montag, 29. März 2027". A datetime's own date is taken."""
    return _day_in(day.date() if isinstance(day, datetime) else day, get_language())


def date_text(day: date) -> str:
    """The date alone: "29 March 2027"."""
    return formats.date_format(day, "DATE_FORMAT")


def time_text(local: datetime | time, *, hours: int | None = None) -> str:
    """The time on a wall clock: "2:30 PM" or "14:30", as the language has it unless `hours` is 12 or 24."""
    clock = local.time() if isinstance(local, datetime) else local
    return time_format(clock, _TWELVE if (hours or usual_hours()) == 12 else _TWENTY_FOUR)


def minute_text(minutes: int) -> str:
    """Minutes since midnight as a time: 540 is "9:00 AM" or "09:00", 1440 is the end of the day."""
    if minutes == MINUTES_A_DAY:
        return end_of_day_text()
    return time_text(time(minutes // 60, minutes % 60))


def range_text(start: int, end: int) -> str:
    """Minutes since midnight as a range: "9:00 AM–5:00 PM", "09:00–17:00"."""
    return f"{minute_text(start)}–{minute_text(end)}"


def end_of_day_text() -> str:
    """The midnight that ends a day: "24:00"; a 12-hour clock has no such time, so it is Django's word there."""
    return time_format(time(), "P") if usual_hours() == 12 else "24:00"


def usual_hours() -> int:
    """12 or 24, as the active language writes times."""
    return 12 if {"A", "a", "P"} & set(str(formats.get_format("TIME_FORMAT"))) else 24


@lru_cache(maxsize=4096)
def _day_in(day: date, _language: str | None) -> str:
    """In the active language. Remembered: a month names every day, and Django's formatting is slow."""
    return format_date(day, formats.get_format("DAY_FORMAT"))
