"""The XML bodies we send. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from calendars.providers.base import Window

_SPACES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" '
    'xmlns:i="http://apple.com/ns/ical/"'
)
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
EDGE = timedelta(days=1)
"""Servers anchor whole days and floating times in zones of their own; ask for a day more on both sides."""


def _propfind(props: str) -> str:
    return f"{_HEAD}<d:propfind {_SPACES}><d:prop>{props}</d:prop></d:propfind>"


CALENDAR_PROPS = (
    "<d:resourcetype/><d:displayname/><i:calendar-color/><c:supported-calendar-component-set/>"
    "<c:calendar-timezone/><d:current-user-privilege-set/>"
)
PICKER = _propfind(CALENDAR_PROPS)
"""Everything the picker shows, for all calendars of a home in one request."""
WHO_AM_I = _propfind(CALENDAR_PROPS + "<d:current-user-principal/><c:calendar-home-set/>")
STATE = _propfind("<d:resourcetype/><d:sync-token/><cs:getctag/>")
ETAGS = _propfind("<d:resourcetype/><d:getetag/>")


def sync_collection(token: str) -> str:
    """What changed since the token (RFC 6578 3.2)."""
    return (
        f"{_HEAD}<d:sync-collection {_SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
        "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    )


def multiget(hrefs: Iterable[str]) -> str:
    """The data of these resources (RFC 4791 7.9)."""
    wanted = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f"{_HEAD}<c:calendar-multiget {_SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f"{wanted}</c:calendar-multiget>"
    )


def events_in(window: Window, *, data: bool) -> str:
    """Resources with an event that touches the window (RFC 4791 7.8), never expanded by the server."""
    start, end = _stamp(window[0], -EDGE), _stamp(window[1], EDGE)
    inner = f'<c:time-range start="{start}" end="{end}"/>'
    return _query(inner, data=data)


def events_with_uid(uid: str) -> str:
    """Resources with an event of this UID; servers match loosely, the answer is to be checked."""
    inner = (
        '<c:prop-filter name="UID"><c:text-match collation="i;octet">'
        f"{escape(uid)}</c:text-match></c:prop-filter>"
    )
    return _query(inner, data=True)


def _query(inner: str, *, data: bool) -> str:
    props = "<d:getetag/><c:calendar-data/>" if data else "<d:getetag/>"
    return (
        f"{_HEAD}<c:calendar-query {_SPACES}><d:prop>{props}</d:prop><c:filter>"
        f'<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">{inner}</c:comp-filter>'
        "</c:comp-filter></c:filter></c:calendar-query>"
    )


def _stamp(moment: datetime, shift: timedelta) -> str:
    try:
        moment = moment.astimezone(UTC) + shift
    except OverflowError:
        moment = moment.astimezone(UTC)
    return f"{moment.year:04d}{moment:%m%dT%H%M%SZ}"
