"""How our events are known at Graph: three extended properties and the transaction id.

Extended properties come back only where they are asked for by name, never in a delta. The property for look-ups
holds the UID alone, because a filter compares whole values. People copy events, and a copy keeps the properties:
they count only on the event that was made with the transaction id they name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from calendars.providers.base import EventWish, WishStatus

_SET = "{5a1c6f0e-3d52-4a3b-9a56-7c1f0b8f2d41}"
UID_PROPERTY = f"String {_SET} Name BookingUid"
WISH_PROPERTY = f"String {_SET} Name BookingWish"
MADE_PROPERTY = f"String {_SET} Name BookingTransaction"
"""The names of our properties. Other names would make us lose sight of events written before."""
_WANTED = " or ".join(f"id eq '{name}'" for name in (UID_PROPERTY, WISH_PROPERTY, MADE_PROPERTY))
EXPAND = f"singleValueExtendedProperties($filter={_WANTED})"
_NAMES = UUID("0b7d5d6c-6c55-4c0a-9a0e-6f6d0a4f3f52")
"""Where transaction ids come from when the wish brings no marker."""


def properties(wish: EventWish) -> list[dict[str, str]]:
    """The extended properties of a wish."""
    told = {
        "id": wish.private_id,
        "uid": wish.uid,
        "sequence": wish.sequence,
        "geo": list(wish.geo) if wish.geo else None,
        "zone": wish.zone,
        "cancelled": 1 if wish.status is WishStatus.CANCELLED else 0,
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return [{"id": UID_PROPERTY, "value": wish.uid}, {"id": WISH_PROPERTY, "value": text}]


def made_with(transaction: str) -> dict[str, str]:
    """The property that names the event it belongs to; written once, when the event is made."""
    return {"id": MADE_PROPERTY, "value": transaction}


def read_own(told: Any, transaction: Any) -> dict[str, Any]:
    """What `properties` wrote, from an event's list of them and its transaction id; empty when it is not ours,
    a copy of ours, or not told."""
    rows = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    values = {str(one.get("id", "")).lower(): one.get("value") for one in rows}
    if not transaction or values.get(MADE_PROPERTY.lower()) != transaction:
        return {}
    return _object(values.get(WISH_PROPERTY.lower()))


def _object(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def uid_filter(uid: str) -> str:
    """The filter that finds our events with this UID."""
    value = uid.replace("'", "''")
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{UID_PROPERTY}' and ep/value eq '{value}')"


def transaction_of(wish: EventWish) -> str:
    """The transaction id of the first event of this wish."""
    return wish.marker or str(uuid5(_NAMES, wish.uid))


def transaction_after(wish: EventWish, gone_id: str) -> str:
    """The transaction id of the event made after the one with this id was deleted: Graph remembers the old one.

    The same for every attempt, so that a lost answer does no harm.
    """
    return str(uuid5(_NAMES, f"{transaction_of(wish)}:{gone_id}"))


def may_be_ours(transaction_id: Any) -> bool:
    """Whether a transaction id has the form of ours (a UUID made from a name); few others have."""
    try:
        return isinstance(transaction_id, str) and UUID(transaction_id).version == 5
    except ValueError:
        return False
