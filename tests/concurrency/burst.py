"""Many guests want the same time at the same moment: who gets it, and what the others are told.

    python -m tests.concurrency.burst                        50 guests x 200 times on SQLite
    python -m tests.concurrency.burst --database postgres    a PostgreSQL is started for it
    python -m tests.concurrency.burst --database postgres://…/   a new database on that server

Over HTTP, through the public form. Three runs: as the product is; without the database's own refusal,
so that the lock alone has to hold; and, as a control, without any guard: unless that one double-books,
the burst is not sharp and proves nothing. The last two are shorter (`--control-slots`). In all
three, writing takes a moment longer than it would (`paused`). Exits with 0 when all three went as they should.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.concurrency import site
from tests.concurrency.clients import burst
from tests.concurrency.databases import database

if TYPE_CHECKING:
    from tests.concurrency.judge import Verdict
_COLUMNS = {
    "attempts": 9, "oversold": 9, "worst": 6, "unsold": 7, "other faults": 13, "req/s": 7, "p50 s": 7, "p99 s": 7,
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run and print; 0 when the promise held and the control broke it."""
    asked = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and database are stopped
    verdicts = {}
    with tempfile.TemporaryDirectory(prefix="proof-burst-") as name:
        folder = Path(name)
        with database(asked.database, folder) as url:
            site.prepare(url, folder)
            with _closing_connections():
                for run, verdict in _runs(asked, folder):
                    verdicts[run] = verdict
                    _report(run, verdict, as_json=asked.json)
            if not verdicts["guarded"].is_good:
                print((folder / "gunicorn.log").read_text()[-4000:], file=sys.stderr)
    well = verdicts["guarded"].is_good and verdicts["lock alone"].is_good
    return 0 if well and verdicts["control"].oversold else 1


def _runs(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Verdict]]:
    few = min(asked.slots, asked.control_slots)
    with site.served(folder, entry=site.GUARDED, workers=asked.workers, threads=asked.threads) as port:
        yield "guarded", _run("guarded", asked.clients, asked.slots, port)
        _drop_backstop()  # not put back: after the control it could not be
        yield "lock alone", _run("lock-alone", asked.clients, few, port)
    with site.served(folder, entry=site.UNGUARDED, workers=asked.workers, threads=asked.threads) as port:
        yield "control", _run("control", asked.clients, few, port)


def _run(host: str, clients: int, slots: int, port: int) -> Verdict:
    """One burst on a host of its own."""
    from tests.concurrency.judge import judge
    from tests.concurrency.people import field

    raced = field(host, slots)
    forms = [[raced.form(start, guest=number) for start in raced.starts] for number in range(clients)]
    answers, seconds = burst(port, forms)
    return judge(raced, answers, seconds)


def _drop_backstop() -> None:
    from django.db import connection

    from bookings import backstop

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {backstop.TABLE} DROP CONSTRAINT {backstop.NAME}")
        else:
            for verb in ("insert", "update"):
                cursor.execute(f"DROP TRIGGER {backstop.NAME}_{verb}")
    if backstop.is_installed(connection):
        raise RuntimeError("the backstop is still there")


@contextmanager
def _closing_connections() -> Iterator[None]:
    from django.db import connections

    try:
        yield
    finally:
        connections.close_all()


def _report(run: str, found: Verdict, *, as_json: bool) -> None:
    """One line: of JSON, or of a table with its head before the first."""
    if as_json:
        print(json.dumps({"run": run, **asdict(found), "faults": found.faults}), flush=True)
        return
    if run == "guarded":
        print(" " * 12 + "".join(head.rjust(width) for head, width in _COLUMNS.items()) + "  answers")
    rest = sum(number for name, number in found.faults.items() if name not in {"oversold", "unsold"})
    rate = round((found.attempts + found.repeated) / found.seconds)
    cells = (found.attempts, found.oversold, found.worst, found.unsold, rest, rate, found.p50, found.p99)
    row = "".join(str(cell).rjust(width) for cell, width in zip(cells, _COLUMNS.values(), strict=True))
    print(f"{run:12}{row}  {found.statuses}", flush=True)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres, or the URL of a server")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--slots", type=int, default=200)
    parser.add_argument("--control-slots", type=int, default=40)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
