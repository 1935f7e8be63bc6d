"""What a guest does with the link alone: see, cancel, reschedule, download (B4). GET shows, POST acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from bookings.domain import lifecycle, reasons, slots, texts
from bookings.domain.errors import NotLive, NotVerified, SlotTaken, TimesUnknown, TooBusy, TooLate
from bookings.forms.guest import CancelForm
from bookings.mailing.invitation import add_to_calendar_links, invitation
from bookings.models import Booking, HistoryEntry, Message
from bookings.queries import booking_by_token_or_404
from bookings.viewing import View, start_from, view_from
from bookings.views import door
from bookings.views.event_page import picker
from bookingsite.lib import clock

ALTERNATIVES = 3
"""How many other times are offered to somebody who is about to cancel (CF-6)."""
Page = Callable[[HttpRequest, str, Booking], HttpResponse]


def with_booking(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Open the token, keep the page out of caches, referrers and search engines (CF-1)."""

    @wraps(page)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        booking = booking_by_token_or_404(token)
        if request.method == "POST" and door.is_from_elsewhere(request, no_referrer=True):
            response = render(
                request, "bookings/public/refused.html", {"event_type": booking.event_type}, status=403
            )
        else:
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
    context = shown(request, booking, token)
    if booking.is_live:
        context |= {"before": _before(booking, context["view"]), "mail": _mail(booking)}
    return render(request, "bookings/public/booking.html", context)


def _before(booking: Booking, view: View) -> dict[str, Any] | None:
    """When the appointment was before it was last moved, by whomever; None when it never was."""
    moves = booking.history.filter(action=HistoryEntry.Action.RESCHEDULED).order_by("-pk")
    old = moves.values_list("old_start", flat=True).first()
    if old is None:
        return None
    start, end = view.moment(old), view.moment(old + (booking.end - booking.start))
    return {"date": start.date, "span": start.until(end)}


def _mail(booking: Booking) -> str:
    """What became of the mail about the booking as it is now: waiting, sent, failed, "" where nobody knows."""
    mails = Message.objects.filter(
        booking=booking, audience=Message.Audience.GUEST, sequence=booking.sequence
    )
    mails = mails.exclude(kind=Message.Kind.OFFER).order_by("-pk")
    row = mails.values_list("sent_at", "state").first()
    if row is None:
        return ""
    sent_at, state = row
    if sent_at is not None:
        return "sent"
    if state == Message.State.READY:
        return "waiting"
    return "failed" if state == Message.State.DEAD else ""


