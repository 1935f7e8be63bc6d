"""What a host chooses when other times are proposed to a guest (C20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.forms.own import ReasonForm
from bookings.viewing import start_from, start_text

MOST = 6


class OfferForm(ReasonForm):
    """Which times are proposed, and words for the guest."""

    starts = forms.MultipleChoiceField(
        label=_("Times to propose"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one time."),
            "invalid_choice": _("One of these times is no longer free. Please choose again."),
        },
    )
    field_order = ("starts", "reason")

    def __init__(self, *args: Any, times: Sequence[tuple[datetime, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["starts"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(start_text(start), label) for start, label in times]
        field.initial = [value for value, _label in field.choices]

    def chosen(self) -> list[datetime]:
        """The instants that were chosen, in the order in which they stand."""
        found = (start_from(text) for text in self.cleaned_data["starts"])
        return [start for start in found if start is not None][:MOST]
