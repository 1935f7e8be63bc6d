"""One last look at a span before a booking (C19): only calendars whose copy is older than a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial

from django.db import connection
from django.db.models import Q

from calendars.log import recording
from calendars.log.recording import JobLog
from calendars.models import Account, Calendar, LogEntry
from calendars.oauth.tokens import grant_of
from calendars.providers import registry
from calendars.providers.base import Occurrence, Provider, RawItem, ReadingRules, WholeReader, Window
from calendars.sync.blocking import Switches
from calendars.sync.connection import open_provider, reading_rules, switches_of
from calendars.sync.own import echoes, own_events

FRESH_ENOUGH = timedelta(seconds=60)
THREADS = 16
SOON = timedelta(minutes=1)
"""When a calendar that gave no answer is read again."""


class Outcome(StrEnum):
    """What the last look found."""

    FREE = "free"
    BUSY = "busy"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Recheck:
    """The answer, and the busy spans `[start_s, end_s)` that were seen (for the engine, with its buffers).

    UNVERIFIED: at least one calendar gave no answer in time and none said busy; what counts then is
    `freshness`, unless `strict`: the host of one of the silent calendars wants no booking without an answer.
    """

    outcome: Outcome
    busy: tuple[tuple[int, int], ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """Everything a thread needs, gathered before: threads touch no database, but for `open` (see `_opener`)."""

    calendar: Calendar
    open: Callable[[float], Provider]
    rules: ReadingRules
    switches: Switches
    log: JobLog | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A blocking occurrence, and what else our own events are recognised by beside their UID."""

    occurrence: Occurrence
    marker: str
    is_read_only: bool
    """Whether it is in a calendar that nobody writes to here."""


def recheck(owner_id: int, start_s: int, end_s: int, *, now: datetime, budget: float = 3.0) -> Recheck:
    """Ask the owner's blocking calendars whether `[start_s, end_s)` is free right now.

    Call it before the booking's transaction, never inside. Takes at most about `budget` seconds, renewed
    access tokens included and whatever the servers do; raises nothing that a server could cause. Our own
    events do not count: the booking that made them does.
    """
    ends_at = time.monotonic() + budget
    looks, silent = _looks(owner_id, now, budget)
    if not looks and not silent:
        return Recheck(Outcome.FREE)
    window = (datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(end_s, UTC))
    answers = _ask(looks, window, ends_at) if looks else {}
    _store_logs(looks, answers)
    busy = _foreign(owner_id, [found for answer in answers.values() for found in answer])
    if busy:
        _read_soon([calendar for calendar, found in answers.items() if found], now)
        return Recheck(Outcome.BUSY, tuple(busy))
    silent += [look.calendar for look in looks if look.calendar.pk not in answers]
    if not silent:
        return Recheck(Outcome.FREE)
    _read_soon([calendar.pk for calendar in silent if not calendar.failing_since], now + SOON)
    return Recheck(Outcome.UNVERIFIED, strict=any(calendar.account.strict for calendar in silent))


def _looks(owner_id: int, now: datetime, budget: float) -> tuple[list[_Look], list[Calendar]]:
    """What to ask, and the calendars that cannot even be asked."""
    stale = Q(last_ok_at=None) | Q(last_ok_at__lt=now - FRESH_ENOUGH)
    calendars = Calendar.objects.filter(stale, owner=owner_id, blocks=True).select_related("account", "owner")
    looks, silent = [], []
    for calendar in calendars:
        if _is_fresh(calendar, now):
            continue
        if calendar.account.status == Account.Status.RECONNECT:
            silent.append(calendar)  # asking with a password that was refused may lock the owner out
            continue
        log = recording.begin(calendar.account, LogEntry.Job.RECHECK, now, calendar=calendar.name)
        try:
            opener = _opener(calendar.account, log, now, budget)
        except Exception as error:  # a lost key or an odd address must not stop a booking
            silent.append(calendar)
            recording.ended(log, error)
            continue
        looks.append(_Look(calendar, opener, reading_rules(calendar), switches_of(calendar), log))
    return looks, silent