@require_safe
@with_booking
def guest_invitation(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """The invitation as a file for any calendar program; a cancelled booking has none and shows its page."""
    if not booking.is_live:
        return redirect("guest_booking", token)
    response = HttpResponse(invitation(booking), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@with_booking
def guest_cancel(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """Ask first, with the nearest other times; cancel on POST."""
    form = CancelForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status, trouble = _cancel(booking, form, now=clock.now())
        if status == 303:
            return redirect("guest_booking", token)
        if trouble:
            form.add_error(None, trouble)
    context = {**shown(request, booking, token), "form": form}
    if context["may_change"]:
        context["others"] = _others(booking, context["view"], token)
    return render(request, "bookings/public/cancel.html", context, status=status)


def _cancel(booking: Booking, form: CancelForm, *, now: datetime) -> tuple[int, str]:
    """Cancel the booking: a status and what to say beside what the form and the page say by themselves."""
    if not form.is_valid():
        return 400, ""
    if door.has_changed_too_often(booking, now=now.timestamp()):
        return 429, wait()
    try:
        lifecycle.cancel(
            booking, actor=Booking.Actor.GUEST, now=now, reason=form.cleaned_data["reason"].strip()
        )
    except TooLate:
        return 409, ""
    except TooBusy:
        return 503, _("Many people are booking right now. Please press the button again.")
    return 303, ""


@require_http_methods(["GET", "HEAD", "POST"])
@with_booking
def guest_reschedule(request: HttpRequest, token: str, booking: Booking) -> HttpResponse:
    """Offer other times; after one is chosen ask once more; move on POST."""
    context, now = shown(request, booking, token), clock.now()
    sent = request.method == "POST"
    if not context["may_change"]:
        page = "reschedule" if booking.is_live else "booking"  # a cancelled one shows that and nothing else
        return render(request, f"bookings/public/{page}.html", context, status=409 if sent else 200)
    start = start_from((request.POST if sent else request.GET).get("start", ""))
    if start == booking.start and not sent:
        start = None  # an old link to the time that it has by now: there is nothing to ask
    status, trouble = _move(booking, start, now=now) if sent else _look(booking, start, now=now)
    if sent and not trouble:
        return redirect("guest_booking", token)
    base = reverse("guest_reschedule", args=[token])
    view = context["view"]
    context["trouble"] = trouble
    if start is not None and status in {200, 429, 503}:
        context |= {"chosen": view.moment(start), "change_url": base + view.query()}
    else:
        context |= picker(booking.event_type, view, base=base, book=base, now=now, moving=booking)
    return render(request, "bookings/public/reschedule.html", context, status=status)


def _look(booking: Booking, start: datetime | None, *, now: datetime) -> tuple[int, str]:
    """Whether a chosen time can still be had: a status and what to say."""
    if start is None:
        return 200, ""
    try:
        slots.require(booking.event_type, start, now=now, moving=booking)
    except (SlotTaken, TimesUnknown):
        return 409, _("This time is no longer offered. Please choose another.")
    return 200, ""


def _move(booking: Booking, start: datetime | None, *, now: datetime) -> tuple[int, str]:
    """Move the booking: a status and what to say; nothing to say when it is done."""
    if start is None:
        return 400, _("Please choose a time.")
    if door.has_changed_too_often(booking, now=now.timestamp()):
        return 429, wait()
    try:
        lifecycle.reschedule(booking, start, actor=Booking.Actor.GUEST, now=now)
    except (NotVerified, TooBusy) as error:
        return 503, reasons.try_again(error)
    except (SlotTaken, TimesUnknown, TooLate, NotLive):
        return 409, _("This time is no longer offered. Please choose another.")
    return 303, ""


def wait() -> str:
    """What somebody reads who has changed one booking over and over."""
    return f"{_('You have tried very often in the last hour.')} {_('Wait a while, then try again.')}"


def _others(booking: Booking, view: View, token: str) -> list[dict[str, Any]]:
    """The free times nearest to the booked one, with the address that asks to move there."""
    near = slots.nearest(
        booking.event_type, booking.start, now=clock.now(), count=ALTERNATIVES, moving=booking
    )
    base = reverse("guest_reschedule", args=[token])
    moments = [view.moment(start) for start in near]
    return [{"moment": moment, "url": base + view.query(start=moment.value)} for moment in moments]


def _view(request: HttpRequest, booking: Booking) -> View:
    """The guest's own zone unless the address asks for another."""
    query = request.GET.copy()
    query.setdefault("tz", booking.guests.all()[0].zone)
    return view_from(query, booking.event_type, accept_language=request.headers.get("Accept-Language", ""))


def shown(request: HttpRequest, booking: Booking, token: str) -> dict[str, Any]:
    """What every page of a booking shows. A cancelled one shows little (A4)."""
    now = clock.now()
    view = _view(request, booking)
    at_host = replace(view, zone=booking.host.zone)
    start, end = view.moment(booking.start), view.moment(booking.end)
    limit = lifecycle.deadline(booking)
    return {
        "booking": booking,
        "event_type": booking.event_type,
        "guest": booking.guests.all()[0],
        "token": token,
        "view": view,
        "start": start,
        "span": start.until(end),
        "host_start": at_host.moment(booking.start),
        "host_span": at_host.moment(booking.start).until(at_host.moment(booking.end)),
        "two_zones": texts.clocks_differ(view.zone, at_host.zone, booking.start, booking.end),
        "deadline": view.moment(limit),
        "is_over": booking.end <= now,
        "may_change": booking.is_live and now < limit,
        "calendar_links": add_to_calendar_links(booking) if booking.is_live else [],
        "again_url": reverse("event", args=[booking.host.slug, booking.event_type.slug])
        if booking.event_type.is_active
        else "",
    }
