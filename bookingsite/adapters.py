"""Where sign-in (allauth) meets our people."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookings.mailing.envelope import BadAddress, wrapped
from bookingsite import account_mails, confirming
from bookingsite.lib import zones
from bookingsite.models import User

log = logging.getLogger(__name__)


def site_address(path: str) -> str:
    """A whole address of this site for mails: under SITE_URL, whatever the request says about its host."""
    return f"{settings.SITE_URL}{path}"


def _complete(user: User, *, name: str, zone: str) -> None:
    """Fill what a new person needs beside the address: name, link, zone, the language they signed up in."""
    user.name = name[:120]
    user.zone = zones.canonical(zone) or settings.DEFAULT_ZONE
    language = get_language() or settings.LANGUAGE_CODE
    user.language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    # Names in scripts without Latin letters give no link; the address does.
    user.slug = User.objects.free_slug(user.name if slugify(user.name) else user.email.split("@")[0])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's own behaviour; mails are ours, and their links lie under SITE_URL whatever the Host header says."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail address and password do not belong together."),
        "too_many_login_attempts": _("Too many attempts to sign in. Please try again later."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may make accounts (SIGN_UP_OPEN), by the form or through a provider: it asks here too."""
        return bool(settings.SIGN_UP_OPEN)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A person from the sign-up form."""
        super().save_user(request, user, form, commit=False)
        _complete(user, name=form.cleaned_data.get("name", ""), zone=form.cleaned_data.get("zone", ""))
        if commit:
            user.save()
        return user

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The confirmation link under the configured address."""
        return site_address(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The reset link under the configured address."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return site_address(path.replace("UID-KEY", quote(key)))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """One of `account_mails`. A mail server that is down makes no error page; the next page says so."""
        try:
            letter = account_mails.letter(template_prefix, email, context)
            wrapped(letter, email, headers={"Auto-Submitted": "auto-generated"}).send()
            was_sent = True
        except (OSError, SMTPException, BadAddress) as error:
            log.error("mail %s was not sent: %s", template_prefix, type(error).__name__)  # noqa: TRY400
            was_sent = False
        if template_prefix not in account_mails.CHANGES:  # a notice asks for nothing, nobody waits for it
            confirming.note_mail(self.request, email, was_sent=was_sent)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *more: Any, **named: Any
    ) -> None:
        """No "mail sent" beside an error, and none where the page itself says where the mail went."""
        if message_template == "account/messages/email_confirmation_sent.txt":
            if request.user.is_authenticated and not confirming.has_failed(request):
                messages.info(request, confirming.sentence(request))
            return
        super().add_message(request, level, message_template, *more, **named)

    def respond_email_verification_sent(self, request: HttpRequest, user: User | None) -> HttpResponse:
        """To the page that says where the mail went, and honestly when none went out this time."""
        confirming.note_wait(request, user.email if user else request.POST.get("email", ""))
        response: HttpResponse = super().respond_email_verification_sent(request, user)
        return response

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        """Whoever confirmed in another browser signs in now; the form knows the address."""
        if not self.request.user.is_authenticated:
            confirming.remember_for_sign_in(self.request, email_address.email)
        url: str = super().get_email_verification_redirect_url(email_address)
        return url


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """People who come through Google or Microsoft get a link and a zone like everybody else."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """The name as the provider tells it; an address only after it was proven here."""
        user: User = super().populate_user(request, sociallogin, data)
        name = data.get("name") or " ".join(filter(None, [data.get("first_name"), data.get("last_name")]))
        _complete(user, name=name, zone="")
        return user

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """The operator's credentials for a provider; a provider without any is not there (404)."""
        try:
            return super().get_app(request, provider, client_id)
        except ObjectDoesNotExist:
            raise Http404 from None
