"""Background work: which kinds of rows there are, how they are drained, and the doorbell (invariant 4).

Each app registers its kinds and ticks from its `tasks` module, which its `apps.ready()` imports. Rows
are the truth: a queued task says no more than "drain", and losing it loses nothing.
"""

from __future__ import annotations

import logging
import time
import traceback
import zlib
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import QuerySet

from bookingsite import leases
from bookingsite.keeper import Keeper
from bookingsite.lib import clock
from bookingsite.models import LeasedRow, Tick

log = logging.getLogger(__name__)

BUDGET = timedelta(seconds=50)  # of one drain; a longer queue rings again
PAUSE = 0.2  # seconds, while rows that will be due in a moment are waited for
BEAT_EVERY = 5.0  # seconds, while draining
CRASHES = 5  # lost leases in a row after which a row is suspected of killing its worker


@dataclass(frozen=True)
class Kind:
    """One kind of work: which rows, who handles one, and for how long at most.

    `handle(row, now)` does the work and ends with `leases.finish` or `leases.fail`. In a worker it dies
    after `limit_seconds`, whole process and all; the row comes back when its lease ends. The lease may
    be shorter than the limit: while the process lives, the lease is renewed. Kinds with a limit of
    more than two minutes never occupy all processes of a worker group at once.
    """

    name: str
    queryset: Callable[[], QuerySet[Any]]
    handle: Callable[[Any, datetime], None]
    limit_seconds: float = 60
    lease: timedelta = timedelta(seconds=45)
    give_up_after: int | None = leases.ATTEMPTS
    is_awaited: Callable[[datetime], bool] | None = None
    """Whether rows will be due within seconds that a worker should wait for instead of going home."""


@dataclass(frozen=True)
class Drained:
    """What a drain did: how many rows were handled, and whether more were due when its time was over."""

    rows: int
    more: bool


@dataclass(frozen=True)
class PeriodicWork:
    """What a tick does and when: every so many seconds, `offset_seconds` after the round time."""

    name: str
    every_seconds: int
    func: Callable[[datetime], None]
    offset_seconds: int

    def next_after(self, now: datetime) -> datetime:
        """The next slot after `now`; slots missed meanwhile are not made up for."""
        slot = (int(now.timestamp()) - self.offset_seconds) // self.every_seconds + 1
        return datetime.fromtimestamp(slot * self.every_seconds + self.offset_seconds, UTC)


_kinds: dict[str, Kind] = {}
_ticks: dict[str, PeriodicWork] = {}
_stopping = False


def register(kind: Kind) -> None:
    """Let the worker do this kind of work. Registering a name again replaces it."""
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    """All registered kinds, ticks included."""
    return list(_kinds.values())


def register_tick(
    name: str, every_seconds: int, func: Callable[[datetime], None], *, offset_seconds: int | None = None
) -> None:
    """Have `func(now)` called every so many seconds by exactly one worker of the installation.

    Without an offset the name picks one, so that not everything starts on the round minute. `func` may
    be called again when a worker died in it. Nightly work: 86400 with an offset in UTC seconds.
    """
    offset = zlib.crc32(name.encode()) if offset_seconds is None else offset_seconds
    _ticks[name] = PeriodicWork(name, every_seconds, func, offset % every_seconds)


def ticks() -> list[PeriodicWork]:
    """All registered periodic work."""
    return list(_ticks.values())


def repair_ticks(now: datetime) -> None:
    """Make the tick rows what the code says: missing ones made, unknown ones dropped, odd times mended."""
    Tick.objects.exclude(name__in=_ticks).delete()
    for tick in _ticks.values():
        due = tick.next_after(now)
        row, _made = Tick.objects.get_or_create(name=tick.name, defaults={"run_at": due})
        if row.state != Tick.State.READY or (row.lease is None and row.run_at > due):
            leases.wake(Tick.objects.filter(pk=row.pk), now=due)


def nudge() -> None:
    """Ring the doorbell once the current transaction is committed (at once without one).

    Never fails the caller: when the queue is down, the schedule drains within a minute.
    """
    transaction.on_commit(ring, robust=True)


def ring() -> bool:
    """Ring the doorbell now unless it rings already; tells whether a worker will come."""
    from django_q.brokers import get_broker
    from django_q.tasks import async_task

    try:
        broker = get_broker()
        if not broker.queue_size():
            async_task("bookingsite.tasks.drain", task_name="drain", broker=broker)
    except Exception as error:  # whatever the broker raises, the rows are safe
        log.warning("The queue cannot be reached (%s); the work waits.", type(error).__name__)
        return False
    return True


