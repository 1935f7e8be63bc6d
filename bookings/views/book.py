"""The form step: the chosen time stays in sight, a taken time keeps what was typed (BP-7 … BP-11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from bookings.domain import lifecycle, links, reasons, slots
from bookings.domain.errors import (
    BookingError,
    KeyReused,
    NotBookable,
    NotVerified,
    SlotTaken,
    TimesUnknown,
    TooBusy,
)
from bookings.forms.guest import GuestForm, Ticket, new_ticket, open_ticket, seal
from bookings.models import EventType
from bookings.queries import bookable_event_or_404
from bookings.viewing import View, start_from, view_from
from bookings.views import door
from bookingsite.lib import clock

_PREFILLED = ("name", "email", "phone", "notes")


@csrf_exempt  # guests have no cookie; the signed ticket and the Origin check stand in for the token (EB-5)
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, host: str, event: str) -> HttpResponse:
    """Ask for the guest's details (GET), make the booking (POST)."""
    event_type = bookable_event_or_404(host, event)
    view = view_from(request.GET, event_type, accept_language=request.headers.get("Accept-Language", ""))
    response = (
        _send(request, event_type, view) if request.method == "POST" else _show(request, event_type, view)
    )
    add_never_cache_headers(response)
    return response


def _show(request: HttpRequest, event_type: EventType, view: View) -> HttpResponse:
    start = start_from(request.GET.get("start", ""))
    if start is None:
        return redirect(_event_url(event_type) + view.query())
    ticket = new_ticket(event_type, start)
    prefill = {name: request.GET[name] for name in _PREFILLED if name in request.GET}
    form = GuestForm(event_type=event_type, initial=prefill)
    try:
        slots.require(event_type, start, now=clock.now())
    except (SlotTaken, TimesUnknown) as error:
        return _again(request, event_type, view, form, ticket, error=error)
    return _page(request, event_type, view, form, ticket)


def _send(request: HttpRequest, event_type: EventType, view: View) -> HttpResponse:
    now = clock.now()
    if door.is_from_elsewhere(request):
        return render(request, "bookings/public/refused.html", {"event_type": event_type}, status=403)
    form = GuestForm(request.POST, event_type=event_type)
    ticket = _ticket(request, event_type)
    if ticket is None:
        return redirect(_event_url(event_type) + view.query())
    if form.looks_automatic or not form.is_valid():
        return _page(request, event_type, view, form, ticket, status=400)
    if door.has_tried_too_often(request, email=form.cleaned_data["email"], now=now.timestamp()):
        form.add_error(None, _("Too many bookings were tried from your network. Please wait a while."))
        return _page(request, event_type, view, form, ticket, status=429)
    try:
        booking = lifecycle.book(_wish(form, ticket, event_type, view), now=now)
    except BookingError as error:
        return _again(request, event_type, view, form, ticket, error=error)
    return HttpResponseRedirect(
        reverse("guest_booking", args=[links.manage_token(booking)]) + view.clock_query(), status=303
    )


def _ticket(request: HttpRequest, event_type: EventType) -> Ticket | None:
    """The posted form's ticket; a time chosen from those offered after a refusal replaces its start."""
    ticket = open_ticket(request.POST.get("ticket", ""), event_type)
    other = start_from(request.POST.get("start", ""))
    if ticket is not None and other is not None and other != ticket.start:
        return ticket.moved_to(other)
    return ticket


def _wish(form: GuestForm, ticket: Ticket, event_type: EventType, view: View) -> lifecycle.Wish:
    data = form.cleaned_data
    return lifecycle.Wish(
        event_type=event_type,
        start=ticket.start,
        key=ticket.key,
        name=data["name"],
        email=data["email"],
        phone=data.get("phone", ""),
        notes=data["notes"],
        zone=view.zone,
        language=get_language() or "en",
        source=view.source,
    )


def _again(
    request: HttpRequest,
    event_type: EventType,
    view: View,
    form: GuestForm,
    ticket: Ticket,
    *,
    error: BookingError,
) -> HttpResponse:
    """The form again, with everything typed, and what can be done now."""
    if isinstance(error, NotBookable):
        return render(request, "404.html", status=404)
    extra: dict[str, Any] = {}
    status = 409
    if isinstance(error, TooBusy):
        status, extra["trouble"] = 503, _("Many people are booking right now. Please press the button again.")
    elif isinstance(error, NotVerified):
        status, extra["trouble"] = 503, reasons.not_verified()
    elif isinstance(error, TimesUnknown):
        extra["trouble"] = _(
            "The host's calendar cannot be read at the moment, so no times can be offered. Please try again later."
        )
    elif isinstance(error, KeyReused):
        status, extra["trouble"] = (
            422,
            _("This form was sent before with other details. Please choose a time again."),
        )
    else:
        near = slots.nearest(event_type, ticket.start, now=clock.now())
        extra |= {
            "trouble": _("This time has just been taken or is no longer offered."),
            "nearest": [view.moment(start) for start in near],
            "is_lost": True,
        }
    response = _page(request, event_type, view, form, ticket, status=status, **extra)
    if status == 503:
        response["Retry-After"] = "60" if isinstance(error, NotVerified) else "3"
    return response


def _page(
    request: HttpRequest,
    event_type: EventType,
    view: View,
    form: GuestForm,
    ticket: Ticket,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    chosen = view.moment(ticket.start)
    end = view.moment(ticket.start + timedelta(minutes=event_type.duration))
    context = {
        "event_type": event_type,
        "form": form,
        "ticket": seal(ticket),
        "view": view,
        "chosen": chosen,
        "chosen_span": chosen.until(end),
        "action": reverse("book", args=[event_type.host.slug, event_type.slug]) + view.query(),
        "change_url": _event_url(event_type)
        + view.query(month=f"{chosen.local:%Y-%m}", day=f"{chosen.local:%Y-%m-%d}"),
        **extra,
    }
    return render(request, "bookings/public/form.html", context, status=status)


def _event_url(event_type: EventType) -> str:
    return reverse("event", args=[event_type.host.slug, event_type.slug])
