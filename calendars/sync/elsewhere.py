"""Where our events went that their calendar no longer holds: a host may have moved one into another calendar (C16)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from calendars.models import Calendar, Item
from calendars.sync.pull import used_calendars
from calendars.sync.store import chunks

MOVING_TAKES = timedelta(minutes=1)
"""Programs move an event by deleting it here and adding it there, in either order, and a reading takes its time:
only a calendar that was read so long after the deletion was noticed can say that the event is not there."""


@dataclass(frozen=True, slots=True)
class Gone:
    """An event of ours that its calendar no longer holds; `noticed_at` is when the reading began that found out."""

    calendar: Calendar
    uid: str
    noticed_at: datetime


def stands_elsewhere(events: Collection[Gone]) -> dict[str, str]:
    """The names of the owner's other calendars in which these events stand, by UID; the others are left out.

    Whatever UID a provider gave it there: it is known by its marker too. Calendars that nobody can write to do
    not count: an event there is the copy of a subscription. One query for every few hundred events.
    """
    found: dict[str, str] = {}
    own = {event.uid: event.calendar for event in events}
    for uids in chunks(sorted(own)):
        items = Item.objects.filter(uid__in=uids, is_ours=True, calendar__in=_writable())
        names = ("uid", "calendar", "calendar__owner", "calendar__name")
        for uid, calendar, owner, name in items.order_by("calendar__name", "pk").values_list(*names):
            if calendar != own[uid].pk and owner == own[uid].owner_id:
                found.setdefault(uid, name)
    return found


def awaited_elsewhere(events: Collection[Gone], *, now: datetime) -> frozenset[str]:
    """The UIDs of those events that may stand in another calendar of the owner, not read since they went.

    Those calendars are read soon; in trouble they keep their pause. One query, two where something is awaited.
    """
    others: dict[int, list[Calendar]] = {}
    if events:
        owners = {event.calendar.owner_id for event in events}
        for calendar in _writable().filter(owner__in=owners).only("owner_id", "last_ok_at"):
            others.setdefault(calendar.owner_id, []).append(calendar)
    unread = {event.uid: _unread(event, others.get(event.calendar.owner_id, [])) for event in events}
    _read_soon({pk for pks in unread.values() for pk in pks}, now + MOVING_TAKES)
    return frozenset(uid for uid, pks in unread.items() if pks)


def _writable() -> QuerySet[Calendar]:
    return used_calendars().select_related(None).filter(writable=True, vanished_at=None)


def _unread(event: Gone, others: Sequence[Calendar]) -> list[int]:
    since = event.noticed_at + MOVING_TAKES
    return [
        other.pk
        for other in others
        if other.pk != event.calendar.pk and (other.last_ok_at is None or other.last_ok_at < since)
    ]


def _read_soon(calendar_ids: Collection[int], at: datetime) -> None:
    if calendar_ids:
        rows = Calendar.objects.filter(pk__in=calendar_ids, lease=None, error="", suspect="", run_at__gt=at)
        rows.update(run_at=at)
