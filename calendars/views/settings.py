"""The settings of one account and of one calendar."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookingsite.lib import clock
from calendars import connecting, subscribing
from calendars.settings_forms import AccountForm, SwitchesForm
from calendars.views.own import account_or_404, calendar_or_404, posted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Name, trust in the last copy, and what becomes of events of cancelled bookings (C11)."""
    found = account_or_404(request, account_id)
    form = AccountForm(posted(request), instance=found)
    if request.method == "POST" and form.is_valid():
        found.save(update_fields=list(form.cleaned_data))
        subscribing.follow_name(found)
        messages.success(request, _("The settings were saved."))
        return redirect("calendars:integrations")
    context = {"form": form, "account": account_or_404(request, account_id)}
    return render(request, "calendars/account.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Which events of a calendar close time (C13, C14); applied at once to everything read so far."""
    found = calendar_or_404(request, calendar_id)
    form = SwitchesForm(posted(request), instance=found)
    if request.method == "POST" and form.is_valid():
        connecting.save_switches(found, now=clock.now())
        messages.success(request, _("The settings were saved."))
        return redirect("calendars:integrations")
    context = {"form": form, "calendar": found}
    return render(request, "calendars/calendar.html", context, status=422 if form.errors else 200)
