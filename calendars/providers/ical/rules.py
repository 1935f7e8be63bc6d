"""Recurrence rules as values (RFC 5545, 3.3.10): parsed, checked, and handed to dateutil.

dateutil does the counting; what it must never see (rules that would keep it busy for ever) is recognised
here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from dateutil import rrule as dateutil

from calendars.providers.ical.values import Moment, moment

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_PER_DAY = 48
"""A rule with more occurrences on one day than this is taken as one busy span."""
MAX_RULE_LENGTH = 4_000
MAX_INTERVAL = 100_000
MAX_POSITIONS = 64

_LIMITS = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
}
_DATEUTIL_FREQUENCY: dict[str, Any] = {name: number for number, name in enumerate(FREQUENCIES)}
_ZERO_ALLOWED = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_FLOATING = timezone(timedelta(0), "floating")


class RuleUnreadable(ValueError):
    """The rule cannot be understood; the event's first instance still stands."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE or EXRULE. ``until`` is a naive wall time, inclusive; ``by`` holds the BY* lists without
    BYDAY."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by: dict[str, tuple[int, ...]] = field(default_factory=dict)
    byday: tuple[tuple[int, int], ...] = ()
    wkst: int = 0

    @property
    def dense(self) -> bool:
        """Whether it fills the day so closely (or is so odd) that it counts as one busy span."""
        times = len(self.by.get("BYMINUTE", (0,))) * len(self.by.get("BYSECOND", (0,)))
        if self.freq == "SECONDLY":
            return True
        if self.freq == "MINUTELY":
            return self.interval < 60 or any(part in self.by for part in _ZERO_ALLOWED)
        hours = 24 // self.interval if self.freq == "HOURLY" else 1
        return times * (len(self.by["BYHOUR"]) if "BYHOUR" in self.by else hours) > MAX_PER_DAY


def parse_rule(value: str, until_wall: Callable[[Moment], datetime]) -> Rule:
    """Read a rule. ``until_wall`` turns UNTIL (its zone is UTC, or anything else when floating) into wall
    time.

    An INTERVAL below one counts as one. Raises ``RuleUnreadable``.
    """
    parts = _parts(value)
    freq = parts.get("FREQ", "")
    if (
        freq not in FREQUENCIES
        or parts.get("RSCALE", "GREGORIAN") != "GREGORIAN"
        or parts.get("SKIP", "OMIT") != "OMIT"
    ):
        raise RuleUnreadable(freq[:20])
    rule = Rule(
        freq=freq,
        interval=min(max(_number(parts.get("INTERVAL", "1")), 1), MAX_INTERVAL),
        count=_number(parts["COUNT"]) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"], until_wall) if "UNTIL" in parts else None,
        by={name: _numbers(name, parts[name]) for name in _LIMITS if name in parts},
        byday=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else (),
        wkst=_weekday(parts.get("WKST", "MO")),
    )
    if rule.count is not None and rule.count < 1:
        raise RuleUnreadable("COUNT")
    if len(rule.by.get("BYSETPOS", ())) > MAX_POSITIONS:
        raise RuleUnreadable("BYSETPOS")
    return _coarser(rule)


def dateutil_rule(rule: Rule, start: datetime) -> dateutil.rrule:
    """Build dateutil's rule. Raises ``RuleUnreadable`` for combinations that can never happen."""
    named = {name.lower(): values for name, values in rule.by.items()}
    days = [dateutil.weekday(day, number or None) for number, day in rule.byday]
    try:
        return dateutil.rrule(
            _DATEUTIL_FREQUENCY[rule.freq],
            dtstart=start,
            interval=rule.interval,
            wkst=rule.wkst,
            # COUNT and UNTIL together are forbidden; the walk ends at UNTIL itself.
            count=rule.count,
            byweekday=days or None,
            cache=False,
            **_arguments(named),
        )
    except (ValueError, TypeError) as error:
        raise RuleUnreadable(str(error)[:80]) from error


def _arguments(named: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    return {name: values for name, values in named.items() if values}


def _parts(value: str) -> dict[str, str]:
    if len(value) > MAX_RULE_LENGTH:
        raise RuleUnreadable("too long")
    parts: dict[str, str] = {}
    for piece in value.upper().split(";"):
        name, _, content = piece.partition("=")
        if content.strip():
            parts.setdefault(name.strip(), content.strip())
    return parts


def _number(value: str) -> int:
    try:
        return int(value) if len(value) < 12 else 10**9
    except ValueError:
        raise RuleUnreadable("number") from None


def _numbers(name: str, value: str) -> tuple[int, ...]:
    low, high = _LIMITS[name]
    numbers = {_number(piece.strip()) for piece in value.split(",") if piece.strip()}
    if any(number < low or number > high for number in numbers) or (
        0 in numbers and name not in _ZERO_ALLOWED
    ):
        raise RuleUnreadable(name)
    if name == "BYSECOND":
        numbers = {min(number, 59) for number in numbers}
    return tuple(sorted(numbers))


def _weekdays(value: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for piece in value.split(","):
        day = piece.strip()
        if day:
            number = _number(day[:-2]) if day[:-2] else 0
            if abs(number) > 53:
                raise RuleUnreadable("BYDAY")
            found.add((number, _weekday(day[-2:])))
    return tuple(sorted(found))


def _weekday(value: str) -> int:
    if value not in WEEKDAYS:
        raise RuleUnreadable("weekday")
    return WEEKDAYS.index(value)


class _AsWritten:
    def resolve(self, zone_id: str | None) -> tzinfo:
        return _FLOATING


def _until(value: str, until_wall: Callable[[Moment], datetime]) -> datetime:
    found = moment(value, None, _AsWritten())
    if found is None:
        raise RuleUnreadable("UNTIL")
    return until_wall(found)


def _coarser(rule: Rule) -> Rule:
    """Say whole minutes in minutes and whole hours in hours, as long as nothing finer is asked for."""
    if rule.freq == "SECONDLY" and rule.interval % 60 == 0 and "BYSECOND" not in rule.by:
        rule = replace(rule, freq="MINUTELY", interval=rule.interval // 60)
    if rule.freq == "MINUTELY" and rule.interval % 60 == 0 and "BYMINUTE" not in rule.by:
        rule = replace(rule, freq="HOURLY", interval=rule.interval // 60)
    return rule
