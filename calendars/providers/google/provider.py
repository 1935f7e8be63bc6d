"""The Google provider (C2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
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
from calendars.providers.google import watching
from calendars.providers.google.listing import find_calendars
from calendars.providers.google.meaning import read_item
from calendars.providers.google.reading import Listing
from calendars.providers.google.transport import Api
from calendars.providers.google.writing import Writer
from calendars.providers.oauth import Tokens


class GoogleProvider(OneByOne):
    """One Google account. `api` is the address of the calendar API (with its version)."""

    key: ClassVar[str] = "google"
    capabilities: ClassVar[Capabilities] = Capabilities(
        writes=True, sync_token=True, push=True, meeting=Meeting.GOOGLE_MEET
    )

    def __init__(self, *, tokens: Tokens, policy: GuardPolicy, api: str) -> None:
        self._api = Api(tokens, policy, api)

    def calendars(self) -> list[CalendarInfo]:
        """The account's calendar list."""
        return find_calendars(self._api)

    def changes(
        self, calendar_id: str, *, cursor: str | None, known: Mapping[str, str], window: Window
    ) -> Iterator[Page]:
        """By sync token; the first time everything from the window's start on."""
        listing = Listing(self._api, calendar_id)
        return listing.everything(known, window) if not cursor else listing.since(cursor, known)

    def reconcile(self, calendar_id: str, *, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """Everything, compared by the versions that Google tells."""
        return Listing(self._api, calendar_id).everything(known, window)

    def read_span(self, calendar_id: str, span: Window) -> list[RawItem]:
        """One list of instances; free/busy answers cannot tell tentative from busy."""
        return Listing(self._api, calendar_id).span(span)

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
        """See `meaning`."""
        return read_item(item.data, window=window, rules=rules)

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Create or update under an id of our own."""
        return Writer(self._api, calendar_id).put(wish, known)

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """Unconditional: a cancelled booking must leave the calendar whatever was edited there."""
        Writer(self._api, calendar_id).delete(key, uid)

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
        """A new channel first, then the end of the current one; its notices do no harm meanwhile."""
        new = watching.watch(
            self._api, calendar_id, address=address, channel_id=channel_id, secret=secret, until=until
        )
        if current is not None:
            with suppress(errors.ProviderError):  # it runs out by itself
                watching.unwatch(self._api, current)
        return new

    def unwatch(self, watch: Watch) -> None:
        """Stop the channel."""
        watching.unwatch(self._api, watch)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
