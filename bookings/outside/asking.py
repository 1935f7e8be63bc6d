"""The mails that ask a host about events changed in the calendar (C16) and colliding with bookings (C20).

Rendered from how things stand when they are sent: what was answered or went away by then is not asked. The
titles of outside events are told to their owner only (invariant 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.domain import links, texts
from bookings.mailing.letter import Action, Detail, Letter
from bookings.models import Booking, Collision, Notice, OutsideChange
from bookings.outside import colliding, drift
from bookings.outside.colliding import Clash
from calendars.models import Account

SHOWN = 10
"""Bookings that one mail names; the pages show all."""


def about_changes(notice: Notice, *, now: datetime) -> Letter | None:
    """Which events of bookings were moved or deleted and wait for an answer; None when none does."""
    rows = drift.open_changes(notice.owner, now=now).filter(calendar__account=notice.account_id)
    found = [row for row in rows if _is_question(row, notice.account)]
    if not found:
        return None
    subject = ngettext(
        "An event of a booking was changed in your calendar",
        "%(count)d events of bookings were changed in your calendar",
        len(found),
    )
    return _letter(
        subject=subject % {"count": len(found)},
        opening=_("Do the bookings follow? Until you decide they stay as they are, and no guest is told."),
        details=[_about_change(row, notice.owner.zone) for row in found[:SHOWN]],
        actions=[_open(row.booking) for row in found[:SHOWN]],
        more=len(found) - SHOWN,
        closing=_(
            "You can let the booking follow, and the guest is told, or have the event put back. The settings of "
            "the calendar account can answer this for good."
        ),
    )


def about_collisions(notice: Notice, *, now: datetime) -> Letter | None:
    """Which bookings an outside event lies over; None when all that was has gone."""
    rows = Collision.objects.filter(booking__host=notice.owner_id, calendar__account=notice.account_id)
    by_booking: dict[int, list[Clash]] = {}
    for clash in colliding.standing(rows, now=now):
        by_booking.setdefault(clash.booking.pk, []).append(clash)
    found = list(by_booking.values())
    if not found:
        return None
    subject = ngettext(
        "Your calendar collides with a booking", "Your calendar collides with %(count)d bookings", len(found)
    )
    return _letter(
        subject=subject % {"count": len(found)},
        opening=_("You are busy elsewhere while guests are coming. The bookings stand."),
        details=[_about_clashes(clashes, notice.owner.zone) for clashes in found[:SHOWN]],
        actions=[_open(clashes[0].booking) for clashes in found[:SHOWN]],
        more=len(found) - SHOWN,
        closing=_(
            "On the page of a booking you can propose other times to the guest, who takes one with a click, move "
            "or cancel the booking, or leave both as they are. If the event goes away, this settles itself."
        ),
    )


def _is_question(row: OutsideChange, account: Account) -> bool:
    """Not what a setting is about to answer."""
    return account.moved_outside == Account.MovedOutside.ASK or bool(row.refusal)


def _about_change(row: OutsideChange, zone: str) -> Detail:
    calendar = texts.one_line(row.calendar.name)
    booked = texts.span_in_words(row.booking.start, row.booking.end, zone=zone)
    if row.start is None or row.end is None:
        news = _("Deleted in %(calendar)s") % {"calendar": calendar}
    else:
        moved = texts.span_in_words(row.start, row.end, zone=zone)
        news = _("In %(calendar)s: %(when)s") % {"calendar": calendar, "when": moved}
    return Detail(_with(row.booking), (_("Booked for %(when)s") % {"when": booked}, news))


def _about_clashes(clashes: Sequence[Clash], zone: str) -> Detail:
    booking = clashes[0].booking
    booked = texts.span_in_words(booking.start, booking.end, zone=zone)
    events = (_event(clash, zone) for clash in clashes)
    return Detail(_with(booking), (_("Booked for %(when)s") % {"when": booked}, *events))


def _event(clash: Clash, zone: str) -> str:
    row = clash.collision
    return _("%(title)s in %(calendar)s: %(when)s") % {
        "title": texts.one_line(clash.title) or _("an event without a title"),
        "calendar": texts.one_line(row.calendar.name),
        "when": texts.span_in_words(row.start, row.end, zone=zone),
    }


def _with(booking: Booking) -> str:
    guests = ", ".join(texts.one_line(guest.name) for guest in booking.guests.all())
    return _("%(event)s with %(person)s") % {"event": texts.one_line(booking.title), "person": guests}


def _open(booking: Booking) -> Action:
    return Action(_("Decide on %(booking)s") % {"booking": _with(booking)}, links.host_url(booking))


def _letter(
    *,
    subject: str,
    opening: str,
    details: Sequence[Detail],
    actions: Sequence[Action],
    more: int,
    closing: str,
) -> Letter:
    return Letter(
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=subject,
        opening=opening,
        details=tuple(details),
        actions=tuple(actions),
        closing=tuple(_closing(more, closing)),
    )


def _closing(more: int, closing: str) -> Iterator[str]:
    if more > 0:
        yield _("and %(count)s more") % {"count": more}
    yield closing
    yield _("Sent by %(site)s, %(address)s") % {"site": settings.SITE_NAME, "address": settings.SITE_URL}
