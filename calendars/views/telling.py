"""Messages that several pages of calendars say."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from calendars.models import Account


def tell_connected(request: HttpRequest, account: Account) -> None:
    """That a new account is connected, and how many calendars were found."""
    count = account.calendars.count()
    text = ngettext(
        "%(account)s is connected; %(count)d calendar was found and is being read.",
        "%(account)s is connected; %(count)d calendars were found and are being read.",
        count,
    )
    messages.success(request, text % {"account": account, "count": count})
