"""What the reading process and its parent say to each other: frames of JSON, and readings as JSON.

JSON, not pickle: what comes from the process that met a stranger's file can be nothing but data.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from calendars.providers.base import Occurrence, Reading, ReadingRules, Status, Window

_LENGTH = 8


class Ended(Exception):
    """The other side closed its end, or was ended."""


def write_frame(stream: BinaryIO, *parts: bytes) -> None:
    """Send one frame: its length, then the parts."""
    stream.write(sum(map(len, parts)).to_bytes(_LENGTH, "big"))
    for part in parts:
        stream.write(part)
    stream.flush()


def read_frame(stream: BinaryIO, limit: int) -> bytes:
    """The next frame. Raises `Ended`, also for a frame above the limit (bytes)."""
    head = stream.read(_LENGTH)
    size = int.from_bytes(head, "big")
    if len(head) < _LENGTH or size > limit:
        raise Ended
    body = stream.read(size)
    if len(body) < size:
        raise Ended
    return body


def packed(value: Any) -> bytes:
    """A value as JSON; lone surrogates of broken text survive as escapes."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def pack_task(window: Window, rules: ReadingRules) -> dict[str, Any]:
    """For what span and for whom to read."""
    return {
        "window": [moment.timestamp() for moment in window],
        "zone": rules.default_zone,
        "emails": sorted(rules.owner_emails),
    }


def unpack_task(task: dict[str, Any]) -> tuple[Window, ReadingRules]:
    """The reverse of `pack_task`."""
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in task["window"])
    return (start, end), ReadingRules(task["zone"], frozenset(task["emails"]))


def pack_reading(reading: Reading) -> dict[str, Any]:
    """A reading as JSON can hold it; what the occurrences of a series share is said once."""
    faces: dict[tuple[Any, ...], int] = {}
    times = []
    for one in reading.occurrences:
        face = faces.setdefault(_face(one), len(faces))
        days = [str(one.first_day), str(one.end_day)] if one.all_day else []
        times.append([int(one.start.timestamp()), int(one.end.timestamp()), face, one.recurrence, *days])
    return {
        "times": times,
        "faces": list(faces),
        "warnings": reading.warnings,
        "uid": reading.uid,
        "private_id": reading.private_id,
        "sequence": reading.sequence,
        "cancelled": reading.cancelled,
        "bad": reading.bad,
    }


def unpack_reading(told: dict[str, Any]) -> Reading:
    """The reverse of `pack_reading`."""
    faces = [_shared(face) for face in told["faces"]]
    return Reading(
        occurrences=tuple(_occurrences(told["times"], faces)),
        warnings=tuple(told["warnings"]),
        uid=told["uid"],
        private_id=told["private_id"],
        sequence=told["sequence"],
        cancelled=told["cancelled"],
        bad=told["bad"],
    )


def _face(one: Occurrence) -> tuple[Any, ...]:
    return (
        one.status.value,
        one.uid,
        one.summary,
        one.all_day,
        one.unanswered,
        one.zone,
        one.location,
        one.geo,
        one.private_id,
    )


def _shared(face: list[Any]) -> dict[str, Any]:
    status, uid, summary, all_day, unanswered, zone, location, geo, private_id = face
    return {
        "status": Status(status),
        "uid": uid,
        "summary": summary,
        "all_day": all_day,
        "unanswered": unanswered,
        "zone": zone,
        "location": location,
        "geo": (geo[0], geo[1]) if geo else None,
        "private_id": private_id,
    }


def _occurrences(times: list[list[Any]], faces: list[dict[str, Any]]) -> Iterator[Occurrence]:
    for start, end, face, recurrence, *days in times:
        yield Occurrence(
            start=datetime.fromtimestamp(start, UTC),
            end=datetime.fromtimestamp(end, UTC),
            recurrence=recurrence,
            first_day=date.fromisoformat(days[0]) if days else None,
            end_day=date.fromisoformat(days[1]) if days else None,
            **faces[face],
        )
