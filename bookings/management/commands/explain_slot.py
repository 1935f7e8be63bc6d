"""`manage.py explain_slot HOST/EVENT START`: whether a time is offered, and what closes it (A14)."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils import translation

from bookings.domain import reasons
from bookings.management.base import EventCommand, an_instant
from bookings.viewing import start_text
from bookingsite.lib import clock


class Command(EventCommand):
    """Exit code 0 when the time is offered, 1 when it is not, 2 for wrong use."""

    help = "Say why a time of an event type is offered or not."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("start", metavar="START", help="such as 2027-03-29T10:00, in the zone of --tz")

    def handle(self, *args: Any, **options: Any) -> None:
        event_type = self.event_type(options["event"])
        start = an_instant(options["start"], self.zone(options, event_type))
        with translation.override("en"):
            answer = reasons.told(event_type, start, now=clock.now())
        if options["json"]:
            lines = [{"code": code, "text": text} for code, text in answer.lines]
            told = {"start": start_text(start), "offered": answer.is_offered, "reasons": lines}
            self.stdout.write(json.dumps(told, indent=2))
        elif answer.is_offered:
            self.stdout.write(f"{start.isoformat()} is offered.")
        else:
            self.stdout.write(f"{start.isoformat()} is not offered:")
            for code, text in answer.lines:
                self.stdout.write(f"  {code}: {text}")
        if not answer.is_offered:
            raise SystemExit(1)
