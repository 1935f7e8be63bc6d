"""Event types and bookings for tests, made as the product makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from availability.loading import ensure_default
from bookings.domain import lifecycle
from bookings.models import Booking, EventType
from bookingsite.models import User


def event_type_of(host: User, **fields: Any) -> EventType:
    """A 30-minute talk every 30 minutes, without notice or limits, in the host's default schedule (Mon–Fri 9–17)."""
    ensure_default(host)
    values: dict[str, Any] = {
        "title": "First talk",
        "slug": f"talk-{EventType.objects.filter(host=host).count() + 1}",
        "duration": 30,
        "increment": 30,
        "notice": 0,
        "window": EventType.Window.UNLIMITED,
        "place_kind": "online",
        "place": "https://meet.example.org/anna",
    }
    return EventType.objects.create(host=host, **{**values, **fields})


def wish(event_type: EventType, start: datetime, **fields: Any) -> lifecycle.Wish:
    """What Gina Guest in New York asks for."""
    values: dict[str, Any] = {
        "name": "Gina Guest",
        "email": "gina@example.com",
        "zone": "America/New_York",
        "key": uuid4().hex,
    }
    return lifecycle.Wish(event_type=event_type, start=start, **{**values, **fields})


def booked(event_type: EventType, start: datetime, *, now: datetime, **fields: Any) -> Booking:
    """A booking made by `lifecycle.book`."""
    return lifecycle.book(wish(event_type, start, **fields), now=now)


def at(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    """A wall-clock time in Berlin (UTC+1) in March 2027."""
    return datetime(2027, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)
