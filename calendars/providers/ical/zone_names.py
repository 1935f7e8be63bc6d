"""From the many ways senders name a time zone to a real one (IANA, Windows, display names, offsets).

Nothing here reads a file by a name from outside: names are looked up in the list of zones that exist.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

MAX_NAME = 300

_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*([+-−])\s*(\d{1,2})(?::?(\d{2}))?(?!\d)", re.IGNORECASE)
# Abbreviations that are no zones of their own, as the senders that use them mean them.
_ABBREVIATIONS = {
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "MDT": "America/Denver",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "EDT": "America/New_York",
    "BST": "Europe/London",
    "WEST": "Europe/Lisbon",
    "CEST": "Europe/Berlin",
    "EEST": "Europe/Athens",
    "JST": "Asia/Tokyo",
    "Z": "UTC",
    "COORDINATED UNIVERSAL TIME": "UTC",
}


def named_zone(name: str) -> ZoneInfo | None:
    """Return the zone an IANA or Windows name stands for, in any case of letters; ``None`` if it is
    neither."""
    wanted = name.strip().upper()
    if len(wanted) > MAX_NAME:
        return None
    found = _iana().get(wanted) or _windows().get(wanted)
    return _zone(found) if found else None


def zone_in_path(name: str) -> ZoneInfo | None:
    """Return the zone at the end of a path-like TZID (``/mozilla.org/20050126_1/Europe/Berlin``)."""
    parts = name[:MAX_NAME].strip().strip("/").split("/")
    for start in range(1, len(parts)):
        if found := named_zone("/".join(parts[start:])):
            return found
    return None


def guessed_zone(name: str) -> tzinfo | None:
    """Guess from a display name: a city that fits the offset, else the bare offset, else a known
    abbreviation."""
    name = name[:MAX_NAME]
    if abbreviated := _ABBREVIATIONS.get(name.strip().upper()):
        return _zone(abbreviated)
    offset = _offset(name)
    for token in re.split(r"[,;/()]", name):
        city = _cities().get(token.strip().upper().replace(" ", "_"))
        if city and (offset is None or offset == _standard_offset(city)):
            return _zone(city)
    if offset is None:
        return None
    return UTC if not offset else timezone(offset)


def _offset(name: str) -> timedelta | None:
    match = _OFFSET.search(name)
    if match is None:
        return timedelta() if name.strip().upper().startswith(("(UTC)", "(GMT)")) else None
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    amount = timedelta(hours=hours, minutes=minutes)
    return amount if match[1] == "+" else -amount


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _iana() -> dict[str, str]:
    # "localtime" and the like depend on the machine; a feed must not.
    return {name.upper(): name for name in available_timezones() if name not in ("localtime", "Factory")}


@cache
def _windows() -> dict[str, str]:
    return {name.upper(): zone for name, zone in WINDOWS_TO_OLSON.items() if zone.upper() in _iana()}


@cache
def _cities() -> dict[str, str]:
    """Map the last part of Region/City names to the zone; regions people live in win over legacy links."""
    cities: dict[str, str] = {}
    regions = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")
    for region in regions:
        for name in sorted(_iana().values()):
            if name.startswith(f"{region}/"):
                cities.setdefault(name.rsplit("/", 1)[1].upper(), name)
    return cities


@cache
def _standard_offset(name: str) -> timedelta:
    """Return the offset without summer time, as display names give it."""
    zone = _zone(name)
    moments = (datetime(2025, month, 15, 12, tzinfo=zone) for month in (1, 7))
    return min((moment.utcoffset() or timedelta()) for moment in moments)
