"""How our own events are known again at Google: private properties that only our client sees.

https://developers.google.com/workspace/calendar/api/guides/extended-properties. People duplicate events, and the
copy keeps these properties; so the event's own id is among them, and a mark with another id is no mark.
"""

import hashlib
import re
from base64 import b32hexencode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calendars.providers.base import EventWish, WishStatus

EVENT = "bookingsiteEvent"
UID = "bookingsiteUid"
PRIVATE_ID = "bookingsiteId"
MARKER = "bookingsiteMarker"
SEQUENCE = "bookingsiteSequence"
STATUS = "bookingsiteStatus"
GEO = "bookingsiteGeo"

_OURS = re.compile(r"bk[a-v0-9]{40,60}")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the properties of one of our events say."""

    uid: str
    private_id: str = ""
    marker: str = ""
    sequence: int = 0
    cancelled: bool = False
    geo: tuple[float, float] | None = None


def event_id(uid: str, calendar_id: str, attempt: int = 0) -> str:
    """The id of a booking's event: always the same, so that a repeated insert is refused (SYNC 1.4).

    `attempt` gives other ids for the case that a stranger's event has the first.
    """
    told = f"{uid}{calendar_id}{f':{attempt}' if attempt else ''}"
    return f"bk{b32hexencode(hashlib.sha256(told.encode()).digest()).decode().rstrip('=').lower()}"


def is_event_id(key: str) -> bool:
    """Whether this is an id that `event_id` makes, not the name of a resource."""
    return _OURS.fullmatch(key) is not None


def properties(wish: EventWish, own_id: str) -> dict[str, str | None]:
    """The private properties of the wish's event; None takes one away."""
    return {
        EVENT: own_id,
        UID: wish.uid,
        PRIVATE_ID: wish.private_id,
        MARKER: wish.marker,
        SEQUENCE: str(wish.sequence),
        STATUS: wish.status.value,
        GEO: f"{wish.geo[0]};{wish.geo[1]}" if wish.geo else None,
    }


def mark_of(event: Mapping[str, Any]) -> Mark | None:
    """The mark of one of our own events; None for everybody else's, and for copies of ours."""
    extended = event.get("extendedProperties")
    private = extended.get("private") if isinstance(extended, dict) else None
    if not isinstance(private, dict) or not private.get(UID):
        return None
    if not private.get(EVENT) or private[EVENT] not in (event.get("id"), event.get("recurringEventId")):
        return None
    told = {name: str(value) for name, value in private.items()}
    sequence = told.get(SEQUENCE, "")
    return Mark(
        uid=told[UID],
        private_id=told.get(PRIVATE_ID, ""),
        marker=told.get(MARKER, ""),
        sequence=int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0,
        cancelled=told.get(STATUS) == WishStatus.CANCELLED.value,
        geo=_geo(told.get(GEO, "")),
    )


def _geo(value: str) -> tuple[float, float] | None:
    latitude, _, longitude = value.partition(";")
    try:
        found = float(latitude), float(longitude)
    except ValueError:
        return None
    return found if abs(found[0]) <= 90 and abs(found[1]) <= 180 else None
