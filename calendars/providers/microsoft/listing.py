"""The account's calendars as the picker shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from calendars.providers import errors
from calendars.providers.base import CalendarInfo
from calendars.providers.microsoft.transport import GraphClient, Json

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# Graph does not say what a calendar is for. Exchange makes these two kinds itself, in the mailbox's language.
_BIRTHDAYS = re.compile(
    r"birthday|geburtstag|anniversaire|cumplea|complean|anivers|verjaardag|urodzin|narozenin|födelsedag", re.I
)
_HOLIDAYS = re.compile(
    r"holiday|feiertag|jours fériés|festivos|feriados|festività|feestdagen|święta|svátky|helgdag", re.I
)


def find_calendars(graph: GraphClient) -> list[CalendarInfo]:
    """The calendars, the usual one first. Raises `NoCalendars` when the account has none."""
    rows = list(graph.rows("me/calendars", {"$top": "100"}))
    owner = next((_owner(row) for row in rows if row.get("isDefaultCalendar") is True), "")
    found = [_info(row, owner) for row in rows if isinstance(row.get("id"), str)]
    if not found:
        raise errors.NoCalendars
    return sorted(found, key=lambda info: not info.primary)


def _info(row: Json, owner: str) -> CalendarInfo:
    name = row.get("name") if isinstance(row.get("name"), str) else ""
    colour = row.get("hexColor")
    writable = row.get("canEdit") is True
    is_foreign = bool(owner) and _owner(row) != owner
    return CalendarInfo(
        remote_id=str(row["id"]),
        name=str(name),
        colour=colour if isinstance(colour, str) and _COLOUR.fullmatch(colour) else "",
        writable=writable,
        why_read_only="" if writable else ("not_owner" if is_foreign else "subscription"),
        kind=_kind(str(name), writable=writable, is_foreign=is_foreign),
        primary=row.get("isDefaultCalendar") is True,
    )


def _kind(name: str, *, writable: bool, is_foreign: bool) -> str:
    """Only what may not be written can be a birthday or holiday calendar, whatever people call theirs."""
    if writable:
        return "calendar"
    if _BIRTHDAYS.search(name):
        return "birthdays"
    if _HOLIDAYS.search(name):
        return "holidays"
    return "calendar" if is_foreign else "subscription"


def _owner(row: Mapping[str, Any]) -> str:
    owner = row.get("owner")
    address = owner.get("address") if isinstance(owner, Mapping) else ""
    return address.lower() if isinstance(address, str) else ""
