"""What a change of a booking settles: questions from the calendar, collisions, proposals to the guest (C16, C20).

Called by `lifecycle` inside its transaction, under the host's lock, so that an answer counts exactly once.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from bookings.domain.errors import OfferClosed
from bookings.models import Booking, Collision, MoveOffer, OutsideChange


def settle(booking: Booking, *, now: datetime) -> None:
    """Close what the booking, as it is now, has answered. Inside the transaction that changed it, at its end.

    After the wishes for the calendar: they lock the account, and the sync notes questions and collisions while it
    holds that lock.
    """
    _settle_questions(booking, now=now)
    collisions = Collision.objects.filter(booking=booking, state=Collision.State.OPEN)
    if booking.is_live:
        collisions = collisions.exclude(start__lt=booking.end, end__gt=booking.start)
    collisions.update(state=Collision.State.SOLVED)
    offers = MoveOffer.objects.filter(booking=booking, state=MoveOffer.State.OPEN)
    offers.update(state=MoveOffer.State.WITHDRAWN, answered_at=now)


def answer(offer: MoveOffer, state: MoveOffer.State, *, now: datetime) -> None:
    """Note the guest's answer, once. Raises `OfferClosed` when there is an answer already, or time is over."""
    rows = MoveOffer.objects.filter(pk=offer.pk, state=MoveOffer.State.OPEN, expires_at__gt=now)
    if not rows.update(state=state, answered_at=now):
        raise OfferClosed


def _settle_questions(booking: Booking, *, now: datetime) -> None:
    """A booking that did what its event did has followed it; any other change makes the question pointless."""
    states = OutsideChange.State
    rows = OutsideChange.objects.filter(booking=booking, state=states.OPEN)
    same = (
        Q(change=OutsideChange.Change.MOVED, start=booking.start, end=booking.end)
        if booking.is_live
        else Q(change=OutsideChange.Change.DELETED)
    )
    rows.filter(same).update(state=states.FOLLOWED, answered_at=now)
    rows.update(state=states.GONE, answered_at=now)
