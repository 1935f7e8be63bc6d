"""What the commands of this app share: finding HOST/EVENT, reading dates, one-sentence errors."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bookings.models import EventType
from bookings.viewing import FIRST_YEAR, LAST_YEAR
from bookingsite.lib import zones


class EventCommand(BaseCommand):
    """A command about one event type, named by its public link `HOST/EVENT`. Exit codes: 0 yes, 1 no, 2 wrong use."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "event", metavar="HOST/EVENT", help="the public link of the event type, such as anna/talk"
        )
        parser.add_argument("--tz", help="time zone of dates and output; the host's when left out")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def event_type(self, text: str) -> EventType:
        """Raises CommandError (exit 2) with one sentence when there is no such event type."""
        host, _slash, slug = text.strip("/").partition("/")
        found = (
            EventType.objects.select_related("host", "target__account")
            .filter(host__slug=host, slug=slug)
            .first()
        )
        if found is None:
            raise CommandError(f"There is no event type {text}.", returncode=2)
        return found

    def zone(self, options: dict[str, Any], event_type: EventType) -> str:
        """The zone asked for, else the host's."""
        if not options["tz"]:
            return event_type.host.zone
        name = zones.canonical(options["tz"])
        if name is None:
            raise CommandError(f"There is no time zone {options['tz']}.", returncode=2)
        return name


def is_bookable(event_type: EventType) -> bool:
    """Whether its public page exists: event type and host are on."""
    return event_type.is_active and event_type.host.is_active


def a_date(text: str) -> date:
    """An argument such as 2027-03-29."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a date such as 2027-03-29") from None
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise argparse.ArgumentTypeError(f"{text} is not a date from {FIRST_YEAR} to {LAST_YEAR - 1}")
    return found


def an_instant(text: str, zone: str) -> datetime:
    """`2027-03-29T10:00` on the wall clock of `zone`, or with its own offset. Raises CommandError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is not a time such as 2027-03-29T10:00.", returncode=2) from None
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise CommandError(f"{text} is not in the years {FIRST_YEAR} to {LAST_YEAR - 1}.", returncode=2)
    if found.tzinfo:
        return found
    local = zones.zone(zone)
    there_and_back = found.replace(tzinfo=local).astimezone(UTC).astimezone(local)
    if there_and_back.replace(tzinfo=None) != found:
        raise CommandError(f"The clock change skips {text} in {zone}.", returncode=2)
    return found.replace(tzinfo=local)
