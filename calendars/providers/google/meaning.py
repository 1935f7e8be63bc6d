"""What an event of Google's means: its time, its status (SYNC 1.6) and whether it is ours.

Times and rules go through the reader of iCalendar, so that series keep the same limits and meet the same zones
everywhere. Nothing in here raises for broken content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from calendars.providers.base import Reading, ReadingRules, Status, Window
from calendars.providers.google.marks import Mark, mark_of
from calendars.providers.ical.events import Event, read_event
from calendars.providers.ical.reading import EVENT_UNREADABLE, assembled
from calendars.providers.ical.standing import Standing
from calendars.providers.ical.zone_names import named_zone
from calendars.providers.ical.zones import ZONE_UNKNOWN, Zones, first_known_zone

Json = Mapping[str, Any]

_RECURRENCE = re.compile(r"(?:RRULE|EXRULE|RDATE|EXDATE)[;:]", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BY_TYPE = {
    # Where somebody works that day says nothing about whether there is time; it comes as transparent too.
    "workingLocation": Status.FREE,
    "birthday": Status.FREE,
    "outOfOffice": Status.OUT_OF_OFFICE,
}


def read_item(data: bytes, *, window: Window, rules: ReadingRules) -> Reading:
    """What one item (see `reading.item`) means: an event, a series with its exceptions, or exceptions alone."""
    try:
        parts = [part for part in json.loads(data)["events"] if isinstance(part, dict)]
    except (ValueError, LookupError, TypeError):
        return Reading(warnings=(EVENT_UNREADABLE,), bad=1)
    zones = Zones({}, first_known_zone(rules.default_zone))
    events = [_event(part, zones, rules) for part in parts]
    readable = [event for event in events if event is not None]
    reading = assembled(readable, zones=zones, window=window)
    if bad := len(events) - len(readable):
        reading = replace(reading, warnings=tuple(sorted({*reading.warnings, EVENT_UNREADABLE})), bad=bad)
    mark = next((mark for part in parts if (mark := mark_of(part))), None)
    return replace(reading, marker=mark.marker) if mark else reading


def _event(part: Json, zones: Zones, rules: ReadingRules) -> Event | None:
    """One event with what Google says about it; None for what cannot be placed in time."""
    try:
        event = read_event(_lines(part, zones, rules), zones, frozenset())
        mark = mark_of(part)
        event.standing = _standing(part, mark, rules.owner_emails)
        event.uid = mark.uid if mark else _text(part, "iCalUID")
        event.summary = _text(part, "summary")
        event.location = _text(part, "location")
        event.private_id = mark.private_id if mark else ""
        event.sequence = mark.sequence if mark else _number(part.get("sequence"))
        event.geo = mark.geo if mark else None
    except (ValueError, OverflowError, LookupError, TypeError, AttributeError):
        return None
    return event


def _lines(part: Json, zones: Zones, rules: ReadingRules) -> Iterator[str]:
    """The event's times as lines of iCalendar. Raises `ValueError` and its kin for what is no time."""
    original = part.get("originalStartTime") if part.get("recurringEventId") else None
    # What lists tell of a cancelled instance is hardly more than which one it was.
    start = part.get("start") or original or {}
    series = part.get("recurrence") or ()
    yield _line("DTSTART", start, zones, rules, repeats=bool(series))
    if end := part.get("end"):
        yield _line("DTEND", end, zones, rules, repeats=bool(series))
    if original:
        yield _line("RECURRENCE-ID", original, zones, rules, repeats=False)
    yield from (line for line in series if isinstance(line, str) and _RECURRENCE.match(line))


def _line(name: str, side: Json, zones: Zones, rules: ReadingRules, *, repeats: bool) -> str:
    """A start or end. Series count on the clock of their zone; a single event's instant is exact."""
    if side.get("date"):
        return f"{name};VALUE=DATE:{datetime.fromisoformat(side['date']):%Y%m%d}"
    told = str(side.get("timeZone") or "")
    zone = named_zone(told) if told else None
    if told and zone is None:
        zones.warnings.add(ZONE_UNKNOWN)
    zone = zone or named_zone(rules.default_zone)
    moment = datetime.fromisoformat(side["dateTime"])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone or UTC)
    local = moment.astimezone(zone or UTC)
    if zone is None or (local.fold and not repeats):
        # The second of two equal hours has no wall time of its own in iCalendar.
        return f"{name}:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};TZID={zone.key}:{local:%Y%m%dT%H%M%S}"


def _standing(part: Json, mark: Mark | None, owner_emails: frozenset[str]) -> Standing:
    """The table of SYNC 1.6 for Google: what kind of event, then transparency, then status and answer."""
    if part.get("status") == "cancelled" or (mark and mark.cancelled):
        return Standing(None, cancelled=True)
    answer = _own_answer(part, owner_emails)
    if answer == "declined":
        return Standing(None)
    unanswered = answer == "needsAction"
    if by_type := _BY_TYPE.get(str(part.get("eventType"))):
        return Standing(by_type, unanswered=unanswered)
    if part.get("transparency") == "transparent":
        return Standing(Status.FREE, unanswered=unanswered)
    if "tentative" in (part.get("status"), answer):
        return Standing(Status.TENTATIVE, unanswered=unanswered)
    return Standing(Status.BUSY, unanswered=unanswered)


def _own_answer(part: Json, owner_emails: frozenset[str]) -> str:
    """How the calendar's owner answered the invitation; empty when not invited."""
    for attendee in part.get("attendees") or ():
        if attendee.get("self") or str(attendee.get("email", "")).lower() in owner_emails:
            return str(attendee.get("responseStatus", "needsAction"))
    return ""


def _text(part: Json, name: str, limit: int = 500) -> str:
    return _CONTROL.sub("", str(part.get(name) or "")[:limit]).strip()


def _number(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0
