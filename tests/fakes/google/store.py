"""Calendars and their events, with Google's rules about ids, versions, deletion and sync tokens."""

import copy
import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.google.faults import Refusal
from tests.fakes.google.recurrence import instance_parts, instances, is_after

Event = dict[str, Any]
ID = re.compile(r"[a-v0-9]{5,1024}")
WRITERS = ("owner", "writer", "writerWithoutPrivateAccess")
SERVER_OWNED = ("kind", "etag", "htmlLink", "created", "updated", "creator", "organizer", "hangoutLink")


@dataclass
class Calendar:
    """One calendar as its account sees it. `versions` tells when each event last changed."""

    id: str
    name: str
    email: str
    role: str = "owner"
    zone: str = "Europe/Berlin"
    primary: bool = False
    hidden: bool = False
    colour: str = "#9fe1e7"
    events: dict[str, Event] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    oldest_token: int = 0

    def entry(self) -> dict[str, Any]:
        """As the calendar list shows it."""
        return {
            "kind": "calendar#calendarListEntry",
            "id": self.id,
            "summary": self.name,
            "timeZone": self.zone,
            "backgroundColor": self.colour,
            "accessRole": self.role,
            **({"primary": True} if self.primary else {}),
            **({"hidden": True} if self.hidden else {}),
        }


class Store:
    """Every calendar of every account; `changed` hears of each change."""

    def __init__(self, changed: Callable[[Calendar], None]) -> None:
        self.calendars: dict[str, Calendar] = {}
        self.pending_meets = 0
        """How many times a new meeting is still being made when it is looked at."""
        self._changed = changed
        self._versions = itertools.count(1)
        self.version = 0

    def calendar(self, calendar_id: str) -> Calendar:
        """Raises 404."""
        found = self.calendars.get(calendar_id)
        if found is None:
            raise Refusal(404, "notFound", "Not Found")
        return found

    def insert(self, calendar: Calendar, body: Event, *, conference: bool = False) -> Event:
        """`events.insert`: an id that was ever used is refused (409)."""
        _check_times(body)
        event_id = str(body.get("id") or _new_id())
        if event_id in calendar.events:
            raise Refusal(409, "duplicate", "The requested identifier already exists.")
        event = self._fresh(calendar, event_id, body)
        self._confer(event, body, None, conference)
        return self.keep(calendar, event)

    def get(self, calendar: Calendar, event_id: str) -> Event:
        """`events.get`: also what was deleted; raises 404. Looking at a pending meeting brings it on."""
        event = calendar.events.get(event_id) or self._unchanged_instance(calendar, event_id)
        if event is None:
            raise Refusal(404, "notFound", "Not Found")
        self._ripen(calendar, event)
        return event

    def patch(
        self, calendar: Calendar, event_id: str, body: Event, if_match: str, *, conference: bool = False
    ) -> Event:
        """`events.patch`: merges, null deletes, lists replace."""
        before = self.get(calendar, event_id)
        _match(before, if_match)
        body = {name: value for name, value in body.items() if name not in SERVER_OWNED}
        wanted = {name: value for name, value in body.items() if name != "conferenceData"}
        event = _merged(copy.deepcopy(before), wanted)
        _check_times(event)
        self._confer(event, body, before, conference and "conferenceData" in body)
        return self.keep(calendar, event)

    def update(
        self, calendar: Calendar, event_id: str, body: Event, if_match: str, *, conference: bool = False
    ) -> Event:
        """`events.update`: replaces; makes a deleted event live again."""
        before = self.get(calendar, event_id)
        _match(before, if_match)
        _check_times(body)
        event = self._fresh(calendar, event_id, body)
        for name in ("iCalUID", "created", "recurringEventId", "originalStartTime"):
            if name in before:
                event[name] = before[name]
        if not conference and "conferenceData" in before:
            event |= {name: before[name] for name in ("conferenceData", "hangoutLink") if name in before}
        self._confer(event, body, before, conference)
        return self.keep(calendar, event)

    def delete(self, calendar: Calendar, event_id: str) -> None:
        """`events.delete`: a second time is 410."""
        event = self.get(calendar, event_id)
        if event["status"] == "cancelled":
            raise Refusal(410, "deleted", "Resource has been deleted")
        self.keep(calendar, {**event, "status": "cancelled"})
        for other in list(calendar.events.values()):
            if other.get("recurringEventId") == event_id and other["status"] != "cancelled":
                self.keep(calendar, {**other, "status": "cancelled"})

    def keep(self, calendar: Calendar, event: Event) -> Event:
        """Store with a new version, and tell those who watch."""
        self.version = next(self._versions)
        event |= {"etag": f'"{self.version * 2}"', "updated": _stamp(self.version)}
        calendar.events[event["id"]] = event
        calendar.versions[event["id"]] = self.version
        self._changed(calendar)
        return event

    def listed(self, calendar: Calendar, asked: dict[str, str], since: int | None) -> list[Event]:
        """The events a list request means, without paging."""
        found = [event for event in calendar.events.values() if _is_listed(calendar, event, asked, since)]
        if asked.get("singleEvents") == "true":
            found = list(_expanded(found, asked))
        return [_reduced(event) for event in found]

    def _fresh(self, calendar: Calendar, event_id: str, body: Event) -> Event:
        person = {"email": calendar.email, "self": True}
        told = _merged({}, {name: value for name, value in body.items() if name not in SERVER_OWNED})
        told.pop("conferenceData", None)
        return {
            "kind": "calendar#event",
            "status": "confirmed",
            "iCalUID": f"{event_id}@google.com",
            "created": _stamp(self.version),
            "creator": person,
            "organizer": person,
            "sequence": 0,
            "eventType": "default",
            **told,
            "id": event_id,
        }

    def _unchanged_instance(self, calendar: Calendar, event_id: str) -> Event | None:
        master_id, original = instance_parts(event_id)
        master = calendar.events.get(master_id)
        if master is None or not original:
            return None
        return next((one for one in instances(master) if one["id"] == event_id), None)

    def _confer(self, event: Event, body: Event, before: Event | None, is_asked: bool) -> None:
        """Make, keep or drop the meeting (conferenceDataVersion is 1 when `is_asked`)."""
        if not is_asked:
            return
        wanted = (body.get("conferenceData") or {}).get("createRequest")
        known = ((before or {}).get("conferenceData") or {}).get("createRequest", {})
        if wanted is None:
            event.pop("conferenceData", None)
            event.pop("hangoutLink", None)
        elif before is not None and known.get("requestId") == wanted.get("requestId"):
            kept = {name: before[name] for name in ("conferenceData", "hangoutLink") if name in before}
            event |= copy.deepcopy(kept)
        else:
            event["conferenceData"] = {"createRequest": {**wanted, "status": {"statusCode": "pending"}}}
            event["_looks"] = self.pending_meets
            self._finish_meet(event)

    def _ripen(self, calendar: Calendar, event: Event) -> None:
        if event.get("_looks"):
            event["_looks"] -= 1
            if self._finish_meet(event):
                self.keep(calendar, event)

    def _finish_meet(self, event: Event) -> bool:
        if event.get("_looks"):
            return False
        request = event["conferenceData"]["createRequest"]
        name = "-".join(secrets.choice("abcdefgh") * size for size in (3, 4, 3))
        uri = f"https://meet.google.com/{name}-{self.version}"
        event["hangoutLink"] = uri
        event["conferenceData"] = {
            "createRequest": {**request, "status": {"statusCode": "success"}},
            "entryPoints": [{"entryPointType": "video", "uri": uri, "label": uri.removeprefix("https://")}],
            "conferenceId": name,
            "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
        }
        return True


