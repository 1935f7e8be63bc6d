"""From whatever address a person typed to the calendars of their account (RFC 6764 6, RFC 4791 6.2.1)."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit, urlunsplit

from bookingsite.lib.http import origin
from calendars.providers import errors
from calendars.providers.base import CalendarInfo
from calendars.providers.caldav import queries
from calendars.providers.caldav.listing import calendar_info, is_calendar, with_primary
from calendars.providers.caldav.multistatus import CALDAV, DAV, Member
from calendars.providers.caldav.presets import USUAL_PATHS, typed_url
from calendars.providers.caldav.transport import Answer, Dav

NOT_HERE = (errors.NotACalendar, errors.NotFound, errors.PermissionDenied, errors.ServerFailed)
WELL_KNOWN = USUAL_PATHS[0]


class _Forbidden(errors.PermissionDenied):
    """403 from something that shows no sign of WebDAV, an ordinary web site perhaps."""


def find_calendars(dav: Dav, typed: str, *, is_known: bool = False) -> list[CalendarInfo]:
    """All calendars for events of the account, begun at the typed address.

    A calendar's own address gives that one calendar. `is_known`: the address is a CalDAV server's beyond
    doubt, nobody typed it. Raises `NotACalendar` when no CalDAV is found
    there, `NoCalendars` when the account has none, `WrongPassword` at the first refusal.
    """
    first_failure: errors.ProviderError | None = None
    try:
        places = list(candidates(typed))
    except ValueError:
        raise errors.NotACalendar("invalid") from None
    for candidate in places:
        try:
            found = _calendars_from(dav, candidate)
        except NOT_HERE as failure:
            first_failure = first_failure or failure
            continue
        if not found:
            raise errors.NoCalendars
        return with_primary(found)
    if isinstance(first_failure, _Forbidden) and not is_known:
        raise errors.NotACalendar(first_failure.detail)
    if isinstance(first_failure, (errors.ServerFailed, errors.PermissionDenied)):
        raise first_failure
    raise errors.NotACalendar("no CalDAV there")


def candidates(typed: str) -> Iterator[str]:
    """The typed address, then where servers of that name usually keep CalDAV. `ValueError` for no address."""
    url = typed_url(typed)
    yield url
    parts = urlsplit(url)
    for path in USUAL_PATHS:
        if path != parts.path:
            yield urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _calendars_from(dav: Dav, url: str) -> list[CalendarInfo]:
    answer = _look(dav, url)
    me = answer.multistatus().member(answer.url)
    if me is None:
        raise errors.NotACalendar("answered about something else")
    if is_calendar(me):
        return [calendar_info(me, answer.url)]
    homes = _homes(dav, me, answer.url)
    found: dict[str, CalendarInfo] = {}
    for home in homes or [answer.url]:
        found.update((calendar.remote_id, calendar) for calendar in _listing(dav, home))
    if not homes and not found:
        raise errors.NotACalendar("no calendar home")
    return list(found.values())


def _homes(dav: Dav, me: Member, base: str) -> list[str]:
    homes = me.hrefs(f"{CALDAV}calendar-home-set", base)
    if homes:
        return homes
    principal = me.props.get(f"{DAV}current-user-principal")
    if principal is not None and principal.find(f"{DAV}unauthenticated") is not None:
        raise errors.WrongPassword("not signed in")
    for url in me.hrefs(f"{DAV}current-user-principal", base)[:1]:
        answer = _look(dav, url)
        person = answer.multistatus().member(answer.url)
        return person.hrefs(f"{CALDAV}calendar-home-set", answer.url) if person else []
    return []


def _listing(dav: Dav, home: str) -> list[CalendarInfo]:
    answer = dav.propfind(home, queries.PICKER, depth=1)
    return [calendar_info(m, answer.url) for m in answer.multistatus().members if is_calendar(m)]


def _look(dav: Dav, url: str) -> Answer:
    answer = dav.propfind(url, queries.WHO_AM_I, depth=0)
    if answer.status == 401 and (further := trusted_hop(url, answer.url)):
        answer = dav.propfind(further, queries.WHO_AM_I, depth=0)
    if answer.status == 401:
        raise answer.error()
    if answer.status == 403 and not answer.is_webdav:
        raise _Forbidden("HTTP 403")
    return answer


def trusted_hop(asked: str, final: str) -> str | None:
    """Where a redirect to another origin may be followed with the password; None if it may not.

    The session drops credentials at the border. They are shown again only over https, and only to
    the same host, to a neighbour in its domain, or where the well-known address pointed (its purpose).
    A redirect that merely forgot the s of https is put right.
    """
    if origin(asked) == origin(final):
        return None
    before, after = urlsplit(asked), urlsplit(final)
    if before.hostname == after.hostname and (before.scheme, after.scheme) == ("https", "http"):
        return urljoin(asked, urlunsplit(("", "", after.path, after.query, "")))
    if after.scheme != "https":
        return None
    related = before.path == WELL_KNOWN and before.scheme == "https"
    return final if related or _neighbours(before.hostname or "", after.hostname or "") else None


def _neighbours(one: str, other: str) -> bool:
    return one == other or (one.split(".")[-2:] == other.split(".")[-2:] and one.count(".") > 1)
