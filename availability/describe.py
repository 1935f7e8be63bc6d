"""Hours and time off in words, for lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from availability.engine.spans import Span
from availability.models import TimeOff
from bookingsite.dates import MINUTES_A_DAY, date_text, minute_text, range_text


def ranges_text(ranges: Sequence[Span]) -> str:
    """`09:00–12:00, 13:00–17:00`, or on a 12-hour clock."""
    return ", ".join(range_text(*span) for span in ranges)


def weekly_lines(week: Mapping[int, Sequence[Span]]) -> list[tuple[str, str]]:
    """Open weekdays and hours, neighbours with the same hours together: `("Mon–Fri", "09:00–17:00")`."""
    lines: list[tuple[str, str]] = []
    first = 0
    for day in range(1, 8):
        if day < 7 and list(week[day]) == list(week[first]):
            continue
        if week[first]:
            lines.append((_days_text(first, day - 1), ranges_text(week[first])))
        first = day
    return lines


def time_off_text(row: TimeOff) -> str:
    """When somebody is off: dates, with times where it is not whole days."""
    words = {
        "first": date_text(row.first_day),
        "last": date_text(row.last_day),
        "start": minute_text(row.start or 0),
        "end": minute_text(MINUTES_A_DAY if row.end is None else row.end),
    }
    is_whole = row.start is None and row.end is None
    if row.first_day == row.last_day:
        return words["first"] if is_whole else _("%(first)s, %(start)s–%(end)s") % words
    return (_("%(first)s – %(last)s") if is_whole else _("%(first)s, %(start)s – %(last)s, %(end)s")) % words


def _days_text(first: int, last: int) -> str:
    if first == last:
        return str(WEEKDAYS_ABBR[first])
    return f"{WEEKDAYS_ABBR[first]}–{WEEKDAYS_ABBR[last]}"
