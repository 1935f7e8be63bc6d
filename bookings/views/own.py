"""The host's bookings: upcoming, past, cancelled; details; cancel and reschedule (B3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from availability.engine.local_time import day_start
from bookings.domain import lifecycle, reasons, slots
from bookings.domain.errors import NotLive, SlotTaken, TimesUnknown, TooBusy
from bookings.forms.own import BookingFilter, OtherTimeForm, ReasonForm, local_parts
from bookings.models import Booking, Guest
from bookings.outside import offering, questions
from bookings.queries import own_booking_or_404, own_bookings
from bookings.viewing import start_from, view_from
from bookings.views.event_page import picker
from bookingsite.http import HostRequest
from bookingsite.lib import clock
from calendars import writing

_PER_PAGE = 25
_TABS = ("upcoming", "past", "cancelled")


@login_required
@require_safe
def bookings(request: HostRequest) -> HttpResponse:
    """The list, by tab, with search and filters; the address keeps them all (DB-4)."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "upcoming"
    form = BookingFilter(request.GET, host=request.user)
    is_valid = form.is_valid()
    rows = _filtered(_tab(own_bookings(request.user), tab, clock.now()), form.cleaned_data, request.user.zone)
    context = {
        "tab": tab,
        "questions": questions.of_host(request.user, now=clock.now()) if tab == "upcoming" else [],
        "form": form,
        "page": Paginator(rows, _PER_PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(form.cleaned_data.values()),
        "kept": _kept(request),
    }
    return render(request, "bookings/own/list.html", context, status=200 if is_valid else 400)


def _filtered(rows: QuerySet[Booking], wanted: dict[str, Any], zone: str) -> QuerySet[Booking]:
    """Dates are meant on the host's calendar: whole days, both included."""
    if wanted.get("event"):
        rows = rows.filter(event_type=wanted["event"])
    if wanted.get("first"):
        rows = rows.filter(start__gte=slots.instant(day_start(wanted["first"], zone)))
    if wanted.get("last"):
        rows = rows.filter(start__lt=slots.instant(day_start(wanted["last"] + timedelta(days=1), zone)))
    if wanted.get("q"):
        words = wanted["q"]
        named = Guest.objects.filter(Q(name__icontains=words) | Q(email__icontains=words))
        rows = rows.filter(Q(title__icontains=words) | Q(pk__in=named.values("booking")))
    return rows


def _kept(request: HostRequest) -> str:
    """The filters as a query string, for links to other tabs and pages."""
    return urlencode({name: request.GET[name] for name in BookingFilter.base_fields if request.GET.get(name)})


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
    context = _details(found)
    if context["may_change"]:
        now = clock.now()
        context["question"] = questions.of_booking(found, now=now)
        context["open_offer"] = offering.open_offer(found, now=now)
    return render(request, "bookings/own/booking.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HostRequest, public_id: str) -> HttpResponse:
    """Ask first; cancel on POST. The host is not bound by the deadline; what is over stays as it was."""
    found = own_booking_or_404(request.user, public_id)
    if found.is_live and found.end <= clock.now():
        return redirect("booking", public_id)
    form = ReasonForm(_sent(request))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                lifecycle.cancel(
                    found,
                    actor=Booking.Actor.HOST,
                    now=clock.now(),
                    reason=form.cleaned_data["reason"].strip(),
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
    if not found.is_live or found.end <= clock.now():
        return redirect("booking", public_id)
    start = start_from(request.GET.get("start", ""))
    initial = local_parts(start or found.start, found.host.zone)
    form = OtherTimeForm(_sent(request), zone=found.host.zone, initial=initial)
    refusal = None
    if request.method == "POST" and form.is_valid():
        refusal = _move(found, form, any_time="any_time" in request.POST)
        if refusal is None:
            messages.success(request, _("The booking is moved; the guest is being told."))
            return redirect("booking", public_id)
        form.add_error("time", refusal.sentence)
    status = refusal.status if refusal else 400 if form.is_bound else 200
    context = {**_details(found), "form": form, "refusal": refusal, "chosen": start}
    if not (start or form.is_bound):
        context |= _free_times(request, found)
    return render(request, "bookings/own/reschedule.html", context, status=status)


def _sent(request: HostRequest) -> QueryDict | None:
    """What was posted; a form that is sent without any value is sent all the same."""
    return request.POST if request.method == "POST" else None


def _free_times(request: HostRequest, found: Booking) -> dict[str, Any]:
    """Month and times in the host's own zone, without what binds only guests."""
    base = reverse("booking_reschedule", args=[found.public_id])
    view = view_from({**request.GET.dict(), "tz": ""}, found.event_type)
    view = replace(view, zone=found.host.zone, locked=True)
    return picker(found.event_type, view, base=base, book=base, now=clock.now(), moving=found, for_host=True)


@dataclass(frozen=True)
class Refusal:
    """Why a booking was not moved, in words; whether the host may decide to do it all the same."""

    sentence: str
    lines: Sequence[str] = ()
    may_override: bool = False
    status: int = 409


def _move(found: Booking, form: OtherTimeForm, *, any_time: bool) -> Refusal | None:
    """None when it was moved."""
    data, now = form.cleaned_data, clock.now()
    if data["start"] <= now:
        return Refusal(_("This time lies in the past."), status=400)
    try:
        lifecycle.reschedule(
            found,
            data["start"],
            actor=Booking.Actor.HOST,
            now=now,
            any_time=any_time,
            reason=data["reason"].strip(),
        )
    except (SlotTaken, TimesUnknown):
        return _not_free(found, data["start"])
    except TooBusy:
        return Refusal(_("Many people are booking right now. Please press the button again."), status=503)
    except NotLive:
        return Refusal(_("This booking has been cancelled."))
    return None


def _not_free(found: Booking, start: datetime) -> Refusal:
    """Each thing that stands against the time. Past another booking there is no way (invariant 1)."""
    against = reasons.told_of_move(found, start, now=clock.now())
    if (
        against.is_another_booking or against.is_offered
    ):  # offered again: the other booking was there a moment ago
        return Refusal(_("Another of your bookings is at that time."), against.sentences)
    return Refusal(_("This time is not free."), against.sentences, may_override=True)


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
