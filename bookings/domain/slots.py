"""The one place where hours, outside calendars and our own bookings meet (DESIGN: the house).

Pages, commands, "why not?" and the check inside the booking transaction all build the same question
here and ask the same engine (invariant 9). Loading costs a fixed number of queries, whatever the
number of events, days or bookings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from availability import loading
from availability.engine import Claim as Taken
from availability.engine import Question, Reason, explain, first_after, is_offered, reach
from availability.engine import slots as offered_starts
from availability.engine.rules import window as windows
from availability.loading import ClosedSource
from bookings.domain.errors import SlotTaken, TimesUnknown
from bookings.models import Booking, Claim, EventType
from bookingsite.lib import zones
from calendars import busy

Span = tuple[int, int]
HORIZON = timedelta(days=365)
"""How far ahead times are offered at the most: calendars are read for longer, so nothing unread is offered."""
_DAY = timedelta(days=1)
_LONGEST_DAY = timedelta(hours=26)
"""A local day lasts 25 hours when the clock goes back; the daily limit counts all of them."""


@dataclass(frozen=True)
class Shape:
    """What is to be placed: its length and the time kept clear around it."""

    length: timedelta
    before: timedelta
    after: timedelta


def shape_of(event_type: EventType, moving: Booking | None = None) -> Shape:
    """A new booking has the event type's shape; one that is moved keeps what was agreed."""
    if moving is not None:
        length, agreed = moving.end - moving.start, moving
        return Shape(length, timedelta(minutes=agreed.buffer_before), timedelta(minutes=agreed.buffer_after))
    return Shape(
        timedelta(minutes=event_type.duration),
        timedelta(minutes=event_type.buffer_before),
        timedelta(minutes=event_type.buffer_after),
    )


@dataclass(frozen=True)
class Times:
    """An answer: the question as it was asked, or the fact that the host's calendars are unknown.

    `unread` says which calendars make them unknown, and why; their names are for the host alone.
    `left_out` is the start of the booking that is to be moved, epoch seconds: moving there is no move.
    """

    question: Question
    known: bool
    closed_by: Sequence[ClosedSource] = ()
    left_out: int | None = None
    unread: Sequence[busy.Unread] = ()

    def starts(self) -> list[int]:
        """Every start offered in the window, epoch seconds; none while unknown (invariant 2)."""
        found = offered_starts(self.question) if self.known else []
        return found if self.left_out is None else [start for start in found if start != self.left_out]

    def within(self, first: int, last: int) -> Times:
        """The answer about a part `[first, last)` of the window, epoch seconds, without the database."""
        return replace(self, question=replace(self.question, window=(first, last)))

    def first_after(self, start: int) -> int | None:
        """The first start offered in the window at or after `start`."""
        found = first_after(self.question, start) if self.known else None
        if found is not None and found == self.left_out:
            return first_after(self.question, found + 1)
        return found


def times(
    event_type: EventType,
    first: datetime,
    last: datetime,
    *,
    now: datetime,
    moving: Booking | None = None,
    for_host: bool = False,
) -> Times:
    """The question for starts in `[first, last)`, loaded and ready to be asked.

    `moving` is a booking whose own time is neither taken nor offered; its length and buffers are wanted.
    `for_host` leaves out what binds only guests: notice, window and daily limit. Nothing past the
    horizon up to which calendars are read is ever offered, and a host who is not active offers nothing.
    """
    host = event_type.host
    shape = shape_of(event_type, moving)
    duration, before, after = (_seconds(part) for part in (shape.length, shape.before, shape.after))
    window = _window(first, last)
    span = reach(window, duration=duration, before=before, after=after)
    plan = loading.load([host.pk], {host.pk: event_type.schedule_id}, start=span[0], end=span[1])[host.pk]
    taken = _taken(event_type, span, zone=host.zone, moving=moving)
    fresh = busy.freshness([host.pk], now)[host.pk]
    outside = busy.spans([host.pk], *span).get(host.pk, [])
    present = int(now.timestamp())
    question = Question(
        now=present,
        window=window,
        duration=duration,
        step=event_type.increment * 60,
        hours=plan.hours,
        zone=host.zone,
        before=before,
        after=after,
        busy=outside,
        claims=taken.claims,
        closed=plan.closed,
        notice=0 if for_host else event_type.notice * 60,
        bookable=_bookable(event_type, now, until=fresh.known_until, for_host=for_host),
        daily_limit=None if for_host else event_type.daily_limit,
        per_day=taken.per_day,
    )
    left_out = int(moving.start.timestamp()) if moving else None
    return Times(
        question=question,
        known=fresh.known,
        closed_by=plan.sources,
        left_out=left_out,
        unread=fresh.unread,
    )


def starts(event_type: EventType, first: datetime, last: datetime, *, now: datetime) -> list[datetime]:
    """The starts offered to guests in `[first, last)`, aware UTC, in order."""
    return [instant(second) for second in times(event_type, first, last, now=now).starts()]


