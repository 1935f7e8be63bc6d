"""A page with every class of the stylesheets on it. Only on a development machine."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookingsite.dev_mail import only_in_development

FIRST = date(2027, 3, 1)  # a Monday: the sample month fills whole weeks


def _day(day: date) -> dict[str, object]:
    kinds = "day-none" if day.weekday() > 4 or day.day in {9, 17} else "day-free"
    kinds += " day-today" if day.day == 3 else ""
    kinds += " day-selected" if day.day == 11 else ""
    return {"day": day, "kinds": kinds if day.month == FIRST.month else "day-outside"}


@only_in_development
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """The style guide."""
    weeks = [[_day(FIRST + timedelta(days=7 * week + number)) for number in range(7)] for week in range(5)]
    context = {
        "weeks": weeks,
        "morning": ["09:00", "09:30", "10:00", "10:30", "11:30"],
        "afternoon": ["13:00", "13:30", "14:00", "15:30", "16:00"],
        "colours": ["#2563eb", "#0b6b57", "#d97706", "#be185d", "#111827", "#fde68a"],
    }
    return render(request, "bookingsite/style.html", context)
