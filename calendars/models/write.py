"""The outbox: what a calendar should hold for one of our bookings."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookingsite.models import LeasedRow
from calendars.models.calendar import Calendar
from calendars.models.keys import KeyField


class Write(LeasedRow):
    """The wish for one event in one calendar, by UID (invariant 3, C18). State, not a list of operations.

    `wish` is the event wanted now, or None where there should be none. Changing it bumps `version`;
    the worker drives the calendar to the newest wish and notes it in `done_version`. Create,
    reschedule and cancel before the first attempt therefore collapse to nothing.
    """

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="writes", verbose_name=_("calendar"))
    uid = models.CharField(_("UID"), max_length=255)
    wish = models.JSONField(_("wanted event"), null=True, blank=True)
    version = models.PositiveIntegerField(_("wanted version"), default=1)
    done_version = models.PositiveIntegerField(_("written version"), default=0)
    marker = models.CharField(
        _("marker"), max_length=36, blank=True, editable=False, db_index=True, help_text=_("See `EventWish`.")
    )
    remote_uid = models.CharField(
        _("UID at the provider"),
        max_length=255,
        blank=True,
        db_index=True,
        help_text=_("Where the provider gives events UIDs of its own."),
    )
    meeting_url = models.CharField(_("meeting link"), max_length=500, blank=True)
    remote_key = KeyField(_("key at the provider"), blank=True)
    etag = models.CharField(_("version at the provider"), max_length=200, blank=True)
    written_at = models.DateTimeField(_("written"), null=True, blank=True)
    first_failed_at = models.DateTimeField(_("failing since"), null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "uid"], name="one_event_per_booking_and_calendar")
        ]
        indexes = [models.Index(fields=["run_at"], condition=Q(state="ready"), name="writes_due")]

    def __str__(self) -> str:
        return self.uid

    @property
    def is_settled(self) -> bool:
        """Whether the calendar holds what is wanted."""
        return self.done_version == self.version
