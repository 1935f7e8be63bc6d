"""Hours and time off in words."""

from __future__ import annotations

from django import template

from availability import describe
from availability.models import ClosingRule, TimeOff
from bookingsite.dates import range_text

register = template.Library()


@register.filter
def time_off_text(row: TimeOff) -> str:
    """When somebody is off."""
    return describe.time_off_text(row)


@register.filter
def rule_times(rule: ClosingRule) -> str:
    """The closed range of a rule."""
    return range_text(rule.start, rule.end)