def require(
    event_type: EventType,
    start: datetime,
    *,
    now: datetime,
    moving: Booking | None = None,
    for_host: bool = False,
) -> None:
    """Raises `SlotTaken` with the reasons, or `TimesUnknown`, unless this start is offered."""
    answer = times(event_type, start, start + timedelta(seconds=1), now=now, moving=moving, for_host=for_host)
    if not answer.known:
        raise TimesUnknown
    second = int(start.timestamp())
    if start != instant(second) or not is_offered(answer.question, second):
        raise SlotTaken(explain(answer.question, second))


def require_no_clash(
    host_id: int, start: datetime, length: timedelta, *, moving: Booking | None = None
) -> None:
    """Raises `SlotTaken` when another booking of the host meets `[start, start + length)`, buffers aside."""
    clash = Claim.objects.filter(resource__host=host_id, start__lt=start + length, end__gt=start)
    if moving is not None:
        clash = clash.exclude(booking=moving)
    if clash.exists():
        raise SlotTaken


def nearest(
    event_type: EventType, start: datetime, *, now: datetime, count: int = 6, moving: Booking | None = None
) -> list[datetime]:
    """Up to `count` offered starts around `start`, the nearest ones, in order of time (BP-7)."""
    answer = times(event_type, start - 7 * _DAY, start + 14 * _DAY, now=now, moving=moving)
    wanted = start.timestamp()
    near = sorted(answer.starts(), key=lambda second: (abs(second - wanted), second))[:count]
    return [instant(second) for second in sorted(near)]


def next_start(
    event_type: EventType, after: datetime, *, now: datetime, moving: Booking | None = None
) -> datetime | None:
    """The first start offered at or after `after`, as far as calendars are read (BP-2, BP-5)."""
    begin, end = max(after, now), now + HORIZON
    if begin >= end:
        return None
    found = times(event_type, begin, end, now=now, moving=moving).first_after(int(begin.timestamp()))
    return None if found is None else instant(found)


def why_not(event_type: EventType, start: datetime, *, now: datetime) -> tuple[bool, list[Reason], Times]:
    """For the owner: whether the calendars are known, and every rule, event or buffer that closes `start` (A14)."""
    answer = times(event_type, start, start + timedelta(seconds=1), now=now)
    return answer.known, explain(answer.question, int(start.timestamp())), answer


def instant(second: int) -> datetime:
    """Epoch seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(second, UTC)


@dataclass(frozen=True)
class _Taken:
    claims: list[Taken]
    per_day: Counter[date]


def _taken(event_type: EventType, span: Span, *, zone: str, moving: Booking | None) -> _Taken:
    """Our own bookings around the span, and how many of this event type each of the host's days has.

    One query serves both: it reaches a day further, for the limit counts whole days.
    """
    rows = Claim.objects.filter(
        resource__host=event_type.host_id,
        padded_end__gt=instant(span[0]) - _LONGEST_DAY,
        padded_start__lt=instant(span[1]) + _LONGEST_DAY,
    )
    if moving is not None:
        rows = rows.exclude(booking=moving)
    claims: list[Taken] = []
    per_day: Counter[date] = Counter()
    host_zone = zones.zone(zone)
    for kind, *edges in rows.values_list("booking__event_type", "start", "end", "padded_start", "padded_end"):
        start, end, padded_start, padded_end = (int(edge.timestamp()) for edge in edges)
        claims.append((start, end, padded_start, padded_end))
        if kind == event_type.pk:
            per_day[edges[0].astimezone(host_zone).date()] += 1
    return _Taken(claims, per_day)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _window(first: datetime, last: datetime) -> Span:
    start = int(first.timestamp())
    return start, max(int(last.timestamp()), start + 1)


def _bookable(event_type: EventType, now: datetime, *, until: datetime | None, for_host: bool) -> Span:
    """The booking window (A6) as instants, cut where calendars are no longer known."""
    horizon = int(min(now + HORIZON, until or now + HORIZON).timestamp())
    present, zone = int(now.timestamp()), event_type.host.zone
    kinds = EventType.Window
    if not (event_type.host.is_active or for_host):
        return present, present
    if for_host or event_type.window == kinds.UNLIMITED:
        return present, max(horizon, present)
    if event_type.window == kinds.DAYS:
        first, last = windows.days_ahead(present, zone, event_type.window_days)
    elif event_type.window == kinds.BUSINESS_DAYS:
        first, last = windows.business_days_ahead(present, zone, event_type.window_days)
    elif event_type.window_first is None or event_type.window_last is None:  # the table refuses such rows
        return present, present
    else:
        first, last = windows.date_range(event_type.window_first, event_type.window_last, zone)
    return first, max(min(last, horizon), first)


def by_day(found: Iterable[datetime], zone: str) -> dict[date, list[datetime]]:
    """Starts grouped by the local date in `zone`, in the viewer's own zone (TZ-4)."""
    local = zones.zone(zone)
    days: dict[date, list[datetime]] = {}
    for start in found:
        days.setdefault(start.astimezone(local).date(), []).append(start)
    return days
