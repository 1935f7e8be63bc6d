"""`manage.py renew_channels`: order, renew or end push channels now."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bookingsite import leases
from bookingsite.lib import clock
from calendars.management.reporting import Result, progress, report
from calendars.models import Channel
from calendars.sync import channels


class Command(BaseCommand):
    """Does what is due; with --all it renews every channel. Those that a worker has in hand are left to it."""

    help = (
        "Order, renew or end push channels now. Exit code 0: all done, 1: some failed, 2: wrong call. "
        "Without PUSH_URL all of them are ended."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which channels, and how to report."""
        parser.add_argument("--all", action="store_true", help="renew also those that are not due")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew, report, and exit with 1 where something failed."""
        now = clock.now()
        channels.ensure(now)
        if options["all"]:
            leases.wake(Channel.objects.all(), now)
        due = Channel.objects.filter(state=Channel.State.READY, run_at__lte=clock.now())
        ids = list(due.order_by("run_at", "pk").values_list("pk", flat=True))
        results = []
        with progress(options["json"]) as bar:
            task = bar.add_task("Renewing channels", total=len(ids))
            for pk in ids:
                results += self._keep(pk)
                bar.advance(task)
        code = report(
            results,
            as_json=options["json"],
            nothing="No push channel is due.",
            columns=("ID", "Calendar", "Account ID", "Account", "Result", "Time"),
            stdout=self.stdout,  # type: ignore[arg-type]
        )
        if code:
            sys.exit(code)

    def _keep(self, pk: int) -> list[Result]:
        started = time.monotonic()
        claimed = leases.claim(
            channels.due_channels().filter(pk=pk), now=clock.now(), lease_for=channels.LEASE
        )
        results = []
        for row in claimed:
            try:
                channels.keep(row, clock.now())
            except leases.LeaseLost:
                continue
            error = Channel.objects.filter(pk=pk).values_list("error", flat=True).first() or ""
            seconds = round(time.monotonic() - started, 2)
            account = row.calendar.account
            results.append(Result(pk, row.calendar.name, account.pk, account.label, error, seconds))
        return results
