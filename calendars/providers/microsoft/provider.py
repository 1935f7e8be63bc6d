"""The Microsoft provider (C3): Microsoft 365 and Outlook.com through Graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

from bookingsite.lib.http import GuardPolicy
from calendars.providers.base import (
    CalendarInfo,
    Capabilities,
    EventWish,
    Meeting,
    OneByOne,
    Page,
    RawItem,
    Reading,
    ReadingRules,
    Watch,
    Window,
    Written,
)
from calendars.providers.microsoft.changes import Changes
from calendars.providers.microsoft.listing import find_calendars
from calendars.providers.microsoft.reading import read
from calendars.providers.microsoft.transport import GraphClient
from calendars.providers.microsoft.watching import Watcher
from calendars.providers.microsoft.writing import Writer
from calendars.providers.oauth import Tokens


class MicrosoftProvider(OneByOne):
    """One Microsoft account. Calendar ids and event keys are Graph's immutable ids.

    An item is a single event, or a whole series under its master's id.
    """

    key: ClassVar[str] = "microsoft"
    capabilities: ClassVar[Capabilities] = Capabilities(
        writes=True, sync_token=True, push=True, meeting=Meeting.TEAMS
    )

    def __init__(self, *, tokens: Tokens, policy: GuardPolicy, api: str) -> None:
        """`api` is the address of Graph with its version, as the operator set it."""
        self._graph = GraphClient(tokens=tokens, policy=policy, api=api)

    def calendars(self) -> list[CalendarInfo]:
        """The account's calendars, shared ones included. Raises `NoCalendars` for accounts without a mailbox."""
        return find_calendars(self._graph)

    def changes(
        self, calendar_id: str, *, cursor: str | None, known: Mapping[str, str], window: Window
    ) -> Iterator[Page]:
        """One request when nothing changed; `known` is asked for single keys only in later rounds."""
        found = Changes(self._graph, calendar_id)
        return found.everything(known, window) if cursor is None else found.since(cursor, known, window)

    def reconcile(self, calendar_id: str, *, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """A first round over a new window."""
        return Changes(self._graph, calendar_id).everything(known, window)

    def read_span(self, calendar_id: str, span: Window) -> list[RawItem]:
        """One request for up to 200 events."""
        return Changes(self._graph, calendar_id).span(span)

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
        """Graph has expanded series already; see `reading`."""
        return read(item, window=window, rules=rules)

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Create or update; `Written.uid` is the UID that Exchange gave the event."""
        return Writer(self._graph, calendar_id).put(wish, known)

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """Unconditional: a cancelled booking must leave the calendar whatever was edited there."""
        Writer(self._graph, calendar_id).delete(key, uid)

    def watch(
        self,
        calendar_id: str,
        *,
        address: str,
        channel_id: str,
        secret: str,
        until: datetime,
        current: Watch | None,
    ) -> Watch:
        """Graph names its orders itself: `channel_id` is not used, the returned one counts."""
        watcher = Watcher(self._graph)
        return watcher.watch(calendar_id, address=address, secret=secret, until=until, current=current)

    def unwatch(self, watch: Watch) -> None:
        """End the order."""
        Watcher(self._graph).unwatch(watch)

    def close(self) -> None:
        """Close the connections."""
        self._graph.close()
