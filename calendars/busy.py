"""When the hosts are busy elsewhere, and how far that can be trusted. Part of the public face of `calendars`.

All spans here are half-open `[start_s, end_s)` in epoch seconds (UTC): a month page reads thousands of
them, and integers go to the engine as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from calendars import trust
from calendars.models import Busy, Calendar
from calendars.sync.recheck import Outcome, Recheck, recheck

__all__ = [
    "Detail",
    "Freshness",
    "Outcome",
    "Reason",
    "Recheck",
    "Span",
    "Unread",
    "details",
    "exactly",
    "freshness",
    "overlapping",
    "recheck",
    "spans",
]

Span = tuple[int, int]
Reason = trust.Reason


@dataclass(frozen=True, slots=True)
class Unread:
    """A blocking calendar that closes the page, and why. The names are for the owner alone (invariant 8)."""

    reason: Reason
    calendar: str
    account: str
    last_ok_at: datetime | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether the busy times of an owner may be relied on (invariant 2).

    `unread` names the calendars that close the page, empty when `known`. `oldest_ok_at` is when the least
    fresh blocking calendar was last read well, None without any or when one was never read.
    `known_until`: no calendar is known beyond it, so nothing may be offered there; None without any.
    """

    known: bool = True
    unread: tuple[Unread, ...] = ()
    oldest_ok_at: datetime | None = None
    known_until: datetime | None = None

    @property
    def reason(self) -> str:
        """The code of what weighs most, empty when `known`: `never_read`, `withheld`, `too_old`."""
        codes = {each.reason for each in self.unread}
        order = (Reason.NEVER_READ, Reason.WITHHELD, Reason.TOO_OLD)
        return next((str(code) for code in order if code in codes), "")


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


def overlapping(places: Collection[tuple[int, int, int]]) -> dict[int, set[Span]]:
    """The busy times that touch any of these `(owner id, start_s, end_s)`, by calendar id. One query a hundred."""
    found: dict[int, set[Span]] = {}
    wanted = sorted(places)
    for first in range(0, len(wanted), 100):
        any_of = Q()
        for owner, start, end in wanted[first : first + 100]:
            any_of |= Q(calendar__owner=owner, end__gt=start, start__lt=end)
        rows = Busy.objects.filter(any_of, calendar__blocks=True, blocks=True)
        for calendar, start, end in rows.values_list("calendar", "start", "end"):
            found.setdefault(calendar, set()).add((start, end))
    return found


def freshness(owner_ids: Collection[int], now: datetime) -> dict[int, Freshness]:
    """How fresh the blocking calendars of each owner are. One query; every owner asked for is a key.

    An owner with a blocking calendar that was never read, or whose copy counts no longer by what the host
    chose for its account (`calendars.trust`), is unknown: offer no times. An owner without blocking
    calendars is known.
    """
    blocking = Calendar.objects.filter(owner__in=list(owner_ids), blocks=True).order_by("name", "pk")
    per_owner: dict[int, list[Calendar]] = {owner: [] for owner in owner_ids}
    for calendar in blocking.select_related("account").only(*_ASKED):
        per_owner[calendar.owner_id].append(calendar)
    return {owner: _freshness_of(calendars, now) for owner, calendars in per_owner.items()}


_ASKED = (
    "owner_id",
    "name",
    "last_ok_at",
    "failing_since",
    "expanded_to",
    "account__label",
    "account__unread",
    "account__trust_hours",
    "account__connected_at",
)


def _freshness_of(calendars: Sequence[Calendar], now: datetime) -> Freshness:
    reasons = [(calendar, trust.reason(calendar, now)) for calendar in calendars]
    unread = tuple(
        Unread(reason, calendar.name, calendar.account.label, calendar.last_ok_at)
        for calendar, reason in reasons
        if reason
    )
    if not all(trust.is_read(calendar) for calendar in calendars):
        return Freshness(known=False, unread=unread)
    return Freshness(
        known=not unread,
        unread=unread,
        oldest_ok_at=min((each.last_ok_at for each in calendars if each.last_ok_at), default=None),
        known_until=min((each.expanded_to for each in calendars if each.expanded_to), default=None),
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


def exactly(owner_id: int, spans: Collection[Span]) -> dict[tuple[int, Span], Detail]:
    """The events that block exactly these times, by calendar id and time: for the owner's eyes only. One query
    for every few hundred times.
    """
    found: dict[tuple[int, Span], Detail] = {}
    wanted = sorted(spans)
    for first in range(0, len(wanted), 400):
        portion = wanted[first : first + 400]
        rows = Busy.objects.filter(
            calendar__owner=owner_id,
            calendar__blocks=True,
            blocks=True,
            start__in={span[0] for span in portion},
            end__in={span[1] for span in portion},
        )
        names = ("calendar", "start", "end", "item__summary", "calendar__name", "status", "all_day")
        for calendar, start, end, *rest in rows.order_by("pk").values_list(*names):
            found.setdefault((calendar, (start, end)), Detail(start, end, *rest))
    return found
