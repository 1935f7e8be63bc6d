"""Mails about proposed times: to the guest that they are made, to the host that the guest keeps the time (C20).

Each proposed time is a link of its own; it shows the time and asks, the press on the page's button acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.domain import links, texts
from bookings.mailing.letter import Action, Detail, Letter
from bookings.models import Booking, Guest, Message, MoveOffer
from bookings.outside import offering
from bookings.viewing import start_text


def letter_for(message: Message, guest: Guest, *, now: datetime) -> Letter | None:
    """What the mail says, in its reader's language; None when it is answered, replaced or out of date."""
    offer = MoveOffer.objects.filter(pk=message.facts.get("offer"), booking=message.booking_id).first()
    if offer is None:
        return None
    offer.booking = message.booking
    if message.audience == Message.Audience.GUEST:
        return _to_guest(offer, guest, message, now=now) if offering.is_open(offer, now=now) else None
    is_true = offer.state == MoveOffer.State.DECLINED and offer.booking.is_live
    return _to_host(offer.booking, guest) if is_true else None


def _to_guest(offer: MoveOffer, guest: Guest, message: Message, *, now: datetime) -> Letter:
    booking = offer.booking
    language = texts.supported_language(guest.language)
    with translation.override(language):
        names = _names(booking, booking.host.get_full_name())
        return Letter(
            language=language,
            subject=_("Other times for %(event)s with %(person)s") % names,
            opening=_("%(person)s asks you to choose another time.") % names,
            details=tuple(_details(booking, guest, str(message.facts.get("reason", "")))),
            actions=tuple(_actions(offer, guest)),
            closing=(
                _("The links open a page that asks once more. There you can keep the time as it is, too."),
                _("Open until %(when)s.")
                % {"when": texts.moment_in_words(offer.expires_at, zone=guest.zone)},
                _sender(),
            ),
        )


def _to_host(booking: Booking, guest: Guest) -> Letter:
    language, zone = texts.supported_language(booking.host.language), booking.host.zone
    with translation.override(language):
        names = _names(booking, guest.name) | {"when": texts.moment_in_words(booking.start, zone=zone)}
        return Letter(
            language=language,
            subject=_("Time kept: %(event)s with %(person)s, %(when)s") % names,
            opening=_("Your guest keeps the time as it is."),
            details=(
                Detail(_("Event"), (names["event"],)),
                Detail(_("When"), (texts.span_in_words(booking.start, booking.end, zone=zone),)),
                Detail(_("Guest"), (names["person"],)),
            ),
            actions=(Action(_("Open this booking"), links.host_url(booking)),),
            closing=(_sender(),),
        )


def _details(booking: Booking, guest: Guest, words: str) -> Iterator[Detail]:
    yield Detail(_("Event"), (texts.one_line(booking.title),))
    yield Detail(_("With"), (texts.one_line(booking.host.get_full_name()),))
    yield Detail(_("Booked now"), (texts.span_in_words(booking.start, booking.end, zone=guest.zone),))
    lines = tuple(line for line in map(texts.one_line, words.splitlines()) if line)
    if lines:
        yield Detail(_("Message"), lines)


def _actions(offer: MoveOffer, guest: Guest) -> Iterator[Action]:
    page = links.offer_url(offer)
    for start in sorted(offering.starts_of(offer)):
        end = start + (offer.booking.end - offer.booking.start)
        label = texts.span_in_words(start, end, zone=guest.zone)
        yield Action(label, f"{page}?{urlencode({'start': start_text(start)})}")
    yield Action(_("See the times, or keep yours"), page)


def _names(booking: Booking, person: str) -> dict[str, str]:
    return {"event": texts.one_line(booking.title), "person": texts.one_line(person)}


def _sender() -> str:
    return _("Sent by %(site)s, %(address)s") % {"site": settings.SITE_NAME, "address": settings.SITE_URL}
