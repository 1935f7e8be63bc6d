"""What a guest's address bar says about how to show times: zone, clock, month, day. Nothing is stored, no cookie.

Bad values never make an error: a wrong zone is the host's zone (BP-13), a wrong month is no month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language

from bookings.models import EventType
from bookingsite.lib import zones

FIRST_YEAR, LAST_YEAR = 2000, 2200


@dataclass(frozen=True, kw_only=True)
class View:
    """How one guest looks at one event type.

    `zone` is a canonical name; `locked` says that the event shows the host's zone to everybody
    (A12). `hours` is 12 or 24. `month` is its first day. `zone_chosen` and `hours_chosen` tell what
    the address said, so that links repeat only what was chosen.
    """

    zone: str
    locked: bool
    hours: int
    month: date | None = None
    day: date | None = None
    zone_chosen: bool = False
    hours_chosen: bool = False

    @property
    def tz(self) -> ZoneInfo:
        """The zone itself."""
        return zones.zone(self.zone)

    def query(self, **more: str) -> str:
        """The query string that keeps this view, with `more` added: `?month=2027-03&tz=Europe%2FOslo`."""
        parts = dict(more)
        if self.zone_chosen:
            parts["tz"] = self.zone
        if self.hours_chosen:
            parts["h"] = str(self.hours)
        return f"?{urlencode(parts)}" if parts else ""

    def at(self, *, month: date | None = None, day: date | None = None) -> View:
        """The same view of another month or day."""
        return replace(self, month=month or (day.replace(day=1) if day else self.month), day=day)

    def local(self, instant: datetime) -> datetime:
        """An instant on this view's wall clock."""
        return instant.astimezone(self.tz)


def view_from(query: Mapping[str, str], event_type: EventType) -> View:
    """Read the address. `tz`, `h`, `month` (YYYY-MM) and `day` (YYYY-MM-DD) are understood."""
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
        hours=hours or usual_hours(),
        month=month,
        day=day,
        zone_chosen=chosen is not None,
        hours_chosen=hours is not None,
    )


def usual_hours() -> int:
    """12 or 24, as the active language writes times (TZ-3)."""
    return 12 if "P" in str(formats.get_format("TIME_FORMAT", get_language())) else 24


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
