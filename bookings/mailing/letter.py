"""What a mail says, as values: the templates only lay it out, once as text and once as HTML.

Sentences come first and words of strangers last: whoever books with somebody else's address must
not be able to send that person a message of their own in our name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise as StrPromise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bookings.domain import lifecycle, links, texts
from bookings.mailing.telling import Telling
from bookings.models import Booking, Guest, Message

Kind = Message.Kind
Actor = Booking.Actor
State = Booking.State

# What happened, by kind and state (of new bookings) or kind and actor (of changes).
_TO_GUEST: dict[tuple[str, str], StrPromise] = {
    (Kind.BOOKED, State.CONFIRMED): gettext_lazy("Your appointment is confirmed."),
    (Kind.BOOKED, State.PENDING): gettext_lazy("Your request has arrived. %(host)s still has to confirm it."),
    (Kind.RESCHEDULED, Actor.GUEST): gettext_lazy("You moved your appointment."),
    (Kind.RESCHEDULED, Actor.HOST): gettext_lazy("%(host)s moved your appointment."),
    (Kind.RESCHEDULED, ""): gettext_lazy("Your appointment was moved."),
    (Kind.LINK, ""): gettext_lazy("Here is the link for your appointment."),
    (Kind.CANCELLED, Actor.GUEST): gettext_lazy("You cancelled your appointment."),
    (Kind.CANCELLED, Actor.HOST): gettext_lazy("%(host)s cancelled your appointment."),
    (Kind.CANCELLED, ""): gettext_lazy("Your appointment was cancelled."),
}
_TO_HOST: dict[tuple[str, str], StrPromise] = {
    (Kind.BOOKED, State.CONFIRMED): gettext_lazy("You have a new booking."),
    (Kind.BOOKED, State.PENDING): gettext_lazy("Somebody asks for an appointment: please confirm it."),
    (Kind.RESCHEDULED, Actor.GUEST): gettext_lazy("Your guest chose another time."),
    (Kind.RESCHEDULED, Actor.HOST): gettext_lazy("You moved an appointment."),
    (Kind.RESCHEDULED, ""): gettext_lazy("An appointment of yours was moved."),
    (Kind.LINK, ""): gettext_lazy("The meeting link of a booking is ready."),
    (Kind.CANCELLED, Actor.GUEST): gettext_lazy("Your guest cancelled."),
    (Kind.CANCELLED, Actor.HOST): gettext_lazy("You cancelled an appointment."),
    (Kind.CANCELLED, ""): gettext_lazy("An appointment of yours was cancelled."),
}


@dataclass(frozen=True)
class Detail:
    """One fact: its name, its lines, and the address it leads to, if any."""

    label: str
    lines: tuple[str, ...]
    url: str = ""


@dataclass(frozen=True)
class Action:
    """Something the reader can do: a page that shows, and acts on POST only (CF-4)."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A whole mail for one person in that person's language."""

    language: str
    subject: str
    opening: str
    details: tuple[Detail, ...]
    actions: tuple[Action, ...]
    closing: tuple[str, ...]


def guest_letter(booking: Booking, guest: Guest, telling: Telling, *, now: datetime) -> Letter:
    """The mail to the guest, in the guest's language and zone (TZ-8, EM-8)."""
    language = texts.supported_language(guest.language)
    with translation.override(language):
        return Letter(
            language=language,
            subject=_subject(booking, telling, other=booking.host.get_full_name(), zone=guest.zone),
            opening=_opening(booking, telling, _TO_GUEST),
            details=tuple(_details_for_guest(booking, guest, telling, now=now)),
            actions=tuple(_actions_for_guest(booking, now=now)),
            closing=tuple(_closing_for_guest(booking, telling, now=now)),
        )


def host_letter(booking: Booking, guest: Guest, telling: Telling) -> Letter:
    """The mail to the host, in the host's language and zone."""
    host = booking.host
    language = texts.supported_language(host.language)
    with translation.override(language):
        return Letter(
            language=language,
            subject=_subject(booking, telling, other=guest.name, zone=host.zone),
            opening=_opening(booking, telling, _TO_HOST),
            details=tuple(_details_for_host(booking, guest, telling)),
            actions=(Action(_("Open this booking"), links.host_url(booking)),),
            closing=(_sender_line(),),
        )


def _subject(booking: Booking, telling: Telling, *, other: str, zone: str) -> str:
    values = {
        "event": texts.one_line(booking.title),
        "person": texts.one_line(other),
        "when": texts.moment_in_words(booking.start, zone=zone),
    }
    if telling.kind == Kind.CANCELLED:
        return _("Cancelled: %(event)s with %(person)s, %(when)s") % values
    if telling.kind == Kind.LINK:
        return _("Meeting link: %(event)s with %(person)s, %(when)s") % values
    if telling.kind == Kind.RESCHEDULED:
        return _("New time: %(event)s with %(person)s, %(when)s") % values
    if booking.state == State.PENDING:
        return _("Requested: %(event)s with %(person)s, %(when)s") % values
    return _("Booked: %(event)s with %(person)s, %(when)s") % values


