"""Hours of single dates in a schedule."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from availability import editing, queries
from availability.forms import DateHoursForm
from availability.forms.ranges import DayRanges
from availability.models import Schedule
from availability.views import closed
from availability.views.gone import gone_is_404
from bookingsite.dates import date_text
from bookingsite.http import HostRequest

PREFIX = "r"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@gone_is_404
def new(request: HostRequest, pk: int) -> HttpResponse:
    """Hours for a date that has none of its own yet."""
    schedule = queries.own_schedule(request.user, pk)
    return _form(request, schedule, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@gone_is_404
def edit(request: HostRequest, pk: int, day: str) -> HttpResponse:
    """Other hours for a date that has some."""
    schedule = queries.own_schedule(request.user, pk)
    return _form(request, schedule, _existing(schedule, day))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@gone_is_404
def delete(request: HostRequest, pk: int, day: str) -> HttpResponse:
    """Ask (GET), let the weekly hours hold again (POST)."""
    schedule = queries.own_schedule(request.user, pk)
    found = _existing(schedule, day)
    if request.method == "POST":
        editing.clear_date(schedule, found)
        words = {"date": date_text(found)}
        messages.success(request, _("On %(date)s the weekly hours hold again.") % words)
        return redirect("availability:schedule", pk=schedule.pk)
    context = {
        "title": _("Delete the hours of %(date)s?") % {"date": date_text(found)},
        "text": _("The weekly hours will hold again on this date."),
        "back": reverse("availability:schedule", args=[schedule.pk]),
    }
    return render(request, "availability/confirm.html", context)


def _form(request: HostRequest, schedule: Schedule, day: date | None) -> HttpResponse:
    form = _bound(request, schedule, day) if request.method == "POST" else _unbound(request, schedule, day)
    if request.method == "POST" and "add" not in request.POST and form.is_valid():
        editing.set_date_hours(schedule, form.chosen_day, form.chosen_ranges)
        words = {"date": date_text(form.chosen_day)}
        messages.success(request, _("The hours of %(date)s were saved.") % words)
        spans = closed.of_date(form.chosen_day, form.chosen_ranges, schedule.zone)
        closed.tell(request, spans, schedule=schedule)
        return redirect("availability:schedule", pk=schedule.pk)
    problems = form.problems() if form.is_bound else []
    context = {"schedule": schedule, "day": day, "form": form, "problems": problems}
    return render(request, "availability/date_hours.html", context)


def _bound(request: HostRequest, schedule: Schedule, day: date | None) -> DateHoursForm:
    ranges = DayRanges.typed(PREFIX, _("Hours"), request.POST.dict())
    if "add" not in request.POST:
        return DateHoursForm(request.POST, schedule=schedule, day=day, ranges=ranges)
    ranges.add()
    typed = {"date": request.POST.get("date", ""), "is_closed": "is_closed" in request.POST}
    return DateHoursForm(schedule=schedule, day=day, ranges=ranges, initial=typed)


def _unbound(request: HostRequest, schedule: Schedule, day: date | None) -> DateHoursForm:
    rows = list(schedule.dates.filter(date=day)) if day else []
    spans = [(row.start, row.end) for row in rows if row.start is not None and row.end is not None]
    return DateHoursForm(
        schedule=schedule,
        day=day,
        ranges=DayRanges.of(PREFIX, _("Hours"), spans),
        initial={"date": request.GET.get("date", ""), "is_closed": bool(rows) and not spans},
    )


def _existing(schedule: Schedule, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if not schedule.dates.filter(date=day).exists():
        raise Http404
    return day
