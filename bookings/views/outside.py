"""The host's answers to what happened in the calendar: changed events (C16), collisions and new times (C20)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings.domain import texts
from bookings.domain.errors import NotLive, TooBusy
from bookings.forms.outside import OfferForm
from bookings.models import Booking, OutsideChange
from bookings.outside import colliding, drift, offering, proposing, questions
from bookings.outside.drift import CannotFollow
from bookings.queries import own_booking_or_404
from bookingsite.http import HostRequest
from bookingsite.lib import clock


@login_required
@require_POST
def answer_change(request: HostRequest, public_id: str) -> HttpResponse:
    """Let the booking follow its event, or have the event put back; whatever is asked by then."""
    booking = own_booking_or_404(request.user, public_id)
    change = OutsideChange.objects.filter(booking=booking, state=OutsideChange.State.OPEN)
    found = change.select_related("booking", "calendar__account").first()
    if found is None:
        messages.info(request, _("This question has settled itself."))
    elif request.POST.get("answer") == "put_back":
        drift.put_back(found, now=clock.now())
        messages.success(request, _("The event is being put back into your calendar."))
    elif request.POST.get("answer") == "follow":
        _follow(request, found)
    return redirect("booking", public_id)


def _follow(request: HostRequest, change: OutsideChange) -> None:
    try:
        drift.follow(change, now=clock.now())
    except CannotFollow as problem:
        messages.error(request, questions.why_not(problem.refusal))
    except TooBusy:
        messages.error(request, _("Many people are booking right now. Please press the button again."))
    else:
        messages.success(request, _("The booking followed its event; the guest is being told."))


@login_required
@require_POST
def let_be(request: HostRequest, public_id: str) -> HttpResponse:
    """Leave both as they are: the collisions of this booking are not shown any more."""
    booking = own_booking_or_404(request.user, public_id)
    if colliding.dismiss(booking):
        messages.success(request, _("The booking and the event both stay as they are."))
    return redirect("booking", public_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HostRequest, public_id: str) -> HttpResponse:
    """The best new times to choose from, in order of time; POST has them proposed to the guest by mail."""
    booking, now = own_booking_or_404(request.user, public_id), clock.now()
    if not booking.is_live or booking.start <= now:
        return redirect("booking", public_id)
    times = [(start, _label(booking, start)) for start in sorted(proposing.proposals(booking, now=now))]
    form = OfferForm(request.POST if request.method == "POST" else None, times=times)
    if form.is_valid() and _offer(request, booking, form, now=now):
        return redirect("booking", public_id)
    context = {
        "booking": booking,
        "guest": booking.guests.all()[0],
        "form": form,
        "times": times,
        "clashes": colliding.of_booking(booking, now=now),
        "open_offer": offering.open_offer(booking, now=now),
    }
    return render(request, "bookings/own/offer.html", context, status=422 if form.errors else 200)


def _offer(request: HostRequest, booking: Booking, form: OfferForm, *, now: datetime) -> bool:
    """Whether the proposal was made."""
    words = form.cleaned_data["reason"].strip()
    try:
        offering.offer(booking, form.chosen(), now=now, words=words)
    except NotLive:
        form.add_error(None, _("This booking was cancelled or has begun meanwhile."))
        return False
    messages.success(request, _("The times are proposed; the guest gets a mail."))
    return True


def _label(booking: Booking, start: datetime) -> str:
    """The time on the host's clock, and on the guest's where it is another."""
    host, guest = booking.host.zone, booking.guests.all()[0].zone
    there = start + (booking.end - booking.start)
    label = texts.span_in_words(start, there, zone=host)
    if not texts.clocks_differ(host, guest, start, there):
        return label
    theirs = texts.span_in_words(start, there, zone=guest)
    note = _("For the guest: %(when)s") % {"when": theirs}
    return format_html('<span>{}<br><span class="muted small">{}</span></span>', label, note)