def stop_soon() -> None:
    """Have the drains of this process end after the job they are in."""
    global _stopping  # noqa: PLW0603 - set by a signal handler, read by the loop
    _stopping = True


def drain(
    now_fn: Callable[[], datetime] = clock.now,
    *,
    budget: timedelta = BUDGET,
    guarded: bool = False,
    only: Collection[str] | None = None,
) -> Drained:
    """Handle due rows of all kinds in turn until none is left or the time is over.

    `guarded` is for worker processes: hard limits, a thread that renews leases, signs of life. `only`
    names the kinds wanted. A database that cannot be reached ends the drain; the next bell tries again.
    """
    chosen = [kind for kind in kinds() if only is None or kind.name in only]
    deadline = time.monotonic() + budget.total_seconds()
    count = 0
    keeping: AbstractContextManager[Keeper | None] = Keeper(now_fn) if guarded else nullcontext()
    try:
        with keeping as keeper:
            while True:
                before = count
                for kind in chosen:
                    if _stopping or time.monotonic() >= deadline:
                        return Drained(count, more=not _stopping)
                    if keeper:
                        keeper.beat(every=BEAT_EVERY)
                    count += _run_next(kind, now_fn, keeper)
                if count == before:
                    if not guarded or not _is_awaited(chosen, now_fn()):
                        return Drained(count, more=False)
                    time.sleep(PAUSE)
    except (OperationalError, InterfaceError) as error:
        log.warning("The database cannot be reached (%s); the work waits.", type(error).__name__)
        connections.close_all()
        return Drained(count, more=False)


def _is_awaited(chosen: Iterable[Kind], now: datetime) -> bool:
    return any(kind.is_awaited is not None and kind.is_awaited(now) for kind in chosen)


def _run_next(kind: Kind, now_fn: Callable[[], datetime], keeper: Keeper | None) -> bool:
    """Claim and handle one row; False when none is due, or when it is another process's turn."""
    if keeper and not keeper.may_start(kind):
        return False
    claimed = leases.claim(kind.queryset(), now=now_fn(), lease_for=kind.lease)
    for row in claimed:
        if row.abandoned and row.attempts > CRASHES:
            _note_failure(kind, row, "worker-died", now_fn())
            continue
        with keeper.on(row, kind) if keeper else nullcontext():
            _handle(kind, row, now_fn)
    return bool(claimed)


def _handle(kind: Kind, row: LeasedRow, now_fn: Callable[[], datetime]) -> None:
    try:
        kind.handle(row, now_fn())
        if not leases.is_held(row):
            return
        error = "unfinished"
        log.error("%s %s: the handler neither finished nor failed", kind.name, row.pk)
    except leases.LeaseLost:
        log.info("%s %s: another worker has taken over", kind.name, row.pk)
        return
    except (OperationalError, InterfaceError):
        raise  # the lease gives the row back
    except Exception as problem:
        error = f"unexpected:{type(problem).__name__}"
        _log_without_values(kind, row, problem)
    _note_failure(kind, row, error, now_fn())


def _note_failure(kind: Kind, row: LeasedRow, error: str, now: datetime) -> None:
    try:
        leases.fail(row, error, now=now, give_up_after=kind.give_up_after)
    except leases.LeaseLost:
        log.info("%s %s: another worker has taken over", kind.name, row.pk)


def _log_without_values(kind: Kind, row: LeasedRow, problem: Exception) -> None:
    """Where it happened; the exception's own text may hold an address or a password."""
    places = "".join(traceback.format_tb(problem.__traceback__))
    cause = "database" if isinstance(problem, DatabaseError) else "code"
    log.error("%s %s failed in %s: %s\n%s", kind.name, row.pk, cause, type(problem).__name__, places)


def _run_tick(row: Tick, now: datetime) -> None:
    tick = _ticks.get(row.name)
    if tick is None:  # of a newer or older version that runs elsewhere
        leases.finish(row, state=Tick.State.READY, run_at=now + timedelta(hours=1))
        return
    tick.func(now)
    leases.finish(row, state=Tick.State.READY, run_at=tick.next_after(now), done_at=now)


register(Kind("tick", Tick.objects.all, _run_tick, limit_seconds=300, give_up_after=None))
