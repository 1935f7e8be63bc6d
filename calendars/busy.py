"""When the hosts are busy elsewhere, and how far that can be trusted. Part of the public face of `calendars`.

All spans here are half-open `[start_s, end_s)` in epoch seconds (UTC): a month page reads thousands of
them, and integers go to the engine as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
    """

    known: bool = True
    reason: str = ""
    oldest_ok_at: datetime | None = None


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
    rows = Calendar.objects.filter(owner__in=list(owner_ids), blocks=True).values_list(
        "owner", "last_ok_at", "account__trust_hours"
    )
    per_owner: dict[int, list[tuple[datetime | None, int]]] = {owner: [] for owner in owner_ids}
    for owner, last_ok_at, trust_hours in rows:
        per_owner[owner].append((last_ok_at, trust_hours))
    return {owner: _freshness_of(calendars, now) for owner, calendars in per_owner.items()}


def _freshness_of(calendars: Iterable[tuple[datetime | None, int]], now: datetime) -> Freshness:
    oldest: datetime | None = None
    too_old = False
    for last_ok_at, trust_hours in calendars:
        if last_ok_at is None:
            return Freshness(known=False, reason="never_read")
        too_old |= now - last_ok_at > timedelta(hours=trust_hours)
        oldest = last_ok_at if oldest is None else min(oldest, last_ok_at)
    return Freshness(known=not too_old, reason="too_old" if too_old else "", oldest_ok_at=oldest)


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
