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
from bookingsite.models import User
from calendars import connecting, tiles, wording
from calendars.connecting import AlreadyConnectedError, OtherAccountError
from calendars.forms import CalDavForm, DisconnectForm, ICloudForm, ReconnectForm
from calendars.models import Account
from calendars.providers.errors import ProviderError
from calendars.providers.registry import KINDS
from calendars.views import consent
from calendars.views.own import account_or_404, person_of, posted, tries_too_often
from calendars.views.telling import tell_connected

PASSWORD_CODES = frozenset({"wrong_password", "access_revoked", "other_account"})
ADDRESS_CODES = frozenset(
    {
        "address_refused",
        "insecure",
        "not_a_calendar",
        "not_found",
        "unreachable",
        "certificate_failed",
        "no_tls",
        "timeout",
    }
)


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
        account = _tried(person, form, provider, lambda: connecting.connect(person, sign_in(), clock.now()))
        if account is not None:
            tell_connected(request, account)
            return redirect("calendars:integrations")
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def _tried(
    person: User, form: forms.Form, provider: str, act: Callable[[], Account | None]
) -> Account | None:
    """Do it, or put the reason on the form."""
    if tries_too_often(person, "connect"):
        _refuse(form, "too_many_tries", provider)
        return None
    try:
        return act()
    except AlreadyConnectedError as error:
        _refuse(form, "still_closing" if error.is_closing else "already_connected", provider)
    except OtherAccountError:
        _refuse(form, "other_account", provider)
    except ProviderError as error:
        _refuse(form, error.code, provider)
    return None


def _refuse(form: forms.Form, code: str, provider: str) -> None:
    found = wording.problem(code, provider)
    field = None
    if code in PASSWORD_CODES:
        field = "password"
    elif code in ADDRESS_CODES and "url" in form.fields:
        field = "url"
    form.add_error(field, forms.ValidationError(f"{found.text} {found.remedy}", code=code))


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reconnect(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take a new password, or have the host consent anew; what the calendars are for stays as it is (CC-4)."""
    account = account_or_404(request, account_id)
    if consent.asks_at(account.provider):
        return consent.again(request, account)
    form = ReconnectForm(posted(request), provider=account.provider)
    if request.method == "POST" and form.is_valid():
        done = _tried(person_of(request), form, account.provider, lambda: _reconnected(account, form))
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
    form = DisconnectForm(posted(request))
    if request.method == "POST" and form.is_valid():
        remove = form.cleaned_data["events"] == "remove"
        name = str(account)
        connecting.disconnect(account, remove_events=remove, now=clock.now())
        messages.success(request, _("%(account)s was disconnected.") % {"account": name})
        return redirect("calendars:integrations")
    context = {"form": form, "account": account}
    return render(request, "calendars/disconnect.html", context, status=422 if form.errors else 200)
