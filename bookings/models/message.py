"""A mail that is to be sent, as a row: written in the booking's transaction, sent by the worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.models.booking import Booking
from bookingsite.models import LeasedRow


class Message(LeasedRow):
    """One mail to one person about one version of a booking; the unique key makes it at most one row.

    A mail can go out twice when the worker dies between the server's answer and our note; the same
    Message-ID lets mail programs recognise the second copy. Failures stay visible (EM-10).
    """

    class Kind(models.TextChoices):
        BOOKED = "booked", _("booked")
        RESCHEDULED = "rescheduled", _("rescheduled")
        CANCELLED = "cancelled", _("cancelled")
        LINK = "link", _("meeting link made")
        OFFER = "offer", _("other times proposed")

    class Audience(models.TextChoices):
        GUEST = "guest", _("guest")
        HOST = "host", _("host")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="messages", verbose_name=_("booking"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    audience = models.CharField(pgettext_lazy("mail", "to"), max_length=6, choices=Audience)
    sequence = models.PositiveIntegerField(_("version of the booking"))
    recipient = models.EmailField(_("address"))
    facts = models.JSONField(
        _("facts"),
        default=dict,
        blank=True,
        help_text=_("What this mail tells that the booking no longer shows, such as the time before."),
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "kind", "audience", "sequence", "recipient"],
                condition=~Q(kind="offer"),  # a host may propose times again for the same version
                name="each_change_mailed_once",
            )
        ]
        indexes = [models.Index(fields=["run_at"], condition=Q(state="ready"), name="messages_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.recipient}"
