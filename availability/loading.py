"""The public face of availability: what hosts wrote down, as values for the slot engine.

Times are epoch seconds and spans are half-open, as the engine wants them. Four queries, whatever the number
of hosts. Time off closes whatever the hours say, hours of a date replace that weekday's (A1 to A5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from availability.engine.hours import Hours, Ranges
from availability.engine.local_time import DAY, days, segments, showing, wall_midnight
from availability.engine.spans import Span, overlaps
from availability.models import ClosingRule, DateHours, Schedule, TimeOff, WeeklyHours
from bookingsite.models import User

MINUTES_OF_DAY = 1440
STANDARD_DAYS = range(5)
STANDARD_RANGE: Span = (9 * 60, 17 * 60)
_MARGIN = 2 * DAY
"""Wider than any zone is from UTC plus the longest appointment: dates at the edge are loaded whole."""


class ClosedBy(StrEnum):
    """What kind of row closes a span."""

    TIME_OFF = "time_off"
    CLOSING_RULE = "closing_rule"


@dataclass(frozen=True)
class ClosedSource:
    """The row behind a closed span, for the owner's eyes only: ``note`` is private."""

    kind: ClosedBy
    pk: int
    note: str


@dataclass(frozen=True, kw_only=True)
class Availability:
    """One host's availability in one schedule.

    ``zone``       the host's own zone: time off, closing rules and "a day" (A9) are meant in it
    ``hours``      the schedule, in its own zone; reaches at least two days beyond the period loaded
    ``closed``     spans of time off and closing rules that touch the period loaded, for ``Question.closed``
    ``sources``    parallel to ``closed``: ``Reason.index`` finds both
    ``schedule_id``  None where the host has no schedule yet and the standard hours stand in
    """

    owner_id: int
    zone: str
    schedule_id: int | None
    schedule_name: str
    hours: Hours
    closed: tuple[Span, ...]
    sources: tuple[ClosedSource, ...]


def ensure_default(owner: User) -> Schedule:
    """The owner's default schedule; where there is none it is made.

    It gets the standard hours, Monday to Friday 09:00 to 17:00 in the owner's zone. Safe to call at the same
    time from several places.
    """
    found = Schedule.objects.filter(owner=owner).order_by("-is_default", "pk").first()
    if found and found.is_default:
        return found
    try:
        with transaction.atomic():
            return _make_default(owner, found)
    except IntegrityError:  # somebody else was a moment faster
        return Schedule.objects.get(owner=owner, is_default=True)


def standard_weekly() -> tuple[Ranges, ...]:
    """The weekly hours everybody starts with."""
    return tuple((STANDARD_RANGE,) if day in STANDARD_DAYS else () for day in range(7))


def standard_name() -> str:
    """The name of the schedule everybody starts with."""
    return gettext("Working hours")


def load(
    owner_ids: Iterable[int],
    schedule_ids_by_owner: Mapping[int, int | None] | None = None,
    *,
    start: int,
    end: int,
) -> dict[int, Availability]:
    """Each owner's availability in ``[start, end)``, by owner id; ids of nobody are left out.

    ``schedule_ids_by_owner`` names the schedule wanted; for None, a missing entry, or a schedule that is not
    the owner's, it is the default one (A5). Four queries; reads only.
    """
    wanted = dict.fromkeys(owner_ids)
    wanted.update({owner: pk for owner, pk in (schedule_ids_by_owner or {}).items() if owner in wanted})
    picked = _picked_schedules(wanted)
    dates = _dates([one.pk for one in picked.values() if one.pk is not None], start, end)
    closed = _closed({owner: one.owner_zone for owner, one in picked.items()}, start, end)
    return {
        owner: Availability(
            owner_id=owner,
            zone=one.owner_zone,
            schedule_id=one.pk,
            schedule_name=one.name,
            hours=Hours(one.zone, one.weekly, dates.get(one.pk, {}) if one.pk else {}),
            closed=tuple(span for span, _ in closed[owner]),
            sources=tuple(source for _, source in closed[owner]),
        )
        for owner, one in picked.items()
    }


def load_one(owner_id: int, schedule_id: int | None = None, *, start: int, end: int) -> Availability:
    """The same for one host. Raises ``User.DoesNotExist`` for an id of nobody."""
    found = load([owner_id], {owner_id: schedule_id}, start=start, end=end)
    if owner_id not in found:
        raise User.DoesNotExist
    return found[owner_id]


# --- closed spans ---------------------------------------------------------------------------------


def time_off_span(row: TimeOff, zone: str, start: int, end: int) -> Span | None:
    """The row's closed stretch on the zone's wall clock, cut to a little more than ``[start, end)``.

    It is one unbroken stretch, from the first to the last instant at which the clock shows a time of it: an
    hour that the clock repeats in between is closed both times. None where it is not in ``[start, end)``.
    """
    wall_start = wall_midnight(row.first_day) + (row.start or 0) * 60
    wall_end = wall_midnight(row.last_day) + (MINUTES_OF_DAY if row.end is None else row.end) * 60
    spans = showing(segments(zone, start - _MARGIN, end + _MARGIN), wall_start, wall_end)
    if not spans:
        return None
    whole = (spans[0][0], spans[-1][1])
    return whole if overlaps(whole, (start, end)) else None


