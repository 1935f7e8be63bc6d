"""What a kept event means for its owner's time (SYNC 1.6, 1.7; C13, C14). Never raises for odd content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from calendars.providers.base import Occurrence, RawItem, Reading, ReadingRules, Status, Window
from calendars.providers.ical.values import instant
from calendars.providers.ical.zone_names import named_zone

Json = Mapping[str, Any]

_SHOWS = {
    "free": Status.FREE,
    "workingelsewhere": Status.ELSEWHERE,
    "tentative": Status.TENTATIVE,
    "oof": Status.OUT_OF_OFFICE,
}
"""What is not listed, `unknown` above all, is busy: unknown is never free."""


def read(item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
    """See `Provider.occurrences`."""
    found = _events(item.data)
    if found is None:
        return Reading(warnings=("item_unreadable",), bad=1)
    base, events = found
    own = _own(base if base else (events[0] if events else {}))
    reading = Reading(
        uid=own.uid or _text(base, "uid") or (_text(events[0], "uid") if events else ""),
        private_id=own.private_id,
        sequence=own.sequence,
        cancelled=own.cancelled or base.get("cancelled") is True,
        marker=_text(base, "transaction"),
    )
    if reading.cancelled:
        return reading
    return _with_occurrences(reading, events, own, window, rules)


def _with_occurrences(
    reading: Reading, events: list[Json], own: _Own, window: Window, rules: ReadingRules
) -> Reading:
    occurrences, bad = [], 0
    for event in events:
        span = _span(event, rules)
        if span is None:
            bad += 1
        elif span.start < window[1] and span.end > window[0] and span.end > span.start and _takes_time(event):
            occurrences.append(_occurrence(event, span, reading, own))
    return Reading(
        occurrences=tuple(occurrences),
        warnings=("time_unreadable",) if bad else (),
        uid=reading.uid,
        private_id=reading.private_id,
        sequence=reading.sequence,
        cancelled=reading.cancelled,
        bad=bad,
        marker=reading.marker,
    )


def _events(data: bytes) -> tuple[Json, list[Json]] | None:
    """The master (or the event itself) and every event as it happens; None for what we did not write."""
    try:
        kept = json.loads(data)
        if "event" in kept:
            return kept["event"], [kept["event"]]
        base = kept["series"]
        return base, [{**base, **instance, "is_instance": True} for instance in kept["instances"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


class _Own(NamedTuple):
    """What our own property says."""

    uid: str = ""
    private_id: str = ""
    sequence: int = 0
    cancelled: bool = False
    zone: str = ""
    geo: tuple[float, float] | None = None


def _own(event: Json) -> _Own:
    told = event.get("own")
    if not isinstance(told, Mapping):
        return _Own()
    sequence, geo = told.get("sequence"), told.get("geo")
    return _Own(
        uid=_text(told, "uid"),
        private_id=_text(told, "id"),
        sequence=sequence if isinstance(sequence, int) else 0,
        cancelled=bool(told.get("cancelled")),
        zone=_text(told, "zone"),
        geo=_pair(geo),
    )


class _Span(NamedTuple):
    start: datetime
    end: datetime
    first_day: date | None = None
    end_day: date | None = None


def _span(event: Json, rules: ReadingRules) -> _Span | None:
    """Where the event lies; whole days belong to the calendar's own zone, whatever zone Graph names."""
    try:
        start, end = (datetime.fromisoformat(event[name]).replace(tzinfo=UTC) for name in ("start", "end"))
    except (KeyError, TypeError, ValueError):
        return None
    if not event.get("days"):
        return _Span(start, end)
    zone: tzinfo = named_zone(rules.default_zone) or UTC
    first, last = start.date(), max(end.date(), start.date() + timedelta(days=1))
    return _Span(_midnight(first, zone), _midnight(last, zone), first, last)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 wall time, its zone is beside it


def _takes_time(event: Json) -> bool:
    return not event.get("cancelled") and event.get("answer") != "declined"


def _occurrence(event: Json, span: _Span, reading: Reading, own: _Own) -> Occurrence:
    place = event.get("place")
    place = place if isinstance(place, Mapping) else {}
    zone = named_zone(own.zone or _text(event, "zone"))
    return Occurrence(
        start=span.start,
        end=span.end,
        status=_SHOWS.get(_text(event, "shows").lower(), Status.BUSY),
        uid=reading.uid,
        summary=_text(event, "subject"),
        recurrence=_recurrence(event) if event.get("is_instance") else "",
        all_day=span.first_day is not None,
        first_day=span.first_day,
        end_day=span.end_day,
        unanswered=event.get("answer") == "notResponded",
        zone=zone.key if zone else "",
        location=_text(place, "name"),
        geo=_pair(place.get("at")) or own.geo,
        private_id=reading.private_id,
    )


def _recurrence(event: Json) -> str:
    original = _text(event, "original") or _text(event, "start")
    digits = original.replace("-", "").replace(":", "")
    return digits[:8] if event.get("days") else f"{digits}Z"


def _pair(told: Any) -> tuple[float, float] | None:
    if not isinstance(told, (list, tuple)) or len(told) != 2:
        return None
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in told):
        return None
    latitude, longitude = float(told[0]), float(told[1])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _text(event: Json, name: str) -> str:
    told = event.get(name)
    return told if isinstance(told, str) else ""
