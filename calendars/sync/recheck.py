"""One last look at a span before a booking (C19): only calendars whose copy is older than a minute."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from calendars.models import Account, Calendar, Write
from calendars.providers.base import Occurrence, Provider, ReadingRules, Window
from calendars.sync.blocking import Switches
from calendars.sync.connection import open_provider, reading_rules, switches_of

FRESH_ENOUGH = timedelta(seconds=60)
THREADS = 8


class Outcome(StrEnum):
    """What the last look found."""

    FREE = "free"
    BUSY = "busy"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Recheck:
    """The answer, and the busy spans `[start_s, end_s)` that were seen (for the engine, with its buffers).

    UNVERIFIED: at least one calendar gave no answer in time and none said busy; what counts then is
    `freshness`.
    """

    outcome: Outcome
    busy: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    """Everything a thread needs, gathered before: threads touch no database."""

    calendar_id: int
    remote_id: str
    provider: Provider
    rules: ReadingRules
    switches: Switches


def recheck(owner_id: int, start_s: int, end_s: int, *, now: datetime, budget: float = 3.0) -> Recheck:
    """Ask the owner's blocking calendars whether `[start_s, end_s)` is free right now.

    Call it before the booking's transaction, never inside. Takes at most about `budget` seconds
    whatever the servers do; raises nothing that a server could cause. Our own events do not count: the
    booking that made them does.
    """
    looks, unreadable = _looks(owner_id, now, budget)
    if not looks:
        return Recheck(Outcome.UNVERIFIED if unreadable else Outcome.FREE)
    window = (datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(end_s, UTC))
    answers = _ask(looks, window, budget)
    busy = _foreign(owner_id, [found for answer in answers.values() for found in answer])
    if busy:
        _read_soon([calendar for calendar, found in answers.items() if found], now)
        return Recheck(Outcome.BUSY, tuple(busy))
    is_whole = not unreadable and len(answers) == len(looks)
    return Recheck(Outcome.FREE if is_whole else Outcome.UNVERIFIED)


def _looks(owner_id: int, now: datetime, budget: float) -> tuple[list[_Look], bool]:
    """What to ask, and whether some calendar cannot even be asked."""
    stale = Q(last_ok_at=None) | Q(last_ok_at__lt=now - FRESH_ENOUGH)
    calendars = Calendar.objects.filter(stale, owner=owner_id, blocks=True).select_related("account", "owner")
    looks, unreadable = [], False
    for calendar in calendars:
        if calendar.account.status == Account.Status.RECONNECT:
            unreadable = True  # asking with a password that was refused may lock the owner out
            continue
        try:
            provider = open_provider(calendar.account, deadline=budget)
        except Exception:  # a lost key or an odd address must not stop a booking
            unreadable = True
            continue
        looks.append(
            _Look(calendar.pk, calendar.remote_id, provider, reading_rules(calendar), switches_of(calendar))
        )
    return looks, unreadable


def _ask(looks: Sequence[_Look], window: Window, budget: float) -> dict[int, list[Occurrence]]:
    """The blocking occurrences of every calendar that answered within the budget."""
    pool = ThreadPoolExecutor(max_workers=min(THREADS, len(looks)), thread_name_prefix="recheck")
    asked: dict[Future[list[Occurrence]], _Look] = {pool.submit(_read, look, window): look for look in looks}
    done, _late = wait(asked, timeout=budget)
    pool.shutdown(wait=False, cancel_futures=True)
    return {asked[each].calendar_id: each.result() for each in done if each.exception() is None}


def _read(look: _Look, window: Window) -> list[Occurrence]:
    try:
        items = look.provider.read_span(look.remote_id, window)
        readings = [look.provider.occurrences(item, window=window, rules=look.rules) for item in items]
    finally:
        look.provider.close()
    return [
        found
        for reading in readings
        for found in reading.occurrences
        if found.start < window[1]
        and found.end > window[0]
        and look.switches.block(found.status, all_day=found.all_day, unanswered=found.unanswered)
    ]


def _foreign(owner_id: int, found: Sequence[Occurrence]) -> list[tuple[int, int]]:
    """The spans of those that are not our own events."""
    uids = {each.uid for each in found}
    own = set(Write.objects.filter(calendar__owner=owner_id, uid__in=uids).values_list("uid", flat=True))
    return [(int(each.start.timestamp()), int(each.end.timestamp())) for each in found if each.uid not in own]


def _read_soon(calendar_ids: Sequence[int], now: datetime) -> None:
    """The copy is behind: have it read at once."""
    Calendar.objects.filter(pk__in=calendar_ids, lease=None).update(run_at=now)
