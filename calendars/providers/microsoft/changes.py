"""What changed in a calendar: delta rounds over a frozen window, as pages of items (SYNC 1.3, 5).

A first round tells everything in the window. A later one tells what differs; of a series it tells the master and
bare stubs, and of a deleted instance nothing but the series. So whatever touches a series has it read again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calendars.providers import errors
from calendars.providers.base import Page, RawItem, Window
from calendars.providers.microsoft import content
from calendars.providers.microsoft.own import EXPAND, may_be_ours
from calendars.providers.microsoft.places import (
    about_calendar,
    calendar_path,
    event_path,
    is_gone,
    span_query,
)
from calendars.providers.microsoft.transport import Answer, GraphClient, Json, values

SPARE = timedelta(days=60)
"""The window of a delta cannot move; so much more is asked for, so that it need not be begun anew every day."""
MOST_SERIES = 50
"""Series read again in one later round; when more were touched, reading everything takes fewer requests."""
PORTION = 100
"""Series in one page of ours."""
PAGE_SIZE = "odata.maxpagesize=100"
_STATE_LOST = frozenset(
    {"SyncStateNotFound", "SyncStateInvalid", "ErrorInvalidSyncStateData", "resyncRequired", "ResyncRequired"}
)
_INSTANCES = ("occurrence", "exception")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next round goes on, and until when its window reaches."""

    link: str
    until: datetime

    def as_text(self) -> str:
        """For keeping."""
        return json.dumps({"link": self.link, "until": self.until.isoformat()})

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """What `as_text` made. Raises `CursorInvalid`."""
        try:
            told = json.loads(text)
            until = datetime.fromisoformat(told["until"])
            return cls(str(told["link"]), until.replace(tzinfo=until.tzinfo or None))
        except (ValueError, TypeError, KeyError):
            raise errors.CursorInvalid("unreadable") from None


@dataclass(slots=True)
class _Series:
    """What a round told of one series."""

    master: Json | None = None
    instances: list[Json] = field(default_factory=list)


