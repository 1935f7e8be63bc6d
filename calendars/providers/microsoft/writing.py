"""Making a calendar hold exactly one event, whatever happened to earlier attempts (SYNC 1.4)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from calendars.providers import errors
from calendars.providers.base import EventWish, Meeting, WishStatus, Written
from calendars.providers.ical.write import clean
from calendars.providers.ical.zone_names import named_zone
from calendars.providers.microsoft.own import (
    EXPAND,
    made_with,
    properties,
    read_own,
    transaction_after,
    transaction_of,
    uid_filter,
)
from calendars.providers.microsoft.places import about_calendar, calendar_path, event_path, is_gone
from calendars.providers.microsoft.transport import Answer, GraphClient, Json

ROUNDS = 3
TEAMS = "teamsForBusiness"
LONGEST = 255
"""Characters that Exchange keeps of a subject and of a place."""
_READ = {"$select": "id,iCalUId,body,isOnlineMeeting,onlineMeeting,transactionId"}
# Teams puts its words behind a line of underscores, at the end of the body, in a division of this class.
_LINE = re.compile(r"(?:<(?:div|span|p)\b[^>]*>(?:\s|&nbsp;)*)*_{20,}")
_DIVISION = re.compile(r"<div\b[^>]*\bme-email-text\b", re.IGNORECASE)
_NAME = ".ics"


@dataclass(frozen=True, slots=True)
class _Found:
    """An event of ours as it lies in the calendar."""

    key: str
    etag: str
    row: Json

    @property
    def meeting_url(self) -> str:
        """The link of its meeting, if it has one."""
        return _join_url(self.row)


class Writer:
    """Writes and deletes in one calendar. Never sends attendees: Exchange would mail them."""

    def __init__(self, graph: GraphClient, calendar_id: str) -> None:
        self._graph = graph
        self._id = calendar_id

    def put(self, wish: EventWish, known: Written | None) -> Written:
        """See `Provider.put`."""
        gone = ""
        if known is not None and known.key and not known.key.endswith(_NAME):
            written = self._update(known.key, wish, known)
            if written is not None:
                return written
            gone = known.key
        for _ in range(ROUNDS):
            for key in self._ids(wish.uid):
                written = self._update(key, wish, None)
                if written is not None:
                    return written
            answer = self._create(wish, gone)
            if answer.ok:
                return _written(answer.body)
            taken = _existing(answer)
            if not taken:
                raise about_calendar(answer)
            written = self._update(taken, wish, None)
            if written is not None:
                return written
            gone = taken  # made once and deleted since: Graph remembers its transaction id
        raise errors.Conflict("deleted again and again")

    def delete(self, key: str, uid: str) -> None:
        """See `Provider.delete`. Looks for the UID where nothing lies under the key."""
        if key and not key.endswith(_NAME) and self._remove(key):
            return
        try:
            found = self._ids(uid)
        except errors.NotFound:
            return  # the calendar is gone, and the event with it
        for one in found:
            self._remove(one)

    def _remove(self, key: str) -> bool:
        """Whether there was something to remove; also where somebody moved it to another calendar of theirs."""
        for place in (event_path(self._id, key), f"me/events/{quote(key, safe='')}"):
            answer = self._graph.ask("DELETE", place)
            if not is_gone(answer):
                answer.checked()
                return True
        return False

    def _ids(self, uid: str) -> list[str]:
        """Our events with this UID; copies that people made of them are theirs."""
        query = {"$filter": uid_filter(uid), "$select": "id,transactionId", "$expand": EXPAND, "$top": "10"}
        rows = self._graph.rows(calendar_path(self._id, "events"), query, refused=about_calendar)
        return [str(row["id"]) for row in rows if isinstance(row.get("id"), str) and _is_ours(row)]

    def _create(self, wish: EventWish, gone: str) -> Answer:
        transaction = transaction_after(wish, gone) if gone else transaction_of(wish)
        body = event_body(wish) | {"transactionId": transaction}
        body["singleValueExtendedProperties"].append(made_with(transaction))
        if self._makes_meeting(wish):
            body |= {"isOnlineMeeting": True, "onlineMeetingProvider": TEAMS}
        return self._graph.ask("POST", calendar_path(self._id, "events"), body=body)

    def _makes_meeting(self, wish: EventWish) -> bool:
        """Whether a Teams meeting is wanted and this calendar can have one; personal accounts cannot."""
        if wish.meeting != Meeting.TEAMS:
            return False
        query = {"$select": "allowedOnlineMeetingProviders"}
        answer = self._graph.get(calendar_path(self._id), query)
        if not answer.ok:
            raise about_calendar(answer)
        allowed = answer.body.get("allowedOnlineMeetingProviders")
        return isinstance(allowed, list) and TEAMS in allowed

    def _update(self, key: str, wish: EventWish, known: Written | None) -> Written | None:
        """Overwrite the event; None when it has gone. Raises `Conflict` after three rounds.

        The first round relies on the version we know, unless a meeting's words must be kept.
        """
        found: _Found | None = None
        if known is not None and known.etag and not wish.meeting and not known.meeting_url:
            found = _Found(key, known.etag, {})
        for _ in range(ROUNDS):
            found = found or self._read(key)
            if found is None:
                return None
            body = self._changes(wish, found)
            answer = self._graph.ask("PATCH", event_path(self._id, key), body=body, if_match=found.etag)
            if answer.ok:
                return _written(answer.body, key=key, meeting_url=found.meeting_url)
            if is_gone(answer):
                return None
            if answer.status != 412:
                raise answer.error()
            found = None
        raise errors.Conflict("changed again and again")

    def _changes(self, wish: EventWish, found: _Found) -> Json:
        body = event_body(wish)
        if found.row.get("isOnlineMeeting") is True:
            words = merged_body(wish.description, found.row.get("body"), found.meeting_url)
            return body | {"body": words}
        if self._makes_meeting(wish):
            body |= {"isOnlineMeeting": True, "onlineMeetingProvider": TEAMS}
        return body

    def _read(self, key: str) -> _Found | None:
        answer = self._graph.get(event_path(self._id, key), _READ)
        if is_gone(answer):
            return None
        row = answer.checked()
        return _Found(key, _etag(row), row)


def event_body(wish: EventWish) -> Json:
    """The event as Graph takes it, without what is only told once (`transactionId`) or has a price (meetings)."""
    return {
        "subject": clean(wish.summary).replace("\n", " ")[:LONGEST],
        "body": {"contentType": "text", "content": clean(wish.description)},
        "start": _local(wish.start, wish.zone),
        "end": _local(wish.end, wish.zone),
        "isAllDay": False,
        "location": _location(wish),
        "showAs": _shows(wish),
        "singleValueExtendedProperties": properties(wish),
    }


def merged_body(description: str, before: Any, join_url: str) -> dict[str, str]:
    """Our words, followed by those of the Teams meeting: a body without them takes the meeting away."""
    content = before.get("content") if isinstance(before, Mapping) else ""
    content = content if isinstance(content, str) else ""
    ours = html.escape(clean(description), quote=False).replace("\n", "<br>")
    start = _teams_words(content, join_url)
    if start is None:
        # No line to be seen: everything that stands there is kept, ours is put before it once.
        text = content if ours and ours in content else f"{ours}<br>{content}"
        return {"contentType": "html", "content": text}
    return {"contentType": "html", "content": f"<html><body>{ours}<br>{content[start:]}"}


def _teams_words(content: str, join_url: str) -> int | None:
    """Where the words of the meeting begin: at the last line before its link. Our own words come first and may
    hold lines and the link, too."""
    link = max(content.rfind(join_url), content.rfind(html.escape(join_url))) if join_url else -1
    for mark in (_LINE, _DIVISION):
        found = [one.start() for one in mark.finditer(content) if link < 0 or one.start() < link]
        if found:
            return found[-1] if link >= 0 else found[0]
    return None


def _shows(wish: EventWish) -> str:
    if wish.transparent or wish.status is WishStatus.CANCELLED:
        return "free"
    return "tentative" if wish.status is WishStatus.TENTATIVE else "busy"


def _local(moment: datetime, zone: str) -> dict[str, str]:
    """The moment on the clock of its zone; in UTC when the zone is not known or its clock cannot say it: the
    second of the two hours when clocks go back has no wall time of its own."""
    found = named_zone(zone)
    local = moment.astimezone(found or UTC)
    if local.fold or found is None:
        return {"dateTime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}
    return {"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": found.key}


def _location(wish: EventWish) -> Json:
    """An empty name takes a former place away."""
    told: Json = {"displayName": clean(wish.location).replace("\n", ", ")[:LONGEST]}
    if wish.geo:
        told["coordinates"] = {"latitude": wish.geo[0], "longitude": wish.geo[1]}
    return told


def _is_ours(row: Json) -> bool:
    return bool(read_own(row.get("singleValueExtendedProperties"), row.get("transactionId")))


def _existing(answer: Answer) -> str:
    """The event that was made with this transaction id before, if that is why a new one was refused."""
    if answer.code != "ErrorDuplicateTransactionId":
        return ""
    found = answer.body["error"].get("@event.existingEventId")
    if not isinstance(found, str) or not found:
        raise errors.Conflict("the transaction id was used, nobody says for which event")
    return found


def _written(row: Json, *, key: str = "", meeting_url: str = "") -> Written:
    """Raises `ServerFailed` for an answer that names no event."""
    found = row.get("id")
    if not isinstance(found, str) or not found:
        if not key:
            raise errors.ServerFailed("an event without an id")
        found = key
    uid = row.get("iCalUId")
    return Written(
        key=found,
        etag=_etag(row),
        uid=uid if isinstance(uid, str) else "",
        meeting_url=_join_url(row) or meeting_url,
    )


def _etag(row: Json) -> str:
    etag = row.get("@odata.etag")
    return etag if isinstance(etag, str) else ""


def _join_url(row: Json) -> str:
    meeting = row.get("onlineMeeting")
    url = meeting.get("joinUrl") if isinstance(meeting, Mapping) else ""
    return url if isinstance(url, str) else ""
