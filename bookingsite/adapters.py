"""Where sign-in (allauth) meets our people."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _

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
    """allauth's own behaviour; addresses in mails come from SITE_URL, never from the Host header."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A person from the sign-up form."""
        super().save_user(request, user, form, commit=False)
        _complete(user, name=form.cleaned_data.get("name", ""), zone=form.cleaned_data.get("zone", ""))
        if commit:
            user.save()
        return user

    def format_email_subject(self, subject: str) -> str:
        """The site's name first, so that people know who writes."""
        return f"[{settings.SITE_NAME}] {subject}"

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The confirmation link under the configured address."""
        return site_address(reverse("account_confirm_email", args=[emailconfirmation.key]))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The reset link under the configured address."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return site_address(path.replace("UID-KEY", quote(key)))

    def send_mail(self, template_prefix: str, email: Any, context: dict[str, Any]) -> None:
        """A mail server that is down must not turn sign-up into an error page: say so, the mail can be asked anew."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("mail %s was not sent: %s", template_prefix, type(error).__name__)  # noqa: TRY400
            messages.error(self.request, _("The mail could not be sent. Please try again in a few minutes."))

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None
    ) -> Any:
        """Mails name this site and its configured address; allauth would take both from the request."""
        site = {"name": settings.SITE_NAME, "domain": urlsplit(settings.SITE_URL).netloc}
        names = {"signup_url": "account_signup"}
        if template_prefix != "account/email/password_reset_key":  # there it is the link with the key
            names |= {"password_reset_url": "account_reset_password"}
        own = {key: site_address(reverse(name)) for key, name in names.items() if key in context}
        return super().render_mail(template_prefix, email, {**context, **own, "current_site": site}, headers)


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
