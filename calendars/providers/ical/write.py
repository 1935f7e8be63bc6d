"""Writing events: for calendars (no attendees, or servers would mail them), for mails (EM-1 to EM-3), for feeds.

Times carry their zone and its definition, because events written in UTC are read wrongly by some servers;
DTEND is always there, because some refuse events without it (SYNC 2.4). The same wish gives the same bytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from calendars.providers.base import EventWish, WishStatus
from calendars.providers.ical.zone_names import named_zone

PRODUCT = "-//bookingsite//EN"

# Line breaks and tabs are text; every other control character has no place in a calendar.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0085\u2028\u2029]")
_BREAKS = re.compile(r"\r\n?|\n")
_NOT_IN_ONE_WORD = re.compile(r"[\s\x00-\x1f\x7f<>\"]")


class Method(StrEnum):
    """What a mail asks of the guest's calendar (RFC 5546, 3.2): put it in, or take it out."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in an invitation."""

    email: str
    name: str = ""


def event_bytes(wish: EventWish) -> bytes:
    """Return the wish as a calendar resource of one event, without METHOD, ORGANIZER and ATTENDEE."""
    return _calendar([(_event(wish), wish)])


def feed_bytes(wishes: Sequence[EventWish], *, name: str, zone: str, refresh: timedelta) -> bytes:
    """Return a file to subscribe to (METHOD:PUBLISH, RFC 5546 3.2.1), with what calendar programs show and heed.

    ``refresh`` is how often it is worth asking again (RFC 7986 5.7).
    """
    header: list[tuple[str, Any]] = [
        ("method", "PUBLISH"),
        ("x-wr-calname", vText(clean(name).replace("\n", " "))),
        ("x-wr-timezone", zone),
        ("refresh-interval", vDuration(refresh, params={"VALUE": "DURATION"})),
        ("x-published-ttl", vDuration(refresh)),
    ]
    return _calendar([(_event(wish), wish) for wish in wishes], header)


def invitation_bytes(
    wish: EventWish, *, method: Method, organizer: Person, attendees: Sequence[Person]
) -> bytes:
    """Return the calendar part of a mail; the UID is the one in the host's calendar, so guests get one event.

    A CANCEL is ``STATUS:CANCELLED`` whatever the wish says. Raises ``ValueError`` for an unusable e-mail
    address.
    """
    event = _event(wish)
    if method is Method.CANCEL:
        event["STATUS"] = vText(WishStatus.CANCELLED.value)
    event.add("organizer", _address(organizer))
    for attendee in attendees:
        address = _address(attendee)
        address.params["ROLE"] = vText("REQ-PARTICIPANT")
        address.params["PARTSTAT"] = vText("NEEDS-ACTION")
        address.params["RSVP"] = vText("FALSE" if method is Method.CANCEL else "TRUE")
        event.add("attendee", address, encode=0)
    return _calendar([(event, wish)], [("method", method.value)])


def clean(text: str) -> str:
    """Make text fit for a TEXT value: one kind of line break, no other control characters."""
    return _CONTROL.sub("", _BREAKS.sub("\n", text))


def _calendar(events: Sequence[tuple[Event, EventWish]], header: Sequence[tuple[str, Any]] = ()) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for name, value in header:
        calendar.add(name, value)
    for event, _wish in events:
        calendar.add_component(event)
    if events:
        # The years around are enough: readers know the zone by its name, the definition is for those that do not.
        first = min(wish.start for _event, wish in events).year - 1
        calendar.add_missing_timezones(
            date(first, 1, 1), date(max(wish.end for _, wish in events).year + 2, 1, 1)
        )
    written: bytes = calendar.to_ical()
    return written


def _event(wish: EventWish) -> Event:
    event = Event()
    event.add("uid", _word(wish.uid))
    event.add("dtstamp", wish.updated.astimezone(UTC))
    event.add("created", wish.created.astimezone(UTC))
    event.add("last-modified", wish.updated.astimezone(UTC))
    event.add("dtstart", _local(wish.start, wish.zone))
    event.add("dtend", _local(wish.end, wish.zone))
    event.add("summary", clean(wish.summary).replace("\n", " "))
    event.add("status", wish.status.value)
    event.add("transp", "TRANSPARENT" if wish.transparent else "OPAQUE")
    event.add("sequence", wish.sequence)
    for name, value in _optional(wish).items():
        event.add(name, value)
    return event


def _optional(wish: EventWish) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": clean(wish.description),
        "location": clean(wish.location).replace("\n", ", "),
        "url": _word(wish.url),
        "x-booking-id": _word(wish.private_id),
        "geo": wish.geo,
    }
    return {name: value for name, value in told.items() if value}


def _local(moment: datetime, zone: str) -> datetime:
    """Return the moment in its zone; in UTC when the zone is not known or its clock cannot say it.

    The second of the two hours when clocks go back has no wall time of its own in iCalendar.
    """
    found: ZoneInfo | None = named_zone(zone)
    local = moment.astimezone(found or UTC)
    return moment.astimezone(UTC) if local.fold or found is None or found.key.endswith("UTC") else local


def _word(text: str) -> str:
    """Make a value one word: identifiers and addresses of pages hold no blanks."""
    return _NOT_IN_ONE_WORD.sub("", text)


def _address(person: Person) -> vCalAddress:
    email = person.email.strip()
    if _NOT_IN_ONE_WORD.search(email) or email.count("@") != 1:
        raise ValueError("not an e-mail address")
    address = vCalAddress(f"mailto:{email}")
    if name := clean(person.name).replace("\n", " ").replace('"', "'").strip():
        address.params["CN"] = vText(name)
    return address
