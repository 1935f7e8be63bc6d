"""Reading one calendar: everything once, then what changed since a sync token (SYNC 4.2).

Series are not expanded by Google: a change of one is one item, and the horizon may move without asking. An item
is an event or a whole series with its exceptions, under the id of the master.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from calendars.providers import errors
from calendars.providers.base import Page, RawItem, Window
from calendars.providers.google.transport import Api, Refused

Event = dict[str, Any]

PER_PAGE = 2500
"""The most Google sends at once."""
MOST_PAGES = 2000
MOST_TOUCHED = 50
"""Series that one run reads again one by one; for more, everything is read once."""
EARLIER = timedelta(days=31)
"""A list leaves out what ended before it begins, also the new place of an instance that was moved from inside the
window to before it; then its old place would count. So lists begin a month early."""
SERIES_PER_PAGE = 200

KEPT = (
    "id",
    "status",
    "iCalUID",
    "summary",
    "location",
    "start",
    "end",
    "recurrence",
    "recurringEventId",
    "originalStartTime",
    "transparency",
    "eventType",
    "sequence",
    "attendees",
    "extendedProperties",
)
"""What is stored of an event: what `meaning` reads. Descriptions and other guests stay at Google."""
FIELDS = (
    "nextPageToken,nextSyncToken,items(id,etag,status,iCalUID,summary,location,start,end,recurrence,"
    "recurringEventId,originalStartTime,transparency,eventType,sequence,attendees(self,email,responseStatus),"
    "extendedProperties/private)"
)


class Listing:
    """Reads one calendar of an account."""

    def __init__(self, api: Api, calendar_id: str) -> None:
        self._api = api
        self._calendar_id = calendar_id

    def everything(self, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """All that may touch the window or come later; the sync token stands for the moment of the first
        page. Single events come page by page, series at the end, when all their exceptions are known."""
        series: dict[str, dict[str, Event]] = {}
        present: set[str] = set()
        token = ""
        for answer in self._pages(timeMin=_stamp(window[0] - EARLIER)):
            singles = []
            for event in _items(answer):
                if _is_of_series(event):
                    series.setdefault(_key(event), {})[event["id"]] = event
                elif event.get("status") != "cancelled":
                    singles.append(item(event["id"], [event]))
            present.update(one.key for one in singles)
            token = str(answer.get("nextSyncToken") or "")
            yield Page(items=_unknown(singles, known))
        _require(token)
        whole = (item(key, parts.values()) for key, parts in series.items() if _is_alive(parts.values()))
        while batch := list(islice(whole, SERIES_PER_PAGE)):
            present.update(one.key for one in batch)
            yield Page(items=_unknown(batch, known))
        yield Page(cursor=token, complete=True, present=frozenset(present))

    def since(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        """What changed since the token. Raises `CursorInvalid` when Google no longer knows it."""
        touched: dict[str, str] = {}
        gone: set[str] = set()
        token = ""
        for answer in self._changed_pages(cursor):
            singles: list[RawItem] = []
            deleted: list[str] = []
            for event in _items(answer):
                key = _key(event)
                if _is_of_series(event):
                    touched[key] = str(event.get("iCalUID") or "") or touched.get(key, "")
                elif event.get("status") == "cancelled":
                    deleted.append(key)
                else:
                    singles.append(item(key, [event]))
            gone.update(deleted)
            token = str(answer.get("nextSyncToken") or "")
            if singles or deleted:
                yield Page(items=tuple(singles), deleted=tuple(deleted))
        _require(token)
        yield from self._series_pages({key: uid for key, uid in touched.items() if key not in gone}, known)
        yield Page(cursor=token)

    def span(self, span: Window) -> list[RawItem]:
        """What touches the span, instances instead of series; under the same keys as ever."""
        parts: dict[str, list[Event]] = {}
        bounds = {"timeMin": _stamp(span[0]), "timeMax": _stamp(span[1])}
        for answer in self._pages(**bounds, singleEvents=True):
            for event in _items(answer):
                if event.get("status") != "cancelled":
                    parts.setdefault(_key(event), []).append(event)
        return [item(key, events) for key, events in parts.items()]

    def _changed_pages(self, cursor: str) -> Iterator[Event]:
        try:
            yield from self._pages(syncToken=cursor)
        except Refused as no:
            # 410: too old. 400: it is none, or none of this calendar.
            if no.status in (400, 410):
                raise errors.CursorInvalid(f"HTTP {no.status}") from None
            raise no.error() from None

    def _series_pages(self, touched: Mapping[str, str], known: Mapping[str, str]) -> Iterator[Page]:
        if len(touched) > MOST_TOUCHED:
            raise errors.CursorInvalid("many series changed")
        for key, uid in touched.items():
            found = self._series(key, uid or self._uid(key, known))
            yield Page(items=(found,)) if found else Page(deleted=(key,))

    def _uid(self, key: str, known: Mapping[str, str]) -> str:
        """The iCalendar UID of a series of which only a cancelled instance was told; empty when it is gone."""
        try:
            asked = self._api.events.get(calendarId=self._calendar_id, eventId=key, fields="status,iCalUID")
            master = self._api.ask(asked)
        except Refused as no:
            if not no.is_gone:
                raise no.error() from None
            if known.get(key) is not None:
                # Instances without a master that may be read: which of them are left is told by lists only.
                raise errors.CursorInvalid("a series without its master") from None
            return ""
        return "" if master.get("status") == "cancelled" else str(master.get("iCalUID") or "")

    def _series(self, key: str, uid: str) -> RawItem | None:
        """The whole series as it is now; None when it is gone."""
        if not uid:
            return None
        asked = {"iCalUID": uid, "showDeleted": True}
        found = [event for answer in self._pages(**asked) for event in _items(answer) if _key(event) == key]
        return item(key, found) if _is_alive(found) else None

    def _pages(self, **asked: Any) -> Iterator[Event]:
        """The pages of one list. Raises `Refused` where a token was sent, else what the refusal means."""
        seen: set[str] = set()
        page: str | None = None
        for _ in range(MOST_PAGES):
            answer = self._page({"maxResults": PER_PAGE, "singleEvents": False, **asked, "pageToken": page})
            yield answer
            page = answer.get("nextPageToken")
            if not page:
                return
            if page in seen:
                break
            seen.add(page)
        raise errors.ServerFailed("pages without end")

    def _page(self, asked: dict[str, Any]) -> Event:
        told = {name: value for name, value in asked.items() if value is not None}
        request = self._api.events.list(calendarId=self._calendar_id, maxAttendees=1, fields=FIELDS, **told)
        try:
            return self._api.ask(request)
        except Refused as no:
            if "syncToken" in asked:
                raise
            raise no.error() from None


def item(key: str, events: Iterable[Event]) -> RawItem:
    """An item of the event and all that belongs to it; the same events give the same bytes."""
    ordered = sorted(events, key=lambda event: str(event["id"]))
    versions = "\n".join(f"{event['id']} {event.get('etag', '')}" for event in ordered)
    kept = [{name: event[name] for name in KEPT if name in event} for event in ordered]
    data = json.dumps({"events": kept}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return RawItem(
        key=key,
        etag=hashlib.sha256(versions.encode(errors="replace")).hexdigest()[:40],
        data=data.encode(errors="replace"),
    )


def _items(answer: Event) -> list[Event]:
    found = answer.get("items", [])
    if not isinstance(found, list) or not all(
        isinstance(event, dict) and isinstance(event.get("id"), str) for event in found
    ):
        raise errors.ServerFailed("no list of events")
    return found


def _key(event: Event) -> str:
    return str(event.get("recurringEventId") or event["id"])


def _is_of_series(event: Event) -> bool:
    return bool(event.get("recurrence") or event.get("recurringEventId"))


def _is_alive(parts: Iterable[Event]) -> bool:
    """Whether anything of a series is left: its master, or without one that may be read an instance."""
    parts = list(parts)
    master = next((part for part in parts if not part.get("recurringEventId")), None)
    if master is not None:
        return master.get("status") != "cancelled"
    return any(part.get("status") != "cancelled" for part in parts)


def _unknown(items: Iterable[RawItem], known: Mapping[str, str]) -> tuple[RawItem, ...]:
    return tuple(one for one in items if known.get(one.key) != one.etag)


def _require(token: str) -> None:
    if not token:
        raise errors.ServerFailed("the list ended without a sync token")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
