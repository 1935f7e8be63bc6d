"""The addresses that let somebody act without an account: a guest's own booking, and a form's one use.

A link's token is the booking's public id and a signature over it, made with SECRET_KEY and the row's
`link_salt`. Nothing that opens a booking is stored: a stolen database yields no links (H99), another
salt revokes one booking's links, and `SECRET_KEY_FALLBACKS` keeps old ones working.
"""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from bookings.models import Booking, MoveOffer

_LONGEST = 200


def _signer(booking: Booking) -> Signer:
    return Signer(salt=f"bookings.manage:{booking.link_salt}", sep=".")


def manage_token(booking: Booking) -> str:
    """What identifies and proves at once: `<public id>.<signature>`."""
    return _signer(booking).sign(booking.public_id)


def booking_by_token(token: str) -> Booking | None:
    """The booking that a token opens, or None for anything else, without saying why (A3)."""
    public_id = token[:_LONGEST].split(".", 1)[0]
    booking = (
        Booking.objects.select_related("event_type", "host").filter(public_id=public_id).first()
        if public_id.isalnum() and len(token) <= _LONGEST
        else None
    )
    if booking is None:
        return None
    try:
        _signer(booking).unsign(token)
    except BadSignature:
        return None
    return booking


def _offer_signer(booking: Booking) -> Signer:
    return Signer(salt=f"bookings.offer:{booking.link_salt}", sep=".")


def offer_token(offer: MoveOffer) -> str:
    """What opens a proposal: its own token, which alone opens nothing, and a signature."""
    return _offer_signer(offer.booking).sign(offer.token)


def offer_by_token(token: str) -> MoveOffer | None:
    """The proposal that a token opens, or None for anything else, without saying why (A3)."""
    name = token[:_LONGEST].split(".", 1)[0]
    rows = MoveOffer.objects.select_related("booking__event_type__host", "booking__host").prefetch_related(
        "booking__guests"
    )
    offer = rows.filter(token=name).first() if name.isalnum() and len(token) <= _LONGEST else None
    if offer is None:
        return None
    try:
        _offer_signer(offer.booking).unsign(token)
    except BadSignature:
        return None
    return offer


def offer_url(offer: MoveOffer) -> str:
    """The guest's page of a proposal. GET only shows."""
    return absolute(reverse("guest_offer", args=[offer_token(offer)]))


def absolute(path: str) -> str:
    """An address for mails and calendars: from SITE_URL, never from a request's Host header (C48)."""
    return f"{settings.SITE_URL}{path}"


def manage_url(booking: Booking) -> str:
    """The guest's page of a booking."""
    return absolute(reverse("guest_booking", args=[manage_token(booking)]))


def cancel_url(booking: Booking) -> str:
    """The guest's page that asks whether to cancel. GET only shows."""
    return absolute(reverse("guest_cancel", args=[manage_token(booking)]))


def reschedule_url(booking: Booking) -> str:
    """The guest's page that offers other times. GET only shows."""
    return absolute(reverse("guest_reschedule", args=[manage_token(booking)]))


def host_url(booking: Booking) -> str:
    """The host's page of a booking; needs signing in."""
    return absolute(reverse("booking", args=[booking.public_id]))


def invitation_url(booking: Booking) -> str:
    """Where the invitation file can be downloaded."""
    return absolute(reverse("guest_invitation", args=[manage_token(booking)]))


def public_url(path_of: Booking) -> str:
    """The page where the same event can be booked again."""
    return absolute(reverse("event", args=[path_of.host.slug, path_of.event_type.slug]))