def public(event: Event) -> Event:
    """The event without the fake's own notes."""
    return {name: value for name, value in event.items() if not name.startswith("_")}


def _new_id() -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuv0123456789") for _ in range(26))


def _stamp(version: int) -> str:
    return (datetime(2026, 10, 1, tzinfo=UTC) + timedelta(seconds=version)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _match(event: Event, if_match: str) -> None:
    if if_match not in ("", "*", event["etag"]):
        raise Refusal(412, "conditionNotMet", "Precondition Failed")


def _merged(before: Event, changes: Event) -> Event:
    for name, value in changes.items():
        if value is None:
            before.pop(name, None)
        elif isinstance(value, dict):
            before[name] = _merged(dict(before.get(name) or {}), value)
        else:
            before[name] = value
    return before


def _check_times(event: Event) -> None:
    """`date` and `dateTime` do not mix, and nothing ends before it begins."""
    start, end = event.get("start") or {}, event.get("end") or {}
    kinds = [{name for name in ("date", "dateTime") if side.get(name)} for side in (start, end)]
    if kinds[0] != kinds[1] or len(kinds[0]) != 1:
        raise Refusal(400, "invalid", "Start and end times must either both be date or both be dateTime.")
    [kind] = kinds[0]
    first, last = (datetime.fromisoformat(side[kind].replace("Z", "+00:00")) for side in (start, end))
    if last < first:
        raise Refusal(400, "timeRangeEmpty", "The specified time range is empty.")
    zones = {side.get("timeZone") for side in (start, end)}
    if event.get("recurrence") and kind == "dateTime" and None in zones:
        raise Refusal(400, "required", "Missing time zone definition for start time.")


def _is_listed(calendar: Calendar, event: Event, asked: dict[str, str], since: int | None) -> bool:
    if since is not None:
        return calendar.versions[event["id"]] > since
    if asked.get("iCalUID") and event.get("iCalUID") != asked["iCalUID"]:
        return False
    if event["status"] == "cancelled" and asked.get("showDeleted") != "true":
        master = calendar.events.get(event.get("recurringEventId", ""))
        if asked.get("singleEvents") == "true" or master is None or master["status"] == "cancelled":
            return asked.get("singleEvents") == "true" and master is not None
    return is_after(event, asked.get("timeMin")) and (
        bool(event.get("recurrence"))
        or not asked.get("timeMax")
        or not is_after(event, asked["timeMax"], by="start")
    )


def _expanded(found: list[Event], asked: dict[str, str]) -> Iterator[Event]:
    """With `singleEvents`: instances instead of series, those that were changed as they are now."""
    changed = {event["id"] for event in found if event.get("recurringEventId")}
    for event in found:
        if not event.get("recurrence"):
            if event["status"] != "cancelled":
                yield event
            continue
        for one in instances(event, asked.get("timeMin"), asked.get("timeMax")):
            if one["id"] not in changed:
                yield one


def _reduced(event: Event) -> Event:
    """What lists tell of deleted events: hardly more than the id."""
    if event["status"] != "cancelled":
        return event
    kept = ("kind", "id", "etag", "status", "recurringEventId", "originalStartTime")
    return {name: event[name] for name in kept if name in event}
