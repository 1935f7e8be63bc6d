"""A schedule's name, zone and weekly hours."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from availability import editing
from availability.forms.ranges import DayRanges, Problem
from availability.models import Schedule
from availability.models.schedule import Weekday
from bookingsite.zones import ZoneField


class ScheduleForm(forms.ModelForm[Schedule]):
    """Name and zone. Saving goes through `editing`."""

    zone = ZoneField(help_text=_("The hours are meant on this zone's clock."))

    class Meta:
        model = Schedule
        fields = ["name", "zone"]
        labels = {"name": _("Name")}


class WeekForm:
    """Seven days of ranges, Monday first. Not a Django form: rows come and go."""

    def __init__(self, days: list[DayRanges]) -> None:
        self.days = days

    @classmethod
    def of(cls, schedule: Schedule) -> WeekForm:
        """The weekly hours as stored."""
        week = editing.by_day(schedule.weekly.values_list("weekday", "start", "end"))
        return cls([DayRanges.of(f"d{day.value}", str(day.label), week[day.value]) for day in Weekday])

    @classmethod
    def typed(cls, data: Mapping[str, str]) -> WeekForm:
        """The weekly hours as posted."""
        return cls([DayRanges.typed(f"d{day.value}", str(day.label), data) for day in Weekday])

    def add_row(self, day: int) -> None:
        """A blank row more on this weekday."""
        self.days[day].add()

    def copy(self, source: int, targets: list[int]) -> None:
        """Take the rows of one weekday over to others."""
        for target in targets:
            if target != source:
                self.days[target].copy_from(self.days[source])

    def is_valid(self) -> bool:
        """Whether every day is; all days are looked at, so that all errors show at once."""
        verdicts = [day.is_valid() for day in self.days]
        return all(verdicts)

    @property
    def cleaned(self) -> list[tuple[tuple[int, int], ...]]:
        """The week as `editing.save_weekly` takes it."""
        return [day.cleaned for day in self.days]

    def problems(self) -> list[Problem]:
        """Every error with the input to go to."""
        return [problem for day in self.days for problem in day.problems()]
