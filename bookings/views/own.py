"""The host's bookings: upcoming, past, cancelled; details; cancel and reschedule (B3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bookings import month as months
from bookings.domain import lifecycle
from bookings.domain.errors import NotLive, SlotTaken, TimesUnknown, TooBusy
from bookings.forms.own import OtherTimeForm, ReasonForm, local_parts
from bookings.models import Booking
from bookings.queries import own_booking_or_404, own_bookings
from bookings.viewing import start_from, start_text, view_from
from bookings.views.event_page import picker
from bookingsite.http import HostRequest
from bookingsite.lib import clock
from calendars import writing

_PER_PAGE = 25
_TABS = ("upcoming", "past", "cancelled")


@login_required
@require_safe
def bookings(request: HostRequest) -> HttpResponse:
    """The list, by tab, with search; the address keeps both."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "upcoming"
    search = request.GET.get("q", "").strip()[:100]
    rows = _tab(own_bookings(request.user), tab, clock.now())
    if search:
        rows = rows.filter(
            Q(guests__name__icontains=search) | Q(guests__email__icontains=search) | Q(title__icontains=search)
        ).distinct()
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "bookings/own/list.html", {"tab": tab, "search": search, "page": page})


def _tab(rows: QuerySet[Booking], tab: str, now: datetime) -> QuerySet[Booking]:
    if tab == "cancelled":
        return rows.filter(state=Booking.State.CANCELLED).order_by("-changed_at", "-pk")
    rows = rows.exclude(state=Booking.State.CANCELLED)
    if tab == "past":
        return rows.filter(end__lte=now).order_by("-start", "-pk")
    return rows.filter(end__gt=now).order_by("start", "pk")


@login_required
@require_safe
def booking(request: HostRequest, public_id: str) -> HttpResponse:
    """Everything about one booking: guest, calendar event, mails, history (DB-6, EM-10)."""
    found = own_booking_or_404(request.user, public_id)
    return render(request, "bookings/own/booking.html", _details(found))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HostRequest, public_id: str) -> HttpResponse:
    """Ask first; cancel on POST. The host is not bound by the deadline."""
    found = own_booking_or_404(request.user, public_id)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                lifecycle.cancel(
                    found, actor=Booking.Actor.HOST, now=clock.now(), reason=form.cleaned_data["reason"].strip()
                )
            except TooBusy:
                form.add_error(None, _("Many people are booking right now. Please press the button again."))
                status = 503
            else:
                messages.success(request, _("The booking is cancelled; the guest is being told."))
                return redirect("booking", public_id)
    return render(request, "bookings/own/cancel.html", {**_details(found), "form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: HostRequest, public_id: str) -> HttpResponse:
    """Choose one of the free times, or any other time of one's own."""
    found = own_booking_or_404(request.user, public_id)
    if not found.is_live:
        return redirect("booking", public_id)
    base = reverse("booking_reschedule", args=[public_id])
    view = view_from({**request.GET.dict(), "tz": found.host.zone}, found.event_type)
    start = start_from(request.GET.get("start", ""))
    initial = local_parts(start or found.start, found.host.zone)
    form = OtherTimeForm(request.POST or None, zone=found.host.zone, initial=initial)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            error = _move(found, form, any_time="any_time" in request.POST)
            if error is None:
                messages.success(request, _("The booking is moved; the guest is being told."))
                return redirect("booking", public_id)
            form.add_error("time", error)
            status = 409
    context = {
        **_details(found),
        **picker(found.event_type, view, base=base, book=base, now=clock.now(), moving=found, for_host=True),
        "form": form,
        "chosen": start and {"value": start_text(start), "local": view.local(start), "time": months.time_text(view, start)},
        "may_override": status == 409,
    }
    return render(request, "bookings/own/reschedule.html", context, status=status)


def _move(found: Booking, form: OtherTimeForm, *, any_time: bool) -> str | None:
    """None when it was moved, else the sentence that says what stands against it."""
    data = form.cleaned_data
    try:
        lifecycle.reschedule(
            found, data["start"], actor=Booking.Actor.HOST, now=clock.now(), any_time=any_time, reason=data["reason"].strip()
        )
    except SlotTaken:
        if any_time:
            return _("Another of your bookings is at that time.")
        return _("That time is outside your hours, or something in your calendar is in the way.")
    except TimesUnknown:
        return _("Your calendar cannot be read at the moment, so we cannot tell whether that time is free.")
    except TooBusy:
        return _("Many people are booking right now. Please press the button again.")
    except NotLive:
        return _("This booking has been cancelled.")
    return None


def _details(found: Booking) -> dict[str, Any]:
    now = clock.now()
    return {
        "booking": found,
        "guest": found.guests.all()[0],
        "history": found.history.all(),
        "mails": found.messages.order_by("pk"),
        "calendar_events": writing.progress([found.uid]).get(found.uid, []),
        "is_over": found.end <= now,
        "may_change": found.is_live and found.end > now,
    }
