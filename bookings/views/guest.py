"""What a guest does with the link alone: see, cancel, reschedule, download (B4). GET shows, POST acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from bookings import month as months
from bookings.domain import lifecycle
from bookings.domain.errors import NotLive, SlotTaken, TimesUnknown, TooBusy, TooLate
from bookings.forms.guest import CancelForm
from bookings.mailing.invitation import add_to_calendar_links, invitation
from bookings.models import Booking
from bookings.queries import booking_by_token_or_404
from bookings.viewing import View, start_from, start_text, view_from
from bookings.views import door
from bookings.views.event_page import picker
from bookingsite.lib import clock, zones

Page = Callable[[HttpRequest, str, Booking], HttpResponse]


def with_booking(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Open the token, keep the page out of caches, referrers and search engines (CF-1)."""

    @wraps(page)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        booking = booking_by_token_or_404(token)
        if request.method == "POST" and door.is_from_elsewhere(request):
            return render(request, "bookings/public/refused.html", {"event_type": booking.event_type}, status=403)
        response = page(request, token, booking)
        add_never_cache_headers(response)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csrf_exempt(opened)  # the link itself is the permission; there is no cookie to abuse


@require_safe
@with_booking
def guest_booking(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """The confirmation page, and the same page later (CF-1 … CF-5)."""
    return render(request, "bookings/public/booking.html", _shown(booking, token))


@require_safe
@with_booking
def guest_invitation(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """The invitation as a file for any calendar program."""
    response = HttpResponse(invitation(booking), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@with_booking
def guest_cancel(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """Ask first, with the nearest other times; cancel on POST."""
    form = CancelForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.cancel(
                booking, actor=Booking.Actor.GUEST, now=clock.now(), reason=form.cleaned_data["reason"].strip()
            )
        except TooLate:
            status = 409
        except TooBusy:
            form.add_error(None, _("Many people are booking right now. Please press the button again."))
            status = 503
        else:
            return redirect("guest_booking", token)
    elif request.method == "POST":
        status = 400
    return render(request, "bookings/public/cancel.html", {**_shown(booking, token), "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@with_booking
def guest_reschedule(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """Offer other times; after one is chosen ask once more; move on POST."""
    view = _view(request, booking)
    start = start_from((request.POST if request.method == "POST" else request.GET).get("start", ""))
    context, status = _shown(booking, token, view), 200
    if not context["may_change"]:
        return render(request, "bookings/public/reschedule.html", context)
    if request.method == "POST" and start is not None:
        try:
            lifecycle.reschedule(booking, start, actor=Booking.Actor.GUEST, now=clock.now())
        except (SlotTaken, TimesUnknown, TooLate, NotLive):
            context["trouble"], status, start = _("This time is no longer offered. Please choose another."), 409, None
        except TooBusy:
            context["trouble"], status = _("Many people are booking right now. Please press the button again."), 503
        else:
            return redirect("guest_booking", token)
    base = reverse("guest_reschedule", args=[token])
    if start is not None:
        context["chosen"] = {
            "start": start, "value": start_text(start), "local": view.local(start), "time": months.time_text(view, start)
        }
        context["change_url"] = base + view.query()
    else:
        context |= picker(booking.event_type, view, base=base, book=base, now=clock.now(), moving=booking)
    return render(request, "bookings/public/reschedule.html", context, status=status)


def _view(request: HttpRequest, booking: Booking) -> View:
    """The guest's own zone unless the address asks for another."""
    query = request.GET.copy()
    query.setdefault("tz", booking.guests.all()[0].zone)
    return view_from(query, booking.event_type)


def _shown(booking: Booking, token: str, view: View | None = None) -> dict[str, Any]:
    """What every page of a booking shows. A cancelled one shows little (A4)."""
    now = clock.now()
    guest = booking.guests.all()[0]
    zone = zones.zone(view.zone if view else guest.zone)
    limit = lifecycle.deadline(booking)
    return {
        "booking": booking,
        "event_type": booking.event_type,
        "guest": guest,
        "token": token,
        "start": booking.start.astimezone(zone),
        "end": booking.end.astimezone(zone),
        "zone": zone.key,
        "zone_offset": months.offset_text(booking.start.astimezone(zone)),
        "host_start": booking.start.astimezone(zones.zone(booking.host.zone)),
        "host_end": booking.end.astimezone(zones.zone(booking.host.zone)),
        "host_zone": booking.host.zone,
        "two_zones": months.offset_text(booking.start.astimezone(zone))
        != months.offset_text(booking.start.astimezone(zones.zone(booking.host.zone))),
        "deadline": limit.astimezone(zone),
        "is_over": booking.end <= now,
        "may_change": booking.is_live and now < limit,
        "calendar_links": add_to_calendar_links(booking) if booking.is_live else [],
        "again_url": reverse("event", args=[booking.host.slug, booking.event_type.slug])
        if booking.event_type.is_active else "",
    }
