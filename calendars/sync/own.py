"""Which events of a calendar are our own: written for bookings, therefore never busy by themselves (SYNC 1.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from calendars import signals
from calendars.models import Calendar, Write


@dataclass(frozen=True, slots=True)
class OwnEvents:
    """The outbox rows behind some events, found by whichever of their names a server tells."""

    by_uid: dict[str, list[Write]] = field(default_factory=dict)
    by_marker: dict[str, list[Write]] = field(default_factory=dict)

    def of(self, uid: str, marker: str = "") -> list[Write]:
        """The rows that this event was written for; empty when it is somebody else's."""
        return self.by_uid.get(uid) or self.by_marker.get(marker) or []


def own_events(owner_id: int, *, uids: Collection[str], markers: Collection[str] = ()) -> OwnEvents:
    """Our own events among those with these UIDs and markers, in whichever of the owner's calendars they
    were wanted. One query.

    Calendar A may be subscribed to inside calendar B, so the names count, not the place. A UID is ours or the
    one that the provider gave the event in place of it.
    """
    found = OwnEvents()
    uids, markers = [uid for uid in uids if uid], [marker for marker in markers if marker]
    if not uids and not markers:
        return found
    named = Q(uid__in=uids) | Q(remote_uid__in=uids)
    if markers:
        named |= Q(marker__in=markers)
    for row in Write.objects.filter(named, calendar__owner=owner_id).order_by("pk"):
        for uid in _uids(row):
            found.by_uid.setdefault(uid, []).append(row)
        if row.marker:
            found.by_marker.setdefault(row.marker, []).append(row)
    return found


def echoes(owner_id: int, uids: Collection[str]) -> frozenset[str]:
    """Of these UIDs from read-only calendars those of the owner's bookings: our own feed, subscribed to.

    Such an event says nothing that the booking does not say, and stays on for a while after the booking has
    moved or gone. In calendars that are written to an event of that name may be the host's own word on the time;
    do not ask for those.
    """
    if not uids:
        return frozenset()
    asked = signals.bookings_asked.send(Calendar, owner_id=owner_id, uids=frozenset(uids))
    return frozenset(uid for _receiver, found in asked for uid in found or ())


def _uids(row: Write) -> Iterator[str]:
    yield row.uid
    if row.remote_uid and row.remote_uid != row.uid:
        yield row.remote_uid
