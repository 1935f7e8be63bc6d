"""A month as a guest sees it: weeks of days with their numbers of free times, and one day's times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from availability.engine.local_time import day_start
from bookings.viewing import View, next_month
from bookingsite.dates import day_text

_DAYS_A_WEEK = 7
_GROUP_FROM = 9  # more than eight times are grouped by part of the day (BP-4)


@dataclass(frozen=True, kw_only=True)
class Day:
    """One cell of the month. `count` is the number of free times."""

    date: date
    count: int
    is_today: bool
    is_chosen: bool

    @property
    def iso(self) -> str:
        """The date as addresses carry it."""
        return self.date.isoformat()

    @property
    def label(self) -> str:
        """The whole accessible name: "Monday 29 March 2027, 5 times" (BP-3)."""
        named = day_text(self.date)
        if not self.count:
            return _("%(date)s, no times") % {"date": named}
        return ngettext("%(date)s, %(count)s time", "%(date)s, %(count)s times", self.count) % {
            "date": named,
            "count": self.count,
        }


@dataclass(frozen=True, kw_only=True)
class Time:
    """One free time of the chosen day. `label` is complete by itself: date, time and zone."""

    start: datetime
    text: str
    label: str


@dataclass(frozen=True, kw_only=True)
class TimeGroup:
    """Times of one part of the day; `title` is empty where there are few."""

    title: str
    times: Sequence[Time]


def span(month: date, zone: str) -> tuple[int, int]:
    """The instants of a month on a zone's calendar, half-open, epoch seconds."""
    return day_start(month, zone), day_start(next_month(month), zone)


def weekdays(view: View) -> list[tuple[str, str]]:
    """Short and full names, starting with the view's first day of the week (TZ-6)."""
    sunday = date(2023, 1, 1)
    days = [
        sunday + timedelta(days=(view.first_weekday + number) % _DAYS_A_WEEK)
        for number in range(_DAYS_A_WEEK)
    ]
    return [(formats.date_format(day, "D"), formats.date_format(day, "l")) for day in days]


def weeks(view: View, free: Mapping[date, Sequence[datetime]], *, today: date) -> list[list[Day | None]]:
    """The month's days in rows of seven; None where the row belongs to another month."""
    month = view.month or today.replace(day=1)
    lead = (month.isoweekday() - view.first_weekday) % _DAYS_A_WEEK
    cells: list[Day | None] = [None] * lead
    for number in range((next_month(month) - month).days):
        day = month + timedelta(days=number)
        cells.append(
            Day(date=day, count=len(free.get(day, ())), is_today=day == today, is_chosen=day == view.day)
        )
    cells += [None] * (-len(cells) % _DAYS_A_WEEK)
    return [cells[begin : begin + _DAYS_A_WEEK] for begin in range(0, len(cells), _DAYS_A_WEEK)]


def times(view: View, starts: Sequence[datetime]) -> list[TimeGroup]:
    """A day's times, in groups where there are more than eight."""
    labelled = _labelled(view, starts)
    if len(labelled) < _GROUP_FROM:
        return [TimeGroup(title="", times=labelled)] if labelled else []
    parts = ((_("Morning"), 0, 12), (_("Afternoon"), 12, 17), (_("Evening"), 17, 24))
    groups = [
        TimeGroup(
            title=title, times=[time for time in labelled if begin <= view.local(time.start).hour < end]
        )
        for title, begin, end in parts
    ]
    return [group for group in groups if group.times]


def _labelled(view: View, starts: Sequence[datetime]) -> list[Time]:
    moments = [view.moment(start) for start in starts]
    texts_of_times = [moment.time for moment in moments]
    often = Counter(texts_of_times)
    date_text = moments[0].date if moments else ""
    zone_text = view.zone.replace("_", " ")
    pattern = _("%(time)s, %(date)s, %(zone)s")
    found = []
    for moment, text in zip(moments, texts_of_times, strict=True):
        # The hour that a clock change repeats is offered twice; the offset tells the two apart (TZ-5).
        shown = f"{text} ({moment.offset})" if often[text] > 1 else text
        label = pattern % {"time": shown, "date": date_text, "zone": zone_text}
        found.append(Time(start=moment.instant, text=shown, label=label))
    return found
