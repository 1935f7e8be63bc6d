"""The booking as a calendar entry for its guest: in the mail, as a file, and as links that add it.

One UID everywhere (`Booking.uid`), the one in the host's calendar too, so that nobody gets two events.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from django.utils import translation
from django.utils.translation import gettext as _

from bookings.domain import events, links, texts
from bookings.models import Booking, Guest
from calendars.writing import EventWish, Method, Person, WishStatus, event_bytes, invitation_bytes

_STATUS = {
    Booking.State.PENDING: WishStatus.TENTATIVE,
    Booking.State.CONFIRMED: WishStatus.CONFIRMED,
    Booking.State.CANCELLED: WishStatus.CANCELLED,
}


def invitation(booking: Booking) -> bytes:
    """The file that a guest downloads and imports: the event alone, asking nobody for an answer."""
    return event_bytes(_wish_of_guest(booking, booking.guests.all()[0]))


def mailed_invitation(booking: Booking, guest: Guest) -> tuple[Method, bytes]:
    """The calendar part of the guest's mail: a request, or a cancellation (EM-2, EM-3; RFC 5546 3.2).

    Raises `ValueError` when an address cannot stand in an invitation.
    """
    method = Method.REQUEST if booking.is_live else Method.CANCEL
    host = booking.host
    data = invitation_bytes(
        _wish_of_guest(booking, guest),
        method=method,
        organizer=Person(host.email, texts.one_line(host.get_full_name())),
        attendees=[Person(guest.email, texts.one_line(guest.name))],
    )
    return method, data


def event_for_host(booking: Booking) -> bytes:
    """The file for a host whose calendar is not connected.

    Not an invitation: programs tell organizers that there is nothing to answer, and add nothing.
    """
    return event_bytes(events.wish_for(booking))


def add_to_calendar_links(booking: Booking) -> list[tuple[str, str]]:
    """Names of calendars and addresses that open them with the appointment filled in (CF-2).

    In the guest's language; blanks are written %20, because Outlook shows a plus sign as a plus sign.
    """
    guest = booking.guests.all()[0]
    wish = _wish_of_guest(booking, guest)
    google = {
        "action": "TEMPLATE",
        "text": wish.summary,
        "dates": f"{_basic(wish.start)}/{_basic(wish.end)}",
        "details": wish.description,
        "location": wish.location,
        "ctz": wish.zone,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "startdt": _extended(wish.start),
        "enddt": _extended(wish.end),
        "subject": wish.summary,
        "body": wish.description,
        "location": wish.location,
    }
    return [
        (_("Google Calendar"), _address("https://calendar.google.com/calendar/render", google)),
        (_("Outlook.com"), _address("https://outlook.live.com/calendar/deeplink/compose", outlook)),
        (_("Microsoft 365"), _address("https://outlook.office.com/calendar/deeplink/compose", outlook)),
    ]


def _wish_of_guest(booking: Booking, guest: Guest) -> EventWish:
    """The event as the guest should see it: guest's zone and language, links that let the guest act."""
    with translation.override(texts.supported_language(guest.language)):
        host = texts.one_line(booking.host.get_full_name())
        return EventWish(
            uid=booking.uid,
            key=f"{booking.public_id}.ics",
            start=booking.start,
            end=booking.end,
            zone=guest.zone,
            summary=_("%(event)s with %(person)s") % {"event": texts.one_line(booking.title), "person": host},
            description=_description(booking),
            location=texts.one_line(booking.place),
            url=links.manage_url(booking),
            status=_STATUS[Booking.State(booking.state)],
            transparent=not booking.is_live,
            sequence=booking.sequence,
            created=booking.created_at,
            updated=booking.changed_at,
        )


def _description(booking: Booking) -> str:
    place = texts.place_in_words(booking)
    link = _("Change or cancel: %(link)s") % {"link": links.manage_url(booking)}
    return f"{place}\n{link}"


def _address(base: str, values: dict[str, str]) -> str:
    told = {name: text for name, text in values.items() if text}
    return f"{base}?{urlencode(told, quote_via=quote, safe='')}"


def _basic(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _extended(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
