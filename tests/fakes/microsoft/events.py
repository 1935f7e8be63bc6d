"""Events as Exchange keeps them: what is taken in, how series expand, and how Graph shows them.

Instants are aware UTC; whole days are kept as midnights in UTC and never moved to another zone.
"""

from __future__ import annotations

import calendar as months
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.microsoft.faults import Refusal

GLOBAL_ID = "040000008200E00074C5B7101A82E008"
"""How the UIDs begin that Exchange makes; eight digits of the instance's date follow."""
RULER = "_" * 80
WINDOWS_ZONES = {"W. Europe Standard Time": "Europe/Berlin", "Pacific Standard Time": "America/Los_Angeles"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIMES = ("start", "end", "isAllDay")
READ_ONLY = (
    "id",
    "iCalUId",
    "type",
    "seriesMasterId",
    "@odata.etag",
    "onlineMeeting",
    "attendees",
    "webLink",
)
USUAL: dict[str, Any] = {
    "subject": "",
    "showAs": "busy",
    "isCancelled": False,
    "sensitivity": "normal",
    "importance": "normal",
    "categories": [],
    "isOrganizer": True,
    "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
    "location": {"displayName": ""},
    "body": {"contentType": "html", "content": ""},
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "onlineMeeting": None,
    "transactionId": None,
    "recurrence": None,
}


@dataclass
class Event:
    """One event: single, master of a series, or an exception. `extra` holds its extended properties."""

    id: str
    uid: str
    start: datetime
    end: datetime
    all_day: bool = False
    zone: str = "UTC"
    fields: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    version: int = 1
    exceptions: dict[date, Event | None] = field(default_factory=dict)
    """Of a series, by the original day: an instance of its own, or None for one that was deleted."""

    @property
    def is_series(self) -> bool:
        """Whether this is a master."""
        return bool(self.fields.get("recurrence"))

    @property
    def etag(self) -> str:
        """Weak, and another one after every change."""
        return f'W/"{hashlib.sha256(f"{self.id}:{self.version}".encode()).hexdigest()[:20]}"'

    def apply(self, body: dict[str, Any]) -> None:
        """Merge what was sent. Raises `Refusal` for impossible times."""
        if set(TIMES) & body.keys():
            self._set_times(body)
        taken = {name: value for name, value in body.items() if name not in (*TIMES, *READ_ONLY)}
        for one in taken.pop("singleValueExtendedProperties", ()):
            self.extra[one["id"]] = one["value"]
        self.fields |= taken
        self.version += 1

    def _set_times(self, body: dict[str, Any]) -> None:
        self.all_day = bool(body.get("isAllDay", self.all_day))
        told = {name: body.get(name) for name in ("start", "end")}
        moments = [_moment(value, self.all_day) if value else None for value in told.values()]
        self.start, self.end = moments[0] or self.start, moments[1] or self.end
        if told["start"]:
            self.zone = told["start"].get("timeZone") or "UTC"
        if self.end < self.start or (self.all_day and self.end == self.start):
            raise Refusal(400, "ErrorCalendarDurationIsTooLong", "The end is not after the start.")
        if self.all_day and (self.start.time() != _ZERO or self.end.time() != _ZERO):
            raise Refusal(400, "TimeZoneNotSupportedException", "All-day events begin and end at midnight.")


_ZERO = datetime.min.time()


def new_event(body: dict[str, Any], *, uid: str = "", event_id: str = "") -> Event:
    """An event out of what was sent. Raises `Refusal`."""
    if not body.get("start") or not body.get("end"):
        raise Refusal(400, "ErrorPropertyValidationFailure", "start and end are required.")
    name = secrets.token_hex(20).upper()
    made = Event(
        id=event_id or f"AAkALg{secrets.token_urlsafe(40)}=",
        uid=uid or f"{GLOBAL_ID}00000000{name}",
        start=datetime.min.replace(tzinfo=UTC),
        end=datetime.max.replace(tzinfo=UTC),
        fields=json.loads(json.dumps(USUAL)),
    )
    made.apply(body)
    return made


def _moment(told: dict[str, str], all_day: bool) -> datetime:
    try:
        local = datetime.fromisoformat(told["dateTime"].removesuffix("Z")[:19])
        name = told.get("timeZone") or "UTC"
        zone = UTC if all_day else ZoneInfo(WINDOWS_ZONES.get(name, name))
    except (KeyError, ValueError, OSError):
        raise Refusal(400, "ErrorPropertyValidationFailure", "An unreadable time.") from None
    return local.replace(tzinfo=zone).astimezone(UTC)


# Series


@dataclass(frozen=True)
class Instance:
    """One instance of a series; `own` is set when it is an exception."""

    id: str
    start: datetime
    end: datetime
    original: datetime
    own: Event | None = None


def instances(master: Event, window: tuple[datetime, datetime]) -> Iterator[Instance]:
    """The instances that touch the window, by the local clock of the series."""
    zone = UTC if master.all_day else ZoneInfo(WINDOWS_ZONES.get(master.zone, master.zone))
    length = master.end - master.start
    for local in _locals(master, zone, window[1]):
        start = local.replace(tzinfo=zone).astimezone(UTC)
        own = master.exceptions.get(local.date())
        if local.date() in master.exceptions and own is None:
            continue
        begins, ends = (own.start, own.end) if own else (start, start + length)
        if begins < window[1] and (ends > window[0] or begins == ends >= window[0]):
            yield Instance(instance_id(master, local.date()), begins, ends, start, own)


def instance_id(master: Event, day: date) -> str:
    """The id of the instance that was meant for this day."""
    return f"{master.id}.{day:%Y%m%d}"


def _locals(master: Event, zone: Any, until: datetime) -> Iterator[datetime]:
    pattern = master.fields["recurrence"]["pattern"]
    span = master.fields["recurrence"]["range"]
    local = master.start.astimezone(zone).replace(tzinfo=None)
    left = span.get("numberOfOccurrences") if span.get("type") == "numbered" else None
    last = date.fromisoformat(span["endDate"]) if span.get("type") == "endDate" else date.max
    day = local.date()
    while day <= last and datetime.combine(day, _ZERO, UTC) <= until + timedelta(days=1) and left != 0:
        if _falls_on(day, local.date(), pattern):
            left = None if left is None else left - 1
            yield datetime.combine(day, local.time())
        day += timedelta(days=1)


def _falls_on(day: date, first: date, pattern: dict[str, Any]) -> bool:
    step = pattern.get("interval", 1)
    months_apart = (day.year - first.year) * 12 + day.month - first.month
    if pattern["type"] == "daily":
        return (day - first).days % step == 0
    if pattern["type"] == "weekly":
        weeks = (day - timedelta(days=day.weekday()) - first + timedelta(days=first.weekday())).days // 7
        return weeks % step == 0 and DAYS[day.weekday()] in pattern["daysOfWeek"]
    if pattern["type"] == "absoluteMonthly":
        last = months.monthrange(day.year, day.month)[1]
        return months_apart % step == 0 and day.day == min(pattern["dayOfMonth"], last)
    raise Refusal(400, "ErrorInvalidRecurrence", pattern["type"])


# How Graph shows them


def shown(event: Event, zone: str = "UTC") -> dict[str, Any]:
    """A whole event, times in the zone that was asked for."""
    return {
        "@odata.etag": event.etag,
        "id": event.id,
        "iCalUId": event.uid,
        "type": "seriesMaster" if event.is_series else "singleInstance",
        "seriesMasterId": None,
        **event.fields,
        **times(event.start, event.end, zone, all_day=event.all_day),
        "originalStartTimeZone": event.zone,
    }


def shown_instance(master: Event, one: Instance, zone: str = "UTC") -> dict[str, Any]:
    """A whole instance: the master's fields, or its own."""
    source = one.own or master
    uid = master.uid
    if uid.startswith(GLOBAL_ID):  # Exchange puts the day into the UID of every instance
        uid = f"{GLOBAL_ID}{one.original:%Y%m%d}{uid[40:]}"
    return {
        **shown(source, zone),
        **times(one.start, one.end, zone, all_day=source.all_day),
        "id": one.id,
        "iCalUId": uid,
        "type": "exception" if one.own else "occurrence",
        "seriesMasterId": master.id,
        "recurrence": None,
        "originalStart": one.original.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def stub(master: Event, one: Instance) -> dict[str, Any]:
    """What a delta tells of an ordinary instance."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": master.etag,
        "id": one.id,
        "seriesMasterId": master.id,
        "type": "occurrence",
        **{name: value for name, value in times(one.start, one.end, "UTC").items() if name != "isAllDay"},
    }


def times(start: datetime, end: datetime, zone: str, *, all_day: bool = False) -> dict[str, Any]:
    """Start and end with seven digits after the second."""
    real = UTC if all_day else ZoneInfo(WINDOWS_ZONES.get(zone, zone))

    def told(moment: datetime) -> dict[str, str]:
        local = moment.astimezone(real).strftime("%Y-%m-%dT%H:%M:%S")
        return {"dateTime": f"{local}.0000000", "timeZone": zone}

    return {"start": told(start), "end": told(end), "isAllDay": all_day}


# Meetings


def add_meeting(event: Event) -> None:
    """Make the Teams meeting that was asked for: its link, and its words at the end of the body."""
    number = secrets.token_hex(8)
    link = f"https://teams.example/l/meetup-join/{number}"
    event.fields["onlineMeeting"] = {"joinUrl": link}
    event.fields["body"] = {
        "contentType": "html",
        "content": f"<html><body>{event.fields['body'].get('content', '')}<br><div>{RULER}</div>"
        f'<div class="me-email-text"><a href="{link}">Join the meeting now</a></div></body></html>',
    }


def lose_meeting(event: Event) -> None:
    """A body written without the meeting's words takes the meeting with it."""
    meeting = event.fields.get("onlineMeeting")
    if meeting and meeting["joinUrl"] not in event.fields["body"].get("content", ""):
        event.fields |= {"isOnlineMeeting": False, "onlineMeeting": None, "onlineMeetingProvider": "unknown"}
