"""What every calendar provider speaks: the interface and its values.

A provider turns one kind of server (CalDAV, Google, a feed, …) into these values. It knows neither our tables
nor Django. Times are aware UTC datetimes, spans are half-open ``[start, end)``. Errors are those of
``errors``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

Window = tuple[datetime, datetime]
"""A half-open span ``[start, end)`` of aware UTC datetimes."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of provider can do at all; a single calendar may still be read-only."""

    writes: bool
    sync_token: bool
    push: bool = False
    """Can tell a public address that something changed: the provider is a `PushProvider`."""
    meeting: str = ""
    """Which kind of meeting link it can make together with an event: a value of `Meeting`, or empty."""
    fresh_seconds: int = 60
    """A copy not older than this need not be asked again before a booking (C19)."""


class Meeting(StrEnum):
    """Kinds of online meetings that a calendar's provider makes together with the event."""

    GOOGLE_MEET = "google_meet"
    TEAMS = "teams"


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    """One calendar as the picker shows it.

    ``remote_id`` is the stable key every other call takes. ``colour`` is ``#rrggbb`` or empty. ``zone`` is
    the calendar's own IANA zone where it tells one. ``why_read_only`` is a code (empty when ``writable``):
    ``"not_owner"``, ``"subscription"``, ``"feed"``, ``"no_events"``, ``"unknown"``. ``kind`` is
    ``"calendar"``, ``"subscription"``, ``"holidays"``, ``"birthdays"`` or ``"feed"``.
    """

    remote_id: str
    name: str
    colour: str = ""
    zone: str | None = None
    writable: bool = False
    why_read_only: str = ""
    kind: str = "calendar"
    primary: bool = False


@dataclass(frozen=True, slots=True)
class RawItem:
    """One resource as the server holds it: usually one event or one whole series with its exceptions.

    ``key`` is stable and unique within the calendar (CalDAV: the unquoted path of the href; feeds: the UID).
    ``etag`` changes whenever the content does. ``data`` is the source, understood by the same provider's
    ``occurrences``.
    """

    key: str
    etag: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what changed; pages come one after the other so that a big calendar never sits in memory
    whole.

    Only the *last* page carries ``cursor`` (maybe an empty string: the server has none). A run that ends
    without a page that has a cursor did not finish: throw away what it brought.

    ``complete`` (last page only) makes the run a full listing: every known key that is in ``present`` nowhere
    is gone from the window. ``present`` holds the keys that exist in the asked window, also those whose
    content was not sent again because the known etag still holds; it is ``None`` on incremental runs.
    ``deleted`` is always to be removed. A key may be delivered twice; the later one counts.
    """

    items: tuple[RawItem, ...] = ()
    deleted: tuple[str, ...] = ()
    cursor: str | None = None
    complete: bool = False
    present: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Where a written event lies now: its key and the version the server gave (empty when it gives none).

    ``uid`` is the UID that the server shows the event with, where it makes its own (empty: the wish's).
    ``meeting_url`` is the link of the meeting that was asked for, empty while the server is still making it.
    """

    key: str
    etag: str = ""
    uid: str = ""
    meeting_url: str = ""


class WishStatus(StrEnum):
    """The state a written event shows; the values are those of iCalendar STATUS (RFC 5545, 3.8.1.11)."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWish:
    """How a booking's event should look in a calendar. No attendees: servers would mail them (SYNC 1.4).

    ``key`` is the name of the resource (``<public_id>.ics``), ``uid`` the iCalendar UID; both follow from the
    booking, so that the same wish can be written any number of times and there is one event.
    ``start``/``end`` are aware UTC, ``zone`` is the IANA zone people agreed on. ``updated`` is when the wish
    was last changed (DTSTAMP), not the time of writing. ``private_id`` marks the event as ours
    (X-BOOKING-ID). ``marker`` is a UUID in text that follows from the UID and the calendar, for servers that
    recognise a repeated request by such an id. ``meeting`` asks for an online meeting (a value of
    ``Meeting``); providers that cannot make this kind pass over it.
    """

    uid: str
    key: str
    start: datetime
    end: datetime
    zone: str
    summary: str
    created: datetime
    updated: datetime
    description: str = ""
    location: str = ""
    url: str = ""
    geo: tuple[float, float] | None = None
    status: WishStatus = WishStatus.CONFIRMED
    transparent: bool = False
    sequence: int = 0
    private_id: str = ""
    marker: str = ""
    meeting: str = ""


class Status(StrEnum):
    """What an occurrence means for the owner's time, from the weakest to the strongest."""

    FREE = "free"
    ELSEWHERE = "elsewhere"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "oof"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of an event, cancelled and declined ones left out.

    ``start``/``end`` are aware UTC and ``end > start``. All-day occurrences also keep their local days
    ``[first_day, end_day)``, so that they can be anchored anew when the zone changes. ``recurrence`` tells
    the instances of one series apart: the original start in UTC (basic form), empty for single events.
    ``unanswered``: the owner was invited and has not answered. ``zone`` is the IANA zone the event speaks of.
    """

    start: datetime
    end: datetime
    status: Status
    uid: str = ""
    summary: str = ""
    recurrence: str = ""
    all_day: bool = False
    first_day: date | None = None
    end_day: date | None = None
    unanswered: bool = False
    zone: str = ""
    location: str = ""
    geo: tuple[float, float] | None = None
    private_id: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one resource means in a window.

    ``warnings`` are codes such as ``"rule_unreadable"`` (see the reader of the provider); ``bad`` counts
    events that could not be placed in time at all. ``status``, ``sequence`` and ``private_id`` are those of
    the (first) master event, so that our own events can be recognised even when they have no occurrence left.
    ``marker`` is the ``EventWish.marker`` that the event was made with, where the server tells it.
    """

    occurrences: tuple[Occurrence, ...] = ()
    warnings: tuple[str, ...] = ()
    uid: str = ""
    private_id: str = ""
    sequence: int = 0
    cancelled: bool = False
    bad: int = 0
    marker: str = ""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """Whose calendar is read: where floating times and whole days belong, and which attendees are the
    owner."""

    default_zone: str = "UTC"
    owner_emails: frozenset[str] = field(default_factory=frozenset)


