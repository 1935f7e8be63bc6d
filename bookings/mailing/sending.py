"""Sending one waiting mail: decide, render, hand to the mail server, note the result.

The server is asked outside any transaction. When a worker dies after the server's yes and before our
note, the mail goes out once more, with the same Message-ID.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from bookings.domain import meetings
from bookings.mailing.envelope import BadAddress, calendar_part, envelope
from bookings.mailing.letter import Letter, guest_letter, host_letter
from bookings.mailing.problems import Problem
from bookings.mailing.telling import Telling, what_to_tell
from bookings.models import Guest, Message, Notice
from bookings.outside import offer_mail
from bookingsite import leases
from bookingsite.models import LeasedRow

ATTEMPTS = 53  # with waits of 1, 2, 4 … 60 minutes: given up after about two days
LOOK_FOR_LINK = timedelta(seconds=20)  # a made link wakes the mail; this is for when that was missed
TURN = timedelta(seconds=10)  # how long a mail waits for an older one that is being sent
_PERMANENT = 500  # from here on a server's answer means "never", below it "not now" (RFC 5321 4.2.1)
_MENDABLE: tuple[tuple[type[OSError], Problem], ...] = (  # the first that fits counts
    (smtplib.SMTPSenderRefused, Problem.SENDER_REFUSED),
    (smtplib.SMTPAuthenticationError, Problem.LOGIN_REFUSED),
    (smtplib.SMTPConnectError, Problem.UNREACHABLE),
    (smtplib.SMTPServerDisconnected, Problem.UNREACHABLE),
    (smtplib.SMTPException, Problem.SERVER_FAILED),
    (OSError, Problem.UNREACHABLE),
)


def send(message: Message, now: datetime) -> None:
    """Send a claimed mail, or find that there is nothing left to tell. Raises `leases.LeaseLost`."""
    message = _with_booking(message)
    earlier = _earlier(message)
    if any(_is_being_sent(older, now) for older in earlier):
        _finish(message, state=Message.State.READY, run_at=now + TURN)
        return
    patience = meetings.wait_until(message.booking)
    if patience and now < patience:
        _finish(message, state=Message.State.READY, run_at=min(now + LOOK_FOR_LINK, patience))
        return
    hand_over(message, lambda: compose(message, earlier, now=now), now=now)


def hand_over(
    row: Message | Notice, composed: Callable[[], EmailMultiAlternatives | None], *, now: datetime
) -> None:
    """Hand a claimed row's mail to the mail server and note the answer; None has nothing left to tell."""
    try:
        mail = composed()
        if mail is not None:
            mail.send()
    except (BadAddress, smtplib.SMTPException, OSError) as error:
        problem, is_final = failure(error)
        leases.fail(row, problem.value, now=now, give_up_after=0 if is_final else ATTEMPTS)
    else:
        result = {"sent_at": now} if mail is not None else {"error": Problem.SUPERSEDED.value}
        _finish(row, state=LeasedRow.State.DONE, **result)


def compose(message: Message, earlier: Sequence[Message], *, now: datetime) -> EmailMultiAlternatives | None:
    """The mail as it should go out now, or None when it is superseded. Raises `BadAddress`."""
    telling = what_to_tell(message, earlier=earlier)
    guest = _guest_of(message)
    if telling is None or guest is None:
        return None
    letter = _letter(message, guest, telling, now=now)
    if letter is None:
        return None
    is_offer = message.kind == Message.Kind.OFFER
    part = None if is_offer else calendar_part(message, guest)
    thread = earlier[-1] if earlier else None
    return envelope(message, letter, part, reply_to=_other_side(message, guest), thread=thread)


def failure(error: Exception) -> tuple[Problem, bool]:
    """What went wrong, as a code, and whether trying again is in vain.

    Only an answer about this mail is final. What is wrong with the server, or with this site's login
    there, an operator can mend, so those mails wait.
    """
    if isinstance(error, BadAddress):
        return Problem.BAD_ADDRESS, True
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return _answer(Problem.REFUSED, min(codes, default=0))
    if isinstance(error, smtplib.SMTPDataError):
        return _answer(Problem.CONTENT_REFUSED, error.smtp_code)
    for kind, problem in _MENDABLE:
        if isinstance(error, kind):
            return problem, False
    return Problem.SERVER_FAILED, False


def _answer(refusal: Problem, code: int) -> tuple[Problem, bool]:
    """A server's answer about this mail: never, or not now."""
    return (refusal, True) if code >= _PERMANENT else (Problem.DEFERRED, False)


def _with_booking(message: Message) -> Message:
    """The claimed row with the booking as it is now, not as it was when the row was claimed."""
    rows = Message.objects.select_related("booking__host", "booking__event_type__host")
    fresh = rows.prefetch_related("booking__guests").filter(pk=message.pk, lease=message.lease).first()
    if fresh is None:
        raise leases.LeaseLost(str(message.pk))
    return fresh


def _earlier(message: Message) -> list[Message]:
    """What the same person was, or was to be, told about this booking before; newest first."""
    rows = Message.objects.filter(
        booking=message.booking_id, audience=message.audience, recipient=message.recipient
    ).exclude(kind=Message.Kind.OFFER)  # which tells nothing of what the booking became
    if message.kind == Message.Kind.OFFER:
        rows = rows.filter(sequence__lte=message.sequence)
    else:
        rows = rows.filter(sequence__lt=message.sequence)
    return list(rows.order_by("-sequence", "-pk"))


def _is_being_sent(message: Message, now: datetime) -> bool:
    """Whether another worker holds this mail; letting it finish keeps mails in the order of the changes."""
    return message.is_leased and message.run_at > now


def _guest_of(message: Message) -> Guest | None:
    """The guest whom a mail is for or about; None when that guest is no longer of the booking."""
    guests = sorted(message.booking.guests.all(), key=lambda guest: guest.pk)
    if message.audience == Message.Audience.GUEST:
        guests = [guest for guest in guests if guest.email == message.recipient]
    return guests[0] if guests else None


def _letter(message: Message, guest: Guest, telling: Telling, *, now: datetime) -> Letter | None:
    """What the mail says, in its reader's language."""
    if message.kind == Message.Kind.OFFER:
        return offer_mail.letter_for(message, guest, now=now)
    if message.audience == Message.Audience.GUEST:
        return guest_letter(message.booking, guest, telling, now=now)
    return host_letter(message.booking, guest, telling)


def _other_side(message: Message, guest: Guest) -> tuple[str, str]:
    """Name and address of whoever an answer should reach."""
    if message.audience == Message.Audience.GUEST:
        host = message.booking.host
        return host.get_full_name(), host.email
    return guest.name, guest.email


def _finish(row: Message | Notice, *, state: LeasedRow.State, **fields: object) -> None:
    with transaction.atomic():
        leases.finish(row, state=state, **fields)  # type: ignore[arg-type]
