"""What five changed events cost in calendars of all sizes: `python -m benchmarks.changes [--most N]`.

The server is in memory and gives changes from an index, so what is measured is our own work: the time of our
processor and the queries of one incremental reading. The plain reference is one such reading without changes
in the smallest calendar. Exits with an error when the largest calendar costs half as much again as the smallest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
SIZES = (100, 1_000, 10_000, 20_000)
CHANGES, ROUNDS = 5, 15
MOST = 1.5
"""Times that the largest calendar may cost of the smallest."""


def shelf(size: int) -> tuple[Any, Any]:
    """A calendar of so many events that was read once, and its server."""
    from bookingsite.models import User
    from tests.factories import calendars as make

    owner = User.objects.create_user(f"bench-{size}@example.org", "bench", slug=f"bench-{size}")
    address, server = make.make_server()
    for number in range(size):
        start = NOW + timedelta(days=380) / size * number
        server.store("work", f"{number}.ics", make.event(start, uid=f"{number}@bench"))
    calendar = make.make_calendar(make.make_account(owner, address=address))
    make.read_now(calendar, NOW)
    return calendar, server


def cost(calendar: Any, server: Any, size: int, changes: int) -> tuple[float, int]:
    """Milliseconds of our processor and queries of one reading, in the middle of many."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories import calendars as make

    spent, queries = [], 0
    for turn in range(ROUNDS):
        at = NOW + timedelta(minutes=10 * (turn + 1))
        for number in range(changes):
            start = NOW + timedelta(days=1, minutes=turn * 10 + number)
            server.store("work", f"{number * size // CHANGES}.ics", make.event(start, uid=f"{number}@bench"))
        with CaptureQueriesContext(connection) as seen:
            began = time.thread_time()
            make.read_now(calendar, at)
            spent.append((time.thread_time() - began) * 1000)
        queries = len(seen)
    return statistics.median(spent), queries


def main() -> int:
    """Each size in turn; 1 when the cost grows with the size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(f"{'events':>10} {'our CPU ms':>11} {'queries':>8} {'no change':>10} {'queries':>8}")
    found = []
    for size in (size for size in SIZES if size <= options.most):
        calendar, server = shelf(size)
        quiet = cost(calendar, server, size, 0)
        busy = cost(calendar, server, size, CHANGES)
        found.append(busy)
        print(f"{size:>10,} {busy[0]:>11.1f} {busy[1]:>8} {quiet[0]:>10.1f} {quiet[1]:>8}", flush=True)
    ratio = found[-1][0] / found[0][0]
    print(f"largest : smallest = {ratio:.2f}")
    return int(ratio > MOST or found[0][1] != found[-1][1])


if __name__ == "__main__":
    sys.exit(main())
