"""Hosts with free times, and the forms that guests have open in front of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bookings.domain import slots
from bookings.forms.guest import Ticket, new_ticket, seal
from bookings.models import EventType, Resource
from bookingsite.lib import clock
from bookingsite.models import User
from tests.concurrency.clients import Request
from tests.factories.bookings import event_type_of


@dataclass(frozen=True)
class Field:
    """One host's event type, and the free times of it that are raced for, in order."""

    event_type: EventType
    starts: list[datetime]

    @property
    def path(self) -> str:
        """Where guests send the form."""
        return f"/{self.event_type.host.slug}/{self.event_type.slug}/book/"

    def form(self, start: datetime, *, guest: int, ticket: Ticket | None = None) -> Request:
        """The form as this guest's browser sends it; a fresh one unless the ticket is given."""
        sealed = seal(ticket or new_ticket(self.event_type, start))
        return Request(
            self.path, {"ticket": sealed, "name": f"Guest {guest}", "email": f"guest{guest}@example.com", "notes": ""}
        )


def field(slug: str, count: int, **rules: Any) -> Field:
    """A new host, and the first free times from tomorrow on. The rules are fields of the event type."""
    host = User.objects.create_user(f"{slug}@example.org", None, name=slug.title(), slug=slug, zone="Europe/Berlin")
    Resource.objects.create(host=host)
    event_type = event_type_of(host, slug="talk", **rules)
    now = clock.now()
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = slots.starts(event_type, tomorrow, tomorrow + timedelta(days=60), now=now)[:count]
    if len(found) < count:
        raise ValueError(f"only {len(found)} free times")
    return Field(event_type, found)
