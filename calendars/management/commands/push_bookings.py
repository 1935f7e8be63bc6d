"""`manage.py push_bookings`: write waiting events of bookings into their calendars now."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import F

from bookingsite import leases
from bookingsite.lib import clock
from calendars.management.reporting import Result, progress, report
from calendars.models import Write
from calendars.sync import push


class Command(BaseCommand):
    """Writes what is due; with --retry also what waits for its next try or was given up."""

    help = "Write waiting events into calendars now. Exit code 0: all written, 1: some failed, 2: wrong call."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to write, and how to report."""
        parser.add_argument("--retry", action="store_true", help="do not wait; take up given-up events too")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, report, and exit with 1 where something failed."""
        if options["retry"]:
            push.try_again(Write.objects.all(), clock.now())
        due = push.due_writes().exclude(done_version=F("version"))
        due = due.filter(state=Write.State.READY, run_at__lte=clock.now())
        results = []
        ids = list(due.order_by("run_at", "pk").values_list("pk", flat=True))
        with progress(options["json"]) as bar:
            task = bar.add_task("Writing events", total=len(ids))
            for pk in ids:
                results += self._write(pk)
                bar.advance(task)
        code = report(
            results,
            as_json=options["json"],
            nothing="No event is waiting to be written.",
            columns=("ID", "Event", "Account ID", "Account", "Result", "Time"),
            stdout=self.stdout,  # type: ignore[arg-type]
        )
        if code:
            sys.exit(code)

    def _write(self, pk: int) -> list[Result]:
        started = time.monotonic()
        claimed = leases.claim(push.due_writes().filter(pk=pk), now=clock.now(), lease_for=push.LEASE)
        for row in claimed:
            try:
                push.write(row, clock.now())
            except leases.LeaseLost:
                return []
            row.refresh_from_db(fields=["error"])
        seconds = time.monotonic() - started
        return [
            Result(
                row.pk,
                row.uid,
                row.calendar.account_id,
                row.calendar.account.label,
                row.error,
                round(seconds, 2),
            )
            for row in claimed
        ]
