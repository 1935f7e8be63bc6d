"""What closes time whatever the hours say: time off by date, and rules by weekday (A3, A4)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from availability.fields import MinuteOfDayField
from availability.models.schedule import Weekday
from bookingsite.dates import range_text


class TimeOff(models.Model):
    """One closed stretch in the host's zone, from a date (and time) to a date (and time) (A3).

    Without times whole days are closed, the last one included. It closes all of the host's schedules.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="time_off", verbose_name=_("host")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    start = MinuteOfDayField(
        _("from"), null=True, blank=True, help_text=_("Empty: from the start of the first day.")
    )
    end = MinuteOfDayField(
        _("to"), null=True, blank=True, is_end=True, help_text=_("Empty: to the end of the last day.")
    )
    note = models.CharField(_("note"), max_length=120, blank=True, help_text=_("Only you see it."))

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        ordering = ["first_day", "start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="time_off_last_day_not_before_first",
                violation_error_message=_("The last day must not be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return self.note or f"{self.first_day} – {self.last_day}"


class ClosingRule(models.Model):
    """A time of a weekday that is always closed, in the host's zone, for all schedules (A4)."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="closing_rules", verbose_name=_("host")
    )
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    start = MinuteOfDayField(_("from"), default=0)
    end = MinuteOfDayField(_("to"), default=1440, is_end=True)
    note = models.CharField(_("note"), max_length=120, blank=True, help_text=_("Only you see it."))

    class Meta:
        verbose_name = _("closing rule")
        verbose_name_plural = _("closing rules")
        ordering = ["weekday", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start"), end__lte=1440),
                name="closing_rule_end_after_start",
                violation_error_message=_("The end must be later than the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {range_text(self.start, self.end)}"
