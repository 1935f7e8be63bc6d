"""What operators and hosts type about an OAuth client of their own (C8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from calendars.models import OAuthClient

if TYPE_CHECKING:
    ClientModelForm = forms.ModelForm[OAuthClient]
else:
    ClientModelForm = forms.ModelForm

TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,98}[A-Za-z0-9])?")
"""An id, a domain, or one of Microsoft's words (common, organizations, consumers): it becomes part of an address."""
PRINTABLE = re.compile(r"[\x21-\x7e]+")
GOOGLE_ENDING = ".apps.googleusercontent.com"
"""How every client ID of Google's own console ends (https://developers.google.com/identity/protocols/oauth2)."""
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""What Microsoft calls the application (client) ID, in every cloud of theirs."""


class ClientForm(ClientModelForm):
    """A client: its id, its secret (write-only; blank keeps the stored one), and Microsoft's directory."""

    secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = OAuthClient
        fields: ClassVar[list[str]] = ["client_id", "secret", "tenant"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "client_id" in self.fields:  # not where it is only to be looked at
            self.fields["client_id"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        is_new = not self.instance.sealed_secret
        if "secret" in self.fields and is_new:
            self.fields["secret"].required = True
        elif "secret" in self.fields:
            self.fields["secret"].help_text = _("It is stored and never shown. Leave empty to keep it.")

    def clean_client_id(self) -> str:
        """The id as the provider shows it: one word of the provider's form. What is stored already may stay."""
        word = _one_word(self.cleaned_data["client_id"], _("A client ID has no blanks. Copy it once more."))
        if {"provider", "client_id"} & set(self.changed_data):
            _refuse_other_form(word, self.cleaned_data.get("provider") or self.instance.provider)
        return word

    def clean_secret(self) -> str:
        """The new secret, empty to keep the old one; a new id needs its own."""
        secret: str = self.cleaned_data["secret"]
        if secret:
            return _one_word(secret, _("A client secret has no blanks. Copy it once more."))
        is_other = (
            "client_id" in self.cleaned_data
            and self.initial.get("client_id") != self.cleaned_data["client_id"]
        )
        if is_other or not self.instance.sealed_secret:
            raise ValidationError(_("Give the secret that belongs to this client ID."), code="required")
        return ""

    def clean_tenant(self) -> str:
        """A directory that can stand in an address."""
        tenant = str(self.cleaned_data["tenant"]).strip()
        if tenant and not TENANT.fullmatch(tenant):
            raise ValidationError(
                _("Give the directory's ID or its domain, such as contoso.onmicrosoft.com."),
                code="bad_tenant",
            )
        return tenant


class HostClientForm(ClientForm):
    """A host's own client; only Microsoft's has a directory."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.provider != OAuthClient.Provider.MICROSOFT:
            del self.fields["tenant"]
        else:
            self.fields["tenant"].help_text = _("Empty: accounts of every organisation and personal ones.")


def _refuse_other_form(client_id: str, provider: str) -> None:
    """Most often something else was copied: the name of the client, its secret, the ID of the project."""
    is_googles_own = urlsplit(settings.GOOGLE_AUTH_URI).hostname == "accounts.google.com"
    if provider == OAuthClient.Provider.GOOGLE and is_googles_own and not client_id.endswith(GOOGLE_ENDING):
        raise ValidationError(
            _("This is not a client ID of Google: those end in %(ending)s. Copy it from “Clients”."),
            code="bad_form",
            params={"ending": GOOGLE_ENDING},
        )
    if provider == OAuthClient.Provider.MICROSOFT and not GUID.fullmatch(client_id):
        raise ValidationError(
            _(
                "This is not a client ID of Microsoft: copy the “Application (client) ID” of the overview, such as "
                "%(example)s."
            ),
            code="bad_form",
            params={"example": "11111111-2222-3333-4444-555555555555"},
        )


def _one_word(typed: str, sentence: Any) -> str:
    word = typed.strip()
    if not PRINTABLE.fullmatch(word):
        raise ValidationError(sentence, code="bad_word")
    return word
