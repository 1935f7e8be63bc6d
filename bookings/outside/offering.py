"""Other times that the host proposes and the guest takes with a click (C20). GET shows, POST acts (invariant 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from bookings.domain import lifecycle, messages, settling
from bookings.domain.errors import NotLive, SlotTaken
from bookings.models import Booking, Message, MoveOffer
from bookings.outside import proposing
from bookings.viewing import start_from, start_text
from bookingsite import work

OPEN_FOR = timedelta(days=7)


def offer(booking: Booking, starts: Sequence[datetime], *, now: datetime, words: str = "") -> MoveOffer:
    """Propose these times to the guest by mail; an earlier proposal is withdrawn. Raises `NotLive`.

    Open for a week at the most, and never past the start of the booking.
    """
    with transaction.atomic():
        row = Booking.objects.select_for_update(of=("self",)).select_related("host").get(pk=booking.pk)
        if not row.is_live or row.start <= now:
            raise NotLive
        MoveOffer.objects.filter(booking=row, state=MoveOffer.State.OPEN).update(
            state=MoveOffer.State.WITHDRAWN, answered_at=now
        )
        made = MoveOffer.objects.create(
            booking=row,
            starts=[start_text(start) for start in starts],
            made_at=now,
            expires_at=min(now + OPEN_FOR, row.start),
        )
        _tell(row, made, Message.Audience.GUEST, now=now, reason=words)
    return made


def keep(made: MoveOffer, *, now: datetime) -> None:
    """The guest keeps the time as it is; the host is told. Raises `OfferClosed`."""
    with transaction.atomic():
        settling.answer(made, MoveOffer.State.DECLINED, now=now)
        _tell(made.booking, made, Message.Audience.HOST, now=now, reason="")


def take(made: MoveOffer, start: datetime, *, now: datetime) -> Booking:
    """The guest takes one of the proposed times. Raises what `lifecycle.reschedule` raises, and `SlotTaken` for
    a time that was not proposed."""
    if start not in starts_of(made):
        raise SlotTaken
    return lifecycle.reschedule(made.booking, start, actor=Booking.Actor.GUEST, now=now, invited_by=made)


def starts_of(made: MoveOffer) -> list[datetime]:
    """The proposed instants, in the order in which they were proposed; what cannot be read as one is left out."""
    found = (start_from(str(text)) for text in made.starts)
    return [start for start in found if start is not None]


def left(made: MoveOffer, *, now: datetime) -> list[datetime]:
    """Which of the proposed times can still be had, in order of time."""
    return proposing.still_free(made.booking, starts_of(made), now=now)


def is_open(made: MoveOffer, *, now: datetime) -> bool:
    """Whether the guest may still answer."""
    return made.state == MoveOffer.State.OPEN and now < made.expires_at and made.booking.is_live


def open_offer(booking: Booking, *, now: datetime) -> MoveOffer | None:
    """The proposal that waits for the guest of this booking."""
    return MoveOffer.objects.filter(booking=booking, state=MoveOffer.State.OPEN, expires_at__gt=now).first()


def _tell(
    booking: Booking, made: MoveOffer, audience: Message.Audience, *, now: datetime, reason: str
) -> None:
    """A mail about the proposal: to the guests that it is made, to the host that the time is kept."""
    facts: messages.Facts = {"offer": str(made.pk), "reason": reason}
    messages.announce(booking, Message.Kind.OFFER, now=now, facts=facts, only=audience)
    work.nudge()