def _is_fresh(calendar: Calendar, now: datetime) -> bool:
    """Whether the copy is as new as its kind of provider needs (feeds are published every few minutes)."""
    seconds = registry.kind(calendar.account.provider).capabilities.fresh_seconds
    return calendar.last_ok_at is not None and now - calendar.last_ok_at <= timedelta(seconds=seconds)


def _opener(
    account: Account, log: JobLog | None, now: datetime, budget: float
) -> Callable[[float], Provider]:
    """How a thread gets the account's provider, given the seconds that are left.

    Mostly it is open already. An access token that must be renewed first is renewed in the thread, which
    uses a database connection of its own for that: slow providers would add up otherwise.
    """
    if registry.kind(account.provider).oauth is not None and not grant_of(account).is_fresh(now):
        return partial(_opened_late, account, log)
    with _listening(log):
        provider = open_provider(account, deadline=budget, apart=True)
    return lambda _left: provider


def _opened_late(account: Account, log: JobLog | None, left: float) -> Provider:
    try:
        with _listening(log):
            return open_provider(account, deadline=left, apart=True)
    finally:
        connection.close()


def _listening(log: JobLog | None) -> AbstractContextManager[None]:
    return log.listening() if log else nullcontext()


def _store_logs(looks: Sequence[_Look], answers: Mapping[int, object]) -> None:
    """Keep what was asked; of those that gave no answer, that they did not (their request may still wait)."""
    for look in looks:
        if look.log and look.calendar.pk not in answers:
            look.log.failed(recording.NO_ANSWER)
    recording.store(look.log for look in looks)


def _ask(looks: Sequence[_Look], window: Window, ends_at: float) -> dict[int, list[_Found]]:
    """The blocking occurrences of every calendar that answered before `ends_at` (`time.monotonic`)."""
    pool = ThreadPoolExecutor(max_workers=min(THREADS, len(looks)), thread_name_prefix="recheck")
    asked: dict[Future[list[_Found]], _Look] = {
        pool.submit(_noted, look, window, ends_at): look for look in looks
    }
    done, _late = wait(asked, timeout=max(ends_at - time.monotonic(), 0))
    pool.shutdown(wait=False, cancel_futures=True)
    return {asked[each].calendar.pk: each.result() for each in done if each.exception() is None}


def _noted(look: _Look, window: Window, ends_at: float) -> list[_Found]:
    """As `_read`; why it failed goes into the debug log."""
    try:
        return _read(look, window, ends_at)
    except Exception as error:
        if look.log:
            look.log.failed(error)
        raise


def _read(look: _Look, window: Window, ends_at: float) -> list[_Found]:
    provider = look.open(max(ends_at - time.monotonic(), 0.1))
    try:
        items = _span(provider, look.calendar, window)
        readings = list(provider.readings(items, window=window, rules=look.rules))
    finally:
        provider.close()
    return [
        _Found(found, reading.marker, not look.calendar.writable)
        for reading in readings
        for found in reading.occurrences
        if found.start < window[1]
        and found.end > window[0]
        and look.switches.block(found.status, all_day=found.all_day, unanswered=found.unanswered)
    ]


def _span(provider: Provider, calendar: Calendar, window: Window) -> list[RawItem]:
    """What may touch the window; nothing where our copy, which counts anyway, still holds."""
    if isinstance(provider, WholeReader):
        return provider.read_span_if_changed(calendar.remote_id, window, cursor=calendar.cursor) or []
    return provider.read_span(calendar.remote_id, window)


def _foreign(owner_id: int, found: Sequence[_Found]) -> list[tuple[int, int]]:
    """The spans of those that are not our own events."""
    uids = {each.occurrence.uid for each in found}
    own = own_events(owner_id, uids=uids, markers={each.marker for each in found})
    foreign = [each for each in found if not own.of(each.occurrence.uid, each.marker)]
    echoed = echoes(owner_id, {each.occurrence.uid for each in foreign if each.is_read_only})
    others = [
        each.occurrence for each in foreign if not (each.is_read_only and each.occurrence.uid in echoed)
    ]
    return [(int(each.start.timestamp()), int(each.end.timestamp())) for each in others]


def _read_soon(calendar_ids: Sequence[int], at: datetime) -> None:
    """The copy is behind, or may be: have it read at that time at the latest."""
    Calendar.objects.filter(pk__in=calendar_ids, lease=None, run_at__gt=at).update(run_at=at)
