"""What a host must hear about their calendars, as a row: noted by receivers, mailed by the worker."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookingsite.lib import clock
from bookingsite.models import LeasedRow
from calendars.models import Account, Calendar


class Notice(LeasedRow):
    """One mail to one host about one incident; the unique incident makes it at most one row.

    What the mail says is read when it is sent: an account that works again by then is not reported. The
    notices of an account go with it when it is disconnected.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("calendar account fails")
        WRITING = "writing", _("bookings do not reach a calendar")
        RECOVERED = "recovered", _("calendar account works again")
        OUTSIDE = "outside", _("event of a booking changed in the calendar")
        COLLISION = "collision", _("outside event collides with a booking")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("host")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name=_("account"))
    calendar = models.ForeignKey(
        Calendar, models.CASCADE, related_name="+", verbose_name=_("calendar"), null=True, blank=True
    )
    booking = models.ForeignKey(
        Booking, models.CASCADE, related_name="+", verbose_name=_("booking"), null=True, blank=True
    )
    incident = models.CharField(_("incident"), max_length=80, unique=True)
    code = models.CharField(
        _("what is wrong"), max_length=40, help_text=_("A code; the mail says it in words.")
    )
    noted_at = models.DateTimeField(_("noted"), default=clock.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-noted_at", "-pk"]
        indexes = [models.Index(fields=["run_at"], condition=Q(state="ready"), name="notices_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.owner_id}"
