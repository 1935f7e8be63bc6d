"""What a guest fills in, and the signed token that stands for "this form, this time, once"."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from bookings.models import EventType
from bookings.viewing import start_from, start_text

_SALT = "bookings.guest-form"
_VALID_FOR = 7 * 24 * 3600  # a form may stay open for days; the time is checked again on sending


@dataclass(frozen=True)
class Ticket:
    """What a form was made for. `key` makes a repeated sending the same booking (BP-8, B20)."""

    event_type_id: int
    start: datetime
    key: str

    def moved_to(self, start: datetime) -> Ticket:
        """The same form for another time. The key follows from both, so sending that twice is one booking too."""
        return replace(self, start=start, key=f"{self.key.split('.')[0]}.{start_text(start)}")


def new_ticket(event_type: EventType, start: datetime) -> Ticket:
    """A ticket of one form, with a key of its own."""
    return Ticket(event_type_id=event_type.pk, start=start, key=secrets.token_urlsafe(18))


def seal(ticket: Ticket) -> str:
    """The ticket as a hidden field carries it: signed, so that nobody needs a cookie against forgery (EB-5)."""
    return signing.dumps([ticket.event_type_id, start_text(ticket.start), ticket.key], salt=_SALT)


def open_ticket(text: str, event_type: EventType) -> Ticket | None:
    """The ticket of a posted form, or None when it is foreign, old or forged."""
    try:
        event_type_id, start, key = signing.loads(text[:500], salt=_SALT, max_age=_VALID_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    begin = start_from(start)
    if event_type_id != event_type.pk or begin is None:
        return None
    return Ticket(event_type_id=event_type_id, start=begin, key=key)


class GuestForm(forms.Form):
    """Name, address and what the host must know. Nothing about time, host or price is read from here."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        help_text=_("The confirmation goes there."),
    )
    phone = forms.CharField(
        label=_("Your phone number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    notes = forms.CharField(
        label=_("Anything the host should know?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )

    def __init__(self, *args: Any, event_type: EventType, **kwargs: Any) -> None:
        """By phone, a number is needed; elsewhere it is not asked for."""
        super().__init__(*args, **kwargs)
        self.fields["website"].label = _("Leave this empty")
        if event_type.place_kind == EventType.PlaceKind.PHONE:
            self.fields["phone"].required = True
        else:
            del self.fields["phone"]

    def clean_name(self) -> str:
        """One line of visible characters."""
        return valid_name(self.cleaned_data["name"])

    def clean_phone(self) -> str:
        """Digits and the marks people write between them; numbering plans are not judged."""
        return valid_phone(str(self.cleaned_data["phone"]))

    @property
    def looks_automatic(self) -> bool:
        """Whether the field that people do not see was filled in (G95)."""
        return bool(self.data.get("website"))


def valid_name(text: str) -> str:
    """The name on one line. Raises ValidationError for one without a letter or digit."""
    name = " ".join(text.split())
    if not any(character.isalnum() for character in name):
        raise forms.ValidationError(_("Please give your name."))
    return name


def valid_phone(text: str) -> str:
    """The number as it was typed, or "". Raises ValidationError for what cannot be one."""
    phone = text.strip()
    if phone and (sum(c.isdigit() for c in phone) < 5 or not set(phone) <= set("0123456789+-()/. ")):
        raise forms.ValidationError(_("Please give a phone number such as +49 30 123456."))
    return phone


class CancelForm(forms.Form):
    """A cancellation with an optional reason (CF-6)."""

    reason = forms.CharField(
        label=_("Reason"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
