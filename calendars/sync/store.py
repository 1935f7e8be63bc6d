"""Writing what was read: items and their busy times. Every function runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet

from calendars.models import Busy, Calendar, Item, Write
from calendars.models.keys import place_of
from calendars.sync import reports
from calendars.sync.expand import Expanded, Times
from calendars.sync.own import echoes, own_events

CHUNK = 500
"""Items written in one transaction, and keys named in one query (SQLite takes some thousand parameters)."""

_UPDATED = ["etag", "digest", "uid", "summary", "data", "is_ours", "warning"]

T = TypeVar("T")


def chunks(things: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The things in portions."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def keep(
    calendar: Calendar,
    found: Sequence[Expanded],
    now: datetime,
    *,
    going: Collection[str] = (),
    in_flight: Collection[str] = (),
) -> None:
    """Store new and changed items (at most a chunk) with their busy times, and tell what is new.

    Our own events are kept without busy times: the booking itself holds its time. They get the UID of their
    booking, whatever name the provider gave them. `going` are the keys that this run will drop; `in_flight`:
    see `reports.in_flight`.
    """
    known = dict(named(calendar, [one.raw.key for one in found]).values_list("key", "pk"))
    own = _own_writes(calendar, found, going)
    ours = [(one, own[one.raw.key]) for one in found]
    reports.moved(calendar, ours, now, in_flight)  # those never read before too: moved right after writing
    reports.in_place(calendar, ours, now, in_flight)
    doubtful = {one.uid for one in found if not own[one.raw.key] and not calendar.writable}
    echoed = echoes(calendar.owner_id, doubtful)
    items = [_item(calendar, one, own[one.raw.key], is_echo=one.uid in echoed) for one in found]
    stored = Item.objects.bulk_create(
        items, update_conflicts=True, unique_fields=["calendar", "place"], update_fields=_UPDATED
    )
    wanted = {
        row.pk: (frozenset() if row.is_ours else one.times, one.is_partial and not row.is_ours)
        for row, one in zip(stored, found, strict=True)
    }
    _replace(calendar, wanted, now, are_new=not known)


def note_written(write: Write, key: str) -> None:
    """Keep in mind that our event stands in the calendar, before it is ever read there: its deletion in between
    must be noticed as well (C16). Without version and content, so that the next reading brings both."""
    item = Item(calendar=write.calendar, key=key, uid=write.uid, is_ours=True)
    Item.objects.bulk_create([item], ignore_conflicts=True)


def has_unseen(calendar: Calendar, now: datetime, in_flight: Collection[str] = ()) -> bool:
    """Whether an event of ours that stood in the calendar before this reading has never been seen there.

    One that was deleted between two readings is in no list of changes; only a comparison of everything tells.
    """
    unread = Item.objects.filter(calendar=calendar, is_ours=True, digest="")
    uids = set(unread.values_list("uid", flat=True)[:CHUNK]) - set(in_flight)
    written = Write.objects.filter(calendar=calendar, uid__in=uids, wish__isnull=False, written_at__lt=now)
    return bool(uids) and written.exists()


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


def drop(
    calendar: Calendar, keys: Collection[str], now: datetime, *, in_flight: Collection[str] = ()
) -> None:
    """Remove items that are gone, and their busy times."""
    ours: list[str] = []
    for portion in chunks(sorted(keys)):
        rows = named(calendar, portion)
        ours += rows.filter(is_ours=True).exclude(uid="").values_list("uid", flat=True)
        Busy.objects.filter(item__in=rows).delete()
        rows.delete()
    for uids in chunks(sorted(set(ours) - set(in_flight))):
        reports.deleted(calendar, uids, now)


def future_times(calendar: Calendar, now: datetime, keys: Collection[str] | None = None) -> int:
    """How many blocking times still lie ahead, of the items named or of all."""
    ahead = Busy.objects.filter(calendar=calendar, blocks=True, end__gt=int(now.timestamp()))
    if keys is None:
        return ahead.count()
    return sum(ahead.filter(item__in=named(calendar, part)).count() for part in chunks(sorted(keys)))


def lost_times(calendar: Calendar, now: datetime, keys: Collection[str], found: Sequence[Expanded]) -> int:
    """How many blocking times ahead would be gone with the items named, those that `found` brings back not
    counted. What has begun is compared from now on: some feeds begin their closed nights anew every day."""
    seconds = int(now.timestamp())
    ahead = Busy.objects.filter(calendar=calendar, blocks=True, end__gt=seconds)
    lost = {
        (max(start, seconds), end)
        for part in chunks(sorted(keys))
        for start, end in ahead.filter(item__in=named(calendar, part)).values_list("start", "end")
    }
    return len(
        lost - {(max(one.start, seconds), one.end) for each in found for one in each.times if one.blocks}
    )


def named(calendar: Calendar, keys: Iterable[str]) -> QuerySet[Item]:
    """The calendar's items with these keys."""
    return Item.objects.filter(calendar=calendar, place__in=[place_of(key) for key in keys])


def _own_writes(
    calendar: Calendar, found: Sequence[Expanded], going: Collection[str]
) -> dict[str, list[Write]]:
    """For each item's key the bookings' rows that it was written for; none for events of others."""
    own = own_events(
        calendar.owner_id, uids={one.uid for one in found}, markers={one.marker for one in found}
    )
    rows = {one.raw.key: own.of(one.uid, one.marker) for one in found}
    return _without_copies(calendar, rows, going)


def _without_copies(
    calendar: Calendar, rows: Mapping[str, list[Write]], going: Collection[str]
) -> dict[str, list[Write]]:
    """Somebody may duplicate our event inside its calendar, names and all: the copy is an event of theirs."""
    elsewhere = {
        key: write.remote_key
        for key, writes in rows.items()
        for write in writes
        if write.calendar_id == calendar.pk and write.written_at and write.remote_key not in ("", key)
    }
    standing = set(rows)
    if elsewhere:
        standing |= set(named(calendar, elsewhere.values()).values_list("key", flat=True))
    standing -= set(going)
    return {key: [] if elsewhere.get(key) in standing else writes for key, writes in rows.items()}


def _item(calendar: Calendar, one: Expanded, own: Sequence[Write], *, is_echo: bool) -> Item:
    return Item(
        calendar=calendar,
        key=one.raw.key,
        etag=one.raw.etag[:200],
        digest=one.digest,
        uid=own[0].uid if own else one.uid,
        summary=one.summary,
        data=one.raw.data,
        is_ours=bool(own) or is_echo,
        warning=one.warning,
    )


def _replace(
    calendar: Calendar, wanted: Mapping[int, tuple[frozenset[Times], bool]], now: datetime, *, are_new: bool
) -> None:
    """Make the rows of these items equal to what is wanted, touching only what differs."""
    held: reports.Rows = {} if are_new else _rows(wanted)
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
    reports.blocks(calendar, missing, held, now)


def _rows(item_ids: Iterable[int]) -> reports.Rows:
    held: reports.Rows = {}
    rows = Busy.objects.filter(item__in=list(item_ids))
    for pk, item, *times in rows.values_list("pk", "item", *Times._fields):
        held.setdefault(item, {})[Times(*times)] = pk
    return held
