"""Walking a recurrence rule between two wall times with a bounded number of steps.

dateutil looks at one day after the other and only speaks up when a day fits. A rule that never fits would
keep it walking to the year 9999, and one from 1970 makes it walk through every day since. So every look at a
day is counted, and a rule without COUNT starts shortly before the span that is asked for.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calendars.providers.ical.rules import Rule, dateutil_rule

MAX_STEPS = 100_000
"""Days (for hourly rules: hours) one rule may look at; some 270 years of daily rules with a COUNT."""
_SLACK_DAYS = 2 * 366


class RuleTooLong(Exception):
    """A rule with COUNT lies so far back that counting to the span takes more than ``MAX_STEPS``."""


class Budget:
    """Steps that all rules of one job may take together; shared over the groups of a hostile feed."""

    def __init__(self, steps: int = 5_000_000) -> None:
        self.left = steps

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0


class _Stop(Exception):
    """The allowed steps are used up."""


class _Watched(tuple[int, ...]):
    """A BY* list that counts how often dateutil asks it about a day."""

    allowed: int
    budget: Budget

    def __contains__(self, value: object) -> bool:
        self.allowed -= 1
        self.budget.left -= 1
        if self.allowed < 0 or self.budget.left < 0:
            raise _Stop
        return tuple.__contains__(self, value)


def walk(rule: Rule, start: datetime, low: datetime, high: datetime, budget: Budget) -> Iterator[datetime]:
    """Yield the rule's wall times in ``[low, high]`` in order, ``start`` only when the rule has it.

    Raises ``RuleUnreadable`` or ``RuleTooLong``. A spent budget ends the walk early; ask ``budget.spent``.
    """
    if rule.until is not None:
        high = min(high, rule.until)
    if start > high:
        return
    built: Any = dateutil_rule(rule, start)
    first = start
    if rule.count is None:
        first = built._dtstart = _near(rule, start, low)
    per_day = 24 if rule.freq in ("HOURLY", "MINUTELY") else 1
    allowed = ((high - first).days + _SLACK_DAYS) * per_day
    if rule.count is not None and allowed > MAX_STEPS:
        raise RuleTooLong
    _watch(built, allowed, budget)
    try:
        for time in built:
            if time > high:
                return
            if time >= low and time >= start:
                yield time
    except _Stop:
        # Each step is at least one day further: the walk is past ``high`` and found nothing more.
        return


def without_count(rule: Rule) -> Rule:
    """The same rule going on for ever."""
    return replace(rule, count=None)


def _watch(built: Any, allowed: int, budget: Budget) -> None:
    """Put the counter where dateutil looks at every single day: the month list, else a list of all
    weekdays."""
    name = "_bymonth" if built._bymonth else "_byweekday"
    watched = _Watched(getattr(built, name) or range(7))
    watched.allowed, watched.budget = allowed, budget
    setattr(built, name, watched)


def _near(rule: Rule, start: datetime, low: datetime) -> datetime:
    """Move ``start`` by whole intervals to at least one interval before ``low``.

    dateutil has by then taken from the true start what the rule leaves open (day of month, weekday, time), so
    months and years may begin at their first day.
    """
    try:
        return _moved(rule, start, low)
    except (OverflowError, ValueError):
        return start


def _moved(rule: Rule, start: datetime, low: datetime) -> datetime:
    if rule.freq in ("MONTHLY", "YEARLY"):
        months_per_step = rule.interval * (12 if rule.freq == "YEARLY" else 1)
        months = (low.year - start.year) * 12 + low.month - start.month
        steps = months // months_per_step - 1
        if steps < 1:
            return start
        target = start.year * 12 + start.month - 1 + steps * months_per_step
        month = 1 if rule.freq == "YEARLY" else target % 12 + 1
        return start.replace(year=target // 12, month=month, day=1)
    unit = {"WEEKLY": 7 * 1440, "DAILY": 1440, "HOURLY": 60, "MINUTELY": 1}[rule.freq]
    step = timedelta(minutes=unit * rule.interval)
    steps = (low - start) // step - 1
    return start + steps * step if steps >= 1 else start
