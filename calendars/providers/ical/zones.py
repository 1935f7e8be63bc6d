"""Time zones of one document: names resolved first, then the document's own definitions, then a default.

Definitions (VTIMEZONE, RFC 5545, 3.6.5) never leave their document: two feeds may call different zones by the
same name, and a cache shared by all would mix up their owners' times.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import NamedTuple

from calendars.providers.ical.lines import Line, parsed, text
from calendars.providers.ical.rules import RuleUnreadable, parse_rule
from calendars.providers.ical.values import moment, offset_of
from calendars.providers.ical.walking import Budget, RuleTooLong, walk
from calendars.providers.ical.zone_names import guessed_zone, named_zone, zone_in_path

MAX_OBSERVANCES = 100
MAX_ONSETS = 2_000
FIRST_YEAR, LAST_YEAR = 1990, 2070
EARLIEST_YEAR = 1601
"""What Microsoft starts its zones with; before that there is nothing but overflow."""

ZONE_UNKNOWN = "zone_unknown"
ZONE_GUESSED = "zone_guessed"


class Zones:
    """Resolves the TZIDs of one document; remembers what had to be guessed in ``warnings``."""

    def __init__(
        self, definitions: Mapping[str, tuple[str, ...]], default: tzinfo, budget: Budget | None = None
    ) -> None:
        self.default = default
        self._budget = budget or Budget()
        self.warnings: set[str] = set()
        self._definitions = definitions
        self._found: dict[str, tzinfo] = {}

    def resolve(self, zone_id: str | None) -> tzinfo:
        """Return the zone for a TZID; the default for ``None``, an empty one and one nobody can make sense
        of."""
        if zone_id is None or not zone_id.strip():
            return self.default
        found = self._found.get(zone_id)
        if found is None:
            found = self._found[zone_id] = self._look_up(zone_id)
        return found

    def _look_up(self, zone_id: str) -> tzinfo:
        name = text(zone_id.strip('"'), 300)
        # A name everybody knows wins over its definition: definitions are often cut short or wrong.
        if found := named_zone(name):
            return found
        if (lines := self._definitions.get(name)) and (defined := _defined(lines, self._budget)):
            return defined
        if found := zone_in_path(name):
            return found
        if guess := guessed_zone(name):
            self.warnings.add(ZONE_GUESSED)
            return guess
        self.warnings.add(ZONE_UNKNOWN)
        return self.default


def first_known_zone(*names: str) -> tzinfo:
    """Return the first of ``names`` that is a known zone, else UTC."""
    return next((zone for name in names if name and (zone := named_zone(name))), UTC)


class _Onset(NamedTuple):
    """A change of offset: the wall time before it, and the offsets before and after."""

    local: datetime
    before: timedelta
    after: timedelta


class DefinedZone(tzinfo):
    """A zone from a VTIMEZONE, as a sorted list of offset changes.

    A wall time that occurs twice is the first one and one that is skipped counts with the offset before,
    unless ``fold`` says otherwise (PEP 495).
    """

    def __init__(self, onsets: Iterable[_Onset]) -> None:
        ordered = sorted(onsets, key=lambda onset: onset.local - onset.before)
        self._offsets = [ordered[0].before, *(onset.after for onset in ordered)]
        self._instants = [onset.local - onset.before for onset in ordered]
        self._early = [onset.local - onset.before + max(onset.before, onset.after) for onset in ordered]
        self._late = [onset.local - onset.before + min(onset.before, onset.after) for onset in ordered]

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        if dt is None:
            return None
        walls = self._late if dt.fold else self._early
        return self._offsets[bisect_right(walls, dt.replace(tzinfo=None))]

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        return None

    def fromutc(self, dt: datetime) -> datetime:
        naive = dt.replace(tzinfo=None)
        position = bisect_right(self._instants, naive)
        local = naive + self._offsets[position]
        twice = position > 0 and local < self._early[position - 1]
        return local.replace(tzinfo=self, fold=int(twice))


_converted: dict[tuple[str, ...], tzinfo | None] = {}
_MAX_CONVERTED = 256


def _defined(lines: tuple[str, ...], budget: Budget) -> tzinfo | None:
    """Convert a definition, or remember it: by its whole text, never by its name, so documents stay apart."""
    if lines in _converted:
        return _converted[lines]
    found = None if budget.spent else _from_definition(lines, budget)
    if budget.spent:
        # Half a definition would give wrong times without a word; none gives a warning.
        return None
    if len(_converted) >= _MAX_CONVERTED:
        _converted.clear()
    _converted[lines] = found
    return found


def _from_definition(lines: tuple[str, ...], budget: Budget) -> tzinfo | None:
    """Turn the lines of a VTIMEZONE into a zone; ``None`` when nothing in it can be used."""
    properties = [line for raw in lines if (line := parsed(raw))]
    for line in properties:
        if line.name == "X-LIC-LOCATION" and (found := named_zone(text(line.value, 80))):
            return found
    onsets = [onset for part in _observances(properties) for onset in _onsets(part, budget)]
    return DefinedZone(onsets) if onsets else None


def _observances(properties: list[Line]) -> list[list[Line]]:
    """Cut the properties into the STANDARD and DAYLIGHT parts."""
    parts: list[list[Line]] = []
    inside = False
    for line in properties:
        if line.name in ("BEGIN", "END"):
            inside = line.name == "BEGIN" and line.value.strip().upper() in ("STANDARD", "DAYLIGHT")
            if inside:
                parts.append([])
        elif inside:
            parts[-1].append(line)
    return parts[:MAX_OBSERVANCES]


def _onsets(part: list[Line], budget: Budget) -> list[_Onset]:
    """Return the changes one observance stands for; none when it is unreadable."""
    values: dict[str, str] = {}
    for line in part:
        values.setdefault(line.name, line.value)
    try:
        before = offset_of(values["TZOFFSETFROM"])
        after = offset_of(values["TZOFFSETTO"])
    except (KeyError, ValueError):
        return []
    start = _local(values.get("DTSTART", ""))
    if start is None:
        return []
    times = {start, *_rule_times(values.get("RRULE", ""), start, before, budget)}
    for line in part:
        if line.name == "RDATE":
            found = (
                _local(value.partition("/")[0]) for value in line.value.split(",", MAX_ONSETS)[:MAX_ONSETS]
            )
            times |= {time for time in found if time}
    return [_Onset(time, before, after) for time in sorted(times)[:MAX_ONSETS]]


class _Floating:
    """Onsets are wall times; a UTC mark on them is not meant."""

    def resolve(self, zone_id: str | None) -> tzinfo:
        return UTC


def _local(value: str) -> datetime | None:
    found = moment(value, None, _Floating())
    if found is None or found.local.year > LAST_YEAR:
        return None
    if found.local.year < EARLIEST_YEAR:
        return found.local.replace(year=EARLIEST_YEAR, day=min(found.local.day, 28))
    return found.local


def _rule_times(value: str, start: datetime, before: timedelta, budget: Budget) -> list[datetime]:
    """Expand a yearly rule within [FIRST_YEAR, LAST_YEAR]; rules of any other kind are not for zones."""
    if not value:
        return []
    try:
        rule = parse_rule(value, lambda until: until.local + (before if until.zone is UTC else timedelta()))
        if rule.freq != "YEARLY" or rule.interval != 1 or rule.dense:
            return []
        span = start.replace(year=FIRST_YEAR, month=1, day=1), start.replace(year=LAST_YEAR, month=1, day=1)
        return list(islice(walk(rule, start, *span, budget), MAX_ONSETS))
    except (RuleUnreadable, RuleTooLong):
        return []
