"""What the mails of sign-up and sign-in say, as letters in the look of the booking mails.

allauth decides when a mail goes out and names it by a template prefix; the words are ours. Nothing a
stranger typed stands in them: whoever signs up with somebody else's address must not reach that person
with a text of their own. Links lie under SITE_URL, whatever the request said about its host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise as StrPromise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.texts import supported_language
from bookings.mailing.letter import Action, Letter
from bookingsite.models import User

Context = Mapping[str, Any]

# What was changed in an account. Subject, then the first sentence.
CHANGES: dict[str, tuple[StrPromise, StrPromise]] = {
    "account/email/email_changed": (
        gettext_lazy("Your e-mail address was changed"),
        gettext_lazy("The main address of your account is now %(to_email)s. Before it was %(from_email)s."),
    ),
    "account/email/email_confirm": (
        gettext_lazy("Your e-mail address is confirmed"),
        gettext_lazy("Your e-mail address is confirmed."),
    ),
    "account/email/email_deleted": (
        gettext_lazy("An e-mail address was removed"),
        gettext_lazy("The address %(deleted_email)s was removed from your account."),
    ),
    "account/email/password_changed": (
        gettext_lazy("Your password was changed"),
        gettext_lazy("The password of your account was changed."),
    ),
    "account/email/password_reset": (
        gettext_lazy("Your password was changed"),
        gettext_lazy("A new password was chosen for your account, with the link we sent you."),
    ),
    "account/email/password_set": (
        gettext_lazy("Your account has a password now"),
        gettext_lazy("A password was chosen for your account."),
    ),
    "mfa/email/recovery_codes_generated": (
        gettext_lazy("You have new recovery codes"),
        gettext_lazy("New recovery codes were made for your account. The old ones no longer work."),
    ),
    "mfa/email/totp_activated": (
        gettext_lazy("Your authenticator app is on"),
        gettext_lazy("Signing in to your account now asks for a code from your authenticator app."),
    ),
    "mfa/email/totp_deactivated": (
        gettext_lazy("Your authenticator app is off"),
        gettext_lazy("Signing in to your account no longer asks for a code from an authenticator app."),
    ),
    "mfa/email/webauthn_added": (
        gettext_lazy("A passkey was added"),
        gettext_lazy("A passkey was added to your account."),
    ),
    "mfa/email/webauthn_removed": (
        gettext_lazy("A passkey was removed"),
        gettext_lazy("A passkey was removed from your account."),
    ),
    "socialaccount/email/account_connected": (
        gettext_lazy("A way to sign in was added"),
        gettext_lazy("Your account can now be opened with a %(provider)s account too."),
    ),
    "socialaccount/email/account_disconnected": (
        gettext_lazy("A way to sign in was removed"),
        gettext_lazy("Your account can no longer be opened with a %(provider)s account."),
    ),
}


def letter(prefix: str, address: str, context: Context) -> Letter:
    """The mail that allauth calls `prefix`, in the receiver's language. Raises KeyError for one we do not know."""
    write = _changed(prefix) if prefix in CHANGES else ASKED[prefix]
    language = _language_of(address)
    with translation.override(language):
        subject, opening, actions, closing = write(context)
        site = _("Sent by %(site)s, %(address)s") % {"site": settings.SITE_NAME, "address": settings.SITE_URL}
        return Letter(
            language=language, subject=subject, opening=opening, details=(), actions=actions,
            closing=(*closing, site),
        )  # fmt: skip


def address_of(name: str) -> str:
    """A page of this site as mails name it."""
    return f"{settings.SITE_URL}{reverse(name)}"


Words = tuple[str, str, tuple[Action, ...], tuple[str, ...]]  # subject, opening, actions, closing


def _language_of(address: str) -> str:
    """The receiver's own language where they have an account, else that of the page."""
    theirs = User.objects.filter(email__iexact=address).values_list("language", flat=True).first()
    return supported_language(theirs or translation.get_language() or "")


def _site() -> dict[str, str]:
    return {"site": settings.SITE_NAME}


def _confirm_sign_up(context: Context) -> Words:
    return (
        _("Confirm your e-mail address for %(site)s") % _site(),
        _("Welcome to %(site)s. Please confirm that this is your e-mail address.") % _site(),
        (Action(_("Confirm this address"), context["activate_url"]),),
        (_("The link is good for three days."), _("If you did not sign up, you need not do anything.")),
    )


def _confirm_address(context: Context) -> Words:
    return (
        _("Confirm your e-mail address for %(site)s") % _site(),
        _("Please confirm that this is your e-mail address."),
        (Action(_("Confirm this address"), context["activate_url"]),),
        (
            _("The link is good for three days."),
            _("If you did not give this address to %(site)s, you need not do anything.") % _site(),
        ),
    )


def _known_already(_context: Context) -> Words:
    return (
        _("You already have an account at %(site)s") % _site(),
        _("Somebody signed up with your e-mail address, but there is an account with it already."),
        (
            Action(_("Sign in"), address_of("account_login")),
            Action(_("Choose a new password"), address_of("account_reset_password")),
        ),
        (_("If that was not you, you need not do anything."),),
    )


def _unknown(_context: Context) -> Words:
    return (
        _("There is no account with your address at %(site)s") % _site(),
        _("Somebody asked for a new password with this e-mail address, but there is no account with it."),
        (Action(_("Create an account"), address_of("account_signup")),) if settings.SIGN_UP_OPEN else (),
        (
            _("You may have signed up with another address."),
            _("If that was not you, you need not do anything."),
        ),
    )


def _new_password(context: Context) -> Words:
    return (
        _("Choose a new password for %(site)s") % _site(),
        _("You can choose a new password for your account."),
        (Action(_("Choose a new password"), context["password_reset_url"]),),
        (
            _("The link works once, and for three days."),
            _("If you did not ask for it, you need not do anything: your password stays as it is."),
        ),
    )


def _changed(prefix: str) -> Callable[[Context], Words]:
    """A notice that something was changed: what, and what to do if it was not the reader."""
    subject, opening = CHANGES[prefix]

    def write(context: Context) -> Words:
        return (
            str(subject),
            str(opening) % context,
            (Action(_("Open your settings"), address_of("settings")),),
            (_("If that was not you, choose a new password at once and look at your settings."),),
        )

    return write


ASKED: dict[str, Callable[[Context], Words]] = {
    "account/email/account_already_exists": _known_already,
    "account/email/email_confirmation": _confirm_address,
    "account/email/email_confirmation_signup": _confirm_sign_up,
    "account/email/password_reset_key": _new_password,
    "account/email/unknown_account": _unknown,
}
