"""The calendar API (v3): which request means what."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from tests.fakes.google.channels import Channel, Channels
from tests.fakes.google.faults import Refusal
from tests.fakes.google.fields import selected
from tests.fakes.google.oauth import CALENDAR_LIST, EVENTS, Granted
from tests.fakes.google.recurrence import instances
from tests.fakes.google.store import ID, WRITERS, Calendar, Event, Store, public

Answer = tuple[int, Any]
NOT_WITH_TOKEN = ("timeMin", "timeMax", "q", "orderBy", "updatedMin", "iCalUID", "privateExtendedProperty")
FREE_BUSY_FIELDS = (
    "kind", "id", "etag", "status", "start", "end", "iCalUID", "recurrence", "recurringEventId", "originalStartTime",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One authorised request; `parts` are the ids in its path."""

    grant: Granted
    method: str
    path: str
    asked: dict[str, str]
    body: Event
    headers: dict[str, str]
    parts: tuple[str, ...] = ()


class CalendarApi:
    """Answers one authorised request at a time."""

    def __init__(self, store: Store, channels: Channels) -> None:
        self.store = store
        self.channels = channels
        self.page_size = 250
        self.longest_watch = timedelta(days=7)

    def answer(self, request: Request) -> Answer:
        """Raises `Refusal`."""
        for method, pattern, handle in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, request.path)):
                parts = tuple(unquote(part) for part in found.groups())
                status, told = handle(self, replace(request, parts=parts))
                return status, selected(told, request.asked.get("fields", ""))
        raise Refusal(404, "notFound", "Not Found")

    # calendarList

    def calendar_list(self, request: Request) -> Answer:
        _scope(request.grant, CALENDAR_LIST)
        shown = [
            one.entry()
            for one in self.store.calendars.values()
            if one.email == request.grant.email
            and (not one.hidden or request.asked.get("showHidden") == "true")
        ]
        first = int(request.asked.get("pageToken") or 0)
        size = min(int(request.asked.get("maxResults") or 100), self.page_size)
        following = (
            {"nextPageToken": str(first + size)} if first + size < len(shown) else {"nextSyncToken": "list"}
        )
        return 200, {"kind": "calendar#calendarList", "items": shown[first : first + size], **following}

    def calendar_entry(self, request: Request) -> Answer:
        _scope(request.grant, CALENDAR_LIST)
        return 200, self._calendar(request).entry()

    # events

    def list_events(self, request: Request) -> Answer:
        calendar = self._read(request)
        first, version = _page(request.asked, self.store.version)
        since = self._since(calendar, request.asked) if request.asked.get("syncToken") else None
        found = self.store.listed(calendar, request.asked, since)
        size = min(int(request.asked.get("maxResults") or 250), self.page_size)
        told: Event = {
            "kind": "calendar#events",
            "summary": calendar.name,
            "timeZone": calendar.zone,
            "accessRole": calendar.role,
            "items": [_shown(calendar, one, request.asked) for one in found[first : first + size]],
        }
        if first + size < len(found):
            told["nextPageToken"] = f"p-{first + size}-{version}"
        elif not request.asked.get("iCalUID") and not request.asked.get("timeMax"):
            told["nextSyncToken"] = f"s-{version}"
        return 200, told

    def get_event(self, request: Request) -> Answer:
        calendar = self._read(request)
        return 200, _shown(calendar, self.store.get(calendar, request.parts[1]), request.asked)

    def list_instances(self, request: Request) -> Answer:
        calendar = self._read(request)
        master = self.store.get(calendar, request.parts[1])
        own = [one for one in calendar.events.values() if one.get("recurringEventId") == request.parts[1]]
        taken = {one["id"] for one in own}
        plain = instances(master, request.asked.get("timeMin"), request.asked.get("timeMax"))
        return 200, {
            "items": [public(one) for one in [*own, *(one for one in plain if one["id"] not in taken)]]
        }

    def insert_event(self, request: Request) -> Answer:
        calendar = self._written(request)
        if "id" in request.body and not ID.fullmatch(str(request.body["id"])):
            raise Refusal(400, "invalid", "Invalid resource id value.")
        return 200, public(self.store.insert(calendar, request.body, conference=_confers(request.asked)))

    def _changed(self, request: Request, change: Callable[..., Event]) -> Answer:
        calendar = self._written(request)
        if_match = request.headers.get("if-match", "")
        event = change(calendar, request.parts[1], request.body, if_match, conference=_confers(request.asked))
        return 200, public(event)

    def patch_event(self, request: Request) -> Answer:
        return self._changed(request, self.store.patch)

    def update_event(self, request: Request) -> Answer:
        return self._changed(request, self.store.update)

    def delete_event(self, request: Request) -> Answer:
        self.store.delete(self._written(request), request.parts[1])
        return 204, None

    # channels

    def watch_events(self, request: Request) -> Answer:
        calendar = self._read(request)
        if request.body.get("type") != "web_hook" or not re.fullmatch(
            r"[A-Za-z0-9_+/=-]{1,64}", str(request.body.get("id"))
        ):
            raise Refusal(400, "invalid", "Invalid channel")
        if request.body["id"] in self.channels.open:
            raise Refusal(400, "channelIdNotUnique", "Channel id not unique")
        if not request.body["address"].startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise Refusal(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS")
        latest = datetime.now(UTC) + self.longest_watch
        ends = latest
        if request.body.get("expiration"):
            ends = min(latest, datetime.fromtimestamp(int(request.body["expiration"]) / 1000, UTC))
        channel = Channel(
            request.body["id"],
            secrets.token_urlsafe(12),
            calendar.id,
            request.body["address"],
            request.body.get("token", ""),
            ends,
        )
        self.channels.open[channel.id] = channel
        self.channels.tell(calendar.id, "sync", only=channel)
        return 200, {
            "kind": "api#channel",
            "id": channel.id,
            "resourceId": channel.resource_id,
            "expiration": str(int(ends.timestamp() * 1000)),
        }

    def stop_channel(self, request: Request) -> Answer:
        channel = self.channels.open.get(str(request.body.get("id")))
        if channel is None or channel.resource_id != request.body.get("resourceId"):
            raise Refusal(404, "notFound", "Channel not found")
        del self.channels.open[channel.id]
        return 204, None

    def _calendar(self, request: Request) -> Calendar:
        calendar_id, email = request.parts[0], request.grant.email
        calendar = self.store.calendar(email if calendar_id == "primary" else calendar_id)
        if calendar.email != email:
            raise Refusal(404, "notFound", "Not Found")
        return calendar

    def _read(self, request: Request) -> Calendar:
        _scope(request.grant, EVENTS)
        return self._calendar(request)

    def _written(self, request: Request) -> Calendar:
        calendar = self._read(request)
        if calendar.role not in WRITERS:
            raise Refusal(403, "requiredAccessLevel", "You need to have writer access to this calendar.")
        return calendar

    def _since(self, calendar: Calendar, asked: dict[str, str]) -> int:
        if any(asked.get(name) for name in NOT_WITH_TOKEN):
            raise Refusal(400, "badRequest", "Sync token cannot be used with other parameters.")
        found = re.fullmatch(r"s-(\d+)", asked["syncToken"])
        if found is None:
            raise Refusal(400, "invalid", "Invalid sync token value.")
        if int(found[1]) < calendar.oldest_token:
            raise Refusal(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
        return int(found[1])


Handler = Callable[..., Answer]
_EVENTS = r"/calendars/([^/]+)/events"
_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", r"/users/me/calendarList", CalendarApi.calendar_list),
    ("GET", r"/users/me/calendarList/([^/]+)", CalendarApi.calendar_entry),
    ("GET", _EVENTS, CalendarApi.list_events),
    ("POST", _EVENTS, CalendarApi.insert_event),
    ("POST", rf"{_EVENTS}/watch", CalendarApi.watch_events),
    ("GET", rf"{_EVENTS}/([^/]+)", CalendarApi.get_event),
    ("GET", rf"{_EVENTS}/([^/]+)/instances", CalendarApi.list_instances),
    ("PATCH", rf"{_EVENTS}/([^/]+)", CalendarApi.patch_event),
    ("PUT", rf"{_EVENTS}/([^/]+)", CalendarApi.update_event),
    ("DELETE", rf"{_EVENTS}/([^/]+)", CalendarApi.delete_event),
    ("POST", r"/channels/stop", CalendarApi.stop_channel),
)


def _scope(grant: Granted, scope: str) -> None:
    if scope not in grant.scopes:
        raise Refusal(403, "insufficientPermissions", "Request had insufficient authentication scopes.")


def _confers(asked: dict[str, str]) -> bool:
    return asked.get("conferenceDataVersion") == "1"


def _page(asked: dict[str, str], version: int) -> tuple[int, int]:
    """Where a page begins, and the version the first page was read at."""
    if not asked.get("pageToken"):
        return 0, version
    found = re.fullmatch(r"p-(\d+)-(\d+)", asked["pageToken"])
    if found is None:
        raise Refusal(400, "invalid", "Invalid page token value.")
    return int(found[1]), int(found[2])


def _shown(calendar: Calendar, event: Event, asked: dict[str, str]) -> Event:
    told = public(event)
    if calendar.role == "freeBusyReader":
        told = {name: told[name] for name in FREE_BUSY_FIELDS if name in told}
    if asked.get("maxAttendees") and len(told.get("attendees", ())) > int(asked["maxAttendees"]):
        own = [one for one in told["attendees"] if one.get("self")]
        told = {**told, "attendees": own, "attendeesOmitted": True}
    return told
