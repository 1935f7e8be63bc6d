"""The guest's page of proposed times (C20): take one, keep the time, or cancel. GET shows, POST acts.

Like all pages behind a guest's link it needs no cookie and no script, and stays out of caches and referrers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from bookings.domain import lifecycle, links, reasons
from bookings.domain.errors import NotLive, NotVerified, OfferClosed, SlotTaken, TimesUnknown, TooBusy
from bookings.forms.guest import CancelForm
from bookings.models import Booking, MoveOffer
from bookings.outside import offering
from bookings.viewing import start_from
from bookings.views import door
from bookings.views.guest import shown, wait
from bookingsite.lib import clock

Page = Callable[[HttpRequest, MoveOffer], HttpResponse]


def with_offer(page: Page) -> Callable[[HttpRequest, str], HttpResponse]:
    """Open the token, keep the page out of caches, referrers and search engines (CF-1)."""

    @wraps(page)
    def opened(request: HttpRequest, offer: str) -> HttpResponse:
        found = links.offer_by_token(offer)
        if found is None:
            raise Http404
        if request.method == "POST" and door.is_from_elsewhere(request, no_referrer=True):
            context = {"event_type": found.booking.event_type}
            response = render(request, "bookings/public/refused.html", context, status=403)
        else:
            response = page(request, found)
        add_never_cache_headers(response)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return csrf_exempt(opened)  # the link itself is the permission; there is no cookie to abuse


@require_http_methods(["GET", "HEAD", "POST"])
@with_offer
def guest_offer(request: HttpRequest, offer: MoveOffer) -> HttpResponse:
    """The proposed times that can still be had; the press on a button takes one."""
    now = clock.now()
    token = links.manage_token(offer.booking)
    if offer.state == MoveOffer.State.TAKEN:
        return redirect("guest_booking", token)
    status, trouble = 200, ""
    if request.method == "POST" and offering.is_open(offer, now=now):
        status, trouble = _answer(request, offer, now=now)
        if status == 303:
            return _done(offer, token)
        offer.refresh_from_db(fields=["state"])
        if offer.state == MoveOffer.State.TAKEN:  # by the same guest, a moment earlier
            return redirect("guest_booking", token)
    context = {**shown(request, offer.booking, token), "offer": offer, "trouble": trouble}
    if not offering.is_open(offer, now=now):
        return render(request, "bookings/public/offer_closed.html", context, status=_closed_status(offer))
    is_asking = "cancel" in request.GET or request.POST.get("answer") == "cancel"
    context |= _open_page(request, offer, context, is_asking=is_asking, now=now)
    return render(request, "bookings/public/offer.html", context, status=status)


def _answer(request: HttpRequest, offer: MoveOffer, *, now: datetime) -> tuple[int, str]:
    """Do what the guest chose: a status and what to say; 303 when it is done."""
    if door.has_changed_too_often(offer.booking, now=now.timestamp()):
        return 429, wait()
    try:
        _act(request, offer, now=now)
    except ValueError:
        return 400, _("Please choose one of the times.")
    except (NotVerified, TooBusy) as error:
        return 503, reasons.try_again(error)
    except (SlotTaken, TimesUnknown, NotLive):
        return 409, _("This time is no longer free. Please choose another.")
    except OfferClosed:
        return 409, ""
    return 303, ""


def _act(request: HttpRequest, offer: MoveOffer, *, now: datetime) -> None:
    """Raises `ValueError` for what is no answer, and what the domain raises."""
    answer, start = request.POST.get("answer"), start_from(request.POST.get("start", ""))
    if answer == "keep":
        offering.keep(offer, now=now)
    elif answer == "cancel":
        form = CancelForm(request.POST)
        if not form.is_valid():
            raise ValueError("reason")
        reason = form.cleaned_data["reason"].strip()
        actor = Booking.Actor.GUEST
        lifecycle.cancel(offer.booking, actor=actor, now=now, reason=reason, invited_by=offer)
    elif start is not None:
        offering.take(offer, start, now=now)
    else:
        raise ValueError("no answer")


def _done(offer: MoveOffer, token: str) -> HttpResponse:
    """The booking as it became; who keeps the time reads that on the proposal's page."""
    offer.refresh_from_db(fields=["state"])
    offer.booking.refresh_from_db(fields=["state"])
    if offer.state == MoveOffer.State.DECLINED and offer.booking.is_live:
        return redirect("guest_offer", links.offer_token(offer))
    return redirect("guest_booking", token)


def _closed_status(offer: MoveOffer) -> int:
    """Who kept the time sees that; what was replaced or ran out is not there any more."""
    return 200 if offer.state == MoveOffer.State.DECLINED and offer.booking.is_live else 404


def _open_page(
    request: HttpRequest, offer: MoveOffer, context: dict[str, Any], *, is_asking: bool, now: datetime
) -> dict[str, Any]:
    """The times with those that have gone marked; the one that the link named comes first."""
    view, length = context["view"], offer.booking.end - offer.booking.start
    free, wanted = offering.left(offer, now=now), start_from(request.GET.get("start", ""))
    times = [
        {
            "moment": view.moment(start),
            "span": view.moment(start).until(view.moment(start + length)),
            "is_free": start in free,
            "is_wanted": start == wanted,
        }
        for start in sorted(offering.starts_of(offer), key=lambda start: (start != wanted, start))
    ]
    return {
        "times": times,
        "has_free": bool(free),
        "expires": view.moment(offer.expires_at),
        "is_asking": is_asking,
        "form": CancelForm(request.POST if request.POST.get("answer") == "cancel" else None),
    }
