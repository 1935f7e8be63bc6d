"""`manage.py sync_calendars`: read connected calendars now."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookingsite import leases
from bookingsite.lib import clock
from calendars import trust
from calendars.management.reporting import Result, progress, report
from calendars.models import Account, Calendar
from calendars.sync import pull


class Command(BaseCommand):
    """Reads what changed, or only what is due; calendars that a worker is reading are left to it."""

    help = "Read connected calendars now. Exit code 0: all read, 1: some failed, 2: wrong call."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which calendars, and how to report."""
        parser.add_argument("--account", type=int, metavar="ID", help="only the calendars of this account")
        parser.add_argument("--full", action="store_true", help="compare everything, not only what changed")
        parser.add_argument("--due", action="store_true", help="only calendars whose time has come")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, report, and exit with 1 where something failed."""
        wanted = pull.used_calendars()
        if options["account"] is not None:
            if not Account.objects.filter(pk=options["account"]).exists():
                raise CommandError("There is no such account.", returncode=2)
            wanted = wanted.filter(account=options["account"])
        if options["full"]:
            Calendar.objects.filter(pk__in=wanted.values("pk")).update(last_full_at=None)
        ids = list(wanted.values_list("pk", flat=True))
        if not options["due"]:
            leases.wake(Calendar.objects.filter(pk__in=ids), clock.now())
        results = []
        with progress(options["json"]) as bar:
            task = bar.add_task("Reading calendars", total=len(ids))
            for pk in ids:
                results += self._read(pk)
                bar.advance(task)
        code = report(
            results,
            as_json=options["json"],
            nothing="No calendar is due." if options["due"] else "There is no calendar to read.",
            columns=("ID", "Calendar", "Account ID", "Account", "Result", "Time"),
            stdout=self.stdout,  # type: ignore[arg-type]
        )
        if code:
            sys.exit(code)

    def _read(self, pk: int) -> list[Result]:
        started = time.monotonic()
        claimed = leases.claim(pull.used_calendars().filter(pk=pk), now=clock.now(), lease_for=pull.LEASE)
        for calendar in claimed:
            try:
                pull.read(calendar, clock.now())
            except leases.LeaseLost:
                return []
            calendar.refresh_from_db(fields=["error", "last_ok_at", "failing_since", "expanded_to"])
            if calendar.error and calendar.blocks:
                self.stderr.write(f"{calendar} ({calendar.account}): {_meanwhile(calendar, clock.now())}")
        seconds = time.monotonic() - started
        return [
            Result(c.pk, c.name, c.account_id, c.account.label, c.error, round(seconds, 2)) for c in claimed
        ]


def _meanwhile(calendar: Calendar, now: datetime) -> str:
    """What guests are offered while this blocking calendar cannot be read."""
    reason = trust.reason(calendar, now)
    if reason:
        return f"no times are offered ({reason})"
    end = trust.closes_at(calendar)
    until = f"until {end.isoformat(timespec='minutes')}" if end else "for ever"
    return f"the last known copy counts {until}"