class Changes:
    """Reads one calendar."""

    def __init__(self, graph: GraphClient, calendar_id: str) -> None:
        self._graph = graph
        self._id = calendar_id

    def everything(self, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """A first round, as a full listing; a plain listing where the calendar has no rounds."""
        try:
            yield from self._first_round(known, window)
        except _NoRounds:
            yield from self._plain(known, window)

    def _first_round(self, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        wide = (window[0], window[1] + SPARE)
        place = calendar_path(self._id, "calendarView", "delta")
        present: set[str] = set()
        touched: dict[str, _Series] = {}
        link = ""
        for page in self._graph.pages(place, span_query(wide), prefer=PAGE_SIZE, refused=_about_rounds):
            rows = values(page)
            gone = _removed(rows)
            present -= gone
            for key in gone:
                touched.pop(key, None)
            singles = self._singles(rows, known, present)
            _note_series(rows, touched)
            link = _delta_link(page) or link
            yield Page(items=tuple(singles), deleted=tuple(sorted(gone)))
        yield from self._all_series(touched, known, present)
        cursor = Cursor(_needed(link), wide[1]).as_text()
        yield Page(cursor=cursor, complete=True, present=frozenset(present))

    def since(self, text: str, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """A later round. Raises `CursorInvalid` when it cannot be told or does not reach far enough."""
        cursor = Cursor.from_text(text)
        if not cursor.link:
            yield from self._plain(known, window)
            return
        if cursor.until < window[1]:
            raise errors.CursorInvalid("the window ends too early")
        touched: dict[str, _Series] = {}
        unknown: set[str] = set()
        link = ""
        for page in self._graph.pages(cursor.link, prefer=PAGE_SIZE, refused=_about_cursor):
            rows = values(page)
            gone = _removed(rows)
            unknown |= {key for key in gone if key not in known}
            for key in gone:
                touched.pop(key, None)
            _note_series(rows, touched)
            link = _delta_link(page) or link
            singles = self._singles(rows, known, set())
            yield Page(items=tuple(singles), deleted=tuple(sorted(gone)))
        _expect_explained(unknown, touched)
        yield self._touched_series(touched, known, (window[0], cursor.until))
        yield Page(cursor=Cursor(_needed(link), cursor.until).as_text())

    def _plain(self, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """Everything in the window, every time: some shared calendars tell no changes."""
        items = self.span(window)
        present = frozenset(item.key for item in items)
        news = [item for item in items if known.get(item.key) != item.etag]
        for start in range(0, len(news), PORTION):
            yield Page(items=tuple(news[start : start + PORTION]))
        yield Page(cursor=Cursor("", window[1]).as_text(), complete=True, present=present)

    def span(self, span: Window) -> list[RawItem]:
        """What touches the span right now; a series with those of its instances only."""
        query = {**span_query(span), "$select": content.SELECT, "$top": "200"}
        try:
            rows = self._view({**query, "$expand": EXPAND})
        except _NotUnderstood:  # our property is a help, not a need
            rows = self._view(query)
        parts: dict[str, list[Json]] = {}
        items: list[RawItem] = []
        for row in rows:
            master_id = row.get("seriesMasterId")
            if isinstance(master_id, str) and master_id:
                parts.setdefault(master_id, []).append(row)
            elif _has_id(row):
                items.append(content.single(row))
        return items + [content.some_instances(key, rows) for key, rows in parts.items()]

    def _view(self, query: Mapping[str, str]) -> list[Json]:
        place = calendar_path(self._id, "calendarView")
        return list(self._graph.rows(place, query, refused=_about_view))

    # Single events

    def _singles(
        self, rows: Iterable[Json], known: Mapping[str, str], present: set[str]
    ) -> Iterator[RawItem]:
        for row in rows:
            if not _has_id(row) or "@removed" in row or row.get("type") in (*_INSTANCES, "seriesMaster"):
                continue
            item = content.single(row)
            present.add(item.key)
            if known.get(item.key) != item.etag:
                yield content.single(self._with_own(row))

    def _with_own(self, row: Json) -> Json:
        """The row with our property, where it matters: an event of ours that blocks nothing may be a cancelled
        booking's. A delta tells no properties."""
        if row.get("showAs") != "free" or not may_be_ours(row.get("transactionId")):
            return row
        query = {"$select": "id", "$expand": EXPAND}
        answer = self._graph.get(event_path(self._id, str(row["id"])), query)
        if is_gone(answer):
            return row
        found = answer.checked().get("singleValueExtendedProperties")
        return {**row, "singleValueExtendedProperties": found}

    # Series

    def _all_series(
        self, touched: Mapping[str, _Series], known: Mapping[str, str], present: set[str]
    ) -> Iterator[Page]:
        """The series of a first round: their instances were told, a master that was not is read."""
        items: list[RawItem] = []
        for key, one in touched.items():
            master = one.master or self._master(key)
            item = content.series(key, master or {}, one.instances)
            present.add(key)
            if known.get(key) != item.etag:
                items.append(item)
        for start in range(0, len(items), PORTION):
            yield Page(items=tuple(items[start : start + PORTION]))

    def _touched_series(
        self, touched: Mapping[str, _Series], known: Mapping[str, str], window: Window
    ) -> Page:
        """The series of a later round, each read again."""
        if len(touched) > MOST_SERIES:
            raise errors.CursorInvalid("many series changed")
        items, deleted = [], []
        for key, one in touched.items():
            item = self._series(key, one, window)
            if item is None:
                deleted.append(key)
            elif known.get(key) != item.etag:
                items.append(item)
        return Page(items=tuple(items), deleted=tuple(deleted))

    def _series(self, key: str, told: _Series, window: Window) -> RawItem | None:
        """The series as it is now, None when it has gone."""
        master = told.master or self._master(key)
        if master is None:
            return None
        query = {**span_query(window), "$select": content.SELECT, "$top": "200"}
        try:
            rows = list(self._graph.rows(event_path(self._id, key, "instances"), query, refused=_about_event))
        except _EventGone:
            return None
        return content.series(key, master, rows)

    def _master(self, key: str) -> Json | None:
        answer = self._graph.get(event_path(self._id, key), {"$select": content.SELECT})
        return None if is_gone(answer) else answer.checked()


class _NoRounds(errors.ServerFailed):
    """This calendar tells no changes."""


class _NotUnderstood(errors.ServerFailed):
    """Graph did not take the question as it was put."""


def _about_rounds(answer: Answer) -> errors.ProviderError:
    if answer.code in _STATE_LOST:
        return errors.CursorInvalid(answer.error().detail)
    if answer.status in (405, 501) or (answer.status == 400 and not is_gone(answer)):
        return _NoRounds(answer.error().detail)
    return about_calendar(answer)


def _about_view(answer: Answer) -> errors.ProviderError:
    if answer.status == 400 and not is_gone(answer):
        return _NotUnderstood(answer.error().detail)
    return about_calendar(answer)


class _EventGone(errors.NotFound):
    """An event, not the calendar, is not there any more."""


def _about_event(answer: Answer) -> errors.ProviderError:
    return _EventGone() if is_gone(answer) else answer.error()


def _about_cursor(answer: Answer) -> errors.ProviderError:
    """A link that Graph does not take any more: its state was dropped (410), or it cannot be read (400)."""
    if answer.status in (400, 410) or answer.code in _STATE_LOST:
        return errors.CursorInvalid(answer.error().detail)
    return answer.error()


def _expect_explained(unknown: set[str], touched: Mapping[str, _Series]) -> None:
    """A key that was removed and that we do not hold may be an instance; its series is told with it. Raises
    `CursorInvalid` where none is: better to compare everything than to keep a time that is free again."""
    if unknown and not touched:
        raise errors.CursorInvalid("something unknown was removed")


def _note_series(rows: Iterable[Json], touched: dict[str, _Series]) -> None:
    for row in rows:
        if "@removed" in row or not _has_id(row):
            continue
        if row.get("type") == "seriesMaster":
            touched.setdefault(str(row["id"]), _Series()).master = row
        elif row.get("type") in _INSTANCES:
            master_id = row.get("seriesMasterId")
            touched.setdefault(str(master_id or row["id"]), _Series()).instances.append(row)


def _removed(rows: Iterable[Json]) -> set[str]:
    return {str(row["id"]) for row in rows if "@removed" in row and _has_id(row)}


def _has_id(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("id"), str) and bool(row["id"])


def _delta_link(page: Json) -> str:
    link = page.get("@odata.deltaLink")
    return link if isinstance(link, str) else ""


def _needed(link: str) -> str:
    if not link:
        raise errors.ServerFailed("the listing ended without its link")
    return link
