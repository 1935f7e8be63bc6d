"""What a host chooses about the feed of their bookings."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import FeedLink


class FeedForm(forms.Form):
    """How much whoever has the address gets to see."""

    detail = forms.ChoiceField(
        label=_("Whoever has the address sees"), choices=FeedLink.Detail.choices, widget=forms.RadioSelect
    )
