"""Between signing up and signing in: which mail was asked for, and what became of it.

Kept in the session of the browser that asked, so that the pages after it can name the address and be
honest: sent, sent a while ago (allauth sends one in three minutes), or not sent at all.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

MAIL = "account_mail"  # session: {"email": …, "state": "sent" | "waiting" | "failed"}
SIGN_IN_AS = "sign_in_as"


def note_mail(request: HttpRequest, email: str, *, was_sent: bool) -> None:
    """A mail went out or did not. After a failure the next try is free, and a signed-in person is told at once."""
    _note(request, email, "sent" if was_sent else "failed")
    if was_sent:
        return
    ratelimit.clear(request, action="confirm_email", key=email.lower())
    if request.user.is_authenticated:
        messages.error(request, _("The mail could not be sent. Please try again in a few minutes."))


def note_wait(request: HttpRequest, email: str) -> None:
    """A mail was wanted; when none was tried in this request, one had gone out a moment ago."""
    if not hasattr(request, "account_mail"):
        _note(request, email.lower(), "waiting")


def has_failed(request: HttpRequest) -> bool:
    """Whether this request tried to send a mail and could not."""
    return getattr(request, "account_mail", {}).get("state") == "failed"


def sentence(request: HttpRequest) -> str:
    """That the mail of this request is under way."""
    return _("We have sent a mail to %(email)s. Open the link in it.") % {
        "email": request.session[MAIL]["email"]
    }


def remember_for_sign_in(request: HttpRequest, email: str) -> None:
    """Have the sign-in form begin with this address."""
    request.session[SIGN_IN_AS] = email


@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send the confirmation again to the address this browser signed up with, at most once in three minutes.

    An address that has an account already is treated as at sign-up: its owner is told, the page looks the same.
    """
    email = request.session.get(MAIL, {}).get("email")
    if not email or request.user.is_authenticated:
        return redirect("account_login")
    address = EmailAddress.objects.filter(email=email, verified=False, user__isnull=False).first()
    address = address or EmailAddress(user=None, email=email)
    if not send_verification_email_to_address(request, address, signup=True):
        note_wait(request, email)
    return redirect("account_email_verification_sent")


class SignInForm(LoginForm):  # type: ignore[misc]
    """allauth's form, which begins with the address that was confirmed in this browser."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request and SIGN_IN_AS in self.request.session:
            self.initial.setdefault("login", self.request.session[SIGN_IN_AS])


def _note(request: HttpRequest, email: str, state: str) -> None:
    found = {"email": email, "state": state}
    request.account_mail = found  # type: ignore[attr-defined]
    request.session[MAIL] = found
