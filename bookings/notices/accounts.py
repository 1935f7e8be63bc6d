"""The mails about a calendar account: that it fails, and that it works again (C9, CC-5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.domain import texts
from bookings.mailing.letter import Detail, Letter
from bookings.models import Notice
from bookings.notices import frame, noting
from bookings.notices.affected import dependants
from calendars import busy, trust
from calendars.models import Account, Calendar


def about_trouble(notice: Notice, *, now: datetime) -> Letter | None:
    """What is wrong and what guests see meanwhile; None when this trouble is over."""
    account = notice.account
    if account.status == Account.Status.CONNECTED or not noting.is_about(notice, account.failing_since):
        return None
    needs_owner = account.status == Account.Status.RECONNECT
    opening = (
        _("Your calendar account %(account)s needs you: it has to be connected again.")
        if needs_owner
        else _("Your calendar account %(account)s cannot be read at the moment.")
    )
    subject = _("Please reconnect %(account)s") if needs_owner else _("Calendar problem: %(account)s")
    name = {"account": texts.one_line(account.label)}
    return frame.letter(
        subject=subject % name,
        opening=opening % name,
        details=[
            *frame.what_is_wrong(account.error or notice.code, account.provider),
            Detail(_("What guests see meanwhile"), (_what_guests_see(account, notice.owner.zone, now=now),)),
            *_affected(account),
        ],
        closing=_(
            "If it stays so, we remind you a few times. The Integrations page always shows how things stand."
        ),
    )


def about_recovery(notice: Notice, *, now: datetime) -> Letter | None:
    """That an account works again; None where its trouble was not told, or is back."""
    account = notice.account
    if account.status != Account.Status.CONNECTED or not noting.was_told(notice):
        return None
    name = {"account": texts.one_line(account.label)}
    zone = notice.owner.zone
    span = {
        "since": texts.moment_in_words(noting.since_of(notice), zone=zone),
        "until": texts.moment_in_words(notice.noted_at, zone=zone),
    }
    return frame.letter(
        subject=_("%(account)s works again") % name,
        opening=_("Your calendar account %(account)s works again. You need not do anything.") % name,
        details=[
            Detail(_("It did not work"), (_("from %(since)s to %(until)s") % span,)),
            Detail(_("What guests see now"), (_what_guests_see_again(account, now=now),)),
        ],
        closing=_("The Integrations page always shows how things stand."),
    )


def _affected(account: Account) -> Iterator[Detail]:
    found = dependants([account])[account.pk]
    if found.times:
        yield Detail(_("Event types whose times depend on it"), frame.first_few(_one_line(found.times)))
    if found.bookings:
        yield Detail(_("Event types whose bookings go into it"), frame.first_few(_one_line(found.bookings)))


def _one_line(titles: tuple[str, ...]) -> list[str]:
    return [texts.one_line(title) for title in titles]


def _what_guests_see(account: Account, zone: str, *, now: datetime) -> str:
    """What becomes of the public page while this account cannot be read (invariant 2)."""
    blocking = list(Calendar.objects.filter(account=account, blocks=True).select_related("account"))
    if not blocking:
        return _("Everything as before. New bookings reach this account's calendars once it works again.")
    ends = [end for end in map(trust.closes_at, blocking) if end is not None]
    if any(trust.reason(calendar, now) for calendar in blocking) or (ends and min(ends) <= now):
        return _(
            "No free times, so that nobody books while you are busy elsewhere. Bookings made before stand."
        )
    if not ends:
        return _(
            "The times that your calendar left free when it was last read. By your choice it stays so: what is "
            "new in your calendar closes no time until it can be read again."
        )
    return _(
        "The times that your calendar left free when it was last read. From %(moment)s on: no free times, "
        "so that nobody books while you are busy elsewhere."
    ) % {"moment": texts.moment_in_words(min(ends), zone=zone)}


def _what_guests_see_again(account: Account, *, now: datetime) -> str:
    if busy.freshness([account.owner_id], now)[account.owner_id].known:
        return _("Your free times as always, by what is in your calendars now.")
    return _("No free times yet: another of your calendars cannot be read, or is being read just now.")
