"""Which members of a listing are calendars a person may pick, and what to show of them. Pure."""

import re
from dataclasses import replace
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from calendars.providers.base import CalendarInfo
from calendars.providers.caldav.multistatus import (
    APPLE,
    CALDAV,
    CALENDARSERVER,
    DAV,
    Member,
    collection_url,
)

WRITES = frozenset({f"{DAV}all", f"{DAV}write", f"{DAV}write-content", f"{DAV}bind"})
NOT_FOR_PICKING = frozenset(
    {
        f"{CALDAV}schedule-inbox",
        f"{CALDAV}schedule-outbox",
        "{http://nextcloud.com/ns}deleted-calendar",
        "{http://nextcloud.com/ns}trash-bin",
    }
)
HOME_NAMES = frozenset({"home", "personal", "default", "calendar"})
_COLOUR = re.compile(r"#([0-9a-fA-F]{6})(?:[0-9a-fA-F]{2})?")
_SHORT_COLOUR = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")
_ZONE_NAME = re.compile(r"^TZID[^:\n]*:\s*(.+?)\s*$", re.MULTILINE)


def is_calendar(member: Member) -> bool:
    """Whether the member is a calendar that can hold events and is meant for people."""
    kinds = set(member.children(f"{DAV}resourcetype"))
    if f"{CALDAV}calendar" not in kinds or kinds & NOT_FOR_PICKING or member.is_gone:
        return False
    components = member.props.get(f"{CALDAV}supported-calendar-component-set")
    if components is None or len(components) == 0:
        return True
    return "VEVENT" in {(child.get("name") or "").upper() for child in components}


def calendar_info(member: Member, base: str) -> CalendarInfo:
    """The member as the picker shows it; `base` is the address the listing came from."""
    url = collection_url(urljoin(base, member.href.replace(" ", "%20")))
    kind = _kind(member)
    writable = kind == "calendar" and _may_write(member)
    return CalendarInfo(
        remote_id=url,
        name=member.text(f"{DAV}displayname") or member.key.rstrip("/").rpartition("/")[2],
        colour=colour(member.text(f"{APPLE}calendar-color")),
        zone=zone_name(member.text(f"{CALDAV}calendar-timezone")),
        writable=writable,
        why_read_only="" if writable else ("subscription" if kind == "subscription" else "not_owner"),
        kind=kind,
    )


def with_primary(calendars: list[CalendarInfo]) -> list[CalendarInfo]:
    """Mark the calendar most likely meant for meetings: CalDAV itself knows no primary one."""
    own = [calendar for calendar in calendars if calendar.writable]
    if not own:
        return calendars
    named = [c for c in own if c.remote_id.rstrip("/").rpartition("/")[2].lower() in HOME_NAMES]
    chosen = (named or own)[0]
    return [replace(calendar, primary=calendar is chosen) for calendar in calendars]


def colour(text: str) -> str:
    """`#rrggbb` in small letters; Apple's eight digits lose the transparency, names are dropped."""
    if found := _COLOUR.fullmatch(text):
        return f"#{found[1].lower()}"
    if found := _SHORT_COLOUR.fullmatch(text):
        return "#" + "".join(digit * 2 for digit in found.groups()).lower()
    return ""


def zone_name(text: str) -> str | None:
    """The IANA zone in a `calendar-timezone` (a VTIMEZONE, sometimes a bare name, sometimes prefixed)."""
    found = _ZONE_NAME.search(text.replace("\r", ""))
    words = (found[1] if found else text).strip().strip("/").split("/")
    for length in (3, 2, 1):
        name = "/".join(words[-length:])
        if len(name) < 64 and re.fullmatch(r"[A-Za-z][\w+-]*(/[\w+-]+){0,2}", name) and _is_zone(name):
            return name
    return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _kind(member: Member) -> str:
    if f"{CALENDARSERVER}subscribed" in member.children(f"{DAV}resourcetype"):
        return "subscription"
    return "birthdays" if "contact_birthdays" in member.key else "calendar"


def _may_write(member: Member) -> bool:
    granted = member.props.get(f"{DAV}current-user-privilege-set")
    if granted is None:
        return True  # not told: the first write will show
    return any(element.tag in WRITES for element in granted.iter())
