"""The one place that locks resources and writes claims (invariant 1, RELIABILITY 2.4).

Book, reschedule, cancel, the admin and commands all come through here, inside one transaction that
`holding` opens. Below it the database refuses overlapping claims by itself
(`bookings.backstop`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction

from bookings.domain.errors import SlotTaken, TooBusy
from bookings.models import Booking, Claim, Resource

_LOCK_WAIT = "3s"


@contextmanager
def holding(*host_ids: int) -> Iterator[dict[int, Resource]]:
    """One durable transaction whose first statement locks the hosts' resources, in id order.

    Nothing may be read before it that the decision rests on. On SQLite the transaction itself
    (BEGIN IMMEDIATE) is the lock. Yields the resources by host. Raises `TooBusy` when the lock or the
    database is not to be had in time: nothing was written, and trying again is harmless.
    """
    try:
        with transaction.atomic(durable=True):
            yield _lock(sorted(set(host_ids)))
    except OperationalError as error:
        raise TooBusy from error


def _lock(wanted: list[int]) -> dict[int, Resource]:
    found = _locked(wanted)
    if len(found) < len(wanted):  # a new host: make the row, then lock it like any other
        Resource.objects.bulk_create(
            [Resource(host_id=host_id) for host_id in wanted if host_id not in found], ignore_conflicts=True
        )
        found = _locked(wanted)
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
