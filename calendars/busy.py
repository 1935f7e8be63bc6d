"""When the hosts are busy elsewhere, and how far that can be trusted. Part of the public face of `calendars`.

All spans here are half-open `[start_s, end_s)` in epoch seconds (UTC): a month page reads thousands of
them, and integers go to the engine as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calendars.models import Busy, Calendar
from calendars.sync.recheck import Outcome, Recheck, recheck

__all__ = ["Detail", "Freshness", "Outcome", "Recheck", "Span", "details", "freshness", "recheck", "spans"]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether the busy times of an owner may be relied on (invariant 2).

    `reason` is a code, empty when `known`: `never_read`, `too_old`. `oldest_ok_at` is when the least
    fresh blocking calendar was last read well, None without any or when one was never read.
    `known_until`: no calendar is known beyond it, so nothing may be offered there; None without any.
    """

    known: bool = True
    reason: str = ""
    oldest_ok_at: datetime | None = None
    known_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """One blocking event with its title. For the calendar's owner only (invariant 8)."""

    start_s: int
    end_s: int
    title: str
    calendar: str
    status: str
    all_day: bool


def spans(owner_ids: Collection[int], start_s: int, end_s: int) -> dict[int, list[Span]]:
    """The busy times of each owner that touch `[start_s, end_s)`, unclipped, in no order. One query.

    Every owner asked for is a key. Says nothing about freshness: ask `freshness` as well.
    """
    found: dict[int, list[Span]] = {owner: [] for owner in owner_ids}
    rows = Busy.objects.filter(
        calendar__owner__in=list(found), calendar__blocks=True, blocks=True, end__gt=start_s, start__lt=end_s
    ).values_list("calendar__owner", "start", "end")
    for owner, start, end in rows.iterator(chunk_size=5000):
        found[owner].append((start, end))
    return found


def freshness(owner_ids: Collection[int], now: datetime) -> dict[int, Freshness]:
    """How fresh the blocking calendars of each owner are. One query; every owner asked for is a key.

    An owner with a blocking calendar that was never read, or not within its account's trust limit, is
    unknown: offer no times. An owner without blocking calendars is known.
    """
    blocking = Calendar.objects.filter(owner__in=list(owner_ids), blocks=True)
    per_owner: dict[int, list[Calendar]] = {owner: [] for owner in owner_ids}
    for calendar in blocking.select_related("account").only(
        "owner_id", "last_ok_at", "expanded_to", "account__trust_hours"
    ):
        per_owner[calendar.owner_id].append(calendar)
    return {owner: _freshness_of(calendars, now) for owner, calendars in per_owner.items()}


def _freshness_of(calendars: Sequence[Calendar], now: datetime) -> Freshness:
    read = [calendar for calendar in calendars if calendar.last_ok_at and calendar.expanded_to]
    if len(read) < len(calendars):
        return Freshness(known=False, reason="never_read")
    is_too_old = any(
        now - (calendar.last_ok_at or now) > timedelta(hours=calendar.account.trust_hours)
        for calendar in read
    )
    return Freshness(
        known=not is_too_old,
        reason="too_old" if is_too_old else "",
        oldest_ok_at=min((calendar.last_ok_at for calendar in read if calendar.last_ok_at), default=None),
        known_until=min((calendar.expanded_to for calendar in read if calendar.expanded_to), default=None),
    )


def details(owner_id: int, start_s: int, end_s: int) -> list[Detail]:
    """What blocks `[start_s, end_s)`, by start, with titles: for the owner's eyes only. One query."""
    rows = (
        Busy.objects.filter(
            calendar__owner=owner_id, calendar__blocks=True, blocks=True, end__gt=start_s, start__lt=end_s
        )
        .order_by("start", "pk")
        .values_list("start", "end", "item__summary", "calendar__name", "status", "all_day")
    )
    return [Detail(*row) for row in rows]
