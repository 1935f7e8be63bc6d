"""What our calendars should hold for a booking. Part of the public face of `calendars`.

`want_event` and `want_absent` only write a row, inside the booking's own transaction (invariant 3);
the worker drives the calendar to it. The caller nudges the worker (`bookingsite.work.nudge`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from django.db import models, transaction
from django.db.models import Case, F, Value, When

from calendars.models import Account, Calendar, Write
from calendars.providers import registry
from calendars.providers.base import EventWish, Meeting, WishStatus
from calendars.providers.ical.write import Method, Person, event_bytes, feed_bytes, invitation_bytes
from calendars.sync.elsewhere import Gone, awaited_elsewhere, stands_elsewhere
from calendars.wishes import wish_as_json

__all__ = [
    "EventWish",
    "Gone",
    "Meeting",
    "Method",
    "Person",
    "Progress",
    "WishStatus",
    "Writing",
    "awaited_elsewhere",
    "event_bytes",
    "feed_bytes",
    "invitation_bytes",
    "meeting_of",
    "meetings_of",
    "progress",
    "put_back",
    "stands_elsewhere",
    "target_for",
    "want_absent",
    "want_event",
]

_MARKERS = UUID("6f0f1d52-7f0b-4f0e-9d55-0b2f6a1f7c11")
"""The name space of markers. Another one would make us take our own events for those of others."""


class Writing(StrEnum):
    """How far an event has got on its way into a calendar."""

    WAITING = "waiting"
    WRITTEN = "written"
    REMOVED = "removed"
    RETRYING = "retrying"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one event stands; `error` is a code for `calendars.wording`, empty when all is well."""

    state: Writing
    calendar: str
    error: str = ""
    written_at: datetime | None = None


def want_event(calendar: Calendar, *, uid: str, wish: EventWish, now: datetime) -> None:
    """Have `calendar` hold exactly one event with this UID that looks like `wish`, soon.

    May be called again with another wish; the newest counts. Call it inside the transaction of the
    change it stands for. Raises `ValueError` when the wish is for another UID.
    """
    if wish.uid != uid:
        raise ValueError("the wish belongs to another event")
    with transaction.atomic():
        # Locked, so that disconnecting either sees this event or is seen here. Account first, then writes.
        account = _locked(calendar)
        if account and not account.closing_at:
            _change(calendar, uid=uid, wish=wish_as_json(wish), now=now)
        # else the account is being disconnected and our events are on their way out of it


def want_absent(calendar: Calendar, *, uid: str, now: datetime) -> None:
    """Have `calendar` hold no event with this UID, soon. Nothing to do where none was ever wanted."""
    with transaction.atomic():
        _locked(calendar)  # the order of locks is the same whatever is wanted
        if Write.objects.filter(calendar=calendar, uid=uid).exists():
            _change(calendar, uid=uid, wish=None, now=now)


def put_back(calendar: Calendar, *, uid: str, now: datetime) -> bool:
    """Have the event with this UID written once more as it is wanted, whatever became of it in the calendar.

    False when none is wanted there, or the account is being disconnected. The caller nudges the worker.
    """
    with transaction.atomic():
        account = _locked(calendar)
        row = Write.objects.select_for_update().filter(calendar=calendar, uid=uid).first()
        if row is None or row.wish is None or account is None or account.closing_at:
            return False
        _make_due(row, now=now)
        return True


def _locked(calendar: Calendar) -> Account | None:
    """The calendar's account as it is now, kept from being disconnected until the transaction ends.

    None when it is gone.
    """
    return Account.objects.select_for_update(no_key=True).filter(pk=calendar.account_id).first()


def _change(calendar: Calendar, *, uid: str, wish: Mapping[str, Any] | None, now: datetime) -> None:
    with transaction.atomic():
        marker = _marker_of(calendar, uid)
        wish = None if wish is None else {**wish, "marker": marker}
        row, is_new = Write.objects.select_for_update().get_or_create(
            calendar=calendar, uid=uid, defaults={"wish": wish, "marker": marker, "run_at": now}
        )
        if is_new or row.wish == wish:
            return
        key = row.remote_key or str((row.wish or {}).get("key", ""))
        _make_due(row, now=now, wish=wish, marker=marker, remote_key=key)


def _make_due(row: Write, *, now: datetime, **fields: Any) -> None:
    """Bump the wanted version of a locked row, with `fields` set.

    A worker that holds the row keeps it until it is done: two of them writing the same event at once could
    leave the older wish standing. On its return it sees the newer version and the row becomes due at once;
    if it died, the row comes back when its lease ends.
    """
    due = Case(When(lease=None, then=Value(now)), default=F("run_at"), output_field=models.DateTimeField())
    Write.objects.filter(pk=row.pk).update(
        version=F("version") + 1,
        state=Write.State.READY,
        run_at=due,
        attempts=0,
        error="",
        first_failed_at=None,
        **fields,
    )


def _marker_of(calendar: Calendar, uid: str) -> str:
    """The same for every attempt to write this event into this calendar, and for no other event."""
    return str(uuid5(_MARKERS, f"{uid}:{calendar.pk}"))


def target_for(owner_id: int, override: Calendar | None = None) -> Calendar | None:
    """The calendar that receives the owner's bookings: the override where it still can, else the chosen one.

    None when the host has chosen none. An override that became read-only, vanished or is being
    disconnected is passed over.
    """
    if (
        override is not None
        and override.owner_id == owner_id
        and override.writable
        and not override.vanished_at
        and not override.account.closing_at
    ):
        return override
    chosen = Calendar.objects.filter(owner=owner_id, receives=True, vanished_at=None)
    return chosen.select_related("account").first()


def meeting_of(calendar: Calendar) -> str:
    """Which kind of meeting link the calendar's provider makes (a value of `Meeting`), empty for none."""
    kind = registry.KINDS.get(calendar.account.provider)
    return kind.capabilities.meeting if kind else ""


def meetings_of(owner_id: int) -> set[str]:
    """The kinds of meeting links that some calendar of the owner can make. One query."""
    usable = Calendar.objects.filter(
        owner=owner_id, writable=True, vanished_at=None, account__closing_at=None
    )
    providers = usable.order_by().values_list("account__provider", flat=True).distinct()
    found = {registry.KINDS[key].capabilities.meeting for key in providers if key in registry.KINDS}
    return found - {""}


def progress(uids: Collection[str]) -> dict[str, list[Progress]]:
    """Where the events of these bookings stand, one entry for each calendar. One query.

    UIDs without events are left out.
    """
    found: dict[str, list[Progress]] = {}
    rows = (
        Write.objects.filter(uid__in=list(uids)).select_related("calendar").order_by("calendar__name", "pk")
    )
    for row in rows:
        found.setdefault(row.uid, []).append(
            Progress(_state_of(row), row.calendar.name, row.error, row.written_at)
        )
    return found


def given_up(owner_id: int) -> list[str]:
    """The UIDs of the owner's events that could not be written or removed and are no longer tried. One query."""
    rows = Write.objects.filter(calendar__owner=owner_id, state=Write.State.DEAD).exclude(
        done_version=F("version")
    )
    return list(dict.fromkeys(rows.order_by("pk").values_list("uid", flat=True)))


def _state_of(row: Write) -> Writing:
    if row.is_settled:
        return Writing.REMOVED if row.wish is None else Writing.WRITTEN
    if row.state == Write.State.DEAD:
        return Writing.GIVEN_UP
    return Writing.RETRYING if row.error else Writing.WAITING
