"""Named schedules: weekly hours, and hours of single dates that replace them (A1, A2, A5)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from availability.fields import MinuteOfDayField
from bookingsite.dates import date_text, range_text


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Schedule(models.Model):
    """Hours in which a host can be booked, on the wall clock of `zone`. One of a host's schedules is the default."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="schedules", verbose_name=_("host")
    )
    name = models.CharField(_("name"), max_length=80)
    zone = models.CharField(_("time zone"), max_length=60)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["-is_default", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(is_default=True), name="one_default_schedule"
            ),
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="schedule_names_differ",
                violation_error_message=_("You have a schedule of this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Hours(models.Model):
    """An open range on the wall clock, half-open `[start, end)` in minutes since midnight."""

    start = MinuteOfDayField(_("from"))
    end = MinuteOfDayField(_("to"), is_end=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return range_text(self.start, self.end)


class WeeklyHours(Hours):
    """An open range of a weekday; a day may have several (A1)."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="weekly", verbose_name=_("schedule"))
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)

    class Meta:
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        ordering = ["weekday", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start"), end__lte=1440),
                name="weekly_hours_end_after_start",
                violation_error_message=_("The end must be later than the start."),
            ),
        ]


class DateHours(models.Model):
    """What holds on one date instead of that weekday's hours (A2): a range, or closed where both ends are empty.

    A date may have several ranges, a row each. Unlike time off it belongs to one schedule.
    """

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="dates", verbose_name=_("schedule"))
    date = models.DateField(_("date"))
    start = MinuteOfDayField(_("from"), null=True, blank=True)
    end = MinuteOfDayField(_("to"), null=True, blank=True, is_end=True)

    class Meta:
        verbose_name = _("date-specific hours")
        verbose_name_plural = _("date-specific hours")
        ordering = ["date", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(start__isnull=True, end__isnull=True) | Q(end__gt=F("start"), end__lte=1440),
                name="date_hours_end_after_start",
                violation_error_message=_("The end must be later than the start."),
            ),
        ]

    def __str__(self) -> str:
        if self.start is None or self.end is None:
            return f"{date_text(self.date)}: –"
        return f"{date_text(self.date)}: {range_text(self.start, self.end)}"

    @property
    def is_closed(self) -> bool:
        """Whether the row closes the whole date."""
        return self.start is None
