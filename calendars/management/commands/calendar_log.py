"""`manage.py calendar_log`: look at, switch and clear the debug log of a connected account."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookingsite.lib import clock
from calendars.log import export, keeping, listing, recording
from calendars.models import Account, LogEntry


class Command(BaseCommand):
    """Prints the newest entries, oldest of them first; what they hold is safe to hand on."""

    help = (
        "Show, switch or clear the debug log of a connected account. Exit code 0: done, 2: wrong call. "
        "sync_calendars lists the accounts' calendars; the ids of accounts are in the admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which account, and what to do."""
        parser.add_argument("account", type=int, metavar="ID", help="the account")
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--on", action="store_true", help="keep requests from now on, for a week")
        act.add_argument("--off", action="store_true", help="keep no more; entries are deleted in a week")
        act.add_argument("--clear", action="store_true", help="delete all entries")
        parser.add_argument("--failed", action="store_true", help="only what failed")
        parser.add_argument("--limit", type=int, default=200, help="at most so many entries (200)")
        parser.add_argument("--json", action="store_true", help="print as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of it."""
        account = Account.objects.filter(pk=options["account"]).first()
        if account is None:
            raise CommandError("There is no such account.", returncode=2)
        if options["on"] or options["off"] or options["clear"]:
            self.stdout.write(_acted(account, options))
            return
        wanted = {"result": "failed"} if options["failed"] else {}
        newest = listing.matching(account, wanted)[: max(options["limit"], 0)]
        self._print(account, list(newest)[::-1], as_json=options["json"])

    def _print(self, account: Account, entries: list[LogEntry], *, as_json: bool) -> None:
        if as_json:
            rows = [dict(zip(export.COLUMNS, export.cells(entry), strict=True)) for entry in entries]
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        elif entries:
            self.stdout.write("".join(export.text_rows(entries)), ending="")
        else:
            is_on = recording.is_on(account, clock.now())
            self.stdout.write(f"Nothing is kept. The log is {'on' if is_on else 'off; --on switches it on'}.")


def _acted(account: Account, options: dict[str, Any]) -> str:
    if options["on"]:
        keeping.switch_on(account, clock.now())
        return f"The log of {account} is on until {account.logging_until:%Y-%m-%d %H:%M} UTC."
    if options["off"]:
        keeping.switch_off(account, clock.now())
        return f"The log of {account} is off."
    return f"{keeping.clear(account)} entries of {account} were deleted."
