"""What the tests of the pages share: forms as a browser sends them, offers as guests get them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from availability.engine import Question, slots
from availability.loading import load_one
from bookingsite.models import User

WEEK = [f"2027-03-0{day}" for day in range(1, 8)]
"""Monday to Sunday of the first week of March 2027."""


def week_data(days: Mapping[int, str], **other: str) -> dict[str, str]:
    """The editor's fields: `{0: "09:00-12:00 13:00-17:00"}` and whatever else is sent."""
    data = {"name": "Hours", "zone": "Europe/Berlin", **other}
    for day, text in days.items():
        data |= range_data(f"d{day}", text)
    return data


def range_data(prefix: str, text: str) -> dict[str, str]:
    """The rows of one day."""
    data = {}
    for number, part in enumerate(text.split()):
        data[f"{prefix}-{number}-from"], data[f"{prefix}-{number}-to"] = part.split("-")
    return data


def offered(owner: User, day: str, schedule_id: int | None = None) -> list[str]:
    """The hourly starts that the engine offers on a date of the owner's zone."""
    zone = ZoneInfo(owner.zone)
    first = datetime.fromisoformat(day).replace(tzinfo=zone)
    window = (int(first.timestamp()), int((first + timedelta(days=1)).timestamp()))
    found = load_one(owner.pk, schedule_id, start=window[0], end=window[1] + 3600)
    question = Question(
        now=0, window=window, duration=3600, step=3600,
        hours=found.hours, closed=found.closed, zone=found.zone,
    )  # fmt: skip
    return [datetime.fromtimestamp(start, zone).strftime("%H:%M") for start in slots(question)]
