"""The list of time zones a guest chooses from: that of every form, written as HTML once a minute (TZ-2).

More than four hundred options are the same for every guest of a language and clock within one minute,
so each process writes them once a minute and not once a page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from bookingsite import zones

_MINUTE = 60


def options(now: datetime, *, hours: int) -> SafeString:
    """`<optgroup>`s of `<option>`s for a `<select name="tz">`, on a clock of 12 or 24 hours; none is selected."""
    return _options(int(now.timestamp()) // _MINUTE, hours, get_language())


@lru_cache(maxsize=8)
def _options(minute: int, hours: int, _language: str | None) -> SafeString:
    groups = zones.choices(datetime.fromtimestamp(minute * _MINUTE, UTC), hours=hours)
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((region, format_html_join("", '<option value="{}">{}</option>', names)) for region, names in groups),
    )
