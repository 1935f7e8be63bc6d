"""Writing what was read: items and their busy times. Every function runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import QuerySet

from calendars import signals
from calendars.models import Busy, Calendar, Item, Write
from calendars.models.keys import place_of
from calendars.sync.expand import Expanded, Times, horizon
from calendars.wishes import wish_from_json

CHUNK = 500
"""Items written in one transaction, and keys named in one query (SQLite takes some thousand parameters)."""

_MARGIN = timedelta(days=1)
"""Servers cut a listing to the horizon in zones of their own."""
_UPDATED = ["etag", "digest", "uid", "summary", "data", "is_ours", "warning"]

T = TypeVar("T")
Rows = dict[int, dict[Times, int]]
"""Busy rows: item id to times to row id."""


def chunks(things: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The things in portions."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def keep(calendar: Calendar, found: Sequence[Expanded], now: datetime) -> None:
    """Store new and changed items (at most a chunk) with their busy times, and tell what is new.

    Our own events are kept without busy times: the booking itself holds its time.
    """
    own = _own_wishes(calendar, {one.uid for one in found if one.uid})
    known = dict(named(calendar, [one.raw.key for one in found]).values_list("key", "pk"))
    _report_moved(calendar, [one for one in found if one.uid in own and one.raw.key in known], own)
    items = [_item(calendar, one, is_ours=one.uid in own) for one in found]
    stored = Item.objects.bulk_create(
        items, update_conflicts=True, unique_fields=["calendar", "place"], update_fields=_UPDATED
    )
    wanted = {
        row.pk: (frozenset() if row.is_ours else one.times, one.is_partial and not row.is_ours)
        for row, one in zip(stored, found, strict=True)
    }
    _replace(calendar, wanted, now, are_new=not known)


def respread(calendar: Calendar, found: Mapping[int, Expanded], now: datetime) -> None:
    """Put the busy times of stored items (by id) right for a new horizon, zone or reader."""
    wanted = {pk: (one.times, one.is_partial) for pk, one in found.items()}
    _replace(calendar, wanted, now, are_new=False)


def restamp(calendar: Calendar, etags: Mapping[str, str]) -> None:
    """Note new versions of items whose content is the same."""
    for keys in chunks(sorted(etags)):
        rows = list(named(calendar, keys).only("pk", "key"))
        for row in rows:
            row.etag = etags[row.key][:200]
        Item.objects.bulk_update(rows, ["etag"])


def drop(calendar: Calendar, keys: Collection[str], now: datetime) -> None:
    """Remove items that are gone, and their busy times."""
    for portion in chunks(sorted(keys)):
        rows = named(calendar, portion)
        gone = list(rows.filter(is_ours=True).exclude(uid="").values_list("uid", flat=True))
        _report_deleted(calendar, gone, now)
        Busy.objects.filter(item__in=rows).delete()
        rows.delete()


def future_times(calendar: Calendar, now: datetime, keys: Collection[str] | None = None) -> int:
    """How many blocking times still lie ahead, of the items named or of all."""
    ahead = Busy.objects.filter(calendar=calendar, blocks=True, end__gt=int(now.timestamp()))
    if keys is None:
        return ahead.count()
    return sum(ahead.filter(item__in=named(calendar, part)).count() for part in chunks(sorted(keys)))


def named(calendar: Calendar, keys: Iterable[str]) -> QuerySet[Item]:
    """The calendar's items with these keys."""
    return Item.objects.filter(calendar=calendar, place__in=[place_of(key) for key in keys])


def _item(calendar: Calendar, one: Expanded, *, is_ours: bool) -> Item:
    return Item(
        calendar=calendar,
        key=one.raw.key,
        etag=one.raw.etag[:200],
        digest=one.digest,
        uid=one.uid,
        summary=one.summary,
        data=one.raw.data,
        is_ours=is_ours,
        warning=one.warning,
    )


def _replace(
    calendar: Calendar, wanted: Mapping[int, tuple[frozenset[Times], bool]], now: datetime, *, are_new: bool
) -> None:
    """Make the rows of these items equal to what is wanted, touching only what differs."""
    held: Rows = {} if are_new else _rows(wanted)
    surplus: list[int] = []
    missing: list[Busy] = []
    for pk, (times, is_partial) in wanted.items():
        rows = held.get(pk, {})
        if not is_partial:
            surplus += [row for one, row in rows.items() if one not in times]
        missing += [Busy(calendar=calendar, item_id=pk, **one._asdict()) for one in times - rows.keys()]
    for portion in chunks(surplus):
        Busy.objects.filter(pk__in=portion).delete()
    Busy.objects.bulk_create(missing)
    _report_blocks(calendar, missing, held, now)


def _rows(item_ids: Iterable[int]) -> Rows:
    held: Rows = {}
    rows = Busy.objects.filter(item__in=list(item_ids))
    for pk, item, *times in rows.values_list("pk", "item", *Times._fields):
        held.setdefault(item, {})[Times(*times)] = pk
    return held


def _own_wishes(calendar: Calendar, uids: Collection[str]) -> dict[str, list[Write]]:
    """Our own events among these UIDs, in whichever of the owner's calendars they were wanted.

    Calendar A may be subscribed to inside calendar B, so the UID counts, not the place.
    """
    found: dict[str, list[Write]] = {}
    for row in Write.objects.filter(calendar__owner=calendar.owner_id, uid__in=list(uids)):
        found.setdefault(row.uid, []).append(row)
    return found


def _report_moved(calendar: Calendar, found: Sequence[Expanded], own: Mapping[str, list[Write]]) -> None:
    for one in found:
        for write in own[one.uid]:
            if write.calendar_id != calendar.pk or not write.is_settled or not write.wish or not one.first:
                continue
            wish = wish_from_json(write.wish)
            if (wish.start, wish.end) != one.first:
                start, end = one.first
                signals.own_event_changed.send(
                    Calendar, calendar=calendar, uid=one.uid, change="moved", start=start, end=end
                )


def _report_deleted(calendar: Calendar, uids: Sequence[str], now: datetime) -> None:
    """Only of events inside the horizon: a listing no longer names what has moved out of it."""
    first, last = horizon(now)
    for write in Write.objects.filter(calendar=calendar, uid__in=uids):
        if not write.is_settled or write.wish is None:
            continue
        wish = wish_from_json(write.wish)
        if wish.end > first + _MARGIN and wish.start < last - _MARGIN:
            signals.own_event_changed.send(
                Calendar, calendar=calendar, uid=write.uid, change="deleted", start=None, end=None
            )


def _report_blocks(calendar: Calendar, added: Sequence[Busy], held: Rows, now: datetime) -> None:
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
    if spans:
        signals.blocks_changed.send(Calendar, calendar=calendar, spans=spans)
