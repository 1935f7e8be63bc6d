"""Codes in words: what went wrong, and what the host can do about it (C9)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Problem:
    """What happened, and the remedy."""

    text: Text
    remedy: Text


OTHER = Problem(
    _("Something unexpected happened while talking to the calendar server."),
    _("It is tried again by itself. If it stays, tell the people who run this site."),
)

PROBLEMS: dict[str, Problem] = {
    "wrong_password": Problem(
        _("The server did not accept this user name and password."),
        _("Check both. Some providers want an app password instead of your ordinary one."),
    ),
    "ordinary_password": Problem(
        _("This looks like your ordinary Apple password."),
        _("iCloud calendars need an app-specific password, such as abcd-efgh-ijkl-mnop. The steps show how."),
    ),
    "access_revoked": Problem(
        _("The permission to use this account was withdrawn or has run out."),
        _("Reconnect the account to give it again."),
    ),
    "secret_unreadable": Problem(
        _("The stored password can no longer be read."), _("Reconnect the account and type it once more.")
    ),
    "certificate_failed": Problem(
        _("The server's security certificate could not be verified."),
        _("Ask the server's operator to renew it. Your password was not sent."),
    ),
    "no_tls": Problem(
        _("The server did not answer with an encrypted connection (TLS)."),
        _("Check the address and its port. Plain http:// works only where this site's operator allows it."),
    ),
    "unreachable": Problem(
        _("The server could not be reached."),
        _("Check the address for typing errors, and whether the server is running."),
    ),
    "timeout": Problem(
        _("The server did not answer in time."), _("Try again in a few minutes; it may be overloaded.")
    ),
    "address_refused": Problem(
        _("This address lies in a private network or uses a port that this site does not connect to."),
        _("Use the server's public address, or ask the people who run this site to allow the network."),
    ),
    "insecure": Problem(
        _("This address is not encrypted; your password would travel in plain sight."),
        _("Use an address that begins with https://."),
    ),
    "not_a_calendar": Problem(
        _("There is no calendar server (CalDAV) at this address."),
        _("Check the address; your provider's help pages name it, often as “CalDAV URL”."),
    ),
    "not_found": Problem(
        _("Nothing was found at this address."),
        _("Check the address. If it was a calendar of yours, it may have been deleted or moved."),
    ),
    "no_calendars": Problem(
        _("The sign-in worked, but this account has no calendar for events."),
        _("Make a calendar in your calendar program, then connect again."),
    ),
    "permission_denied": Problem(
        _("The server does not let this account do that."),
        _("Choose another calendar for bookings, or ask its owner for the right to write."),
    ),
    "rate_limited": Problem(
        _("The server asks for fewer requests."), _("Nothing to do: it is tried again a little later.")
    ),
    "server_failed": Problem(
        _("The server has a problem of its own."), _("Nothing to do: it is tried again every few minutes.")
    ),
    "cursor_invalid": Problem(
        _("The server forgot where reading stopped."), _("Nothing to do: everything is compared once.")
    ),
    "too_large": Problem(
        _("This calendar holds more than can be read."),
        _("Move old events to another calendar, or let this one not block."),
    ),
    "conflict": Problem(
        _("An event was changed by others at the same moment."), _("Nothing to do: it is tried again.")
    ),
    "other_account": Problem(
        _("This password opens another account: none of the known calendars is in it."),
        _("Connect it as an account of its own. This one stays as it was."),
    ),
    "already_connected": Problem(
        _("This account is connected already."),
        _("Use “Reconnect” on its card to give a new password."),
    ),
    "still_closing": Problem(
        _("This account is just being disconnected; our events are being removed from it."),
        _("Connect it again when its card is gone, at the latest in a day."),
    ),
    "too_many_tries": Problem(
        _("You have tried very often in the last hour."), _("Wait a while, then try again.")
    ),
}

ICLOUD: dict[str, Problem] = {
    "wrong_password": Problem(
        _("Apple did not accept this Apple ID and app-specific password."),
        _("Check the Apple ID. Changing your Apple password withdraws all of them: make a new one."),
    ),
    "permission_denied": Problem(
        _("Apple refused this account."),
        _("App-specific passwords need two-factor authentication; check that the Apple ID is not locked."),
    ),
}

WARNINGS: dict[str, Problem] = {
    "suspect": Problem(
        _("The server suddenly reports far fewer events."),
        _("The known events keep blocking until a second look confirms it, in about five minutes."),
    ),
    "events_odd": Problem(
        _("Some events could not be understood completely."),
        _("They block as much as could be read. Saving them again in your calendar program often helps."),
    ),
    "not_writable": Problem(
        _("Bookings could not be written into this calendar."),
        _("Choose another calendar to receive bookings, or allow writing to this one."),
    ),
}

WHY_READ_ONLY: dict[str, Text] = {
    "not_owner": _("read-only: shared with you by somebody else"),
    "subscription": _("read-only: a subscription"),
    "feed": _("read-only: a feed"),
    "no_events": _("cannot hold events"),
}


def problem(code: str, provider: str = "") -> Problem:
    """The words for a code; for a code without words of its own, that something unexpected happened."""
    special = ICLOUD if provider == "icloud" else {}
    return special.get(code) or PROBLEMS.get(code) or OTHER


def warning(code: str) -> Problem | None:
    """The words for a calendar's warning, None where there is none."""
    return WARNINGS.get(code)


def why_read_only(code: str) -> Text:
    """Why a calendar cannot receive bookings."""
    return WHY_READ_ONLY.get(code, _("read-only"))
