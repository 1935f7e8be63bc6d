"""A letter wrapped as a mail: one receiver, headers that cannot be forged, texts, and the invitation.

multipart/mixed( multipart/alternative( plain, html, calendar ), attachment ), as EM-1 wants it: mail
programs take the calendar part as an invitation, the others offer the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string

from bookings.domain import texts
from bookings.mailing.invitation import event_for_host, mailed_invitation
from bookings.mailing.letter import Letter
from bookings.models import Booking, Guest, Message


class BadAddress(Exception):
    """The receiver's address is not one address; nothing can be sent to it."""


@dataclass(frozen=True)
class CalendarPart:
    """iCalendar bytes for a mail. `method` is empty for a file that asks for no answer."""

    data: bytes
    method: str = ""


def calendar_part(message: Message, guest: Guest) -> CalendarPart | None:
    """The calendar part of this mail.

    The host gets none where the booking is written into a connected calendar anyway (EM-4). A guest
    whose address cannot stand in an invitation, such as one with quotes, gets the mail without.
    """
    booking = message.booking
    if message.audience == Message.Audience.GUEST:
        try:
            method, data = mailed_invitation(booking, guest)
        except ValueError:
            return None
        return CalendarPart(data, method.value)
    return None if booking.target_id else CalendarPart(event_for_host(booking))


def envelope(
    message: Message,
    letter: Letter,
    part: CalendarPart | None,
    *,
    reply_to: tuple[str, str],
    thread: Message | None,
) -> EmailMultiAlternatives:
    """The mail, ready to be sent. `reply_to` is name and address; `thread` the receiver's first message.

    Raises `BadAddress` when the receiver's address is not one valid address.
    """
    headers = _headers(message, thread)
    mail = wrapped(letter, message.recipient, headers=headers, reply_to=_reply_to(*reply_to))
    if part is not None:
        _attach(mail, part)
    return mail


def wrapped(
    letter: Letter, recipient: str, *, headers: Mapping[str, str], reply_to: Sequence[str] = ()
) -> EmailMultiAlternatives:
    """A letter as text and HTML to exactly one address. Raises `BadAddress` for anything else."""
    if not _is_one_address(recipient):
        raise BadAddress
    context = {"letter": letter}
    mail = EmailMultiAlternatives(
        subject=_header_text(letter.subject),
        body=render_to_string("bookings/mail/letter.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[recipient],  # no name: it could be chosen by a stranger
        reply_to=list(reply_to),
        headers=dict(headers),
    )
    mail.attach_alternative(render_to_string("bookings/mail/letter.html", context), "text/html")
    return mail


def message_id(message: Message) -> str:
    """The same for every copy of this mail, so that mail programs can drop the second (RFC 5322 3.6.4)."""
    return _message_id(message.pk, message.booking)


def _message_id(pk: int, booking: Booking) -> str:
    return f"<{pk}.{booking.public_id}@{settings.SITE_DOMAIN}>"


def _headers(message: Message, thread: Message | None) -> dict[str, str]:
    """Automatic (RFC 3834), recognisable, and in one thread for each booking (EM-6)."""
    headers = {"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"}
    if thread is not None:
        first = _message_id(thread.pk, message.booking)
        headers |= {"In-Reply-To": first, "References": first}
    return headers


def _is_one_address(address: str) -> bool:
    """Whether it is exactly one address; never two receivers, never a header of somebody's own."""
    try:
        validate_email(address)
    except ValidationError:
        return False
    return texts.one_line(address) == address  # the validator lets direction marks pass in domains


def _header_text(text: str) -> str:
    """Text as one header line that no mail program decodes into something else (RFC 2047)."""
    return texts.one_line(text).replace("=?", "= ?")


def _reply_to(name: str, address: str) -> list[str]:
    """Whom an answer reaches; nobody special when the other party's address is broken."""
    return [formataddr((_header_text(name), address))] if _is_one_address(address) else []


def _attach(mail: EmailMultiAlternatives, part: CalendarPart) -> None:
    if part.method:
        mail.attach_alternative(part.data.decode(), f"text/calendar; method={part.method}")
        mail.attach("invite.ics", part.data, "application/ics")
    else:
        mail.attach("booking.ics", part.data, "application/ics")
