"""Event types and bookings as rows, without the rules of the lifecycle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bookings.models import Booking, EventType, Guest
from bookingsite.models import User

_numbers = count(1)
START = datetime(2027, 3, 29, 8, 0, tzinfo=UTC)  # the Monday after Europe's clocks went forward


def make_event_type(host: User, **fields: Any) -> EventType:
    """An event type of half an hour, online."""
    number = next(_numbers)
    values = {
        "title": "Intro call",
        "slug": f"intro-{number}",
        "place": "https://meet.example.org/anna",
        **fields,
    }
    return EventType.objects.create(host=host, **values)


def make_booking(host: User, *, guest: dict[str, Any] | None = None, **fields: Any) -> Booking:
    """A confirmed booking of half an hour by Carla in New York."""
    kind = fields.pop("event_type", None) or make_event_type(host)
    values: dict[str, Any] = {
        "event_type": kind,
        "host": host,
        "request_key": f"key-{next(_numbers)}",
        "start": START,
        "title": kind.title,
        "place_kind": kind.place_kind,
        "place": kind.place,
        "created_at": datetime(2027, 3, 1, 8, 0, tzinfo=UTC),
        "changed_at": datetime(2027, 3, 1, 8, 0, tzinfo=UTC),
        **fields,
    }
    values.setdefault("end", values["start"] + timedelta(minutes=30))
    booking = Booking.objects.create(**values)
    person = {
        "name": "Carla Diaz",
        "email": "carla@example.net",
        "zone": "America/New_York",
        "language": "en",
    }
    Guest.objects.create(booking=booking, **{**person, **(guest or {})})
    return booking
