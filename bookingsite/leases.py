"""The one lease mechanism under everything that must happen (invariant 4; RELIABILITY 1.4).

A row of a `LeasedRow` model is due when it is READY and its `run_at` has come. `claim` hands it to one
worker for a while; what the worker found out is written through `finish` or `fail`, in the same
transaction as the effects and only while the lease is still the worker's own. A worker that dies
needs no cleaning up: `run_at` was moved to the end of the lease, so the row becomes due again.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connections, router, transaction
from django.db.models import F, Q, QuerySet

from bookingsite.models import LeasedRow

Row = TypeVar("Row", bound=LeasedRow)

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
ATTEMPTS = 10  # with the waits below: given up after roughly five hours


class LeaseLost(Exception):
    """The row is no longer this worker's: the lease ran out and another took it, or it was deleted.

    The transaction must roll back; the other worker's result stands.
    """


def claim(queryset: QuerySet[Row], *, now: datetime, lease_for: timedelta, limit: int = 1) -> list[Row]:
    """Take up to `limit` due rows of the queryset, oldest first, each for `lease_for`.

    Two workers never get the same row: PostgreSQL skips rows that are being claimed, SQLite has one
    writer at a time. The attempt is counted here, so that work which kills its worker is counted too.
    `row.abandoned` tells that the holder before let its lease run out (it died or hung).
    """
    using = router.db_for_write(queryset.model)
    due = queryset.using(using).filter(state=LeasedRow.State.READY, run_at__lte=now).order_by("run_at", "pk")
    if not due.exists():  # most looks find nothing and need no write lock
        return []
    with transaction.atomic(using=using):
        if connections[using].features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        rows = list(due[:limit])
        token, until = uuid.uuid4(), now + lease_for
        queryset.model._base_manager.using(using).filter(pk__in=[row.pk for row in rows]).update(
            lease=token, attempts=F("attempts") + 1, run_at=until
        )
    for row in rows:
        row.abandoned = row.lease is not None
        row.lease, row.attempts, row.run_at = token, row.attempts + 1, until
    return rows


def held(row: Row) -> Row:
    """The row as it is now, locked until the caller's transaction ends. Raises `LeaseLost`.

    For handlers that must see what changed while they worked (a newer wish, a switch turned off)
    before they write their results and `finish`.
    """
    fresh = _mine(row).select_for_update(no_key=True).first()
    if fresh is None:
        raise LeaseLost(str(row.pk))
    return fresh


def is_held(row: LeasedRow) -> bool:
    """Whether the lease is still this worker's."""
    return _mine(row).exists()


def renew(row: LeasedRow, *, until: datetime) -> bool:
    """Keep the row until then; tells whether it was still ours."""
    renewed = bool(_mine(row).update(run_at=until))
    if renewed:
        row.run_at = until
    return renewed


def finish(
    row: LeasedRow,
    *,
    state: LeasedRow.State = LeasedRow.State.DONE,
    run_at: datetime | None = None,
    **fields: Any,
) -> None:
    """Give the row back as done, or as READY again at `run_at`, with `fields` set. Raises `LeaseLost`.

    Call it inside the transaction that holds the effects of the work: then both happen or neither.
    READY rows begin with no attempts and no error. Raises `ValueError` for READY without `run_at`.
    """
    if state == LeasedRow.State.READY:
        if run_at is None:
            raise ValueError("a row that is to run again needs a time")
        fields["attempts"] = 0
    _give_back(row, {"error": "", **fields, "state": state, "run_at": run_at or row.run_at})


def fail(
    row: LeasedRow,
    error: str,
    *,
    now: datetime,
    retry_after: timedelta | None = None,
    give_up_after: int | None = ATTEMPTS,
    **fields: Any,
) -> LeasedRow.State:
    """Give the row back after a failed attempt, with `fields` set; returns its new state. Raises `LeaseLost`.

    `error` is a short code, never a text that could hold a secret. The next attempt comes after
    `backoff`, or after `retry_after` (at most an hour) where the other side asked for it. From
    `give_up_after` attempts on the row is DEAD and waits for a person; None never gives up, 0 at once.
    """
    dead = give_up_after is not None and row.attempts >= give_up_after
    state = LeasedRow.State.DEAD if dead else LeasedRow.State.READY
    wait = backoff(row.attempts) if retry_after is None else min(max(retry_after, timedelta()), LONGEST_WAIT)
    _give_back(row, {**fields, "error": error[:300], "state": state, "run_at": now + wait})
    return state


def backoff(attempts: int, *, spread: float | None = None) -> timedelta:
    """How long to wait after this many attempts: 1, 2, 4 … 60 minutes, times 0.5 to 1.5 by chance.

    `spread` takes the place of the chance (0 to 1) in tests.
    """
    doubled = FIRST_WAIT * (1 << min(max(attempts - 1, 0), 10))
    chance = random.random() if spread is None else spread  # noqa: S311 - spreads load, keeps no secret
    return min(doubled, LONGEST_WAIT) * (0.5 + chance)


def wake(queryset: QuerySet[Row], now: datetime) -> int:
    """Make these rows due at once, with their attempts counted anew; returns how many.

    Rows that a worker holds right now are left to it: `finish` decides what comes next.
    """
    free = queryset.filter(Q(lease=None) | Q(run_at__lte=now))
    return free.update(state=LeasedRow.State.READY, run_at=now, lease=None, attempts=0, error="")


def _mine(row: Row) -> QuerySet[Row]:
    using = row._state.db or router.db_for_write(type(row))
    return type(row)._base_manager.using(using).filter(pk=row.pk, lease=row.lease, lease__isnull=False)


def _give_back(row: LeasedRow, fields: dict[str, Any]) -> None:
    if not _mine(row).update(lease=None, **fields):
        raise LeaseLost(str(row.pk))
    row.lease = None
    for name, value in fields.items():
        setattr(row, name, value)
