"""Paths and query options of Graph, and how ids go into them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from calendars.providers import errors
from calendars.providers.base import Window
from calendars.providers.microsoft.transport import Answer

_MALFORMED = frozenset({"ErrorInvalidIdMalformed", "ErrorInvalidIdEmpty", "ErrorInvalidId"})


def calendar_path(calendar_id: str, *more: str) -> str:
    """The path of a calendar, or of something in it; ids are case-sensitive and may hold any character."""
    return "/".join(("me/calendars", *(quote(part, safe="") for part in (calendar_id, *more))))


def event_path(calendar_id: str, event_id: str, *more: str) -> str:
    """The path of an event in a calendar, or of something below it."""
    return calendar_path(calendar_id, "events", event_id, *more)


def span_query(span: Window) -> dict[str, str]:
    """The options that name a span; without an offset they mean UTC."""
    return {"startDateTime": stamp(span[0]), "endDateTime": stamp(span[1])}


def stamp(moment: datetime) -> str:
    """An instant as Graph takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_gone(answer: Answer) -> bool:
    """Whether nothing is there, or nothing can be: an id that Graph cannot read names nothing."""
    return answer.status in (404, 410) or (answer.status == 400 and answer.code in _MALFORMED)


def about_calendar(answer: Answer) -> errors.ProviderError:
    """What a refusal means for a calendar that was asked for by its id."""
    found = answer.error()
    if is_gone(answer) and not isinstance(found, errors.NoCalendars):
        return errors.NotFound(found.detail)
    return found
