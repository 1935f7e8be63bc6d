"""Notices a worker group that lives but does no work, and keeps its doorbell ringing.

The queue can hang for good when one of its processes is killed at the wrong moment (a lock stays
taken); the processes go on living. Seen from outside that is a doorbell nobody answers.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connections

from bookingsite import heartbeat, work
from bookingsite.lib import clock
from bookingsite.supervisor import Group

log = logging.getLogger(__name__)

RING_EVERY = 10.0  # seconds
LOOK_EVERY = 5.0
SILENCE = timedelta(seconds=40)
OWN_SILENCE = timedelta(minutes=5)  # with workers on other machines, a bell may always go to them
UNACKNOWLEDGED = 20  # tasks handed out and never acknowledged: the part that acknowledges is stuck


@dataclass(frozen=True)
class Signs:
    """What is known about a worker group: when it was started, and what was last heard."""

    started: datetime
    own_beat: datetime | None
    any_beat: datetime | None
    busy: int
    workers: int
    unacknowledged: int = 0


def is_hung(signs: Signs, now: datetime) -> bool:
    """Whether the group must be replaced: nobody answers though not everybody is busy."""
    if signs.unacknowledged > UNACKNOWLEDGED:
        return True
    if signs.busy >= signs.workers:
        return False
    own = max(signs.started, signs.own_beat or signs.started)
    anyone = max(own, signs.any_beat or own)
    return now - anyone > SILENCE or now - own > OWN_SILENCE


class WorkerWatch:
    """Rings the bell of a worker group and judges whether it is answered."""

    def __init__(self) -> None:
        self._name = ""
        self._began = clock.now()
        self._next_ring = 0.0
        self._next_look = 0.0

    def environment(self) -> Mapping[str, str]:
        """A fresh name for the group about to start, so that the old one's beats do not count for it."""
        self._name = secrets.token_hex(4)
        return {heartbeat.GROUP_VARIABLE: self._name}

    def started(self, group: Group) -> None:
        """Begin anew. Old bells are thrown away: they say no more than the next one."""
        self._began = clock.now()
        self._next_look = time.monotonic() + LOOK_EVERY
        self._next_ring = 0.0
        try:
            _broker().purge_queue()
        except Exception as error:  # whatever the broker raises: the queue holds nothing of value
            log.warning("The queue cannot be emptied: %s", type(error).__name__)

    def look(self, group: Group) -> bool:
        """Ring when it is time; whether the group answers. A database that is away says nothing."""
        moment = time.monotonic()
        if moment >= self._next_ring:
            self._next_ring = moment + RING_EVERY
            work.ring()
        if moment < self._next_look:
            return True
        self._next_look = moment + LOOK_EVERY
        try:
            now = clock.now()
            return not is_hung(self._signs(now), now)
        except Error as error:
            log.warning("The database cannot be reached: %s", type(error).__name__)
            connections.close_all()
            self._began = clock.now()  # the workers could not beat either
            return True

    def _signs(self, now: datetime) -> Signs:
        return Signs(
            started=self._began,
            own_beat=heartbeat.last_beat(self._name),
            any_beat=heartbeat.last_beat(),
            busy=heartbeat.busy_count(self._name, now),
            workers=settings.Q_CLUSTER["workers"],
            unacknowledged=0 if settings.REDIS_URL else _broker().lock_size(),
        )


def _broker() -> Any:
    """django-q2's broker; imported late, because its modules read the settings."""
    from django_q.brokers import get_broker

    return get_broker()
