"""The instances of one event in a span: rule, extra dates and exceptions under hard limits (RFC 5545, 3.8.5).

Whatever cannot be counted to its end is answered with "busy" from there on, never with "free".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from calendars.providers.base import Window
from calendars.providers.ical.events import Event
from calendars.providers.ical.lines import Line
from calendars.providers.ical.rules import Rule, RuleUnreadable, parse_rule
from calendars.providers.ical.values import (
    Moment,
    ZoneSource,
    duration,
    instant,
    midnight,
    moment,
    shifted,
    wall,
)
from calendars.providers.ical.walking import Budget, RuleTooLong, walk, without_count

MAX_INSTANCES = 3_000
"""Instances one rule may have in the span asked for; the rest of the span is then one busy span."""

RULE_UNREADABLE = "rule_unreadable"
RULE_DENSE = "rule_dense"
RULE_CUT = "rule_cut"
COUNT_IGNORED = "count_ignored"
DATE_UNREADABLE = "date_unreadable"

_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """An instance: where it begins, and its end if an RDATE period gave one of its own."""

    start: Moment
    end: datetime | None = None


@dataclass(slots=True)
class Expansion:
    """Instances in the span (some may lie outside), spans that count as busy throughout, and warnings."""

    slots: list[Slot] = field(default_factory=list)
    solid: list[Window] = field(default_factory=list)
    warnings: set[str] = field(default_factory=set)


class Dates:
    """A set of instances named by EXDATE or RECURRENCE-ID, whatever kind of value names them."""

    def __init__(self, series: Moment) -> None:
        self._series = series
        self._instants: set[datetime] = set()
        self._days: set[date] = set()

    def add(self, named: Moment) -> None:
        """Add an instance; a DATE names every instance of that local day."""
        if self._series.all_day:
            self._days.add(self._day_of(named))
        elif named.all_day:
            self._days.add(named.day)
        else:
            self._instants.add(named.utc)

    def __contains__(self, start: Moment) -> bool:
        if self._days and start.day in self._days:
            return True
        return bool(self._instants) and not start.all_day and start.utc in self._instants

    def _day_of(self, named: Moment) -> date:
        # Midnight UTC is how some senders write a plain date; any other UTC time is an instant of the zone's
        # day.
        if named.all_day or named.zone is not UTC or named.local == midnight(named.local):
            return named.day
        return wall(named.utc, self._series.zone).date()


def expand(
    event: Event, window: Window, zones: ZoneSource, budget: Budget, *, margin: timedelta
) -> Expansion:
    """Return the instances of ``event`` that may touch ``window``, widened by ``margin`` on both sides."""
    if not event.repeats:
        return Expansion([Slot(event.start)])
    return _Expander(event, window, zones, budget, margin).expand()


class _Expander:
    """Expands one event; ``low`` and ``high`` are the wall times between which instances are looked for."""

    def __init__(
        self, event: Event, window: Window, zones: ZoneSource, budget: Budget, margin: timedelta
    ) -> None:
        self.event = event
        self.window = window
        self.zones = zones
        self.budget = budget
        before = max(event.nominal, event.exact) + margin + _DAY
        self.low = shifted(wall(window[0], event.start.zone), -before)
        self.high = shifted(wall(window[1], event.start.zone), event.travel + margin + _DAY)
        self.found = Expansion()

    def expand(self) -> Expansion:
        # DTSTART always counts, also when the rule would not have it.
        times = {self.event.start.local}
        for text in self.event.rules:
            times.update(self._rule_times(text))
        times -= self._removed_times()
        excluded = self._excluded()
        slots = [Slot(self.event.start._replace(local=time)) for time in sorted(times)]
        self.found.slots = [slot for slot in (*slots, *self._extra()) if slot.start not in excluded]
        return self.found

    def _rule_times(self, text: str) -> list[datetime]:
        """Expand one RRULE; what cannot be counted becomes a solid span."""
        try:
            rule = parse_rule(text, self._until_wall)
            if rule.dense:
                self._solid(RULE_DENSE, self.event.start.utc, rule)
                return []
            return self._counted(rule)
        except RuleUnreadable:
            self.found.warnings.add(RULE_UNREADABLE)
            return []

    def _counted(self, rule: Rule) -> list[datetime]:
        try:
            times = self._walked(rule, MAX_INSTANCES + 1)
        except RuleTooLong:
            self.found.warnings.add(COUNT_IGNORED)
            return self._counted(without_count(rule))
        if len(times) > MAX_INSTANCES or self.budget.spent:
            known = instant(times[-1] if times else self.low, self.event.start.zone)
            self._solid(RULE_CUT, max(self.event.start.utc, known), rule)
        return times

    def _walked(self, rule: Rule, most: int) -> list[datetime]:
        return list(islice(walk(rule, self.event.start.local, self.low, self.high, self.budget), most))

    def _solid(self, warning: str, start: datetime, rule: Rule) -> None:
        """Block from ``start`` to the rule's UNTIL, or to the end of the window."""
        end = self.window[1]
        if rule.until is not None:
            last = max(self.event.exact, timedelta(seconds=1))
            end = min(end, instant(rule.until, self.event.start.zone) + last)
        self.found.warnings.add(warning)
        self.found.solid.append((start, end))

    def _until_wall(self, until: Moment) -> datetime:
        """Return UNTIL in the wall time of the series: a DATE is the whole local day, inclusive."""
        series = self.event.start
        if until.all_day:
            return _end_of_day(until.local)
        if until.zone is not UTC:
            return _end_of_day(until.local) if series.all_day else until.local
        local = wall(until.utc, series.zone)
        # For whole days senders mean the UTC date or the local one; the later of the two blocks more.
        return max(_end_of_day(until.local), _end_of_day(local)) if series.all_day else local

    def _removed_times(self) -> set[datetime]:
        """Expand the EXRULEs; one that cannot be counted removes nothing."""
        removed: set[datetime] = set()
        for text in self.event.exception_rules:
            try:
                rule = parse_rule(text, self._until_wall)
                if not rule.dense:
                    removed.update(self._walked(rule, MAX_INSTANCES))
            except (RuleUnreadable, RuleTooLong):
                self.found.warnings.add(RULE_UNREADABLE)
        return removed

    def _excluded(self) -> Dates:
        excluded = Dates(self.event.start)
        for line, value in _values(self.event.exception_dates):
            if named := _date(line, value, self.zones):
                excluded.add(named)
            else:
                self.found.warnings.add(DATE_UNREADABLE)
        return excluded

    def _extra(self) -> list[Slot]:
        """Read the RDATEs; too many of them in the window end in a solid span."""
        slots = []
        for line, value in _values(self.event.extra_dates):
            slot = self._extra_slot(line, value)
            if slot is None:
                self.found.warnings.add(DATE_UNREADABLE)
            elif self._touches(slot):
                slots.append(slot)
        if len(slots) > MAX_INSTANCES:
            slots.sort(key=lambda slot: slot.start.utc)
            self.found.warnings.add(RULE_CUT)
            self.found.solid.append((slots[MAX_INSTANCES].start.utc, self.window[1]))
        return slots[:MAX_INSTANCES]

    def _extra_slot(self, line: Line, value: str) -> Slot | None:
        first, slash, second = value.partition("/")
        start = _date(line, first, self.zones)
        if start is None:
            return None
        series = self.event.start
        if start.all_day != series.all_day:
            # A date among times (or the reverse) still happens: at the series' own time, or on that day.
            start = series._replace(local=midnight(start.local) + (series.local - midnight(series.local)))
        if not slash:
            return Slot(start)
        if length := duration(second):
            return Slot(start, start.utc + max(length.total, timedelta()))
        end = _date(line, second, self.zones)
        return Slot(start, end.utc if end else None)

    def _touches(self, slot: Slot) -> bool:
        begin, end = self.event.span(slot.start)
        return begin < self.window[1] and (slot.end or end) > self.window[0]


def _end_of_day(local: datetime) -> datetime:
    return midnight(local) + timedelta(hours=23, minutes=59, seconds=59)


def _values(lines: list[Line]) -> Iterator[tuple[Line, str]]:
    for line in lines:
        for value in line.value.split(","):
            if value.strip():
                yield line, value


def _date(line: Line, value: str, zones: ZoneSource) -> Moment | None:
    day_only = line.params.get("VALUE", "").upper() == "DATE"
    return moment(value, line.params.get("TZID"), zones, day_only=day_only)
