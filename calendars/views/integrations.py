"""The integrations page, and what can be done on it with one button."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bookingsite import work
from bookingsite.lib import clock
from bookingsite.lib.secrets import Unreadable
from calendars import connecting, wording
from calendars.cards import cards_of
from calendars.forms import ChoiceForm
from calendars.models import Account, Calendar, Write
from calendars.providers.errors import ProviderError
from calendars.sync import push
from calendars.views.own import account_or_404, person_of, tries_too_often


@login_required
@require_safe
def integrations(request: HttpRequest) -> HttpResponse:
    """Every connected account with its state in words, and what its calendars are for (C9)."""
    now = clock.now()
    cards = cards_of(person_of(request), now)
    context = {
        "cards": cards,
        "choosable": [card for card in cards if not card.is_closing and card.lines],
        "receives_none": not any(line.calendar.receives for card in cards for line in card.lines),
        "now": now,
    }
    return render(request, "calendars/integrations.html", context)


@login_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Store which calendars block and which one receives bookings (C7)."""
    person = person_of(request)
    calendars = list(Calendar.objects.filter(owner=person, account__closing_at=None))
    form = ChoiceForm(request.POST, calendars=calendars)
    if form.is_valid():
        data = form.cleaned_data
        connecting.choose(person, blocking=data["blocks"], receiving=data["receives"], now=clock.now())
        messages.success(request, _("Your choice was saved."))
    else:  # a calendar that went meanwhile, or one that is not theirs
        messages.error(request, _("One of these calendars is no longer there. Nothing was changed."))
    return redirect("calendars:integrations")


@login_required
@require_POST
def refresh(request: HttpRequest, account_id: int) -> HttpResponse:
    """Look at the account now, and say what came of it."""
    account = account_or_404(request, account_id)
    if tries_too_often(person_of(request), "refresh"):
        _tell_problem(request, account, "too_many_tries")
        return redirect("calendars:integrations")
    try:
        connecting.refresh(account, clock.now())
    except (ProviderError, Unreadable) as error:
        code = error.code if isinstance(error, ProviderError) else "secret_unreadable"
        _tell_problem(request, account, code)
    else:
        messages.success(
            request, _("%(account)s answers. Its calendars are being read.") % {"account": account}
        )
    return redirect("calendars:integrations")


def _tell_problem(request: HttpRequest, account: Account, code: str) -> None:
    found = wording.problem(code, account.provider)
    messages.error(request, f"{found.text} {found.remedy}")


@login_required
@require_POST
def write_again(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take up the events that were given up."""
    account = account_or_404(request, account_id)
    dead = Write.objects.filter(calendar__account=account, state=Write.State.DEAD).exclude(
        done_version=F("version")
    )
    count = push.try_again(dead, clock.now())
    work.nudge()
    text = ngettext("%(count)d event is tried again.", "%(count)d events are tried again.", count)
    messages.success(request, text % {"count": count})
    return redirect("calendars:integrations")
