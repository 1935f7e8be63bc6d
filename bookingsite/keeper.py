"""What surrounds the jobs of a worker process: hard limits, renewed leases, signs of life."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol

from django.conf import settings
from django.db import Error, connections

from bookingsite import heartbeat, leases
from bookingsite.lib.processes import hard_limit
from bookingsite.models import LeasedRow

log = logging.getLogger(__name__)

EVERY = 8.0  # seconds between signs of life in a long job; several fit into a lease
LONG = 120.0  # kinds that may take longer than this never occupy all processes at once


class Terms(Protocol):
    """On which terms a job may run (a `work.Kind` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def lease(self) -> timedelta: ...
    @property
    def limit_seconds(self) -> float: ...


class Keeper:
    """Guards the jobs of one drain.

    A thread renews the lease of the job at hand and says that the process is busy. It lives in the
    worker's process, so a worker that is killed stops renewing, and one that hangs is killed by the
    job's hard limit, thread and all.
    """

    def __init__(self, now_fn: Callable[[], datetime], *, every: float = EVERY) -> None:
        self._now = now_fn
        self._processes = int(settings.Q_CLUSTER["workers"])
        self._every = every
        self._job: tuple[LeasedRow, Terms] | None = None
        self._over = threading.Event()
        self._last_beat = 0.0
        self._was_busy = False
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def beat(self, *, every: float) -> None:
        """Note that the doorbell was answered, at most once in `every` seconds."""
        if time.monotonic() - self._last_beat >= every:
            self._last_beat = time.monotonic()
            heartbeat.beat(self._now())

    def may_start(self, terms: Terms) -> bool:
        """Whether this process may begin such a job: long ones leave one process of the group free.

        So a mail or a booking's event never waits behind first readings of large calendars.
        """
        if terms.limit_seconds <= LONG or self._processes == 1:
            return True
        others = heartbeat.busy_count(heartbeat.group(), self._now(), but=os.getpid())
        return others < self._processes - 1

    @contextmanager
    def on(self, row: LeasedRow, terms: Terms) -> Iterator[None]:
        """The job at hand; the process dies when it takes longer than its limit."""
        self._job = (row, terms)
        try:
            if terms.limit_seconds > LONG:
                self._sign()  # at once, for `may_start` of the others
            with hard_limit(terms.limit_seconds):
                yield
        finally:
            self._job = None
            if terms.limit_seconds > LONG:
                heartbeat.clear_busy()

    def _keep(self) -> None:
        while not self._over.wait(self._every):
            self._try(self._sign)
        if self._was_busy:
            self._try(heartbeat.clear_busy)
        connections.close_all()  # this thread's own

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Error as error:
            log.warning("No sign of life: %s", type(error).__name__)
            connections.close_all()

    def _sign(self) -> None:
        if self._job is None:
            return
        row, terms = self._job
        now = self._now()
        self._was_busy = True
        heartbeat.beat_busy(now, terms.name)
        leases.renew(row, until=now + terms.lease)
