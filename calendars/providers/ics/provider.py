"""The provider of iCal feeds (C5): one account is one feed, and one feed is one calendar."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from bookingsite.lib.http import GuardPolicy, guarded_session
from calendars.providers import errors
from calendars.providers.base import (
    CalendarInfo,
    Capabilities,
    EventWish,
    Page,
    RawItem,
    Reading,
    ReadingRules,
    Window,
    Written,
)
from calendars.providers.ics.address import NotAFeedAddress, feed_address
from calendars.providers.ics.apart import Cut, ReaderApart
from calendars.providers.ics.fetching import feed_policy, fetch
from calendars.providers.ics.sameness import Marks, marks_in

FEED_ID = "feed"
"""The id of the one calendar there is."""


class IcsProvider:
    """One feed, for reading. The address is the secret; every request passes the guard of `policy`.

    Feeds are whole answers: a run either brings nothing new or a full listing. Events are kept by UID; what a
    feed calls by one UID is one item, and the reader keeps apart what is apart in it (SYNC 3.2).
    """

    key: ClassVar[str] = "ics"
    capabilities: ClassVar[Capabilities] = Capabilities(writes=False, sync_token=True, fresh_seconds=300)

    def __init__(self, *, address: str, policy: GuardPolicy) -> None:
        policy = feed_policy(policy)
        self._typed = address
        self._session = guarded_session(policy)
        self._reader = ReaderApart(seconds=policy.deadline)
        self._title: tuple[str, str] | None = None

    def calendars(self) -> list[CalendarInfo]:
        """The feed itself, by the name it gives itself (may be empty)."""
        if self._title is None:
            self._everything(Marks(), {})
        name, zone = self._title or ("", "")
        return [
            CalendarInfo(
                FEED_ID,
                name,
                zone=zone or None,
                writable=False,
                why_read_only="feed",
                kind="feed",
                primary=True,
            )
        ]

    def changes(
        self, calendar_id: str, *, cursor: str | None, known: Mapping[str, str], window: Window
    ) -> Iterator[Page]:
        """One conditional GET. Nothing, where the feed says what it said; else everything that is in it."""
        _require_feed(calendar_id)
        before = marks_in(cursor)
        found = self._everything(before, known)
        if found is None:
            yield Page(cursor=cursor or "")
        elif isinstance(found, Marks):
            yield Page(cursor=found.cursor())
        else:
            yield _listing(*found)

    def reconcile(self, calendar_id: str, *, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """Read the feed whatever it said before."""
        return self.changes(calendar_id, cursor=None, known=known, window=window)

    def read_span(self, calendar_id: str, span: Window) -> list[RawItem]:
        """Everything in the feed: there is no asking for less."""
        return self.read_span_if_changed(calendar_id, span, cursor="") or []

    def read_span_if_changed(self, calendar_id: str, span: Window, *, cursor: str) -> list[RawItem] | None:
        """Everything in the feed, None where it still says what it said at this cursor."""
        _require_feed(calendar_id)
        found = self._everything(marks_in(cursor), {})
        return list(found[0].items) if isinstance(found, tuple) else None

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
        """As `readings`, of one item."""
        return next(self.readings([item], window=window, rules=rules))

    def readings(self, items: Iterable[RawItem], *, window: Window, rules: ReadingRules) -> Iterator[Reading]:
        """What the items mean, found out in a process of its own under limits."""
        return self._reader.read(items, window, rules)

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Feeds are read only."""
        raise errors.PermissionDenied("feed")

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """Feeds are read only."""
        raise errors.PermissionDenied("feed")

    def close(self) -> None:
        """Close the connections and end the reading process."""
        self._session.close()
        self._reader.close()

    def _everything(self, before: Marks, known: Mapping[str, str]) -> tuple[Cut, Marks] | Marks | None:
        """The feed and its marks; only the marks where just those are new; None where nothing is."""
        try:
            address = feed_address(self._typed)
        except NotAFeedAddress:
            raise errors.NotFound("no address") from None
        fetched = fetch(self._session, address, before)
        if fetched is None:
            return None
        if before.digest and fetched.marks.digest == before.digest:
            return fetched.marks
        cut = self._reader.cut(fetched.body, known)
        self._title = cut.name, cut.zone
        return cut, fetched.marks


def _listing(cut: Cut, marks: Marks) -> Page:
    return Page(items=cut.items, cursor=marks.cursor(), complete=True, present=cut.present)


def _require_feed(calendar_id: str) -> None:
    if calendar_id != FEED_ID:
        raise errors.NotFound("one feed is one calendar")
