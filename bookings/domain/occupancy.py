"""The one place that locks resources and writes claims (invariant 1, RELIABILITY 2.4).

Book, reschedule, cancel, the admin and commands all come through here, inside one transaction whose
first statement is `lock`. Below it the database refuses overlapping claims by itself
(`bookings.backstop`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction

from bookings.domain.errors import SlotTaken, TooBusy
from bookings.models import Booking, Claim, Resource

_LOCK_WAIT = "3s"


def lock(host_ids: Iterable[int]) -> dict[int, Resource]:
    """Lock the hosts' resources in id order, and return them by host.

    Must be the first statement of an atomic block: what is read before the lock may be old. On
    SQLite the block itself (BEGIN IMMEDIATE) is the lock. Raises `TooBusy` when the lock is not to
    be had within three seconds.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Resources can only be locked inside a transaction.")
    wanted = sorted(set(host_ids))
    try:
        found = _locked(wanted)
        if len(found) < len(wanted):  # a new host: make the row, then lock it like any other
            Resource.objects.bulk_create(
                [Resource(host_id=host_id) for host_id in wanted if host_id not in found],
                ignore_conflicts=True,
            )
            found = _locked(wanted)
    except OperationalError as error:
        raise TooBusy from error
    return found


def _locked(host_ids: list[int]) -> dict[int, Resource]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
    rows = Resource.objects.select_for_update(no_key=True).filter(host_id__in=host_ids).order_by("pk")
    return {row.host_id: row for row in rows if row.host_id is not None}


def claim(resource: Resource, booking: Booking) -> Claim:
    """Take the booking's time on a locked resource. Raises `SlotTaken` when the database refuses."""
    return _written(Claim(resource=resource, booking=booking, **_spans(booking)))


def move(booking: Booking) -> None:
    """Bring the booking's claims to its present time; the old time goes only if the new one stands."""
    for row in Claim.objects.filter(booking=booking):
        for name, value in _spans(booking).items():
            setattr(row, name, value)
        _written(row)


def release(booking: Booking) -> None:
    """Give the booking's time back."""
    Claim.objects.filter(booking=booking).delete()


def _spans(booking: Booking) -> dict[str, datetime]:
    return {
        "start": booking.start,
        "end": booking.end,
        "padded_start": booking.start - timedelta(minutes=booking.buffer_before),
        "padded_end": booking.end + timedelta(minutes=booking.buffer_after),
    }


def _written(row: Claim) -> Claim:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise SlotTaken from error
    return row
