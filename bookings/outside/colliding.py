"""Outside events that lie over bookings that were there first (C20): noted, shown to the host, solved by themselves.

A collision is an overlap with the appointment itself; buffers do not count (docs/decisions/what-collides.md).
Titles are not kept: the owner's pages and mails read them from the calendar's copy (invariant 8).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bookings.domain import events
from bookings.domain.slots import instant
from bookings.models import Booking, Collision, Notice
from bookings.notices import noting
from bookingsite import work
from bookingsite.models import User
from calendars import busy
from calendars.models import Calendar

Span = tuple[int, int]
Place = tuple[int, Span]
"""A booking's id, and the outside event's time."""
State = Collision.State


@dataclass(frozen=True, slots=True)
class Clash:
    """A collision that stands, with what the owner may read of the event."""

    collision: Collision
    title: str
    all_day: bool

    @property
    def booking(self) -> Booking:
        """The booking that was there first."""
        return self.collision.booking


def note(calendar: Calendar, spans: Sequence[Span], *, now: datetime) -> int:
    """Note which bookings to come these new busy times (epoch seconds) lie over; returns how many are news.

    For any number of spans and bookings a constant number of queries, and one notice; safe inside the sync's
    transaction. Collisions that the host dismissed stay dismissed, solved ones open again.
    """
    coming = _coming(calendar.owner_id, now=now)
    found = set(_overlaps(coming, spans))
    found -= _copies(calendar, {place for place in found if place in coming})
    if not found:
        return 0
    held = Collision.objects.filter(calendar=calendar, booking__host=calendar.owner_id, end__gt=now)
    known = {_place(row): row for row in held}
    fresh = [_row(calendar, place, now=now) for place in sorted(found - known.keys())]
    back = [row.pk for place, row in known.items() if place in found and row.state == State.SOLVED]
    Collision.objects.bulk_create(fresh, ignore_conflicts=True)
    Collision.objects.filter(pk__in=back).update(state=State.OPEN, noted_at=now)
    if fresh or back:
        noting.note_question(calendar, Notice.Kind.COLLISION, now=now)
        work.nudge()
    return len(fresh) + len(back)


def standing(rows: QuerySet[Collision], *, now: datetime) -> list[Clash]:
    """Those of the open collisions (of one host) that still are: the event is there, the booking is live.

    By the booking's start. At most three queries, none after the first where nothing collides.
    """
    rows = rows.filter(state=State.OPEN, booking__end__gt=now).select_related("booking", "calendar")
    rows = rows.order_by("booking__start", "booking", "start", "pk")
    found = [row for row in rows.prefetch_related("booking__guests") if _touches(row)]
    if not found:
        return []
    there = busy.exactly(found[0].calendar.owner_id, {_span(row) for row in found})
    named = ((row, there.get((row.calendar_id, _span(row)))) for row in found)
    return [Clash(row, event.title, event.all_day) for row, event in named if event is not None]


def of_host(host: User, *, now: datetime) -> list[Clash]:
    """Every collision that waits for this host."""
    return standing(Collision.objects.filter(booking__host=host), now=now)


def of_booking(booking: Booking, *, now: datetime) -> list[Clash]:
    """The collisions of one booking that wait for its host."""
    return standing(Collision.objects.filter(booking=booking), now=now)


def dismiss(booking: Booking) -> int:
    """The host lets every collision of this booking be; returns how many."""
    return Collision.objects.filter(booking=booking, state=State.OPEN).update(state=State.DISMISSED)


def solve(now: datetime) -> int:
    """Close the collisions whose event or booking is gone, or out of the way; returns how many."""
    by_owner: dict[int, list[Collision]] = {}
    for row in Collision.objects.filter(state=State.OPEN).select_related("booking", "calendar"):
        by_owner.setdefault(row.calendar.owner_id, []).append(row)
    solved = [row.pk for owner, rows in by_owner.items() for row in _solved(owner, rows, now=now)]
    return Collision.objects.filter(pk__in=solved, state=State.OPEN).update(state=State.SOLVED)


def _solved(owner: int, rows: Sequence[Collision], *, now: datetime) -> Iterator[Collision]:
    there = busy.exactly(owner, {_span(row) for row in rows})
    for row in rows:
        is_there = (row.calendar_id, _span(row)) in there
        if not is_there or not _touches(row) or row.booking.end <= now:
            yield row


def _coming(host_id: int, *, now: datetime) -> list[tuple[int, Span]]:
    """The live bookings to come of a host with their times, by start; none overlaps another (invariant 1)."""
    rows = Booking.objects.filter(host=host_id, end__gt=now).exclude(state=Booking.State.CANCELLED)
    return [
        (pk, (int(start.timestamp()), int(end.timestamp())))
        for pk, start, end in rows.order_by("start").values_list("pk", "start", "end")
    ]


def _overlaps(bookings: Sequence[tuple[int, Span]], spans: Iterable[Span]) -> Iterator[Place]:
    ends = [end for _pk, (_start, end) in bookings]
    for span in spans:
        for pk, (start, _end) in bookings[bisect_right(ends, span[0]) :]:
            if start >= span[1]:
                break
            yield pk, span


def _copies(calendar: Calendar, places: Collection[Place]) -> set[Place]:
    """Which of these events, at exactly a booking's time, are its own event, copied by another program.

    A copy has another UID but the same title. Three queries at the most, none without places.
    """
    if not places:
        return set()
    there = busy.exactly(calendar.owner_id, {span for _pk, span in places})
    rows = Booking.objects.filter(pk__in={pk for pk, _span in places}).select_related("host")
    titles = {row.pk: events.wish_for(row).summary for row in rows.prefetch_related("guests")}
    found = ((pk, span, there.get((calendar.pk, span))) for pk, span in places)
    return {(pk, span) for pk, span, event in found if event and event.title == titles[pk][:200]}


def _row(calendar: Calendar, place: Place, *, now: datetime) -> Collision:
    pk, (start, end) = place
    return Collision(
        booking_id=pk,
        calendar=calendar,
        start=instant(start),
        end=instant(end),
        noted_at=now,
        state=State.OPEN,
    )


def _place(row: Collision) -> Place:
    return row.booking_id, _span(row)


def _span(row: Collision) -> Span:
    return int(row.start.timestamp()), int(row.end.timestamp())


def _touches(row: Collision) -> bool:
    booking = row.booking
    return booking.is_live and booking.start < row.end and booking.end > row.start
