"""What a host's browser sends, and what a guest's browser shows after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bookings.domain import slots
from bookings.models import EventType

EVENT_TYPE = {
    "title": "Advice", "slug": "advice", "description": "", "colour": "#2563eb", "is_active": "on", "duration": "60",
    "place_kind": "online", "place": "", "schedule": "", "increment": "60", "buffer_before": "0", "buffer_after": "0",
    "notice_0": "0", "notice_1": "60", "cancel_notice_0": "0", "cancel_notice_1": "60", "window": "unlimited",
    "window_days": "60", "window_first": "", "window_last": "", "daily_limit": "", "show_zone": "guest",
    "adds_to_calendar": "on", "target": "",
}  # fmt: skip
"""A whole form: an hour, every hour, in the default schedule, without any limit."""


def event_type_form(**changes: Any) -> dict[str, Any]:
    """The form with these changes; a field changed to None is not sent, as an unticked box."""
    return {name: value for name, value in {**EVENT_TYPE, **changes}.items() if value is not None}


def offered(event_type: EventType, day: datetime, *, now: datetime, days: int = 1) -> list[str]:
    """The times offered from midnight UTC of `day` on, as `"02 09:00"` in UTC."""
    first = day.replace(hour=0, minute=0, tzinfo=UTC)
    found = slots.starts(event_type, first, first + timedelta(days=days), now=now)
    return [f"{start:%d %H:%M}" for start in found]
