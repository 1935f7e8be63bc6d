"""`manage.py list_slots HOST/EVENT`: the times that the public page offers, from the same engine."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from availability.engine.local_time import day_start
from bookings.domain import slots
from bookings.management.base import EventCommand, a_date, is_bookable
from bookings.viewing import start_text
from bookingsite.lib import clock, zones
from calendars import busy

_LONGEST = timedelta(days=400)
WHY = {
    busy.Reason.NEVER_READ: "was never read",
    busy.Reason.TOO_OLD: "was not read for too long",
    busy.Reason.WITHHELD: "cannot be read, and its owner wants no times offered meanwhile",
}


class Command(EventCommand):
    """Exit code 0 when there are times, 1 when there are none or calendars are unknown, 2 for wrong use."""

    help = "List the free times of an event type, as guests are offered them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="first", type=a_date, help="first date; today when left out")
        parser.add_argument(
            "--to", dest="last", type=a_date, help="last date; 13 days after the first when left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        event_type = self.event_type(options["event"])
        zone = self.zone(options, event_type)
        now = clock.now()
        first = options["first"] or now.astimezone(zones.zone(zone)).date()
        last = options["last"] or first + timedelta(days=13)
        if last < first or last - first > _LONGEST:
            raise CommandError("--to must not be before --from, and at most 400 days after it.", returncode=2)
        begin, end = (slots.instant(day_start(day, zone)) for day in (first, last + timedelta(days=1)))
        answer = slots.times(event_type, begin, end, now=now)
        found = [slots.instant(second) for second in answer.starts()] if is_bookable(event_type) else []
        if not is_bookable(event_type):
            self.stderr.write("This event type is off; no times are offered.")
        elif not answer.known:
            for each in answer.unread:
                self.stderr.write(
                    f"{each.calendar} ({each.account}): {WHY[each.reason]}; no times are offered."
                )
        self._print(found, zone, answer, as_json=options["json"])
        if not found:
            raise SystemExit(1)

    def _print(self, found: list[datetime], zone: str, answer: slots.Times, *, as_json: bool) -> None:
        local = zones.zone(zone)
        if as_json:
            starts = [
                {"start": start_text(start), "local": start.astimezone(local).isoformat()} for start in found
            ]
            unread = [{"calendar": each.calendar, "reason": str(each.reason)} for each in answer.unread]
            told = {"zone": zone, "known": answer.known, "unread": unread, "slots": starts}
            self.stdout.write(json.dumps(told, indent=2))
            return
        for start in found:
            self.stdout.write(f"{start.astimezone(local):%a %Y-%m-%d %H:%M %z}")
        self.stdout.write(f"{len(found)} times, {zone}")
