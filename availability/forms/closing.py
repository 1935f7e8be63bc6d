"""Time off and closing rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from availability import editing
from availability.forms.dates import date_input
from availability.models import ClosingRule, TimeOff
from availability.models.schedule import Weekday


class TimeOffForm(forms.ModelForm[TimeOff]):
    """Days off, or a part of a day (A3)."""

    class Meta:
        model = TimeOff
        fields = ["first_day", "last_day", "start", "end", "note"]
        widgets = {"first_day": date_input(), "last_day": date_input()}
        labels = {"first_day": _("First day"), "last_day": _("Last day"), "note": _("Note")}
        help_texts = {"last_day": _("This day is off as well. Empty: only the first day.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].required = False

    def clean(self) -> dict[str, Any]:
        """The rules of `editing.check_time_off`; an empty last day is the first."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("first_day") and "last_day" in cleaned:
            cleaned["last_day"] = cleaned["last_day"] or cleaned["first_day"]
        if {"first_day", "last_day", "start", "end"} <= cleaned.keys():
            editing.check_time_off(**{key: cleaned[key] for key in ("first_day", "last_day", "start", "end")})
        return cleaned


class ClosingRuleForm(forms.ModelForm[ClosingRule]):
    """One closing rule (A4)."""

    class Meta:
        model = ClosingRule
        fields = ["weekday", "start", "end", "note"]
        labels = {"weekday": _("Day"), "note": _("Note")}
        help_texts = {"end": _("00:00 is the end of the day.")}

    def clean(self) -> dict[str, Any]:
        """The end must be later than the start."""
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("start"), cleaned.get("end")
        if start is not None and end is not None and end <= start:
            self.add_error("end", _("The end must be later than the start."))
        return cleaned


class NewClosingRuleForm(ClosingRuleForm):
    """The same for several weekdays at once: a rule for each."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=Weekday.choices, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["weekdays", "start", "end", "note"]

    class Meta(ClosingRuleForm.Meta):
        fields = ["start", "end", "note"]
