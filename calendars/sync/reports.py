"""What reading tells the rest of the site, by signal and inside the transaction that stores it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from calendars import signals
from calendars.models import Busy, Calendar, Item, Write
from calendars.sync.expand import Expanded, Times, horizon
from calendars.wishes import wish_from_json

Rows = dict[int, dict[Times, int]]
"""Busy rows: item id to times to row id."""

_MARGIN = timedelta(days=1)
"""Servers cut a listing to the horizon in zones of their own."""


def in_flight(calendar: Calendar) -> frozenset[str]:
    """The UIDs of our events that are just being written into the calendar. Ask before the reading begins.

    What is read of them may be older than what we write, so nothing is concluded from it (C16). One query.
    """
    rows = Write.objects.filter(calendar=calendar, state=Write.State.READY)
    return frozenset(rows.values_list("uid", flat=True))


def moved(
    calendar: Calendar,
    found: Iterable[tuple[Expanded, Sequence[Write]]],
    now: datetime,
    in_flight: Collection[str],
) -> None:
    """Tell which of our events lie elsewhere now than where we wrote them. `now` is when the reading began."""
    for one, writes in found:
        for write in writes:
            if write.calendar_id != calendar.pk or not one.first or not _is_firm(write, now, in_flight):
                continue
            if _time_of(write) != one.first:
                start, end = one.first
                signals.own_event_changed.send(
                    Calendar, calendar=calendar, uid=write.uid, change="moved", start=start, end=end, now=now
                )


def in_place(
    calendar: Calendar,
    found: Iterable[tuple[Expanded, Sequence[Write]]],
    now: datetime,
    in_flight: Collection[str],
) -> None:
    """Tell which of our events lie where we wrote them, perhaps again. One signal for all of them."""
    uids = sorted(
        write.uid
        for one, writes in found
        for write in writes
        if write.calendar_id == calendar.pk and one.first and _is_firm(write, now, in_flight)
        if _time_of(write) == one.first
    )
    if uids:
        signals.own_events_in_place.send(Calendar, calendar=calendar, uids=uids, now=now)


def deleted(calendar: Calendar, uids: Collection[str], now: datetime) -> None:
    """Tell which of our events are gone, except those that lie in the calendar under another key.

    Only of events inside the horizon: a listing no longer names what has moved out of it.
    """
    standing = Item.objects.filter(calendar=calendar, uid__in=uids, is_ours=True)
    gone = set(uids) - set(standing.values_list("uid", flat=True))
    first, last = horizon(now)
    for write in Write.objects.filter(calendar=calendar, uid__in=gone):
        if not _is_firm(write, now):
            continue
        wish = wish_from_json(write.wish or {})
        if wish.end > first + _MARGIN and wish.start < last - _MARGIN:
            signals.own_event_changed.send(
                Calendar, calendar=calendar, uid=write.uid, change="deleted", start=None, end=None, now=now
            )


def _time_of(write: Write) -> tuple[datetime, datetime]:
    """When the event is wanted."""
    wish = wish_from_json(write.wish or {})
    return wish.start, wish.end


def _is_firm(write: Write, now: datetime, in_flight: Collection[str] = ()) -> bool:
    """Whether the event is wanted and was written before the reading began at `now`."""
    is_written = write.is_settled and write.wish is not None and write.uid not in in_flight
    return is_written and write.written_at is not None and write.written_at < now


def blocks(calendar: Calendar, added: Sequence[Busy], held: Rows, now: datetime) -> None:
    """Tell which times ahead block now and did not before."""
    if not calendar.blocks:
        return
    before = {(item, one.start, one.end) for item, rows in held.items() for one in rows if one.blocks}
    ahead = int(now.timestamp())
    spans = sorted(
        {
            (row.start, row.end)
            for row in added
            if row.blocks and row.end > ahead and (row.item_id, row.start, row.end) not in before
        }
    )
    tell_blocks(calendar, spans, now)


def counting(calendar: Calendar, now: datetime) -> None:
    """Tell every time ahead of a calendar that blocks from now on and has been read before."""
    ahead = Busy.objects.filter(calendar=calendar, blocks=True, end__gt=int(now.timestamp()))
    tell_blocks(calendar, sorted(set(ahead.values_list("start", "end"))), now)


def tell_blocks(calendar: Calendar, spans: Sequence[tuple[int, int]], now: datetime) -> None:
    """Tell that these times block now and did not before."""
    if calendar.blocks and spans:
        signals.blocks_changed.send(Calendar, calendar=calendar, spans=spans, now=now)
