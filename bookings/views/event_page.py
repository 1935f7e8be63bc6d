"""The public page of an event type: month, day, times (B1, BP-1 … BP-6). Plain links; scripts only enhance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from bookings import month as months
from bookings import zone_choice
from bookings.domain import slots
from bookings.models import Booking, EventType
from bookings.queries import bookable_event_or_404, bookable_events, host_or_404
from bookings.viewing import View, next_month, previous_month, start_text, view_from
from bookingsite import zones
from bookingsite.dates import day_text
from bookingsite.lib import clock


@require_safe
def host_page(request: HttpRequest, host: str) -> HttpResponse:
    """Everything a host offers, under the host's own link (E5)."""
    owner = host_or_404(host)
    return render(
        request, "bookings/public/host.html", {"owner": owner, "event_types": bookable_events(owner)}
    )


@require_safe
def event_page(request: HttpRequest, host: str, event: str) -> HttpResponse:
    """Month and times of one event type; the address says what is shown."""
    event_type = bookable_event_or_404(host, event)
    view = view_from(request.GET, event_type, accept_language=request.headers.get("Accept-Language", ""))
    base = reverse("event", args=[host, event])
    return render(
        request,
        "bookings/public/event.html",
        {
            **picker(event_type, view, base=base, book=reverse("book", args=[host, event]), now=clock.now()),
            "event_type": event_type,
        },
    )


@dataclass(frozen=True)
class Found:
    """What a month has: the view with the month and day that were settled on, and the free times by day."""

    view: View
    free: dict[date, list[datetime]]
    known: bool
    next_start: datetime | None = None


def find(
    event_type: EventType, view: View, *, now: datetime, moving: Booking | None = None, for_host: bool = False
) -> Found:
    """The free times of the asked month; without one, of the first month that has any, its first day chosen (BP-2).

    Everything is loaded once. Without a month that is all that is known from now on, since the first
    free time may be far away; a month that was asked for and is empty costs a second load.
    """
    if view.month is not None:
        return _find_asked(event_type, view, view.month, now=now, moving=moving, for_host=for_host)
    month = now.astimezone(view.tz).date().replace(day=1)
    begin, end = months.span(month, view.zone)
    last = max(now + slots.HORIZON, slots.instant(end))
    answer = slots.times(event_type, slots.instant(begin), last, now=now, moving=moving, for_host=for_host)
    free = _by_day(answer.within(begin, end), view)
    later = None
    if not free:
        first = answer.first_after(end)
        if first is not None:
            later = slots.instant(first)
            month = view.local(later).date().replace(day=1)
            free = _by_day(answer.within(*months.span(month, view.zone)), view)
    day = min(free, default=None)
    return Found(view.at(month=month, day=day), free, answer.known, later)


def _find_asked(
    event_type: EventType, view: View, month: date, *, now: datetime, moving: Booking | None, for_host: bool
) -> Found:
    begin, end = (slots.instant(second) for second in months.span(month, view.zone))
    answer = slots.times(event_type, begin, end, now=now, moving=moving, for_host=for_host)
    free, later = _by_day(answer, view), None
    if not free and answer.known:
        later = slots.next_start(event_type, begin, now=now, moving=moving)
    return Found(view.at(month=month, day=view.day if view.day in free else None), free, answer.known, later)


def _by_day(answer: slots.Times, view: View) -> dict[date, list[datetime]]:
    return slots.by_day((slots.instant(second) for second in answer.starts()), view.zone)


def picker(
    event_type: EventType,
    view: View,
    *,
    base: str,
    book: str,
    now: datetime,
    moving: Booking | None = None,
    for_host: bool = False,
) -> dict[str, Any]:
    """Everything the templates of month and times need. `base` is the page's address, `book` where a time leads."""
    asked = view
    found = find(event_type, asked, now=now, moving=moving, for_host=for_host)
    view = found.view
    month = view.month or now.date()
    today, last_day = now.astimezone(view.tz).date(), (now + slots.HORIZON).astimezone(view.tz).date()
    day_starts = found.free.get(view.day, []) if view.day else []
    return {
        "view": view,
        "month": month,
        "weekdays": months.weekdays(view),
        "weeks": [
            [
                day and {"day": day, "url": base + view.query(month=f"{month:%Y-%m}", day=day.iso)}
                for day in week
            ]
            for week in months.weeks(view, found.free, today=today)
        ],
        "groups": [
            {
                "title": group.title,
                "times": [
                    {"time": time, "url": book + view.query(start=start_text(time.start))}
                    for time in group.times
                ],
            }
            for group in months.times(view, day_starts)
        ],
        "slot_count": len(day_starts),
        "month_is_empty": not found.free,
        "known": found.known,
        "next_start": found.next_start,
        "next_moment": view.moment(found.next_start) if found.next_start else None,
        "chosen_date": day_text(view.day) if view.day else "",
        "lost_date": day_text(asked.day) if asked.day and asked.day != view.day else "",
        "next_start_url": _day_url(view, base, found.next_start),
        "first_is_later": bool(found.next_start and not found.free) or _is_later_month(month, today, found),
        "previous_url": base + view.query(month=f"{previous_month(month):%Y-%m}")
        if month > today.replace(day=1)
        else "",
        "next_url": base + view.query(month=f"{next_month(month):%Y-%m}")
        if next_month(month) <= last_day
        else "",
        "previous_month": previous_month(month),
        "next_month": next_month(month),
        "zone_label": zones.label(view.zone, now, hours=view.hours),
        "zone_options": "" if view.locked else zone_choice.options(now, hours=view.hours),
        "zone_text": view.moment(now).zone_text,
        "base_url": base,
        "clock_url": base
        + _other_clock(view).query(
            month=f"{month:%Y-%m}", **({"day": view.day.isoformat()} if view.day else {})
        ),
    }


def _day_url(view: View, base: str, start: datetime | None) -> str:
    if start is None:
        return ""
    day = view.local(start).date()
    return base + view.query(month=f"{day:%Y-%m}", day=day.isoformat())


def _is_later_month(month: date, today: date, found: Found) -> bool:
    return found.next_start is not None and month > today.replace(day=1)


def _other_clock(view: View) -> View:
    return replace(view, hours=12 if view.hours == 24 else 24, hours_chosen=True)
