"""Connecting, reconnecting and disconnecting: forms that ask the server before anything is stored."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bookingsite.lib import clock
from calendars import connecting, tiles
from calendars.forms import CalDavForm, DisconnectForm, ICloudForm, ReconnectForm
from calendars.models import Account
from calendars.providers.registry import KINDS
from calendars.views import consent, feed
from calendars.views.own import account_or_404, person_of, posted
from calendars.views.telling import tell_connected
from calendars.views.trying import tried


@login_required
@require_safe
def connect(request: HttpRequest) -> HttpResponse:
    """Which kind of account to connect."""
    return render(request, "calendars/connect.html", {"tiles": tiles.tiles_for(person_of(request))})


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect_icloud(request: HttpRequest) -> HttpResponse:
    """Connect iCloud (C1)."""
    form = ICloudForm(posted(request))
    return _connect(request, form, form.sign_in, "calendars/connect_icloud.html", "icloud")


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect_caldav(request: HttpRequest) -> HttpResponse:
    """Connect any CalDAV server (C4)."""
    form = CalDavForm(posted(request))
    presets = [preset for preset in KINDS["caldav"].presets if not preset.needs_server]
    return _connect(request, form, form.sign_in, "calendars/connect_caldav.html", "caldav", presets=presets)


def _connect(
    request: HttpRequest,
    form: forms.Form,
    sign_in: Callable[[], connecting.SignIn],
    template: str,
    provider: str,
    **context: object,
) -> HttpResponse:
    """Show the form, or try the sign-in: what went wrong is said at the field it concerns."""
    person = person_of(request)
    if request.method == "POST" and form.is_valid():
        account = tried(person, form, provider, lambda: connecting.connect(person, sign_in(), clock.now()))
        if account is not None:
            tell_connected(request, account)
            return redirect("calendars:integrations")
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


@sensitive_post_parameters("password", "url")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take a new password, or have the host consent anew; what the calendars are for stays as it is (CC-4)."""
    account = account_or_404(request, account_id)
    if consent.asks_at(account.provider):
        return consent.again(request, account)
    if account.provider == "ics":
        return feed.again(request, account)
    form = ReconnectForm(posted(request), provider=account.provider)
    if request.method == "POST" and form.is_valid():
        done = tried(person_of(request), form, account.provider, lambda: _reconnected(account, form))
        if done is not None:
            messages.success(request, _("%(account)s is connected again.") % {"account": account})
            return redirect("calendars:integrations")
    context = {"form": form, "account": account}
    return render(request, "calendars/reconnect.html", context, status=422 if form.errors else 200)


def _reconnected(account: Account, form: forms.Form) -> Account:
    connecting.reconnect(account, form.cleaned_data["password"], clock.now())
    return account


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    """Ask what becomes of our events, then forget the account (CC-7)."""
    account = account_or_404(request, account_id)
    form = DisconnectForm(posted(request), writes=KINDS[account.provider].capabilities.writes)
    if request.method == "POST" and form.is_valid():
        remove = form.cleaned_data.get("events") == "remove"
        name = str(account)
        connecting.disconnect(account, remove_events=remove, now=clock.now())
        messages.success(request, _("%(account)s was disconnected.") % {"account": name})
        return redirect("calendars:integrations")
    context = {"form": form, "account": account}
    return render(request, "calendars/disconnect.html", context, status=422 if form.errors else 200)
