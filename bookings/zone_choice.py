"""The list of time zones a guest chooses from: by region, with city, offset and the time there now (TZ-2).

There are more than four hundred. They are the same for every guest within one minute, so each
process writes the list once a minute and not once a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from bookings.domain import texts
from bookingsite.lib import zones

_MINUTE = 60


def options(now: datetime) -> SafeString:
    """`<optgroup>`s of `<option>`s for a `<select name="tz">`; none is selected."""
    return _options(int(now.timestamp()) // _MINUTE)


def label(zone: str, now: datetime) -> str:
    """One zone as the list names it: `Berlin (UTC+1, 14:32)`. The city comes first: typing it finds it."""
    local = now.astimezone(zones.zone(zone))
    offset = texts.offset_in_words(local)
    return f"{_city(zone)} ({local:%H:%M})" if zone == offset else f"{_city(zone)} ({offset}, {local:%H:%M})"


@lru_cache(maxsize=2)
def _options(minute: int) -> SafeString:
    now = datetime.fromtimestamp(minute * _MINUTE, UTC)
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((region, _of_region(names, now)) for region, names in zones.by_region()),
    )


def _of_region(names: Iterable[str], now: datetime) -> SafeString:
    labelled = sorted((label(name, now), name) for name in names)
    return format_html_join("", '<option value="{}">{}</option>', ((name, text) for text, name in labelled))


def _city(zone: str) -> str:
    """`America/Argentina/Buenos_Aires` is Buenos Aires, Argentina."""
    return ", ".join(reversed(zone.replace("_", " ").split("/")[1:])) or zone
