"""Who is to be told what: mails as rows, written in the transaction that changed the booking.

Nothing here renders or sends. The worker does (`bookings.mailing`), from the booking as it is
by then, so that a slow mail server never holds a booking up and a rolled-back booking tells nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from bookings.models import Booking, Message


class Facts(TypedDict, total=False):
    """What a mail tells that the booking no longer shows."""

    old_start: str  # aware ISO instant: when the appointment was before it was moved
    old_end: str
    reason: str  # what the person who acted wrote
    actor: str  # a value of `Booking.Actor`: who acted
    offer: str  # the id of the proposal that the mail is about


def announce(
    booking: Booking,
    kind: Message.Kind,
    *,
    now: datetime,
    facts: Facts | Mapping[str, str],
    only: Message.Audience | None = None,
) -> None:
    """Have every guest and the host told about this version of the booking; with `only`, one side.

    Call inside the transaction that made the change, after `booking.sequence` was set and the guests
    were saved. Repeating the call changes nothing: one row for each booking, kind, audience, version
    and address (proposals aside, each of which is news). The caller rings the doorbell
    (`bookingsite.work.nudge`).
    """
    addresses = list(dict.fromkeys(booking.guests.values_list("email", flat=True)))
    receivers = [(Message.Audience.GUEST, address) for address in addresses]
    receivers.append((Message.Audience.HOST, booking.host.email))
    Message.objects.bulk_create(
        [
            Message(
                booking=booking,
                kind=kind,
                audience=audience,
                sequence=booking.sequence,
                recipient=address,
                facts=dict(facts),
                run_at=now,
            )
            for audience, address in receivers
            if only in {None, audience}
        ],
        ignore_conflicts=True,
    )
