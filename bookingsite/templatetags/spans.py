"""How long ago, never in "0 minutes": what is shorter than a minute is told as one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.timesince import timesince

register = template.Library()
A_MINUTE = timedelta(minutes=1)


@register.filter
def span_since(then: datetime, now: datetime) -> str:
    """The time from `then` to `now` in words, "1 minute" at the least."""
    return timesince(min(then, now - A_MINUTE), now)