def closing_spans(row: ClosingRule, zone: str, start: int, end: int) -> list[Span]:
    """The spans that touch ``[start, end)`` in which the wall clock shows a time of the rule."""
    stretches = segments(zone, start - _MARGIN, end + _MARGIN)
    spans: list[Span] = []
    for day in days(start, end, zone):
        if day.weekday() == row.weekday:
            midnight = wall_midnight(day)
            spans += showing(stretches, midnight + row.start * 60, midnight + row.end * 60)
    return [span for span in spans if overlaps(span, (start, end))]


def _closed(zones: Mapping[int, str], start: int, end: int) -> dict[int, list[tuple[Span, ClosedSource]]]:
    """Every closed span with the row behind it, by owner, in order of time."""
    found: dict[int, list[tuple[Span, ClosedSource]]] = defaultdict(list)
    first, last = _date_limits(start, end)
    for off in TimeOff.objects.filter(owner__in=zones, first_day__lte=last, last_day__gte=first):
        span = time_off_span(off, zones[off.owner_id], start, end)
        if span:
            found[off.owner_id].append((span, ClosedSource(ClosedBy.TIME_OFF, off.pk, off.note)))
    for rule in ClosingRule.objects.filter(owner__in=zones):
        source = ClosedSource(ClosedBy.CLOSING_RULE, rule.pk, rule.note)
        found[rule.owner_id] += [
            (span, source) for span in closing_spans(rule, zones[rule.owner_id], start, end)
        ]
    for entries in found.values():
        entries.sort(key=lambda entry: entry[0])
    return found


# --- schedules ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Picked:
    pk: int | None
    name: str
    zone: str
    owner_zone: str
    weekly: tuple[Ranges, ...]


_COLUMNS = (
    "pk", "zone", "schedules__pk", "schedules__name", "schedules__zone", "schedules__is_default",
    "schedules__weekly__weekday", "schedules__weekly__start", "schedules__weekly__end",
)  # fmt: skip


_Row = dict[str, Any]


def _picked_schedules(wanted: Mapping[int, int | None]) -> dict[int, _Picked]:
    """The schedule that counts for each owner, with its weekly hours: one query, one row a range."""
    rows: dict[int, list[_Row]] = defaultdict(list)
    for row in User.objects.filter(pk__in=wanted).order_by("pk").values(*_COLUMNS):
        rows[row["pk"]].append(row)
    return {owner: _pick(theirs, wanted[owner]) for owner, theirs in rows.items()}


def _pick(rows: Sequence[_Row], wanted: int | None) -> _Picked:
    """The wanted schedule's rows among all of the owner's, else the default's, else the standard hours."""
    owner_zone = rows[0]["zone"]
    chosen = [row for row in rows if wanted is not None and row["schedules__pk"] == wanted]
    chosen = chosen or [row for row in rows if row["schedules__is_default"]]
    if not chosen:
        return _Picked(None, standard_name(), owner_zone, owner_zone, standard_weekly())
    first = chosen[0]
    return _Picked(
        first["schedules__pk"],
        first["schedules__name"],
        first["schedules__zone"],
        owner_zone,
        _weekly(chosen),
    )


def _weekly(rows: Collection[_Row]) -> tuple[Ranges, ...]:
    week: list[list[Span]] = [[] for _ in range(7)]
    for row in rows:
        weekday = row["schedules__weekly__weekday"]
        if weekday is not None:  # a schedule without hours is one row of the outer join
            week[weekday].append((row["schedules__weekly__start"], row["schedules__weekly__end"]))
    return tuple(tuple(sorted(ranges)) for ranges in week)


def _dates(schedule_ids: Collection[int], start: int, end: int) -> dict[int, dict[date, Ranges]]:
    """Hours of single dates by schedule. A row without times closes its date, whatever else stands there."""
    found: dict[int, dict[date, list[Span]]] = defaultdict(lambda: defaultdict(list))
    shut: set[tuple[int, date]] = set()
    rows = DateHours.objects.filter(schedule__in=schedule_ids, date__range=_date_limits(start, end))
    for schedule, day, left, right in rows.values_list("schedule_id", "date", "start", "end"):
        ranges = found[schedule][day]
        if left is None or right is None:
            shut.add((schedule, day))
        else:
            ranges.append((left, right))
    return {
        schedule: {day: () if (schedule, day) in shut else tuple(ranges) for day, ranges in dates.items()}
        for schedule, dates in found.items()
    }


def _date_limits(start: int, end: int) -> tuple[date, date]:
    """Dates that hold every local date of the span in any zone, with room for the engine's look around."""
    first, last = datetime.fromtimestamp(start - _MARGIN, UTC), datetime.fromtimestamp(end + _MARGIN, UTC)
    return first.date(), last.date()


def _make_default(owner: User, existing: Schedule | None) -> Schedule:
    if existing:
        existing.is_default = True
        existing.save(update_fields=["is_default"])
        return existing
    made = Schedule.objects.create(owner=owner, name=standard_name(), zone=owner.zone, is_default=True)
    start, end = STANDARD_RANGE
    WeeklyHours.objects.bulk_create(
        WeeklyHours(schedule=made, weekday=day, start=start, end=end) for day in STANDARD_DAYS
    )
    return made
