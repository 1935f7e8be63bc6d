"""A booking as an event in the host's calendar: what it says (C17) and where it goes (C7)."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from bookings.domain import links
from bookings.models import Booking, Guest
from calendars import writing
from calendars.writing import EventWish, WishStatus


def put_into_calendar(booking: Booking, *, now: datetime) -> None:
    """Wish for the booking's event as it is now, in its target calendar. Inside the booking's transaction.

    A cancelled booking wishes for no event, or for a cancelled and free one when the host keeps
    them (C11). Without a target nothing is wished for.
    """
    calendar = booking.target
    if calendar is None:
        return
    if booking.is_live or not calendar.account.delete_cancelled:
        writing.want_event(calendar, uid=booking.uid, wish=wish_for(booking), now=now)
    else:
        writing.want_absent(calendar, uid=booking.uid, now=now)


def wish_for(booking: Booking) -> EventWish:
    """The event that a calendar should show for this booking, in the host's language."""
    guests = list(booking.guests.all())
    with translation.override(booking.host.language):
        return EventWish(
            uid=booking.uid,
            key=f"{booking.public_id}.ics",
            start=booking.start,
            end=booking.end,
            zone=booking.host.zone,
            summary=_summary(booking, guests),
            description=_description(booking, guests),
            location=booking.place,
            meeting=booking.meeting,
            url=links.host_url(booking),
            status=WishStatus.CONFIRMED if booking.is_live else WishStatus.CANCELLED,
            transparent=not booking.is_live,
            sequence=booking.sequence,
            created=booking.created_at,
            updated=booking.changed_at,
            private_id=booking.public_id,
        )


def summary_of(booking: Booking) -> str:
    """What the booking is called in calendars, in the language that is active."""
    return _summary(booking, list(booking.guests.all()))


def _summary(booking: Booking, guests: list[Guest]) -> str:
    names = ", ".join(guest.name for guest in guests)
    summary = _("%(event)s with %(guest)s") % {"event": booking.title, "guest": names}
    return summary if booking.is_live else _("Cancelled: %(event)s") % {"event": summary}


def _description(booking: Booking, guests: list[Guest]) -> str:
    lines: list[str] = []
    for guest in guests:
        contact = ", ".join(part for part in (guest.email, guest.phone) if part)
        lines.append(_("Guest: %(name)s (%(contact)s)") % {"name": guest.name, "contact": contact})
        if guest.notes:
            lines.append(_("Notes: %(notes)s") % {"notes": guest.notes})
    if booking.place:
        lines.append(_("%(kind)s: %(place)s") % {"kind": capfirst(booking.how), "place": booking.place})
    if booking.source:
        lines.append(_("Source: %(source)s") % {"source": booking.source})
    if booking.cancel_reason:
        lines.append(_("Reason: %(reason)s") % {"reason": booking.cancel_reason})
    lines.append(_("Details and changes: %(link)s") % {"link": links.host_url(booking)})
    return "\n".join(lines)
