"""What a host sees on coming home: today, the days ahead, and what went wrong with bookings (DB-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from availability.engine.local_time import day_start
from bookings.domain.slots import instant
from bookings.models import Booking, Message
from bookings.queries import own_bookings
from bookingsite.lib import zones
from bookingsite.models import User
from calendars import writing

DAYS_AHEAD = 7


@dataclass(frozen=True)
class Day:
    """A date on the host's calendar with its bookings; today is there even when it is empty."""

    date: date
    is_today: bool
    bookings: Sequence[Booking]


@dataclass(frozen=True)
class Trouble:
    """A booking to come with what did not go out: addresses of mails, and whether a calendar lacks the event."""

    booking: Booking
    addresses: Sequence[str]
    is_not_written: bool


def days(host: User, *, now: datetime) -> list[Day]:
    """Today and those of the next seven days that have bookings. Two queries."""
    today = now.astimezone(zones.zone(host.zone)).date()
    first, last = (
        instant(day_start(today + timedelta(days=number), host.zone)) for number in (0, DAYS_AHEAD + 1)
    )
    rows = own_bookings(host).exclude(state=Booking.State.CANCELLED).filter(end__gt=first, start__lt=last)
    found: dict[date, list[Booking]] = {today: []}
    for booking in rows.order_by("start", "pk"):
        found.setdefault(max(booking.start.astimezone(zones.zone(host.zone)).date(), today), []).append(
            booking
        )
    return [Day(date=day, is_today=day == today, bookings=rows) for day, rows in found.items()]


def troubles(host: User, *, now: datetime) -> list[Trouble]:
    """Bookings to come whose mail or calendar event was given up, the next first. Three queries at the most."""
    mails = Message.objects.filter(booking__host=host, booking__end__gt=now, state=Message.State.DEAD)
    addresses: dict[int, list[str]] = {}
    for booking, address in mails.order_by("pk").values_list("booking", "recipient"):
        addresses.setdefault(booking, []).append(address)
    uids = set(writing.given_up(host.pk))
    public_ids = {uid.split("@", maxsplit=1)[0] for uid in uids}
    if not (addresses or public_ids):
        return []
    named = Booking.objects.filter(host=host, end__gt=now)
    rows = (named.filter(pk__in=addresses) | named.filter(public_id__in=public_ids)).order_by("start", "pk")
    return [
        Trouble(row, list(dict.fromkeys(addresses.get(row.pk, ()))), is_not_written=row.uid in uids)
        for row in rows
    ]
