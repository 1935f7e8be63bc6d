"""What a waiting mail should tell by now, after everything that happened since it was announced.

Mails are states, not a diary (`docs/decisions/mails-tell-the-newest.md`): of several changes that
wait for the same person only the newest goes out, and it tells the change from what that person was
last told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bookings.mailing.problems import Problem
from bookings.models import Booking, Message


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What one mail says, beyond the booking as it is.

    `before` is the start that the receiver knows of, where it was another one. `actor` is a value
    of `Booking.Actor` or empty.
    """

    kind: Message.Kind
    before: datetime | None = None
    reason: str = ""
    actor: str = ""


def what_to_tell(message: Message, *, earlier: Sequence[Message]) -> Telling | None:
    """What `message` should say now; None when there is nothing left to say ("superseded").

    `earlier` are the older messages to the same person about the same booking, newest first.
    """
    booking = message.booking
    if message.sequence < booking.sequence:
        return None  # a newer message tells it all
    kind = Message.Kind(message.kind)
    if kind != Message.Kind.CANCELLED and not booking.is_live:
        return None
    if kind == Message.Kind.OFFER:
        return Telling(kind=kind)
    unheard = _unheard(earlier)
    # Old rows may have been cleared away: a missing confirmation proves nothing, a waiting one does.
    knows = all(waiting.kind != Message.Kind.BOOKED for waiting in unheard)
    if kind == Message.Kind.CANCELLED and not knows and not _must_hear_of_the_end(message):
        return None
    if kind == Message.Kind.RESCHEDULED and not knows:
        return Telling(kind=Message.Kind.BOOKED, actor=str(message.facts.get("actor", "")))
    return Telling(
        kind=kind,
        before=_known_start([message, *unheard], booking),
        reason=str(message.facts.get("reason", "")),
        actor=str(message.facts.get("actor", "")),
    )


def may_have_arrived(message: Message) -> bool:
    """Whether somebody may have read this mail.

    Any attempt to send counts, also a failed one: a worker may have died, or a connection broken, after
    the mail server had taken the mail. The claim that found a mail superseded was no such attempt.
    """
    attempts = message.attempts - (message.error == Problem.SUPERSEDED)
    return message.sent_at is not None or attempts > 0


def _unheard(earlier: Sequence[Message]) -> list[Message]:
    """The newest of the earlier messages down to, and without, the first that may have arrived."""
    unheard: list[Message] = []
    for message in earlier:
        if may_have_arrived(message):
            break
        unheard.append(message)
    return unheard


def _must_hear_of_the_end(message: Message) -> bool:
    """Whether the end of a booking that no mail told of must be told.

    A guest has seen the confirmation page and would come in vain, unless the guest did it. The host
    has nothing to do about a time that is free again; the pages show what was.
    """
    return message.audience == Message.Audience.GUEST and message.facts.get("actor") != Booking.Actor.GUEST


def _known_start(chain: Sequence[Message], booking: Booking) -> datetime | None:
    """The start before the oldest move of which the receiver has not heard."""
    starts = [message.facts["old_start"] for message in chain if message.facts.get("old_start")]
    if not starts:
        return None
    start = datetime.fromisoformat(starts[-1])
    return None if start == booking.start else start
