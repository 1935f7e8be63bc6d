"""The list of time zones a guest chooses from: by region, with city, offset and the time there now (TZ-2).

There are more than four hundred. They are the same for every guest of a language and clock within
one minute, so each process writes the list once a minute and not once a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from bookings.domain import texts
from bookingsite.dates import time_text
from bookingsite.lib import zones

_MINUTE = 60


def options(now: datetime, *, hours: int) -> SafeString:
    """`<optgroup>`s of `<option>`s for a `<select name="tz">`, on a clock of 12 or 24 hours; none is selected."""
    return _options(int(now.timestamp()) // _MINUTE, hours, get_language())


def label(zone: str, now: datetime, *, hours: int) -> str:
    """One zone as the list names it: `Berlin (UTC+1, 14:32)`, or `2:32 PM`, as `hours` has it.

    The city comes first: typing it finds it.
    """
    local = now.astimezone(zones.zone(zone))
    offset, clock = texts.offset_in_words(local), time_text(local, hours=hours)
    return f"{_city(zone)} ({clock})" if zone == offset else f"{_city(zone)} ({offset}, {clock})"


@lru_cache(maxsize=8)
def _options(minute: int, hours: int, _language: str | None) -> SafeString:
    now = datetime.fromtimestamp(minute * _MINUTE, UTC)
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((region, _of_region(names, now, hours)) for region, names in zones.by_region()),
    )


def _of_region(names: Iterable[str], now: datetime, hours: int) -> SafeString:
    labelled = sorted((label(name, now, hours=hours), name) for name in names)
    return format_html_join("", '<option value="{}">{}</option>', ((name, text) for text, name in labelled))


def _city(zone: str) -> str:
    """`America/Argentina/Buenos_Aires` is Buenos Aires, Argentina."""
    return ", ".join(reversed(zone.replace("_", " ").split("/")[1:])) or zone
