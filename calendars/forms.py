"""What hosts type to connect calendars and to say what they are for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookingsite.validation import validate_single_line
from calendars.connecting import SignIn
from calendars.models import Calendar
from calendars.providers.caldav.presets import looks_like_app_password, typed_url
from calendars.providers.ics.address import LONGEST as LONGEST_FEED_URL
from calendars.providers.ics.address import FeedAddress, NotAFeedAddress, feed_address
from calendars.wording import problem

LONGEST_URL = 500


def _password(label: Any) -> forms.CharField:
    """A password: never shown again, never trimmed."""
    return forms.CharField(
        label=label,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _as_app_password(typed: str) -> str:
    """Apple's form of what was typed: copied with blanks or without its hyphens it is the same password.

    Raises ValidationError for what cannot be an app-specific password.
    """
    text = "".join(typed.split()).lower()
    if len(text) == 16 and text.isascii() and text.isalpha():
        text = "-".join(text[start : start + 4] for start in range(0, 16, 4))
    if not looks_like_app_password(text):
        found = problem("ordinary_password")
        raise ValidationError(f"{found.text} {found.remedy}", code="ordinary_password")
    return text


class ICloudForm(forms.Form):
    """Apple ID and app-specific password; nothing else to type (C1)."""

    username = forms.EmailField(
        label=_("Apple ID"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    password = _password(_("App-specific password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["placeholder"] = "abcd-efgh-ijkl-mnop"
        self.fields["password"].help_text = _("Sixteen letters that Apple makes for one program.")

    def clean_password(self) -> str:
        """Refuse an ordinary password here: it would be refused there, and may lock the Apple ID."""
        return _as_app_password(self.cleaned_data["password"])

    def sign_in(self) -> SignIn:
        """The sign-in that was typed."""
        return SignIn(
            provider="icloud",
            username=self.cleaned_data["username"].strip(),
            password=self.cleaned_data["password"],
        )


class CalDavForm(forms.Form):
    """Address, user name and password of any CalDAV server (C4)."""

    url = forms.CharField(
        label=_("Server address"),
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}),
        help_text=_(
            "The name of the server is often enough, for example <code>cloud.example.org</code>. "
            "Otherwise the CalDAV address from your provider's help pages."
        ),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=254,
        validators=[validate_single_line],
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = _password(_("Password"))

    def clean_url(self) -> str:
        """The address with its scheme, without credentials."""
        try:
            url = typed_url(self.cleaned_data["url"])
            parts = urlsplit(url)
            is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(url) <= LONGEST_URL
        except ValueError:
            is_usable = False
        if not is_usable:
            raise ValidationError(
                _("This is not a web address such as https://cloud.example.org."), code="bad_address"
            )
        return url

    def sign_in(self) -> SignIn:
        """The sign-in that was typed."""
        data = self.cleaned_data
        return SignIn(
            provider="caldav", url=data["url"], username=data["username"], password=data["password"]
        )


class FeedAddressForm(forms.Form):
    """The secret address of an iCal feed; `cleaned_data["url"]` is a `FeedAddress` (C5)."""

    url = forms.CharField(
        label=_("iCal address"),
        max_length=LONGEST_FEED_URL,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_(
            "It often ends in <code>.ics</code>, and may begin with <code>webcal://</code>. With <code>http://</code> "
            "it is not encrypted: others on the way can read it, and read or change the calendar."
        ),
    )

    def clean_url(self) -> FeedAddress:
        """The address that was meant."""
        try:
            return feed_address(self.cleaned_data["url"])
        except NotAFeedAddress:
            raise ValidationError(
                _("This is not a web address such as https://www.example.com/calendar.ics."),
                code="bad_address",
            ) from None


class FeedForm(FeedAddressForm):
    """A feed to be connected."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        validators=[validate_single_line],
        help_text=_("What you call it, for example “Flat 2 at Airbnb”. Left empty, its own name is taken."),
    )


class ReconnectForm(forms.Form):
    """A new password for an account that is known."""

    password = _password(_("Password"))

    def __init__(self, *args: Any, provider: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider
        if provider == "icloud":
            self.fields["password"].label = _("App-specific password")

    def clean_password(self) -> str:
        """The password; an ordinary Apple password is refused here."""
        typed: str = self.cleaned_data["password"]
        return _as_app_password(typed) if self.provider == "icloud" else typed


class DisconnectForm(forms.Form):
    """Keep or remove our events (CC-7)."""

    events = forms.ChoiceField(
        label=_("Events of bookings in its calendars"),
        choices=[
            ("keep", _("Keep them there; they no longer follow changes of the bookings")),
            ("remove", _("Remove them; the bookings themselves stand")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, writes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not writes:  # none of our events can be in there
            del self.fields["events"]


class ChoiceForm(forms.Form):
    """Which calendars block, which one receives bookings (C7). Only the owner's own can be chosen."""

    blocks = forms.TypedMultipleChoiceField(coerce=int, required=False)
    receives = forms.TypedChoiceField(coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, calendars: list[Calendar], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["blocks"].choices = [(c.pk, c.name) for c in calendars]  # type: ignore[attr-defined]
        self.fields["receives"].choices = [  # type: ignore[attr-defined]
            ("", _("none")),
            *((c.pk, c.name) for c in calendars if c.writable),
        ]