def _opening(booking: Booking, telling: Telling, sentences: dict[tuple[str, str], StrPromise]) -> str:
    """The first sentence: what happened, and who did it where the reader would ask."""
    if telling.kind == Kind.BOOKED:
        sentence = sentences[Kind.BOOKED, booking.state]
    else:
        sentence = sentences.get((telling.kind, telling.actor)) or sentences[telling.kind, ""]
    return str(sentence) % {"host": texts.one_line(booking.host.get_full_name())}


def _details_for_guest(
    booking: Booking, guest: Guest, telling: Telling, *, now: datetime
) -> Iterator[Detail]:
    host = booking.host
    name = texts.one_line(host.get_full_name())
    yield Detail(_("Event"), (texts.one_line(booking.title),))
    yield Detail(_("With"), (name,))
    yield from _times(booking, telling, zone=guest.zone)
    if texts.clocks_differ(guest.zone, host.zone, booking.start, booking.end):
        label = _("For %(person)s") % {"person": name}
        yield Detail(label, (texts.span_in_words(booking.start, booking.end, zone=host.zone),))
    yield _place(booking)
    deadline = lifecycle.deadline(booking)
    if booking.is_live and now < deadline:
        yield Detail(_("Changes until"), (texts.moment_in_words(deadline, zone=guest.zone),))
    yield from _reason(telling)
    yield Detail(_("Your details"), tuple(_lines("\n".join([guest.name, guest.email, guest.phone]))))
    if guest.notes:
        yield Detail(_("Your notes"), tuple(_lines(guest.notes)))


def _details_for_host(booking: Booking, guest: Guest, telling: Telling) -> Iterator[Detail]:
    zone = booking.host.zone
    yield Detail(_("Event"), (texts.one_line(booking.title),))
    yield from _times(booking, telling, zone=zone)
    yield Detail(_("Guest"), (texts.one_line(guest.name),))
    if texts.clocks_differ(zone, guest.zone, booking.start, booking.end):
        yield Detail(_("For the guest"), (texts.span_in_words(booking.start, booking.end, zone=guest.zone),))
    yield Detail(_("E-mail"), (guest.email,), f"mailto:{quote(guest.email, safe='@')}")
    if guest.phone:
        yield Detail(_("Phone"), (texts.one_line(guest.phone),))
    yield _place(booking)
    if booking.source:
        yield Detail(_("Source"), (texts.one_line(booking.source),))
    yield from _reason(telling)
    if guest.notes:
        yield Detail(_("Notes"), tuple(_lines(guest.notes)))


def _times(booking: Booking, telling: Telling, *, zone: str) -> Iterator[Detail]:
    yield Detail(_("When"), (texts.span_in_words(booking.start, booking.end, zone=zone),))
    if telling.before:
        end = telling.before + (booking.end - booking.start)
        yield Detail(_("Before"), (texts.span_in_words(telling.before, end, zone=zone),))


def _place(booking: Booking) -> Detail:
    return Detail(_("Place"), (texts.place_in_words(booking),), _web_address(booking.place))


def _reason(telling: Telling) -> Iterator[Detail]:
    if telling.reason.strip():
        yield Detail(_("Reason"), tuple(_lines(telling.reason)))


def _actions_for_guest(booking: Booking, *, now: datetime) -> Iterator[Action]:
    if not booking.is_live:
        yield Action(_("Book another time"), links.public_url(booking))
        return
    yield Action(_("See this appointment"), links.manage_url(booking))
    if now < lifecycle.deadline(booking):
        yield Action(_("Choose another time"), links.reschedule_url(booking))
        yield Action(pgettext("appointment", "Cancel"), links.cancel_url(booking))


def _closing_for_guest(booking: Booking, telling: Telling, *, now: datetime) -> Iterator[str]:
    if booking.is_live and now >= lifecycle.deadline(booking):
        yield _("The time for changes has passed. To reach your host, reply to this mail.")
    if telling.kind == Kind.BOOKED:
        yield _("Somebody booked with your address. If that was not you, please cancel the appointment.")
    yield _sender_line()


def _sender_line() -> str:
    return _("Sent by %(site)s, %(address)s") % {"site": settings.SITE_NAME, "address": settings.SITE_URL}


def _lines(text: str) -> Iterator[str]:
    """The lines of somebody's free text, each of them cleaned, empty ones left out."""
    return (line for line in map(texts.one_line, text.splitlines()) if line)


def _web_address(place: str) -> str:
    """The place, if it is nothing but a web address; no other scheme becomes a link."""
    address = place.strip()
    is_web = " " not in address and _names_a_site(address)
    return address if is_web else ""


def _names_a_site(address: str) -> bool:
    """Whether the address is http or https and names a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
