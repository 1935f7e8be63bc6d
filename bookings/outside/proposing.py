"""New times for a booking, ranked (C20): the nearest ones, and those on the same weekday at the same hour.

Times come from the one engine (invariant 9), as the host may move: the host's notice and daily limit do not
bind, hours, calendars and other bookings do. Each ranking is a list of its own and they take turns, so
that one kind never crowds out another; least travel will be one more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from bookings.domain import slots
from bookings.models import Booking
from bookingsite.lib import zones

COUNT = 6
BEFORE, AFTER = timedelta(days=7), timedelta(days=21)
"""How far around the booking is looked: a constant number of queries over a bounded time."""
LEAD = timedelta(hours=2)
"""A guest needs time to read the mail and to answer."""


def proposals(booking: Booking, *, now: datetime, count: int = COUNT) -> list[datetime]:
    """Up to `count` free times for the booking, the best first, aware UTC; none while calendars are unknown."""
    first, last = max(booking.start - BEFORE, now + LEAD), max(booking.start, now) + AFTER
    free = _free(booking, first, last, now=now)
    return _in_turns([_by_nearness(booking, free), _by_weekday(booking, free)], count)


def still_free(booking: Booking, starts: Collection[datetime], *, now: datetime) -> list[datetime]:
    """Which of these times can still be had, in order of time."""
    ahead = sorted(start for start in set(starts) if start > now)
    if not ahead:
        return []
    free = set(_free(booking, ahead[0], ahead[-1] + timedelta(seconds=1), now=now))
    return [start for start in ahead if start in free]


def _free(booking: Booking, first: datetime, last: datetime, *, now: datetime) -> list[datetime]:
    answer = slots.times(booking.event_type, first, last, now=now, moving=booking, for_host=True)
    return [slots.instant(second) for second in answer.starts()]


def _by_nearness(booking: Booking, free: Sequence[datetime]) -> list[datetime]:
    return sorted(free, key=lambda start: (abs(start - booking.start), start))


def _by_weekday(booking: Booking, free: Sequence[datetime]) -> list[datetime]:
    """Other weeks, same weekday, by how close they are to the same hour on the guest's clock."""
    zone = zones.zone(booking.guests.all()[0].zone)
    agreed = booking.start.astimezone(zone)

    def rank(start: datetime) -> tuple[timedelta, timedelta]:
        local = start.astimezone(zone).replace(tzinfo=None)
        days = local.date() - agreed.date()
        return abs(local - days - agreed.replace(tzinfo=None)), abs(start - booking.start)

    local_days = ((start, start.astimezone(zone).date()) for start in free)
    same = [start for start, day in local_days if day.weekday() == agreed.weekday() and day != agreed.date()]
    return sorted(same, key=rank)


def _in_turns(rankings: Sequence[Sequence[datetime]], count: int) -> list[datetime]:
    turns = (start for row in zip_longest(*rankings) for start in row if start is not None)
    return list(dict.fromkeys(turns))[:count]
