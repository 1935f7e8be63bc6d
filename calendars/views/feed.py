"""Connecting an iCal feed, and giving it another address (C5)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bookingsite.lib import clock
from calendars import subscribing
from calendars.forms import FeedAddressForm, FeedForm
from calendars.models import Account
from calendars.providers.ics.provider import IcsProvider
from calendars.views.own import person_of, posted
from calendars.views.telling import tell_connected
from calendars.views.trying import tried


@sensitive_post_parameters("url")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect_feed(request: HttpRequest) -> HttpResponse:
    """Connect a feed by its address."""
    person = person_of(request)
    form = FeedForm(posted(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        account = tried(
            person,
            form,
            IcsProvider.key,
            lambda: subscribing.subscribe(person, data["url"], data["name"], clock.now()),
        )
        if account is not None:
            tell_connected(request, account)
            return redirect("calendars:integrations")
    status = 422 if form.errors else 200
    return render(request, "calendars/connect_feed.html", {"form": form}, status=status)


def again(request: HttpRequest, account: Account) -> HttpResponse:
    """Replace the address; what the feed is for stays as it is (CC-4)."""
    form = FeedAddressForm(posted(request))
    if request.method == "POST" and form.is_valid():
        done = tried(person_of(request), form, account.provider, lambda: _changed(account, form))
        if done is not None:
            messages.success(request, _("%(account)s is connected again.") % {"account": account})
            return redirect("calendars:integrations")
    context = {"form": form, "account": account}
    return render(request, "calendars/change_feed.html", context, status=422 if form.errors else 200)


def _changed(account: Account, form: FeedAddressForm) -> Account:
    subscribing.change_address(account, form.cleaned_data["url"], clock.now())
    return account
