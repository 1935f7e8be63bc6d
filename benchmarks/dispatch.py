"""What finding due work costs on a large site: `python -m benchmarks.dispatch [--database sqlite|postgres]`.

A thousand accounts with twenty calendars each. A pass is what a worker does between two jobs: look what is
due and claim it. Beside it stands the plainest query there is, a count of the accounts. With `postgres` a
throw-away server is started. Exits with an error when a pass takes a second or more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
ACCOUNTS, EACH, SLOW = 1000, 20, 100
GOAL = 1.0
"""Seconds of one pass."""


def fill() -> None:
    """The accounts, their calendars, and some slow accounts that keep as many workers as they may."""
    import uuid

    from bookingsite.models import User
    from calendars.models import Account, Calendar, Channel
    from calendars.sync import pull

    people = [User(email=f"{n}@example.org", slug=f"p{n}", name=f"Host {n}") for n in range(ACCOUNTS)]
    people = User.objects.bulk_create(people)
    accounts = Account.objects.bulk_create(
        [Account(owner=one, provider="google", label=one.email, username=one.email) for one in people]
    )
    rows = []
    for number, account in enumerate(accounts):
        for position in range(EACH):
            is_leased = number < SLOW and position < pull.AT_ONCE
            rows.append(
                Calendar(
                    account=account,
                    owner_id=account.owner_id,
                    remote_id=str(position),
                    name=f"Calendar {position}",
                    blocks=True,
                    run_at=NOW + timedelta(seconds=number * EACH + position),
                    lease=uuid.uuid4() if is_leased else None,
                )
            )
    Calendar.objects.bulk_create(rows, batch_size=500)
    Channel.objects.bulk_create([Channel(calendar_id=row.pk, run_at=row.run_at) for row in rows], 500)
    Calendar.objects.filter(lease__isnull=False).update(run_at=NOW + timedelta(days=2))


def passes() -> dict[str, Callable[[], object]]:
    """What is measured: each leaves the tables as it found them."""
    from django.db import transaction

    from bookingsite import leases
    from calendars.models import Account
    from calendars.sync import channels, pull

    def claim(now: datetime) -> int:
        with transaction.atomic():
            found = leases.claim(pull.due_calendars(), now=now, lease_for=pull.LEASE)
            transaction.set_rollback(True)
        return len(found)

    def ensure() -> None:
        with transaction.atomic():
            channels.ensure(NOW)
            transaction.set_rollback(True)

    return {
        "plain count": Account.objects.count,
        "nothing due": lambda: claim(NOW - timedelta(days=1)),
        "one due": lambda: claim(NOW + timedelta(seconds=SLOW * EACH)),
        "all due": lambda: claim(NOW + timedelta(days=1)),
        "channels, nothing new": ensure,
    }


def measure(act: Callable[[], object]) -> tuple[float, int]:
    """The median of seven passes in seconds, and how many queries one takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    with CaptureQueriesContext(connection) as queries:
        act()
    return statistics.median(seconds), len(queries)


def plan() -> str:
    """How the database finds what is due."""
    from bookingsite.models import LeasedRow
    from calendars.sync import pull

    due = pull.due_calendars().filter(state=LeasedRow.State.READY, run_at__lte=NOW + timedelta(days=1))
    return due.order_by("run_at", "pk")[:1].explain()


def run() -> int:
    """Fill, measure, explain; 1 when the goal is missed."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    fill()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    print(f"{connection.vendor}: {ACCOUNTS:,} accounts, {ACCOUNTS * EACH:,} calendars, {SLOW} accounts busy")
    print(f"{'':>24} {'ms':>8} {'queries':>8}")
    slowest = 0.0
    for title, act in passes().items():
        seconds, queries = measure(act)
        slowest = max(slowest, seconds)
        print(f"{title:>24} {seconds * 1000:>8.2f} {queries:>8}", flush=True)
    print("\n".join(f"    {line}" for line in plan().splitlines()))
    return int(slowest >= GOAL)


def main() -> int:
    """On one database after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    from tests.concurrency.databases import database

    with (
        tempfile.TemporaryDirectory(prefix="bench-dispatch-") as name,
        database(options.database, Path(name)) as url,
    ):
        os.environ.update(
            DJANGO_SETTINGS_MODULE="tests.settings", TEST_DATABASE_URL=url, PUSH_URL="https://push.example"
        )
        try:
            return run()
        finally:
            from django.db import connections

            connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
