"""Asking a server on somebody's behalf, and saying at the right field what it answered."""

from __future__ import annotations

from collections.abc import Callable

from django import forms

from bookingsite.models import User
from calendars import wording
from calendars.connecting import AlreadyConnectedError, OtherAccountError
from calendars.models import Account
from calendars.providers.errors import ProviderError
from calendars.views.own import tries_too_often

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


def tried(person: User, form: forms.Form, provider: str, act: Callable[[], Account | None]) -> Account | None:
    """Do it, or put the reason on the form: then the answer is None."""
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
    if code in PASSWORD_CODES and "password" in form.fields:
        field = "password"
    elif (code in ADDRESS_CODES or provider == "ics") and code != "too_many_tries" and "url" in form.fields:
        field = "url"  # the address is all there is of a feed
    form.add_error(field, forms.ValidationError(f"{found.text} {found.remedy}", code=code))
