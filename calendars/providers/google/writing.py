"""Making a calendar hold exactly one event, whatever happened to earlier attempts (SYNC 1.4).

The event's id follows from the booking, and an id is never free again: insert finds what an earlier attempt left,
also what was deleted since. Nobody is invited, so Google mails nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calendars.providers import errors
from calendars.providers.base import EventWish, Meeting, WishStatus, Written
from calendars.providers.google.marks import event_id, is_event_id, mark_of, properties
from calendars.providers.google.transport import Api, Refused
from calendars.providers.ical.write import clean
from calendars.providers.ical.zone_names import named_zone

Event = dict[str, Any]

ROUNDS = 3
IDS = 3
"""How many ids are tried when strangers' events have them."""
PAUSES = (0.3, 0.7, 1.5)
"""Seconds between looks at a meeting that Google is still making; it usually takes less than one."""
MAX_SUMMARY = 1000
MAX_DESCRIPTION = 8000


@dataclass(slots=True)
class Writer:
    """Writes and deletes in one calendar."""

    api: Api
    calendar_id: str
    pause: Callable[[float], None] = time.sleep

    def put(self, wish: EventWish, known: Written | None) -> Written:
        """See `Provider.put`."""
        if known is not None and (written := self._changed(known.key, wish, known.etag)):
            return self._with_meeting(written, wish)
        for attempt in range(IDS):
            own_id = event_id(wish.uid, self.calendar_id, attempt)
            written = self._inserted(own_id, wish) or self._taken_over(own_id, wish)
            if written:
                return self._with_meeting(written, wish)
        raise errors.Conflict("the ids are taken by other events")

    def delete(self, key: str, uid: str) -> None:
        """See `Provider.delete`. Without a key of ours, every id the event may have got is looked at."""
        if is_event_id(key):
            self._delete(key)
            return
        for attempt in range(IDS):
            own_id = event_id(uid, self.calendar_id, attempt)
            event = self._get(own_id)
            if event is None:
                return
            if _is_ours(event, uid):
                self._delete(own_id)

    def _inserted(self, own_id: str, wish: EventWish) -> Event | None:
        """The new event; None when there is or was one of this id."""
        body = {"id": own_id, **_body(wish, own_id), **_meeting(wish, own_id, None)}
        try:
            return self._ask("insert", body=_whole(body))
        except Refused as no:
            if no.status == 409:
                return None
            raise no.error() from None

    def _taken_over(self, own_id: str, wish: EventWish) -> Event | None:
        """The event of this id as wished; None when it is a stranger's."""
        event = self._get(own_id)
        if event is None:
            raise errors.Conflict("an id that is taken, and nothing there")
        if not _is_ours(event, wish.uid) and event.get("status") != "cancelled":
            return None
        return self._rounds(own_id, wish, event)

    def _changed(self, key: str, wish: EventWish, etag: str) -> Event | None:
        """The event that an earlier `put` made, as wished now; None when it is gone for good."""
        if _wants_meet(wish) or not etag:
            # Whether it has its meeting already only the event itself can tell.
            event = self._get(key)
            return self._rounds(key, wish, event) if event else None
        try:
            return self._patch(key, _body(wish, key), etag)
        except Refused as no:
            if no.status not in (404, 410, 412):
                raise no.error() from None
        event = self._get(key)
        return self._rounds(key, wish, event) if event else None

    def _rounds(self, key: str, wish: EventWish, event: Event) -> Event | None:
        """Write over the version just read; another one in between is read again."""
        for _ in range(ROUNDS):
            try:
                return self._over(key, wish, event)
            except Refused as no:
                if no.status not in (404, 410, 412):
                    raise no.error() from None
            found = self._get(key)
            if found is None:
                return None
            event = found
        raise errors.Conflict("changed again and again")

    def _over(self, key: str, wish: EventWish, event: Event) -> Event:
        body = {**_body(wish, key), **_meeting(wish, key, event)}
        if event.get("recurrence"):
            body["recurrence"] = None  # somebody made a series of it; the booking is once
        etag = str(event.get("etag", ""))
        if event.get("status") == "cancelled":
            return self._ask("update", eventId=key, body=_whole(body), if_match=etag)
        return self._patch(key, body, etag)

    def _patch(self, key: str, body: Event, etag: str) -> Event:
        return self._ask("patch", eventId=key, body=body, if_match=etag)

    def _ask(self, verb: str, *, if_match: str = "", **asked: Any) -> Event:
        """A write. Version 1 of the conference data always, or a meeting might be lost."""
        build = getattr(self.api.events, verb)
        request = build(calendarId=self.calendar_id, conferenceDataVersion=1, sendUpdates="none", **asked)
        return self.api.ask(request, if_match=if_match)

    def _get(self, key: str) -> Event | None:
        """The event, also a deleted one; None where there never was one (or no calendar)."""
        try:
            return self.api.ask(self.api.events.get(calendarId=self.calendar_id, eventId=key))
        except Refused as no:
            if no.is_gone:
                return None
            raise no.error() from None

    def _delete(self, key: str) -> None:
        request = self.api.events.delete(calendarId=self.calendar_id, eventId=key, sendUpdates="none")
        try:
            self.api.ask(request)
        except Refused as no:
            if not no.is_gone:
                raise no.error() from None

    def _with_meeting(self, event: Event, wish: EventWish) -> Written:
        """Where the event lies now, with its meeting's link; Google may take a moment to make it."""
        if not isinstance(event.get("id"), str):
            raise errors.ServerFailed("no event")
        for seconds in PAUSES if _wants_meet(wish) else ():
            if meeting_url(event) or not _is_pending(event):
                break
            self.pause(seconds)
            event = self._get(event["id"]) or event
        return Written(
            key=event["id"],
            etag=str(event.get("etag", "")),
            uid=str(event.get("iCalUID", "")),
            meeting_url=meeting_url(event) if _wants_meet(wish) else "",
        )


