"""The calendars of an account, as its owner's list shows them, hidden ones too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from calendars.providers import errors
from calendars.providers.base import CalendarInfo
from calendars.providers.google.transport import Api, Refused

WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
"""https://developers.google.com/workspace/calendar/api/v3/reference/calendarList: who may write events."""
MOST_PAGES = 100
FIELDS = "nextPageToken,items(id,summary,summaryOverride,backgroundColor,timeZone,accessRole,primary,deleted)"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_KINDS = (
    ("#holiday@group.v.calendar.google.com", "holidays"),
    ("#contacts@group.v.calendar.google.com", "birthdays"),
    ("#birthday@group.v.calendar.google.com", "birthdays"),
    ("@group.v.calendar.google.com", "subscription"),
    ("@import.calendar.google.com", "subscription"),
)


def find_calendars(api: Api) -> list[CalendarInfo]:
    """Raises `NoCalendars` for an empty list."""
    try:
        found = [_info(entry) for entry in _entries(api) if not entry.get("deleted")]
    except Refused as no:
        raise no.error() from None
    if not found:
        raise errors.NoCalendars("an empty list")
    return found


def _entries(api: Api) -> Iterator[dict[str, Any]]:
    page: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = api.ask(api.calendar_list.list(showHidden=True, maxResults=250, fields=FIELDS, **page))
        entries = answer.get("items", [])
        if not isinstance(entries, list) or not all(
            isinstance(one, dict) and one.get("id") for one in entries
        ):
            raise errors.ServerFailed("no list of calendars")
        yield from entries
        following = answer.get("nextPageToken")
        if not following:
            return
        if page.get("pageToken") == following:
            break
        page = {"pageToken": following}
    raise errors.ServerFailed("pages without end")


def _info(entry: dict[str, Any]) -> CalendarInfo:
    remote_id = str(entry["id"])
    kind = next((kind for suffix, kind in _KINDS if remote_id.endswith(suffix)), "calendar")
    writable = entry.get("accessRole") in WRITERS and kind == "calendar"
    colour = str(entry.get("backgroundColor") or "")
    return CalendarInfo(
        remote_id=remote_id,
        name=str(entry.get("summaryOverride") or entry.get("summary") or remote_id),
        colour=colour.lower() if _COLOUR.fullmatch(colour) else "",
        zone=str(entry["timeZone"]) if entry.get("timeZone") else None,
        writable=writable,
        why_read_only="" if writable else ("not_owner" if kind == "calendar" else "subscription"),
        kind=kind,
        primary=bool(entry.get("primary")),
    )
