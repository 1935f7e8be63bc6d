"""What a notice says, from how things stand when it is sent; the layout is that of all mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from bookings.domain import texts
from bookings.mailing.letter import Detail, Letter
from bookings.models import Booking, EventType, Notice
from bookings.notices import accounts, frame, noting
from bookings.notices.frame import SHOWN
from bookings.outside import asking
from calendars import writing
from calendars.models import Calendar

_LOOKED_AT = 200


def letter_for(notice: Notice, *, now: datetime) -> Letter | None:
    """The mail in the host's language, or None when all is well again and there is nothing to tell."""
    with translation.override(texts.supported_language(notice.owner.language)):
        return _LETTERS[Notice.Kind(notice.kind)](notice, now=now)


def _about_writing(notice: Notice, *, now: datetime) -> Letter | None:
    if notice.code in noting.LOST:
        return _about_lost_calendar(notice, now=now)
    calendar = notice.calendar
    missing = missing_bookings(calendar, now=now) if calendar else []
    if calendar is None or not missing:
        return None
    names = {"calendar": texts.one_line(calendar.name), "account": texts.one_line(notice.account.label)}
    return frame.letter(
        subject=_("Bookings do not reach your calendar %(calendar)s") % names,
        opening=_("Bookings could not be written into your calendar %(calendar)s (%(account)s).") % names,
        details=[
            *frame.what_is_wrong(notice.code, notice.account.provider),
            Detail(_("Not up to date there"), tuple(_in_lines(missing, notice.owner.zone))),
            Detail(
                _("What guests see meanwhile"),
                (_("Nothing of it: their bookings stand, and their mails are sent as always."),),
            ),
        ],
        closing=_("At most one such mail a day. The Integrations page always shows how things stand."),
    )


def _about_lost_calendar(notice: Notice, *, now: datetime) -> Letter | None:
    """That bookings can no longer go into a calendar; None when they can, or when nothing goes there any more."""
    calendar = notice.calendar
    if calendar is None or (calendar.writable and not calendar.vanished_at):
        return None
    kinds = EventType.objects.filter(host=notice.owner, is_active=True, adds_to_calendar=True)
    bound = [texts.one_line(title) for title in kinds.filter(target=calendar).values_list("title", flat=True)]
    instead = writing.target_for(notice.owner_id)
    if instead and not bound:
        return None
    names = {"calendar": texts.one_line(calendar.name), "account": texts.one_line(notice.account.label)}
    goes_to = (
        _("Into your calendar %(calendar)s.") % {"calendar": texts.one_line(instead.name)}
        if instead
        else _("Into no calendar of yours, until you choose another one. The bookings stand.")
    )
    details = [
        *frame.what_is_wrong(notice.code, notice.account.provider),
        Detail(_("Where new bookings go now"), (goes_to,)),
    ]
    if bound:
        details.append(Detail(_("Event types that name this calendar"), frame.first_few(bound)))
    return frame.letter(
        subject=_("Your calendar %(calendar)s no longer takes bookings") % names,
        opening=_("Bookings can no longer be written into your calendar %(calendar)s (%(account)s).") % names,
        details=details,
        closing=_("You are told this once. The Integrations page always shows how things stand."),
    )


def missing_bookings(calendar: Calendar, *, now: datetime) -> list[Booking]:
    """Bookings to come whose event in this calendar is not as it should be, by start."""
    coming = Booking.objects.filter(target=calendar, end__gt=now).prefetch_related("guests").order_by("start")
    rows = list(coming[:_LOOKED_AT])
    progress = writing.progress([row.uid for row in rows])
    bad = {writing.Writing.RETRYING, writing.Writing.GIVEN_UP}
    return [
        row
        for row in rows
        if any(each.state in bad and each.calendar == calendar.name for each in progress.get(row.uid, []))
    ]


def _in_lines(bookings: Sequence[Booking], zone: str) -> Iterator[str]:
    for booking in bookings[:SHOWN]:
        guests = ", ".join(texts.one_line(guest.name) for guest in booking.guests.all())
        values = {
            "event": texts.one_line(booking.title),
            "person": guests,
            "when": texts.moment_in_words(booking.start, zone=zone),
        }
        line = _("%(event)s with %(person)s, %(when)s") % values
        yield line if booking.is_live else _("%(booking)s (cancelled)") % {"booking": line}
    if len(bookings) > SHOWN:
        yield _("and %(count)s more") % {"count": len(bookings) - SHOWN}


_LETTERS: dict[Notice.Kind, Callable[..., Letter | None]] = {
    Notice.Kind.ACCOUNT: accounts.about_trouble,
    Notice.Kind.RECOVERED: accounts.about_recovery,
    Notice.Kind.WRITING: _about_writing,
    Notice.Kind.OUTSIDE: asking.about_changes,
    Notice.Kind.COLLISION: asking.about_collisions,
}
