"""The part of Microsoft Graph that calendars need: paths, query options and their answers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from tests.fakes.microsoft.events import Event, instances, shown, shown_instance
from tests.fakes.microsoft.faults import Refusal
from tests.fakes.microsoft.mailbox import FakeCalendar, Mailbox, Pages, Window
from tests.fakes.microsoft.notices import Notices

USUAL_PAGE = 10
_EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=(.*)\)\Z")
_ANY = re.compile(
    r"singleValueExtendedProperties/Any\(ep: ?ep/id eq '((?:[^']|'')*)' and ep/value eq '((?:[^']|'')*)'\)\Z"
)


@dataclass(frozen=True)
class Call:
    """One request to Graph. `prefer` holds its preferences by name."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]
    now: datetime
    prefer: dict[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The zone in which times are wanted."""
        return self.prefer.get("outlook.timezone", "UTC")

    @property
    def window(self) -> Window:
        """The span that is asked for. Raises `Refusal`."""
        try:
            told = [self.query[name] for name in ("startDateTime", "endDateTime")]
            start, end = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in told)
        except (KeyError, ValueError):
            raise Refusal(
                400, "ErrorInvalidParameter", "startDateTime and endDateTime are required."
            ) from None
        return tuple(one if one.tzinfo else one.replace(tzinfo=UTC) for one in (start, end))  # type: ignore[return-value]


Answer = tuple[int, dict[str, Any] | None]


def preferences(header: str) -> dict[str, str]:
    """The names and values of a Prefer header (RFC 7240)."""
    pairs = (part.partition("=") for part in header.split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


class Graph:
    """Answers calls on one set of mailboxes. `root` is the address that links begin with."""

    def __init__(self, notices: Notices) -> None:
        self.notices = notices
        self.root = ""
        self.page_size = 0
        """Fewer on a page than asked for; 0 for as many as asked."""
        self.empty_pages = 0
        """So many deltas begin with a page without anything."""
        self.repeats = False
        """Deltas tell everything twice."""
        self.has_rounds = True
        """Whether calendars tell changes; some shared ones do not."""
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(pattern + r"\Z"), route)
            for method, pattern, route in (
                ("GET", "/me", self._me),
                ("GET", "/me/calendars", self._calendars),
                ("GET", "/me/calendars/([^/]+)", self._calendar),
                ("GET", "/me/calendars/([^/]+)/events", self._events),
                ("POST", "/me/calendars/([^/]+)/events", self._create),
                ("GET", "/me/calendars/([^/]+)/calendarView", self._view),
                ("GET", "/me/calendars/([^/]+)/calendarView/delta", self._delta),
                ("GET", "/me(?:/calendars/([^/]+))?/events/([^/]+)", self._event),
                ("GET", "/me(?:/calendars/([^/]+))?/events/([^/]+)/instances", self._instances),
                ("PATCH", "/me(?:/calendars/([^/]+))?/events/([^/]+)", self._change),
                ("DELETE", "/me(?:/calendars/([^/]+))?/events/([^/]+)", self._delete),
                ("POST", "/subscriptions", self._subscribe),
                ("GET", "/subscriptions/([^/]+)", self._subscription),
                ("PATCH", "/subscriptions/([^/]+)", self._renew),
                ("DELETE", "/subscriptions/([^/]+)", self._unsubscribe),
            )
        ]

    def answer(self, box: Mailbox, call: Call) -> Answer:
        """Do what is asked. Raises `Refusal`."""
        for method, pattern, route in self._routes:
            found = pattern.match(call.path)
            if found and method == call.method:
                return route(box, call, *found.groups())
        raise Refusal(400, "BadRequest", "Resource not found for the segment.")

    # Reading

    def _me(self, box: Mailbox, call: Call) -> Answer:
        mail = box.email if box.organisation else None
        return 200, {
            "id": f"user-{box.email}",
            "displayName": "Ada",
            "mail": mail,
            "userPrincipalName": box.email,
        }

    def _calendars(self, box: Mailbox, call: Call) -> Answer:
        return self._listed([one.shown() for one in box.calendars.values()], call)

    def _calendar(self, box: Mailbox, call: Call, calendar_id: str) -> Answer:
        return 200, _selected(box.calendar(calendar_id).shown(), call)

    def _events(self, box: Mailbox, call: Call, calendar_id: str) -> Answer:
        events = list(box.calendar(calendar_id).events.values())
        if "$filter" in call.query:
            found = _ANY.match(call.query["$filter"])
            if found is None:
                raise Refusal(400, "ErrorInvalidUrlQueryFilter", "The query filter is not understood.")
            key, value = (part.replace("''", "'") for part in found.groups())
            events = [one for one in events if one.extra.get(key) == value]
        return self._listed([_with_extra(shown(one, call.zone), one, call) for one in events], call)

    def _view(self, box: Mailbox, call: Call, calendar_id: str) -> Answer:
        calendar = box.calendar(calendar_id)
        found = []
        for one in calendar.view(call.window, call.zone):
            source = calendar.events.get(one["seriesMasterId"] or one["id"])
            found.append(_with_extra(one, source, call) if source else one)
        return self._listed(found, call)

    def _event(self, box: Mailbox, call: Call, calendar_id: str | None, event_id: str) -> Answer:
        event, one = _home(box, calendar_id, event_id).find(event_id)
        if not one:
            return 200, _selected(_with_extra(shown(event, call.zone), event, call), call)
        everything = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        for instance in instances(event, everything):
            if instance.id == one:
                return 200, _selected(shown_instance(event, instance, call.zone), call)
        raise Refusal(404, "ErrorItemNotFound")

    def _instances(self, box: Mailbox, call: Call, calendar_id: str | None, event_id: str) -> Answer:
        event, one = _home(box, calendar_id, event_id).find(event_id)
        if one or not event.is_series:
            raise Refusal(400, "ErrorInvalidRequest", "Your request can't be completed: not a series.")
        found = [shown_instance(event, instance, call.zone) for instance in instances(event, call.window)]
        return self._listed(found, call)

    def _listed(self, rows: list[dict[str, Any]], call: Call) -> Answer:
        size = min(int(call.query.get("$top", USUAL_PAGE)), self.page_size or 1000)
        start = int(call.query.get("$skip", 0))
        told: dict[str, Any] = {"value": [_selected(row, call) for row in rows[start : start + size]]}
        if len(rows) > start + size:
            told["@odata.nextLink"] = self._link(call, {**call.query, "$skip": str(start + size)})
        return 200, told

    def _link(self, call: Call, query: dict[str, str]) -> str:
        return f"{self.root}{quote(call.path)}?{urlencode(query)}"

    # What changed

    def _delta(self, box: Mailbox, call: Call, calendar_id: str) -> Answer:
        calendar = box.calendar(calendar_id)
        if not self.has_rounds:
            raise Refusal(400, "ErrorInvalidRequest", "Change tracking is not supported.")
        if {"$select", "$expand", "$filter", "$top"} & call.query.keys():
            raise Refusal(
                400, "ErrorInvalidUrlQuery", "The options are not supported on a change tracked view."
            )
        if "$skiptoken" in call.query:
            return self._page(box, call, call.query["$skiptoken"])
        if "$deltatoken" in call.query:
            pages = box.since(call.query["$deltatoken"])
        else:
            pages = box.begin(calendar, call.window)
        if self.repeats:
            pages = Pages(pages.items * 2, pages.after)
        name = secrets.token_urlsafe(8)
        box.pages[name] = pages
        if self.empty_pages:
            self.empty_pages -= 1
            return 200, {"value": [], "@odata.nextLink": self._link(call, {"$skiptoken": f"{name}.0"})}
        return self._page(box, call, f"{name}.0")

    def _page(self, box: Mailbox, call: Call, token: str) -> Answer:
        name, _, start = token.partition(".")
        pages = box.pages.get(name)
        if pages is None:
            raise Refusal(410, "SyncStateNotFound", "The sync state generation is not found.")
        size = min(int(call.prefer.get("odata.maxpagesize", USUAL_PAGE)), self.page_size or 1000)
        end = int(start) + size
        told: dict[str, Any] = {"value": pages.items[int(start) : end]}
        if end < len(pages.items):
            told["@odata.nextLink"] = self._link(call, {"$skiptoken": f"{name}.{end}"})
        else:
            told["@odata.deltaLink"] = self._link(call, {"$deltatoken": pages.after})
        return 200, told

    # Writing

    def _create(self, box: Mailbox, call: Call, calendar_id: str) -> Answer:
        calendar = box.calendar(calendar_id)
        event, is_new = calendar.create(call.body)
        if is_new:
            self.notices.changed(box.email, calendar.id, event.id, "created")
        return 201, shown(event, call.zone)

    def _change(self, box: Mailbox, call: Call, calendar_id: str | None, event_id: str) -> Answer:
        calendar = _home(box, calendar_id, event_id)
        event = calendar.change(event_id, call.body, call.headers.get("If-Match", ""))
        self.notices.changed(box.email, calendar.id, event.id, "updated")
        return 200, shown(event, call.zone)

    def _delete(self, box: Mailbox, call: Call, calendar_id: str | None, event_id: str) -> Answer:
        calendar = _home(box, calendar_id, event_id)
        calendar.remove(event_id, call.headers.get("If-Match", ""))
        self.notices.changed(box.email, calendar.id, event_id, "deleted")
        return 204, None

    # Subscriptions

    def _subscribe(self, box: Mailbox, call: Call) -> Answer:
        immutable = call.prefer.get("IdType") == "ImmutableId"
        made = self.notices.create(box.email, call.body, now=call.now, immutable=immutable)
        return 201, made.shown()

    def _subscription(self, box: Mailbox, call: Call, subscription_id: str) -> Answer:
        return 200, self.notices.find(subscription_id, box.email, call.now).shown()

    def _renew(self, box: Mailbox, call: Call, subscription_id: str) -> Answer:
        return 200, self.notices.renew(subscription_id, box.email, call.body, call.now).shown()

    def _unsubscribe(self, box: Mailbox, call: Call, subscription_id: str) -> Answer:
        del self.notices.subscriptions[self.notices.find(subscription_id, box.email, call.now).id]
        return 204, None


def _home(box: Mailbox, calendar_id: str | None, event_id: str) -> FakeCalendar:
    return box.calendar(calendar_id) if calendar_id else box.holding(event_id)


def _selected(row: dict[str, Any], call: Call) -> dict[str, Any]:
    if "$select" not in call.query:
        return row
    wanted = {*call.query["$select"].split(","), "id", "@odata.etag", "singleValueExtendedProperties"}
    return {name: value for name, value in row.items() if name in wanted}


def _with_extra(row: dict[str, Any], event: Event, call: Call) -> dict[str, Any]:
    found = _EXPAND.match(call.query.get("$expand", ""))
    if found is None:
        return row
    wanted = re.findall(r"id eq '((?:[^']|'')*)'", found[1])
    extra = [{"id": key, "value": event.extra[key]} for key in wanted if key in event.extra]
    return {**row, "singleValueExtendedProperties": extra} if extra else row
