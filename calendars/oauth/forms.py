"""What operators and hosts type about an OAuth client of their own (C8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
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
        """The id as the provider shows it: one word."""
        return _one_word(self.cleaned_data["client_id"], _("A client ID has no blanks. Copy it once more."))

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


def _one_word(typed: str, sentence: Any) -> str:
    word = typed.strip()
    if not PRINTABLE.fullmatch(word):
        raise ValidationError(sentence, code="bad_word")
    return word
