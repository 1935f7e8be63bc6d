"""After time was closed: whatever stands in it is told to the host."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib import messages

from availability import signals
from availability.engine.local_time import DAY, day_spans, segments_of_days, showing, wall_midnight
from availability.engine.spans import Span, subtract
from availability.loading import closing_spans, time_off_span
from availability.models import ClosingRule, Schedule, TimeOff
from bookingsite.http import HostRequest
from bookingsite.lib import clock

_AHEAD = 400 * DAY
"""Seconds: nobody is booked further ahead."""


def tell(request: HostRequest, spans: Iterable[Span], *, schedule: Schedule | None = None) -> None:
    """Ask whoever knows what stands in these spans, and show what they say."""
    closed = {"owner": request.user, "spans": list(spans), "schedule": schedule, "now": clock.now()}
    for _receiver, sentence in signals.time_closed.send(sender=None, **closed):
        if sentence:
            messages.warning(request, sentence)


def of_time_off(row: TimeOff, zone: str) -> list[Span]:
    """What the row still closes from now on."""
    span = time_off_span(row, zone, *_coming())
    return [span] if span else []


def of_rules(rows: Iterable[ClosingRule], zone: str) -> list[Span]:
    """What the rules close from now on."""
    return [span for row in rows for span in closing_spans(row, zone, *_coming())]


def of_date(day: date, ranges: Iterable[Span], zone: str) -> list[Span]:
    """What is closed on a date that has these hours."""
    stretches, midnight = segments_of_days(zone, day, day), wall_midnight(day)
    opened = [
        span
        for start, end in ranges
        for span in showing(stretches, midnight + start * 60, midnight + end * 60)
    ]
    return subtract(day_spans(day, zone), opened)


def _coming() -> Span:
    now = int(clock.now().timestamp())
    return now, now + _AHEAD
