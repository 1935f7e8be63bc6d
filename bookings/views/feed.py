"""The feed of a host's bookings: the file for calendar programs, and the page where the host makes its address."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import feeds
from bookings.forms.feed import FeedForm
from bookings.models import FeedLink
from bookingsite.http import HostRequest
from bookingsite.lib import clock


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The host's bookings as iCalendar, or word that they are unchanged. The address is the permission."""
    link = feeds.link_by_token(token)
    if link is None:
        raise Http404
    now = clock.now()
    found = feeds.feed_of(link, now)
    changed = feeds.changed_at(link, found.etag, now)
    etag, moment = f'"{found.etag}"', int(changed.timestamp())
    unchanged = get_conditional_response(request, etag=etag, last_modified=moment)
    response = unchanged or HttpResponse(found.body(), content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Last-Modified"] = http_date(moment)
    response["Cache-Control"] = f"private, max-age={feeds.FRESH_SECONDS}"
    # In the owner's language whatever the asking program prefers; out of search engines and referrers.
    response["Content-Language"] = link.owner.language
    response["Content-Disposition"] = 'inline; filename="bookings.ics"'
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_feed(request: HostRequest) -> HttpResponse:
    """The address and what it shows; saving makes the feed where there is none."""
    link = feeds.link_of(request.user)
    form = FeedForm(
        request.POST if request.method == "POST" else None,
        initial={"detail": link.detail if link else FeedLink.Detail.BUSY},
    )
    if request.method == "POST" and form.is_valid():
        if link is None:
            feeds.renew(request.user, clock.now())
        feeds.show(request.user, form.cleaned_data["detail"])
        messages.success(request, _("Your feed was saved."))
        return redirect("own_feed")
    address = feeds.address_of(link) if link else ""
    context = {"link": link, "form": form, "address": address, "subscribe": _for_programs(address)}
    return render(request, "bookings/own/feed.html", context, status=422 if form.errors else 200)


def _for_programs(address: str) -> str:
    """The address as programs register for it, so that a click opens the calendar and not a file."""
    return f"webcal:{address.partition(':')[2]}" if address else ""


@login_required
@require_POST
def renew(request: HostRequest) -> HttpResponse:
    """A new address; whoever has the old one gets nothing more."""
    if feeds.link_of(request.user) is not None:
        feeds.renew(request.user, clock.now())
        messages.success(request, _("Your feed has a new address. The old one no longer works."))
    return redirect("own_feed")


@login_required
@require_POST
def switch_off(request: HostRequest) -> HttpResponse:
    """No feed any more."""
    feeds.switch_off(request.user)
    messages.success(request, _("Your feed is switched off. Its address no longer works."))
    return redirect("own_feed")
