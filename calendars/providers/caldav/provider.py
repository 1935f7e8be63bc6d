"""The CalDAV provider (C4), and iCloud as the same with a preset (C1)."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from bookingsite.lib.http import GuardPolicy, InvalidAddress, origin
from calendars.providers import errors
from calendars.providers.base import (
    CalendarInfo,
    Capabilities,
    EventWish,
    OneByOne,
    Page,
    RawItem,
    Reading,
    ReadingRules,
    Window,
    Written,
)
from calendars.providers.caldav.discovery import find_calendars
from calendars.providers.caldav.multistatus import collection_url
from calendars.providers.caldav.presets import ICLOUD_URL, looks_like_app_password
from calendars.providers.caldav.reading import CTAG, SYNC, Collection
from calendars.providers.caldav.transport import Dav
from calendars.providers.caldav.writing import Writer
from calendars.providers.ical import event_bytes, occurrences


class CalDavProvider(OneByOne):
    """One CalDAV account. Calendar ids are the addresses of the collections, so that no discovery is
    needed after connecting. Every request passes the guard of `policy`."""

    key: ClassVar[str] = "caldav"
    capabilities: ClassVar[Capabilities] = Capabilities(writes=True, sync_token=True)

    def __init__(self, *, url: str, username: str, password: str, policy: GuardPolicy) -> None:
        self._url = url
        self._dav = Dav(username=username, password=password, policy=policy)

    def calendars(self) -> list[CalendarInfo]:
        """Discover the account's calendars from the typed address."""
        return find_calendars(self._dav, self._url)

    def changes(
        self, calendar_id: str, *, cursor: str | None, known: Mapping[str, str], window: Window
    ) -> Iterator[Page]:
        """One request when nothing changed; by token, by ctag, or by full comparison."""
        collection = self._collection(calendar_id)
        if cursor is None:
            return collection.everything(known, window)
        if cursor.startswith(SYNC):
            return collection.since(cursor.removeprefix(SYNC), known)
        return collection.if_touched(cursor if cursor.startswith(CTAG) else "", known, window)

    def reconcile(self, calendar_id: str, *, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """A full comparison of keys and etags in the window."""
        return self._collection(calendar_id).everything(known, window)

    def read_span(self, calendar_id: str, span: Window) -> list[RawItem]:
        """One calendar-query; expansion is ours, servers get it wrong."""
        return self._collection(calendar_id).span(span)

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
        """See `calendars.providers.ical`."""
        return occurrences(
            item.data, window=window, default_zone=rules.default_zone, owner_emails=rules.owner_emails
        )

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Create or update by conditional PUT."""
        return self._writer(calendar_id).put(wish, event_bytes(wish), known)

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """Unconditional: a cancelled booking must leave the calendar whatever was edited there."""
        self._writer(calendar_id).delete(key, uid)

    def close(self) -> None:
        """Close the connections."""
        self._dav.close()

    def _collection(self, calendar_id: str) -> Collection:
        try:
            origin(calendar_id)
        except (InvalidAddress, ValueError):
            raise errors.NotFound("no address") from None
        return Collection(self._dav, collection_url(calendar_id))

    def _writer(self, calendar_id: str) -> Writer:
        return Writer(self._dav, self._collection(calendar_id))


class ICloudProvider(CalDavProvider):
    """iCloud: nothing to type but the Apple ID and an app-specific password."""

    key: ClassVar[str] = "icloud"

    def __init__(self, *, url: str = "", username: str, password: str, policy: GuardPolicy) -> None:
        if looks_like_app_password(password):
            password = password.strip().lower()
        super().__init__(url=url or ICLOUD_URL, username=username.strip(), password=password, policy=policy)

    def calendars(self) -> list[CalendarInfo]:
        """As CalDAV; Apple's refusal of an account is no sign that this is no calendar server."""
        return find_calendars(self._dav, self._url, is_known=True)
