"""What the pages list: always the signed-in host's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from availability import describe
from availability.editing import by_day
from availability.engine.local_time import local_date
from availability.engine.spans import Span
from availability.models import ClosingRule, Schedule, TimeOff
from bookingsite.models import User

PAST_SHOWN = 10


@dataclass(frozen=True)
class ListedSchedule:
    """A schedule with its weekly hours in words."""

    schedule: Schedule
    lines: Sequence[tuple[str, str]]
    special_dates: int


@dataclass(frozen=True)
class ListedDate:
    """A date with hours of its own; no ranges means closed."""

    date: date
    text: str


def own_schedule(owner: User, pk: int) -> Schedule:
    """The owner's schedule, or 404."""
    return get_object_or_404(Schedule, pk=pk, owner=owner)


def today(owner: User, now: datetime) -> date:
    """The date on the owner's calendar."""
    return local_date(int(now.timestamp()), owner.zone)


def listed_schedules(owner: User, day: date) -> list[ListedSchedule]:
    """The owner's schedules, the default first; special dates are counted from `day` on. Three queries."""
    schedules = Schedule.objects.filter(owner=owner).prefetch_related("weekly")
    special = dict(
        Schedule.objects.filter(owner=owner, dates__date__gte=day)
        .order_by()
        .values_list("pk")
        .annotate(number=Count("dates__date", distinct=True))
    )
    return [
        ListedSchedule(
            one,
            describe.weekly_lines(by_day((row.weekday, row.start, row.end) for row in one.weekly.all())),
            special.get(one.pk, 0),
        )
        for one in schedules
    ]


def listed_dates(schedule: Schedule, day: date) -> list[ListedDate]:
    """Dates from `day` on that have hours of their own."""
    rows = schedule.dates.filter(date__gte=day).values_list("date", "start", "end")
    found: list[ListedDate] = []
    for one, group in groupby(rows, key=lambda row: row[0]):
        ranges: list[Span] = [(a, b) for _, a, b in group if a is not None and b is not None]
        found.append(ListedDate(one, describe.ranges_text(ranges)))
    return found


def coming_time_off(owner: User, day: date) -> QuerySet[TimeOff]:
    """Time off that is not over on `day`."""
    return TimeOff.objects.filter(owner=owner, last_day__gte=day)


def past_time_off(owner: User, day: date) -> QuerySet[TimeOff]:
    """The latest time off that was over before `day`."""
    return TimeOff.objects.filter(owner=owner, last_day__lt=day).order_by("-last_day", "-pk")[:PAST_SHOWN]


def closing_rules(owner: User) -> QuerySet[ClosingRule]:
    """The owner's closing rules, Monday first."""
    return ClosingRule.objects.filter(owner=owner)
