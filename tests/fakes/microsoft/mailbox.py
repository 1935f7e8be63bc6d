"""Mailboxes with their calendars, and the memory behind delta links."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.microsoft.events import (
    Event,
    add_meeting,
    instances,
    lose_meeting,
    new_event,
    shown,
    shown_instance,
    stub,
)
from tests.fakes.microsoft.faults import Refusal

Window = tuple[datetime, datetime]


@dataclass
class FakeCalendar:
    """One calendar. `revision` grows with every change."""

    id: str
    name: str
    owner: str
    can_edit: bool = True
    is_default: bool = False
    colour: str = ""
    meetings: tuple[str, ...] = ()
    events: dict[str, Event] = field(default_factory=dict)
    revision: int = 0
    transactions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What was created with a transaction id: the event's id and what was sent."""

    def shown(self) -> dict[str, Any]:
        """As `/me/calendars` tells it."""
        return {
            "id": self.id,
            "name": self.name,
            "color": "auto",
            "hexColor": self.colour,
            "isDefaultCalendar": self.is_default,
            "canEdit": self.can_edit,
            "canShare": self.can_edit,
            "allowedOnlineMeetingProviders": list(self.meetings),
            "defaultOnlineMeetingProvider": self.meetings[0] if self.meetings else "unknown",
            "owner": {"name": self.owner.split("@")[0], "address": self.owner},
        }

    def find(self, event_id: str) -> tuple[Event, str]:
        """The event, or the master of the instance, with this id, and the id of the instance (empty).

        Raises `Refusal`.
        """
        if event_id in self.events:
            return self.events[event_id], ""
        master, _, day = event_id.rpartition(".")
        if master in self.events and day.isdigit():
            return self.events[master], event_id
        raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def create(self, body: dict[str, Any]) -> tuple[Event, bool]:
        """Make an event, once for a transaction id; says whether it is new. Raises `Refusal`."""
        if not self.can_edit:
            raise Refusal(403, "ErrorAccessDenied", "Access is denied.")
        number, sent = body.get("transactionId"), json.dumps(body, sort_keys=True)
        if number and number in self.transactions:
            event_id, before = self.transactions[number]
            if before == sent and event_id in self.events:
                return self.events[event_id], False
            named = {"@event.existingEventId": event_id}
            raise Refusal(409, "ErrorDuplicateTransactionId", "The transaction id was used.", **named)
        made = new_event(body)
        self._meet(made)
        self.events[made.id] = made
        if number:
            self.transactions[number] = (made.id, sent)
        self.revision += 1
        return made, True

    def change(self, event_id: str, body: dict[str, Any], if_match: str = "") -> Event:
        """Merge into an event. Raises `Refusal`."""
        event, one = self.find(event_id)
        if one:
            raise Refusal(400, "ErrorInvalidRequest", "Instances are changed from outside only.")
        self._check(event, if_match)
        if body.get("transactionId", event.fields["transactionId"]) != event.fields["transactionId"]:
            raise Refusal(400, "ErrorInvalidPropertySet", "transactionId cannot be changed.")
        had_meeting = bool(event.fields["onlineMeeting"])
        event.apply(body)
        if had_meeting:
            lose_meeting(event)
        if "isOnlineMeeting" in body and not event.fields["onlineMeeting"]:
            self._meet(event)
        self.revision += 1
        return event

    def remove(self, event_id: str, if_match: str = "") -> None:
        """Delete an event, or one instance. Raises `Refusal`."""
        event, one = self.find(event_id)
        self._check(event, if_match)
        if one:
            event.exceptions[datetime.strptime(one.rpartition(".")[2], "%Y%m%d").date()] = None
            event.version += 1
        else:
            del self.events[event_id]
        self.revision += 1

    def _check(self, event: Event, if_match: str) -> None:
        if not self.can_edit:
            raise Refusal(403, "ErrorAccessDenied", "Access is denied.")
        if if_match and if_match != event.etag:
            raise Refusal(412, "ErrorIrresolvableConflict", "The change key does not match.")

    def _meet(self, event: Event) -> None:
        provider = event.fields.get("onlineMeetingProvider")
        if event.fields.get("isOnlineMeeting") and provider in self.meetings:
            add_meeting(event)
        else:
            event.fields |= {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown"}

    def view(self, window: Window, zone: str = "UTC") -> list[dict[str, Any]]:
        """Everything that happens in the window, series taken apart."""
        found = []
        for event in self.events.values():
            if event.is_series:
                found += [shown_instance(event, one, zone) for one in instances(event, window)]
            elif _touches(event, window):
                found.append(shown(event, zone))
        return found

    def entries(self, window: Window) -> Iterator[dict[str, Any]]:
        """What a delta tells: whole single events, masters and exceptions, stubs of ordinary instances."""
        for event in self.events.values():
            if not event.is_series:
                if _touches(event, window):
                    yield shown(event)
                continue
            found = list(instances(event, window))
            if found:
                yield shown(event)
            for one in found:
                yield shown_instance(event, one) if one.own else stub(event, one)


def _touches(event: Event, window: Window) -> bool:
    return event.start < window[1] and (event.end > window[0] or event.start >= window[0])


@dataclass
class Round:
    """What a delta link stands for: what had been told of which window by then."""

    calendar: str
    window: Window
    told: dict[str, str]
    revision: int


@dataclass
class Pages:
    """A delta under way: what is still to be told, and what follows then."""

    items: list[dict[str, Any]]
    after: str


@dataclass
class Mailbox:
    """One account. `deltas` and `pages` are what its links stand for."""

    email: str
    organisation: bool = True
    calendars: dict[str, FakeCalendar] = field(default_factory=dict)
    deltas: dict[str, Round] = field(default_factory=dict)
    pages: dict[str, Pages] = field(default_factory=dict)
    repeat_removed: bool = False
    """Tell of deleted instances as well; the real one only tells the series again."""

    def calendar(self, calendar_id: str) -> FakeCalendar:
        """Raises `Refusal`."""
        try:
            return self.calendars[calendar_id]
        except KeyError:
            raise Refusal(404, "ErrorItemNotFound", "The calendar was not found in the store.") from None

    def holding(self, event_id: str) -> FakeCalendar:
        """The calendar with this event. Raises `Refusal`."""
        for calendar in self.calendars.values():
            if event_id in calendar.events or event_id.rpartition(".")[0] in calendar.events:
                return calendar
        raise Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def begin(self, calendar: FakeCalendar, window: Window) -> Pages:
        """The first round: everything in the window."""
        return self._pages(calendar, window, told={})

    def since(self, token: str) -> Pages:
        """A later round. Raises `Refusal` 410 for a token that is not known any more."""
        before = self.deltas.get(token)
        if before is None:
            raise Refusal(410, "SyncStateNotFound", "The sync state generation is not found.")
        calendar = self.calendar(before.calendar)
        if calendar.revision == before.revision:
            return Pages([], token)
        return self._pages(calendar, before.window, before.told)

    def _pages(self, calendar: FakeCalendar, window: Window, told: dict[str, str]) -> Pages:
        entries = {one["id"]: one for one in calendar.entries(window)}
        now = {key: json.dumps(one, sort_keys=True) for key, one in entries.items()}
        news = [one for key, one in entries.items() if told.get(key) != now[key]]
        gone = [
            key for key in told if key not in now and (self.repeat_removed or not _is_instance(told[key]))
        ]
        token = secrets.token_urlsafe(12)
        self.deltas[token] = Round(calendar.id, window, now, calendar.revision)
        return Pages([*news, *({"id": key, "@removed": {"reason": "deleted"}} for key in gone)], token)

    def forget_deltas(self) -> None:
        """Every link given out so far is dead."""
        self.deltas.clear()
        self.pages.clear()


def _is_instance(told: str) -> bool:
    return json.loads(told)["type"] in ("occurrence", "exception")