class Provider(Protocol):
    """One connected account. Objects are short-lived: made for a job, used by one thread, then closed.

    Every method may raise any ``ProviderError``; the docstrings name those with a meaning of their own.
    """

    key: ClassVar[str]
    """Stable name in our tables: ``"caldav"``, ``"google"``, …"""
    capabilities: ClassVar[Capabilities]

    def calendars(self) -> list[CalendarInfo]:
        """List the calendars that hold events. Raises ``NoCalendars`` when there is none."""
        ...

    def changes(
        self, calendar_id: str, *, cursor: str | None, known: Mapping[str, str], window: Window
    ) -> Iterator[Page]:
        """Yield what changed since ``cursor``; ``None`` means: the first read, everything in ``window``.

        ``known`` maps the keys we hold to their etags: what is unchanged need not be sent again. The cursor
        of the last page stands for a moment *before* the read began, so that nothing in between is lost
        (things may come twice). Raises ``CursorInvalid`` when the server no longer knows the cursor, or reads
        everything instead and says ``complete``. Raises ``NotFound`` when the calendar is gone.
        """
        ...

    def reconcile(self, calendar_id: str, *, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """Compare everything the server lists in ``window`` with ``known``; the last page is ``complete``.

        Heals what incremental runs missed and moves the window. The cursor of its last page replaces the old
        one.
        """
        ...

    def read_span(self, calendar_id: str, span: Window) -> list[RawItem]:
        """Read the resources that may touch ``span``, right now and in one or two requests.

        More than asked for is allowed (the reader cuts), less is not.
        """
        ...

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading:
        """Say what a raw item means in ``window``. Never raises for broken content: that gives warnings."""
        ...

    def readings(self, items: Iterable[RawItem], *, window: Window, rules: ReadingRules) -> Iterator[Reading]:
        """`occurrences` of many items, one reading each and in their order (see `OneByOne`).

        Providers of files that strangers made read them apart, with limits of time and memory; those raise
        `TooLarge` or `NotACalendar` when a limit is met, and nothing of the batch may be used.
        """
        ...

    def put(self, calendar_id: str, wish: EventWish, known: Written | None) -> Written:
        """Make the calendar hold the wish as exactly one event; may be repeated after any crash.

        ``known`` is what an earlier ``put`` returned, ``None`` if none is known to have worked. Creating what
        is already there (same UID) updates it, updating what has gone creates it again, a version that moved
        on is read again and overwritten. Raises ``PermissionDenied`` for a read-only calendar and
        ``Conflict`` when the event is changed by others faster than it can be written (three rounds).
        """
        ...

    def delete(self, calendar_id: str, *, key: str, uid: str) -> None:
        """Make sure the event is gone, whatever its version; gone already is success.

        ``key`` is ``Written.key`` where known, otherwise the ``EventWish.key``.
        """
        ...

    def close(self) -> None:
        """Let go of connections; the object is not used afterwards."""
        ...


@runtime_checkable
class WholeReader(Protocol):
    """A provider that cannot ask for a span, but can tell whether the copy of a cursor still holds."""

    def read_span_if_changed(self, calendar_id: str, span: Window, *, cursor: str) -> list[RawItem] | None:
        """As `Provider.read_span`; ``None`` where everything still is as it was at ``cursor``."""
        ...


class _ReadsItems(Protocol):
    """What `OneByOne` builds on: the provider's own reading of one item."""

    def occurrences(self, item: RawItem, *, window: Window, rules: ReadingRules) -> Reading: ...


class OneByOne:
    """Gives a provider `readings` out of its `occurrences`."""

    def readings(
        self: _ReadsItems, items: Iterable[RawItem], *, window: Window, rules: ReadingRules
    ) -> Iterator[Reading]:
        """Each item's reading, in their order."""
        return (self.occurrences(item, window=window, rules=rules) for item in items)


@dataclass(frozen=True, slots=True)
class Watch:
    """A standing order at the server to tell us of changes in one calendar.

    ``channel_id`` names it in notices, ``resource_id`` is the server's own name for what is watched (may be
    empty). ``expires_at`` is aware UTC: what the server granted, not what was asked for.
    """

    channel_id: str
    resource_id: str
    expires_at: datetime


class PushProvider(Provider, Protocol):
    """A provider whose server can tell us that a calendar changed. Notices say only "look again"."""

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
        """Have notices sent to ``address`` (https) with ``secret`` in them, until about ``until``.

        ``channel_id`` is a new name for the channel where the caller may choose it. ``current`` is the order
        to be prolonged or replaced; after the call only the returned one stands. May be repeated.
        """
        ...

    def unwatch(self, watch: Watch) -> None:
        """End the order; one that is not there any more is success."""
        ...
