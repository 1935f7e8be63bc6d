"""Between iCalendar, which the contract suite speaks, and Graph's events."""

import re
from datetime import UTC, datetime
from typing import Any

from calendars.providers.microsoft.own import UID_PROPERTY
from tests.fakes.microsoft.events import DAYS, Event


def as_event(data: bytes) -> tuple[str, dict[str, Any]]:
    """UID and body of the one event of a document of `worlds.foreign`."""
    told = dict(re.findall(r"^([A-Z]+):(.*)$", data.decode().replace("\r\n", "\n"), re.M))
    start, end = (datetime.strptime(told[name], "%Y%m%dT%H%M%SZ") for name in ("DTSTART", "DTEND"))
    event: dict[str, Any] = {"subject": told["SUMMARY"], "start": utc(start), "end": utc(end)}
    if "RRULE" in told:
        event["recurrence"] = weekly(start.replace(tzinfo=UTC), count=_count(told["RRULE"]))
    return told["UID"], event


def weekly(start: datetime, *, count: int = 0) -> dict[str, Any]:
    """A rule for every week on the day of the start; without end when no count is given."""
    span = {"type": "numbered", "numberOfOccurrences": count} if count else {"type": "noEnd"}
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [DAYS[start.weekday()]]},
        "range": {**span, "startDate": start.date().isoformat()},
    }


def daily(*, until: str) -> dict[str, Any]:
    """A rule for every day up to and with this one (`2026-12-31`)."""
    return {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "endDate", "endDate": until}}


def utc(moment: datetime) -> dict[str, str]:
    """A time as Graph takes it."""
    return {"dateTime": moment.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}


def uid_of(event: Event) -> str:
    """The UID by which our side knows the event."""
    return event.extra.get(UID_PROPERTY, event.uid)


def as_ics(event: Event) -> bytes:
    """Enough of the event for `worlds.uids` and for looking at its title."""
    lines = ["BEGIN:VEVENT", f"UID:{uid_of(event)}", f"SUMMARY:{event.fields['subject']}", "END:VEVENT", ""]
    return "\r\n".join(lines).encode()


def _count(rule: str) -> int:
    found = re.search(r"COUNT=(\d+)", rule)
    return int(found[1]) if found else 0
