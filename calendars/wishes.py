"""Event wishes as JSON and back: the form in which they wait in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from calendars.providers.base import EventWish, WishStatus

_INSTANTS = ("start", "end", "created", "updated")
_NAMES = frozenset(field.name for field in fields(EventWish))


def wish_as_json(wish: EventWish) -> dict[str, Any]:
    """The wish as plain JSON values; instants in ISO 8601."""
    plain = {name: getattr(wish, name) for name in sorted(_NAMES)}
    plain |= {name: plain[name].isoformat() for name in _INSTANTS}
    plain["status"] = wish.status.value
    plain["geo"] = None if wish.geo is None else list(wish.geo)
    return plain


def wish_from_json(plain: Mapping[str, Any]) -> EventWish:
    """The wish that `wish_as_json` made. Unknown names are passed over: a newer process may put them."""
    values = {name: value for name, value in plain.items() if name in _NAMES}
    values |= {name: datetime.fromisoformat(values[name]) for name in _INSTANTS}
    values["status"] = WishStatus(values["status"])
    values["geo"] = None if values.get("geo") is None else tuple(values["geo"])
    return EventWish(**values)
