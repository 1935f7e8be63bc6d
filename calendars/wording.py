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
    "testing_expired": Problem(
        _(
            "The permission ended after seven days, because the Google client of this site is only being tested."
        ),
        _("Its operator must publish the client (Google Cloud: “Audience” → “Publish app”); then reconnect."),
    ),
    "consent_refused": Problem(
        _("The permission was not given, so nothing was connected."),
        _("If that was a mistake, begin again and choose to allow it."),
    ),
    "consent_partial": Problem(
        _("A permission that is needed was left out."),
        _("Grant again, and leave every box ticked on the provider's page."),
    ),
    "consent_stale": Problem(
        _(
            "This answer does not belong to a question that is still open: it came too late or from another window."
        ),
        _("Begin again, and finish within fifteen minutes in the same browser."),
    ),
    "admin_consent": Problem(
        _("Your organisation lets only its administrator allow programs such as this one."),
        _("Ask the administrator to allow it, then connect again."),
    ),
    "bad_client": Problem(
        _("The provider does not accept the client that this site asks with."),
        _(
            "Whoever registered it must check client ID, client secret (it may have run out) and the redirect "
            "address; then reconnect."
        ),
    ),
    "client_gone": Problem(
        _("The client that this permission was given to is no longer set up here."),
        _("Reconnect the account: the permission is then given to the present one."),
    ),
    "no_client": Problem(
        _("This site has no client at this provider yet."),
        _("Its operator can set one up, or you bring your own."),
    ),
    "token_rejected": Problem(
        _("The provider refused the access it had given before."),
        _("It is renewed and tried again by itself."),
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
        _("The server did not answer in time."),
        _("It may be overloaded. Connected calendars are tried again by themselves, every few minutes."),
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
        _("The server failed, or its answer could not be understood."),
        _("Nothing to do: it is tried again every few minutes."),
    ),
    "web_page": Problem(
        _("The server answered with a web page instead of a calendar."),
        _("A sign-in page or a proxy may stand in between. Check the address; it is tried again by itself."),
    ),
    "cut_short": Problem(
        _("The calendar did not arrive whole."),
        _("What is known of it stands, and it is tried again by itself every few minutes."),
    ),
    "too_heavy": Problem(
        _("Reading this calendar takes more time or memory than one calendar is allowed."),
        _("What is known of it stands. Look for an event that repeats in an unusual way, and end it."),
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
    "became_read_only": Problem(
        _("This calendar may only be read now: the right to write into it was taken away."),
        _("Choose another calendar to receive bookings, or ask its owner for the right to write."),
    ),
    "vanished": Problem(
        _(
            "This calendar is no longer in the account: it was deleted there, or is no longer shared with you."
        ),
        _("Choose another calendar to receive bookings, and take the ticks of this one away."),
    ),
    "internal": Problem(
        _("This site made a mistake of its own while reading or writing this calendar."),
        _(
            "It is tried again by itself. If it stays, tell the people who run this site: their log says more."
        ),
    ),
    "provider_error": Problem(
        _("The provider refused without saying why."),
        _("It is tried again by itself. If it stays, switch the debug log on and look at what was answered."),
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

CONSENTED: dict[str, Problem] = {
    "unreachable": Problem(
        _("The provider could not be reached."), _("Nothing to do: it is tried again every few minutes.")
    ),
    "secret_unreadable": Problem(
        _("The stored permission can no longer be read."), _("Reconnect the account to give it again.")
    ),
    "not_found": Problem(
        _("This calendar is no longer there."),
        _("If you deleted it, take its ticks away; if not, look for it at the provider."),
    ),
    "certificate_failed": Problem(
        _("The provider's security certificate could not be verified; nothing was sent."),
        _("It is tried again by itself. If it stays, tell the people who run this site."),
    ),
    "address_refused": Problem(
        _("The provider's address, as it is set on this site, is one that this site does not connect to."),
        _("Tell the people who run this site."),
    ),
}
"""Where nobody typed an address or a password here."""

GOOGLE: dict[str, Problem] = {
    **CONSENTED,
    "permission_denied": Problem(
        _("Google does not let this account do that."),
        _("Choose another calendar for bookings, or ask its owner for the right to change events."),
    ),
    "bad_client": Problem(
        _("Google does not accept the client that this site asks with."),
        _(
            "Whoever registered it must check client ID, client secret, the redirect address and that the Google "
            "Calendar API is enabled, in the Google Cloud console; then reconnect."
        ),
    ),
    "other_account": Problem(
        _("You chose another Google account."),
        _("Reconnect with the account named here, or connect the other one as an account of its own."),
    ),
    "already_connected": Problem(
        _("This Google account is connected already."), _("Use “Reconnect” on its card.")
    ),
}

MICROSOFT: dict[str, Problem] = {
    **CONSENTED,
    "permission_denied": Problem(
        _("Microsoft does not let this account do that."),
        _("Choose another calendar for bookings, or ask its owner or your administrator for the right."),
    ),
    "bad_client": Problem(
        _("Microsoft does not accept the client that this site asks with."),
        _(
            "Client secrets run out there after two years at most: whoever registered it must check client ID, "
            "secret, redirect address and account types in the Entra admin center; then reconnect."
        ),
    ),
    "no_calendars": Problem(
        _("The sign-in worked, but this account has no mailbox with a calendar."),
        _("Use an account with Outlook or Exchange Online; ask your administrator for a licence."),
    ),
    "other_account": Problem(
        _("You chose another Microsoft account."),
        _("Reconnect with the account named here, or connect the other one as an account of its own."),
    ),
    "already_connected": Problem(
        _("This Microsoft account is connected already."), _("Use “Reconnect” on its card.")
    ),
}

ICS: dict[str, Problem] = {
    "wrong_password": Problem(
        _("The address asks for a user name and a password."),
        _("Copy the secret (private) iCal address instead: it works without signing in."),
    ),
    "permission_denied": Problem(
        _("The server does not give out this feed."),
        _("Copy the address again where it came from; it may have been replaced."),
    ),
    "not_found": Problem(
        _("There is no feed at this address."),
        _(
            "Copy the address again where it came from: feeds get a new one when sharing is switched off and on."
        ),
    ),
    "not_a_calendar": Problem(
        _("The address answers, but not with an iCal calendar."),
        _("Copy the address of the iCal (.ics) export, not that of a page that shows the calendar."),
    ),
    "web_page": Problem(
        _("The address answers with a web page, not with a calendar."),
        _("It may need to be copied again, or sign-in is asked there. Look for the iCal (.ics) address."),
    ),
    "cut_short": Problem(
        _("The calendar did not arrive whole."),
        _("What is known of it stands. Try again in a few minutes; its server may be overloaded."),
    ),
    "too_large": Problem(
        _("This feed is larger than 20 megabytes, or holds more than 25,000 events."),
        _("What is known of it stands. Publish a calendar with fewer old events."),
    ),
    "too_heavy": Problem(
        _("Reading this feed takes more time or memory than a feed may take."),
        _("What is known of it stands. Ask whoever publishes it: some event repeats in an unusual way."),
    ),
    "insecure": Problem(
        _("The address leads on to another one that is not encrypted."),
        _("Copy the address again where it came from; the right one begins with https://."),
    ),
    "certificate_failed": Problem(
        _("The server's security certificate could not be verified."),
        _("Ask the server's operator to renew it; nothing is read before that."),
    ),
    "no_tls": Problem(
        _("The server did not answer with an encrypted connection (TLS)."),
        _(
            "Check the address and its port. Where it began with webcal://, http:// instead may be tried; the feed "
            "is not encrypted then."
        ),
    ),
    "already_connected": Problem(
        _("This feed is connected already."), _("Use “Reconnect” on its card to give it another address.")
    ),
}

SPECIAL: dict[str, dict[str, Problem]] = {
    "icloud": ICLOUD,
    "ics": ICS,
    "google": GOOGLE,
    "microsoft": MICROSOFT,
}
"""What a provider's own words say better than the general ones."""

PERMISSIONS: dict[str, Text] = {
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly": _("See the list of your calendars"),
    "https://www.googleapis.com/auth/calendar.events": _("See and change events in all your calendars"),
    "Calendars.ReadWrite": _("Read and write your calendars"),
    "User.Read": _("Read your profile (your mail address)"),
    "offline_access": _("Keep the access you have given"),
}
"""Scopes as the providers' own pages name them."""

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

UNENCRYPTED = Problem(
    _("This feed is not encrypted: on the way, others can read its address and its events, and change them."),
    _("Use an address that begins with https:// if there is one."),
)
"""For feeds at plain http."""

MISSING_PERMISSION = frozenset({"consent_partial", "permission_denied"})
"""Codes of accounts that are signed in but may not do all that is needed."""

WHY_READ_ONLY: dict[str, Text] = {
    "not_owner": _("read-only: shared with you by somebody else"),
    "subscription": _("read-only: a subscription"),
    "feed": _("read-only: a feed"),
    "no_events": _("cannot hold events"),
}


def problem(code: str, provider: str = "") -> Problem:
    """The words for a code; for a code without words of its own, that something unexpected happened."""
    special = SPECIAL.get(provider, {})
    return special.get(code) or PROBLEMS.get(code) or OTHER


def permission(scope: str) -> Text:
    """A permission as the provider's page names it; an unknown one as it is."""
    return PERMISSIONS.get(scope, scope)


def warning(code: str) -> Problem | None:
    """The words for a calendar's warning, None where there is none."""
    return WARNINGS.get(code)


def why_read_only(code: str) -> Text:
    """Why a calendar cannot receive bookings."""
    return WHY_READ_ONLY.get(code, _("read-only"))
