"""Hours of one date: which date, closed or which ranges."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from availability.forms.ranges import DayRanges, Problem
from availability.models import Schedule


def date_input() -> forms.DateInput:
    """The browser's own date chooser."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DateHoursForm(forms.Form):
    """A date with its ranges; with a `day` given, that date is being edited and cannot change."""

    date = forms.DateField(label=_("Date"), widget=date_input())
    is_closed = forms.BooleanField(label=_("Closed all day"), required=False)

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        schedule: Schedule,
        day: datetime.date | None = None,
        ranges: DayRanges,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.schedule = schedule
        self.day = day
        self.ranges = ranges
        if day:
            del self.fields["date"]

    def clean_date(self) -> datetime.date:
        """A new date must not have hours yet: they would be lost silently."""
        day: datetime.date = self.cleaned_data["date"]
        if self.schedule.dates.filter(date=day).exists():
            raise forms.ValidationError(_("This date has hours already. Edit or delete those."), code="taken")
        return day

    def clean(self) -> dict[str, Any]:
        """Closed needs no ranges, everything else at least one."""
        cleaned = super().clean() or {}
        if cleaned.get("is_closed"):
            return cleaned
        if not self.ranges.is_valid():
            for problem in self.ranges.problems():
                self.add_error(None, problem.text)
        elif not self.ranges.cleaned:
            self.add_error(None, _("Give at least one range, or close the whole day."))
        return cleaned

    @property
    def chosen_day(self) -> datetime.date:
        """The date the hours are for; after `is_valid`."""
        chosen: datetime.date = self.day or self.cleaned_data["date"]
        return chosen

    @property
    def chosen_ranges(self) -> tuple[tuple[int, int], ...]:
        """The ranges to store, none for closed; after `is_valid`."""
        return () if self.cleaned_data["is_closed"] else self.ranges.cleaned

    def problems(self) -> list[Problem]:
        """Every error with the input to go to."""
        found = [Problem("id_date", str(text)) for text in self.errors.get("date", [])]
        rows = self.ranges.problems()
        known = {problem.text for problem in rows}
        rest = [Problem(self.ranges.prefix, str(text)) for text in self.non_field_errors()]
        return found + rows + [problem for problem in rest if problem.text not in known]
