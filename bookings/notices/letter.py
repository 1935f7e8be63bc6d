"""What a notice says, from how things stand when it is sent; the layout is that of all mails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.domain import links, texts
from bookings.mailing.letter import Action, Detail, Letter
from bookings.models import Booking, Notice
from bookings.outside import asking
from calendars import wording, writing
from calendars.models import Account, Calendar

SHOWN = 10  # bookings that one mail names
_LOOKED_AT = 200


def letter_for(notice: Notice, *, now: datetime) -> Letter | None:
    """The mail in the host's language, or None when all is well again and there is nothing to tell."""
    with translation.override(texts.supported_language(notice.owner.language)):
        if notice.kind == Notice.Kind.WRITING:
            return _about_writing(notice, now=now)
        if notice.kind == Notice.Kind.OUTSIDE:
            return asking.about_changes(notice, now=now)
        if notice.kind == Notice.Kind.COLLISION:
            return asking.about_collisions(notice, now=now)
        return _about_account(notice, now=now)


def _about_account(notice: Notice, *, now: datetime) -> Letter | None:
    account = notice.account
    if account.status == Account.Status.CONNECTED:
        return None
    name = texts.one_line(account.label)
    needs_owner = account.status == Account.Status.RECONNECT
    opening = (
        _("Your calendar account %(account)s needs you: it has to be connected again.")
        if needs_owner
        else _("Your calendar account %(account)s cannot be read at the moment.")
    )
    subject = _("Please reconnect %(account)s") if needs_owner else _("Calendar problem: %(account)s")
    return _letter(
        subject=subject % {"account": name},
        opening=opening % {"account": name},
        details=[
            *_what_is_wrong(account.error or notice.code, account.provider),
            Detail(_("What guests see meanwhile"), (_what_guests_see(account, notice.owner.zone, now=now),)),
        ],
        closing=_(
            "If it stays so, we remind you a few times. The Integrations page always shows how things stand."
        ),
    )


def _about_writing(notice: Notice, *, now: datetime) -> Letter | None:
    calendar = notice.calendar
    missing = missing_bookings(calendar, now=now) if calendar else []
    if calendar is None or not missing:
        return None
    names = {"calendar": texts.one_line(calendar.name), "account": texts.one_line(notice.account.label)}
    return _letter(
        subject=_("Bookings do not reach your calendar %(calendar)s") % names,
        opening=_("Bookings could not be written into your calendar %(calendar)s (%(account)s).") % names,
        details=[
            *_what_is_wrong(notice.code, notice.account.provider),
            Detail(_("Not up to date there"), tuple(_in_lines(missing, notice.owner.zone))),
            Detail(
                _("What guests see meanwhile"),
                (_("Nothing of it: their bookings stand, and their mails are sent as always."),),
            ),
        ],
        closing=_("At most one such mail a day. The Integrations page always shows how things stand."),
    )


def _letter(*, subject: str, opening: str, details: Sequence[Detail], closing: str) -> Letter:
    page = links.absolute(reverse("calendars:integrations"))
    sender = {"site": settings.SITE_NAME, "address": settings.SITE_URL}
    return Letter(
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=subject,
        opening=opening,
        details=tuple(details),
        actions=(Action(_("Open your integrations"), page),),
        closing=(closing, _("Sent by %(site)s, %(address)s") % sender),
    )


def _what_is_wrong(code: str, provider: str) -> Iterator[Detail]:
    problem = wording.problem(code, provider)
    yield Detail(_("What is wrong"), (str(problem.text),))
    yield Detail(_("What you can do"), (str(problem.remedy),))


def _what_guests_see(account: Account, zone: str, *, now: datetime) -> str:
    """What becomes of the public page while this account cannot be read (invariant 2)."""
    blocking = Calendar.objects.filter(account=account, blocks=True)
    read = list(blocking.values_list("last_ok_at", flat=True))
    if not read:
        return _("Everything as before. New bookings reach this account's calendars once it works again.")
    known = [moment for moment in read if moment is not None]
    until = min(known) + timedelta(hours=account.trust_hours) if len(known) == len(read) else now
    if until <= now:
        return _(
            "No free times, so that nobody books while you are busy elsewhere. Bookings made before stand."
        )
    return _(
        "The times that your calendar left free when it was last read. From %(moment)s on: no free times, "
        "so that nobody books while you are busy elsewhere."
    ) % {"moment": texts.moment_in_words(until, zone=zone)}


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
