"""What we keep of Graph's events: a small, canonical JSON of the fields that matter, as `RawItem.data`.

An item is one single event, or one whole series with its instances in the window: Graph expands series itself,
and tells of a deleted instance only by telling the series again. Times are kept as Graph gives them in UTC, cut
to seconds; whole days as their midnights, which Graph never moves to another zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from calendars.providers.base import RawItem
from calendars.providers.ical.zone_names import named_zone
from calendars.providers.microsoft.own import read_own

Json = dict[str, Any]

SELECT = (
    "id,type,seriesMasterId,iCalUId,subject,showAs,isAllDay,isCancelled,responseStatus,start,end,originalStart,"
    "originalStartTimeZone,location,transactionId"
)
"""Everything that is read from an event."""
_GLOBAL_ID = re.compile(r"(040000008200E00074C5B7101A82E008)[0-9A-F]{8}([0-9A-F]+)", re.IGNORECASE)


def single(row: Mapping[str, Any]) -> RawItem:
    """The item of an event that is no series."""
    data = _text({"event": kept(row)})
    etag = row.get("@odata.etag")
    return RawItem(str(row["id"]), etag if isinstance(etag, str) and etag else _name(data), data)


def series(master_id: str, master: Mapping[str, Any], instances: Iterable[Mapping[str, Any]]) -> RawItem:
    """The item of a series, from its master and its instances in the window."""
    base = kept(master)
    told = {one: None for row in instances if (one := _text(_instance(row, base)))}
    rows = sorted((json.loads(one) for one in told), key=lambda one: (one.get("start") or "", _text(one)))
    data = _text({"series": base, "instances": rows})
    return RawItem(master_id, f"series:{_name(data)}", data)


def some_instances(master_id: str, rows: Iterable[Mapping[str, Any]]) -> RawItem:
    """The item of a series of which only some instances were read, each of them whole."""
    found = [kept(row) | _original(row) for row in rows]
    data = _text({"series": {}, "instances": found})
    return RawItem(master_id, f"part:{_name(data)}", data)


def kept(row: Mapping[str, Any]) -> Json:
    """The fields that matter, under short names; what says nothing is left out."""
    told: Json = {
        "uid": _uid(row.get("iCalUId")),
        "subject": _string(row.get("subject")),
        "shows": _string(row.get("showAs")),
        "days": row.get("isAllDay") is True,
        "cancelled": row.get("isCancelled") is True,
        "answer": _string(_inside(row, "responseStatus", "response")),
        "zone": _string(row.get("originalStartTimeZone")),
        "place": _place(row.get("location")),
        "transaction": _string(row.get("transactionId")),
        "own": read_own(row.get("singleValueExtendedProperties"), row.get("transactionId")),
        **_span(row),
    }
    return {name: value for name, value in told.items() if value}


def _instance(row: Mapping[str, Any], base: Mapping[str, Any]) -> Json:
    """An ordinary instance is its times; an exception also what differs from the master."""
    if row.get("type") != "exception":
        return {name: value for name, value in _span(row).items() if value}
    own = kept(row)
    differing = {name: own.get(name) for name in own.keys() | base.keys() if own.get(name) != base.get(name)}
    return {**differing, **_span(row), **_original(row)}


def _span(row: Mapping[str, Any]) -> Json:
    return {name: wall(row.get(name)) for name in ("start", "end")}


def _original(row: Mapping[str, Any]) -> Json:
    original = _string(row.get("originalStart"))[:19]
    return {"original": original} if original else {}


def wall(told: Any) -> str:
    """A time of Graph's as `YYYY-MM-DDThh:mm:ss` in UTC; empty when it cannot be read.

    We ask for UTC; another zone is turned into it all the same, an unknown one is taken for UTC.
    """
    if not isinstance(told, Mapping):
        return ""
    try:
        local = datetime.fromisoformat(str(told.get("dateTime"))[:19]).replace(tzinfo=None)
    except ValueError:
        return ""
    zone = named_zone(str(told.get("timeZone") or "UTC"))
    try:
        moment = local.replace(tzinfo=zone or UTC).astimezone(UTC)
    except OverflowError:
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _place(told: Any) -> Json:
    if not isinstance(told, Mapping):
        return {}
    name = _string(told.get("displayName"))
    latitude, longitude = (_inside(told, "coordinates", part) for part in ("latitude", "longitude"))
    numbers = [
        one for one in (latitude, longitude) if isinstance(one, (int, float)) and not isinstance(one, bool)
    ]
    return ({"name": name} if name else {}) | ({"at": numbers} if len(numbers) == 2 and any(numbers) else {})


def _uid(told: Any) -> str:
    """Exchange writes an instance's day into its UID; without it, the instances share that of their series."""
    return _GLOBAL_ID.sub(r"\g<1>00000000\g<2>", _string(told))


def _inside(row: Mapping[str, Any], name: str, part: str) -> Any:
    inner = row.get(name)
    return inner.get(part) if isinstance(inner, Mapping) else None


def _string(told: Any) -> str:
    return told if isinstance(told, str) else ""


def _text(told: Json) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _name(data: bytes) -> str:
    return blake2b(data, digest_size=12).hexdigest()
