"""Times and places in words, in the active language and an explicit zone (TZ-4, TZ-8, EM-8).

Nothing here uses Django's current time zone: the same booking is told to a guest and to a host in
their own zones within one second. Callers choose the language with `translation.override`.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, tzinfo

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from bookings.models import Booking
from bookingsite.dates import day_text, time_text
from bookingsite.lib import zones
from bookingsite.zones import offset_text

# Marks that turn the direction of text round; in a name they could make an address read as another one.
_DIRECTION_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def supported_language(wanted: str) -> str:
    """The language of the site that fits `wanted` best; the site's own where none does."""
    try:
        return get_supported_language_variant(wanted)
    except LookupError:
        return str(settings.LANGUAGE_CODE)


def one_line(text: str) -> str:
    """The text without line breaks, control characters and direction marks, for headers and links' labels."""
    spaced = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return " ".join(spaced.translate(_DIRECTION_MARKS).split())


def moment_in_words(instant: datetime, *, zone: str) -> str:
    """Local day and time without the zone, such as "Monday 1 March 2027, 10:00 AM"."""
    local = instant.astimezone(_zone(zone))
    return _("%(day)s, %(time)s") % {"day": day_text(local), "time": time_text(local)}


def span_in_words(start: datetime, end: datetime, *, zone: str) -> str:
    """Local day, start, end, zone and offset; the second day where the span crosses midnight.

    A span across a clock change names both offsets, and so does each half of a repeated hour.
    """
    first, last = start.astimezone(_zone(zone)), end.astimezone(_zone(zone))
    begins, ends = time_text(first), time_text(last)
    where = _place_name(zone)
    if first.utcoffset() == last.utcoffset():
        where = zone_in_words(start, zone=zone)
    else:
        begins, ends = f"{begins} ({offset_in_words(first)})", f"{ends} ({offset_in_words(last)})"
    if first.date() != last.date():
        ends = _("%(day)s, %(time)s") % {"day": day_text(last), "time": ends}
    return _("%(day)s, %(start)s – %(end)s (%(zone)s)") % {
        "day": day_text(first),
        "start": begins,
        "end": ends,
        "zone": where,
    }


def zone_in_words(instant: datetime, *, zone: str) -> str:
    """The zone's name and its offset at this instant, such as "Europe/Berlin, UTC+1"."""
    offset = offset_in_words(instant.astimezone(_zone(zone)))
    name = _place_name(zone)
    return offset if name == offset else _("%(zone)s, %(offset)s") % {"zone": name, "offset": offset}


def offset_in_words(local: datetime) -> str:
    """The offset of a local time: "UTC", "UTC+1", "UTC-3:30"."""
    return offset_text(local.utcoffset())


def clocks_differ(one: str, other: str, *instants: datetime) -> bool:
    """Whether two zones show different times at any of these instants."""
    return any(
        instant.astimezone(_zone(one)).utcoffset() != instant.astimezone(_zone(other)).utcoffset()
        for instant in instants
    )


def place_in_words(booking: Booking) -> str:
    """Where or how people meet: the kind, and the link, number or address where the host gave one."""
    kind = capfirst(booking.how)
    if booking.is_live and booking.awaits_link:
        return _("%(kind)s: the link follows") % {"kind": kind}
    if not booking.place:
        return kind
    return _("%(kind)s: %(place)s") % {"kind": kind, "place": one_line(booking.place)}


def _zone(name: str) -> tzinfo:
    """The zone, or UTC for a name that this machine does not know: a mail must go out, and it says UTC."""
    try:
        return zones.zone(name)
    except (KeyError, ValueError):
        return UTC


def _place_name(zone: str) -> str:
    return "UTC" if _zone(zone) is UTC else zone.replace("_", " ")