def meeting_url(event: Event) -> str:
    """The link by which people join with video; empty when there is none (yet)."""
    points = (event.get("conferenceData") or {}).get("entryPoints") or ()
    for point in points:
        if point.get("entryPointType") == "video" and point.get("uri"):
            return str(point["uri"])
    return str(event.get("hangoutLink") or "")


def _wants_meet(wish: EventWish) -> bool:
    return wish.meeting == Meeting.GOOGLE_MEET and wish.status is not WishStatus.CANCELLED


def _is_pending(event: Event) -> bool:
    request = (event.get("conferenceData") or {}).get("createRequest") or {}
    return (request.get("status") or {}).get("statusCode") == "pending"


def _is_ours(event: Event, uid: str) -> bool:
    mark = mark_of(event)
    return mark is not None and mark.uid == uid


def _meeting(wish: EventWish, own_id: str, event: Event | None) -> Event:
    """What asks for a meeting where there is none. The same request twice makes one; an event that was deleted
    and comes back asks anew, its old meeting is not to be used again."""
    if not _wants_meet(wish):
        return {}
    is_back = event is not None and event.get("status") == "cancelled"
    if event is not None and not is_back and (meeting_url(event) or _is_pending(event)):
        return {}
    turn = "".join(sign for sign in str(event.get("etag", "")) if sign.isalnum())[:20] if event else ""
    request = {
        "requestId": f"{own_id[:34]}{turn}",
        "conferenceSolutionKey": {"type": "hangoutsMeet"},
    }
    return {"conferenceData": {"createRequest": request}}


def _body(wish: EventWish, own_id: str) -> Event:
    """The fields of an event that are ours; None takes one away. A booking that is kept as cancelled stays an
    event (Google's "cancelled" means deleted), but free."""
    cancelled = wish.status is WishStatus.CANCELLED
    body: Event = {
        "summary": clean(wish.summary).replace("\n", " ")[:MAX_SUMMARY],
        "description": clean(wish.description)[:MAX_DESCRIPTION],
        "location": clean(wish.location).replace("\n", ", ")[:MAX_SUMMARY],
        "start": _side(wish.start, wish.zone),
        "end": _side(wish.end, wish.zone),
        "status": "tentative" if wish.status is WishStatus.TENTATIVE else "confirmed",
        "transparency": "transparent" if cancelled or wish.transparent else "opaque",
        "extendedProperties": {"private": properties(wish, own_id)},
    }
    if wish.url.startswith(("https://", "http://")):
        body["source"] = {"url": wish.url, "title": body["summary"]}
    return body


def _whole(body: Event) -> Event:
    """The body of an event as such, not of a change: without what is to be taken away."""
    told = {name: _whole(value) if isinstance(value, dict) else value for name, value in body.items()}
    return {name: value for name, value in told.items() if value is not None}


def _side(moment: datetime, zone: str) -> Event:
    """A start or end with its offset and zone; `date` goes, in case somebody made it a whole day."""
    found = named_zone(zone)
    if found is None:
        return {"dateTime": moment.isoformat(), "timeZone": "UTC", "date": None}
    return {"dateTime": moment.astimezone(found).isoformat(), "timeZone": found.key, "date": None}
