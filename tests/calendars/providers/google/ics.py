"""Between iCalendar, which the contract suite speaks, and Google's events."""

import re
from datetime import UTC, datetime
from typing import Any

from calendars.providers.google.marks import UID


def as_event(data: bytes) -> dict[str, Any]:
    """The one event of a document of `worlds.foreign`."""
    told = dict(re.findall(r"^([A-Z]+):(.*)$", data.decode().replace("\r\n", "\n"), re.M))
    event: dict[str, Any] = {
        "iCalUID": told["UID"],
        "summary": told["SUMMARY"],
        "start": _side(told["DTSTART"]),
        "end": _side(told["DTEND"]),
    }
    return {**event, "recurrence": [f"RRULE:{told['RRULE']}"]} if "RRULE" in told else event


def uid_of(event: dict[str, Any]) -> str:
    """The UID by which our side knows the event."""
    own = event.get("extendedProperties", {}).get("private", {}).get(UID)
    return str(own or event["iCalUID"])


def as_ics(event: dict[str, Any]) -> bytes:
    """Enough of the event for `worlds.uids` and for looking at its title."""
    lines = ["BEGIN:VEVENT", f"UID:{uid_of(event)}", f"SUMMARY:{event.get('summary', '')}", "END:VEVENT", ""]
    return "\r\n".join(lines).encode()


def _side(value: str) -> dict[str, str]:
    moment = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return {"dateTime": moment.isoformat(), "timeZone": "UTC"}
