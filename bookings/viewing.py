"""What a guest's address bar says about how to show times: zone, clock, month, day. Nothing is stored, no cookie.

Bad values never make an error: a wrong zone is the host's zone (BP-13), a wrong month is no month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from bookings.customs import customs_of
from bookings.domain import texts
from bookings.models import EventType
from bookingsite.dates import day_text, time_text
from bookingsite.lib import zones

FIRST_YEAR, LAST_YEAR = 2000, 2200
LONGEST_SOURCE = 120


@dataclass(frozen=True, kw_only=True)
class Moment:
    """An instant as one person reads it: on a zone's wall clock, with 12 or 24 hours, in the active language.

    Templates show these texts and never format instants themselves: Django's own filters would turn
    them into the zone of whoever is signed in.
    """

    instant: datetime
    zone: str
    hours: int

    @property
    def local(self) -> datetime:
        """The wall clock."""
        return self.instant.astimezone(zones.zone(self.zone))

    @property
    def date(self) -> str:
        """Weekday and date, `Monday 29 March 2027`."""
        return day_text(self.local)

    @property
    def time(self) -> str:
        """`14:30`, or `2:30 PM` on a 12-hour clock (TZ-3)."""
        return time_text(self.local, hours=self.hours)

    @property
    def zone_text(self) -> str:
        """The zone's name and its offset at this instant: `Europe/Berlin, UTC+2`."""
        return texts.zone_in_words(self.instant, zone=self.zone)

    @property
    def offset(self) -> str:
        """The offset at this instant: `UTC+2`, `UTC-3:30`, `UTC`."""
        return texts.offset_in_words(self.local)

    @property
    def value(self) -> str:
        """The instant as links and forms carry it."""
        return start_text(self.instant)

    def until(self, end: Moment) -> str:
        """Start and end on the clock; the second date and both offsets where they differ."""
        first, last = self.time, end.time
        if self.offset != end.offset:
            first, last = f"{first} ({self.offset})", f"{last} ({end.offset})"
        if self.local.date() != end.local.date():
            last = _("%(date)s, %(time)s") % {"date": end.date, "time": last}
        return f"{first} – {last}"


@dataclass(frozen=True, kw_only=True)
class View:
    """How one guest looks at one event type.

    `zone` is a canonical name; `locked` says that the event shows the host's zone to everybody
    (A12). `hours` is 12 or 24; weeks begin on `first_weekday`, 0 is Sunday. `month` is its first day.
    `zone_chosen` and `hours_chosen` tell what the address said, so that links repeat only what was
    chosen. `source` is where the guest came from, as the link that brought them said (`utm_source`);
    it goes into the booking.
    """

    zone: str
    locked: bool
    hours: int
    first_weekday: int
    month: date | None = None
    day: date | None = None
    zone_chosen: bool = False
    hours_chosen: bool = False
    source: str = ""

    @property
    def tz(self) -> ZoneInfo:
        """The zone itself."""
        return zones.zone(self.zone)

    def query(self, **more: str) -> str:
        """The query string that keeps this view, with `more` added: `?month=2027-03&tz=Europe%2FOslo`."""
        parts = [part for part in (urlencode(more), self._kept) if part]
        return "?" + "&".join(parts) if parts else ""

    @cached_property
    def _kept(self) -> str:
        """What every link repeats; written once, for a month has a hundred links."""
        parts = {}
        if self.zone_chosen:
            parts["tz"] = self.zone
        if self.hours_chosen:
            parts["h"] = str(self.hours)
        if self.source:
            parts["utm_source"] = self.source
        return urlencode(parts)

    def clock_query(self) -> str:
        """The query string that keeps only the choice of 12 or 24 hours."""
        return f"?h={self.hours}" if self.hours_chosen else ""

    def at(self, *, month: date | None = None, day: date | None = None) -> View:
        """The same view of another month or day."""
        return replace(self, month=month or (day.replace(day=1) if day else self.month), day=day)

    def local(self, instant: datetime) -> datetime:
        """An instant on this view's wall clock."""
        return instant.astimezone(self.tz)

    def moment(self, instant: datetime) -> Moment:
        """An instant as this view shows it."""
        return Moment(instant=instant, zone=self.zone, hours=self.hours)


def view_from(query: Mapping[str, str], event_type: EventType, *, accept_language: str = "") -> View:
    """Read the address: `tz`, `h`, `month` (YYYY-MM), `day` (YYYY-MM-DD) and `utm_source` are understood.

    `accept_language` is the browser's header: a British reader's weeks and clocks are not an American's.
    """
    customs = customs_of(accept_language)
    locked = event_type.show_zone == EventType.ShowZone.HOST
    chosen = None if locked else zones.canonical(query.get("tz", ""))
    hours = {"12": 12, "24": 24}.get(query.get("h", ""))
    day = _date(query.get("day", ""))
    month = _date(query.get("month", "") + "-01") or (day.replace(day=1) if day else None)
    if day and month and (day.year, day.month) != (month.year, month.month):
        day = None
    return View(
        zone=chosen or event_type.host.zone,
        locked=locked,
        hours=hours or customs.hours,
        first_weekday=customs.first_weekday,
        month=month,
        day=day,
        zone_chosen=chosen is not None,
        hours_chosen=hours is not None,
        source=texts.one_line(query.get("utm_source", ""))[:LONGEST_SOURCE],
    )


def start_from(text: str) -> datetime | None:
    """A start as links carry it, `2027-03-29T08:00Z`, as an aware instant; None for anything else."""
    try:
        found = datetime.fromisoformat(text[:32])
    except ValueError:
        return None
    if found.tzinfo is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    return found.astimezone(UTC)


def start_text(start: datetime) -> str:
    """A start as links carry it."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def previous_month(month: date) -> date:
    """The first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
