"""Forms of people: sign-up and profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookingsite import pictures
from bookingsite.models import User, new_public_id
from bookingsite.validation import validate_not_reserved, validate_single_line
from bookingsite.zones import ZoneField

if TYPE_CHECKING:
    PersonForm = forms.ModelForm[User]
else:
    PersonForm = forms.ModelForm

PICTURE_SENTENCES = {
    "too_large": _("This picture is too large. Choose one of at most 5 MB and 40 megapixels."),
    "not_a_picture": _("This file is not a picture we can use. Choose a JPEG, PNG, WebP or GIF file."),
}


class SignupFields(forms.Form):
    """What sign-up asks beside address and password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[validate_single_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    zone = ZoneField(propose=True, initial=lambda: settings.DEFAULT_ZONE)
    field_order = ("name", "email", "password1", "zone")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth when the person was made; `AccountAdapter.save_user` took the values already."""


class AddressInput(forms.TextInput):
    """A text input behind a fixed beginning, such as the site's address."""

    def __init__(self, *, prefix: str, attrs: dict[str, Any] | None = None) -> None:
        self.prefix_text = prefix
        super().__init__(attrs)


class PictureInput(forms.ClearableFileInput):
    """File input with the present picture and a box to remove it."""

    template_name = "bookingsite/picture_input.html"


class PictureField(forms.FileField):
    """A profile picture, re-encoded (C43); every form that takes one uses this field."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Picture"),
            required=False,
            max_length=200,
            widget=PictureInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
            help_text=_("JPEG, PNG, WebP or GIF, at most 5 MB. It is cut to a square."),
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The upload re-encoded under a new name, False to remove, or what is stored."""
        upload = super().clean(data, initial)
        if not isinstance(upload, UploadedFile):
            return upload
        try:
            clean = pictures.reencode(upload.read(pictures.MAX_BYTES + 1))
        except pictures.PictureRefused as refused:
            raise forms.ValidationError(PICTURE_SENTENCES[refused.code], code=refused.code) from refused
        return ContentFile(clean, name=f"{new_public_id()}.webp")


class ProfileForm(PersonForm):
    """Name, link, words, picture, zone and language of the person who is signed in."""

    zone = ZoneField()
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    picture = PictureField()

    class Meta:
        model = User
        fields = ("name", "slug", "about", "picture", "zone", "language")
        error_messages = {"slug": {"unique": _("Someone else has this link. Choose another one.")}}
        labels = {"name": _("Your name"), "slug": _("Your link"), "about": _("About you")}
        help_texts = {
            "slug": _("When you change it, links that you shared before stop working."),
            "about": _("A few words for your public page."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old_picture = self.instance.picture.name
        self.old_slug = self.instance.slug
        name, slug = self.fields["name"], self.fields["slug"]
        name.required = True
        name.validators.append(validate_single_line)
        name.widget.attrs["autocomplete"] = "name"
        slug.widget = AddressInput(
            prefix=f"{settings.SITE_URL.split('://')[-1]}/",
            attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off", "maxlength": 60},
        )
        self.fields["about"].widget.attrs["rows"] = 4

    def clean_slug(self) -> str:
        """A link in small letters; the present one stays allowed whatever became reserved later."""
        slug = str(self.cleaned_data["slug"]).lower()
        if slug != self.old_slug:
            validate_not_reserved(slug)
        return slug

    def save(self, commit: bool = True) -> User:
        """Store these fields alone, and delete the file of a picture that was replaced or removed.

        A slow save must not undo what an operator decided meanwhile.
        """
        user = super().save(commit=False)
        if commit:
            user.save(update_fields=self._meta.fields)
        if commit and self.old_picture and self.old_picture != user.picture.name:
            user.picture.storage.delete(self.old_picture)
        return user

    def notice(self) -> str:
        """What to tell after saving."""
        if self.old_slug != self.instance.slug:
            return gettext("Saved. Your link is now %(link)s; share it anew.") % {
                "link": f"{settings.SITE_URL}/{self.instance.slug}/"
            }
        return gettext("Saved.")
