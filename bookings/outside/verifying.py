"""Bookings that were made while a calendar was silent (C19): looked at again as soon as all calendars were read.

Such a booking stands; the copy of its calendars counted. Once every blocking calendar of the host was read well
after the booking, what lies over it is a collision like any other (C20), and the mark goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from bookings.models import Booking
from bookings.outside import colliding
from calendars import busy
from calendars.models import Calendar

WORK = "bookings.verifying"


def verify(now: datetime) -> int:
    """Settle every unverified booking that can be settled now; returns how many.

    A fixed number of queries while nothing collides, however many bookings wait.
    """
    waiting = Booking.objects.filter(unverified_since__isnull=False)
    settled = waiting.filter(Q(state=Booking.State.CANCELLED) | Q(end__lte=now)).update(unverified_since=None)
    hosts = list(waiting.order_by().values_list("host", flat=True).distinct())
    if not hosts:
        return settled
    fresh = busy.freshness(hosts, now)
    rows = waiting.filter(host__in=[host for host in hosts if _was_read(fresh[host])])
    read = [row for row in rows if _was_read(fresh[row.host_id], after=row.unverified_since)]
    _note_collisions(read, now)
    return settled + _take_marks(read)


def _take_marks(rows: Sequence[Booking]) -> int:
    """Not from one that was moved meanwhile: that was looked at anew."""
    taken = 0
    for first in range(0, len(rows), 100):
        same = Q()
        for row in rows[first : first + 100]:
            same |= Q(pk=row.pk, unverified_since=row.unverified_since, start=row.start)
        taken += Booking.objects.filter(same).update(unverified_since=None)
    return taken


def _was_read(fresh: busy.Freshness, *, after: datetime | None = None) -> bool:
    """Whether every blocking calendar was read well, `after` that moment; true where none blocks."""
    if fresh.oldest_ok_at is None:
        return fresh.known
    return after is None or fresh.oldest_ok_at > after


def _note_collisions(rows: Sequence[Booking], now: datetime) -> None:
    wanted = [(row.host_id, int(row.start.timestamp()), int(row.end.timestamp())) for row in rows]
    found = busy.overlapping(wanted)
    for calendar in Calendar.objects.filter(pk__in=found).order_by("pk"):
        colliding.note(calendar, sorted(found[calendar.pk]), now=now)
