"""Meeting links that the host's calendar makes together with the event (C2, C3): Google Meet, Microsoft Teams.

The link comes some seconds after the booking, from the worker that writes the event. The mails wait for it a
little (`wait_until`); what went out without it is followed by one mail that brings it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from bookings.domain import messages
from bookings.models import Booking, EventType, Message
from calendars import writing
from calendars.models import Calendar

PATIENCE = timedelta(minutes=2)
"""How long the mails of a booking wait for its link: a guest expects a mail within minutes."""


def kind_for(event_type: EventType, target: Calendar | None) -> str:
    """The kind of link that a new booking asks for: the event type's, where its calendar can make it."""
    is_wanted = event_type.place_kind == EventType.PlaceKind.ONLINE and bool(event_type.meeting)
    can_make = target is not None and writing.meeting_of(target) == event_type.meeting
    return event_type.meeting if is_wanted and can_make else ""


def wait_until(booking: Booking) -> datetime | None:
    """Until when a mail about this booking should wait for the link; None when there is nothing to wait for."""
    return booking.changed_at + PATIENCE if booking.is_live and booking.awaits_link else None


def take_link(uid: str, url: str, *, now: datetime) -> None:
    """Note the link that was made for the booking with this UID, and have everybody told who does not know.

    Inside the transaction that notes the written event. Mails that still wait go out at once, with it.
    """
    with transaction.atomic():
        rows = Booking.objects.select_for_update(of=("self",)).select_related("host")
        booking = rows.filter(public_id=uid.partition("@")[0]).exclude(meeting="").first()
        if booking is None or booking.place == url:
            return
        booking.place, booking.changed_at = url, now
        booking.save(update_fields=["place", "changed_at"])
        if not booking.is_live:
            return
        told = Message.objects.filter(booking=booking, sequence=booking.sequence)
        told = told.exclude(kind=Message.Kind.OFFER)  # proposals of other times name no link
        waiting = told.filter(state=Message.State.READY, lease=None, attempts=0)
        if waiting.exists():
            waiting.update(run_at=now)
        else:
            messages.announce(booking, Message.Kind.LINK, now=now, facts={})
