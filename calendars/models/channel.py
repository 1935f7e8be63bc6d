"""Standing orders at providers to tell us of changes (C12)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookingsite.lib import secrets
from bookingsite.models import LeasedRow
from calendars.models.calendar import Calendar


class Channel(LeasedRow):
    """One calendar's push channel. As a leased row its work is "make or renew the order in time".

    Notices never carry data: they only make the calendar due. `channel_id` is how a notice names the
    channel; the secret in it is compared in constant time. Empty `expires_at`: no order stands yet.
    """

    calendar = models.OneToOneField(
        Calendar, models.CASCADE, related_name="channel", verbose_name=_("calendar")
    )
    channel_id = models.CharField(_("channel"), max_length=64, unique=True, null=True, blank=True)
    resource_id = models.CharField(_("resource"), max_length=300, blank=True)
    sealed_secret = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_notice_at = models.DateTimeField(_("last notice"), null=True, blank=True)

    class Meta:
        verbose_name = _("push channel")
        verbose_name_plural = _("push channels")
        indexes = [models.Index(fields=["run_at"], condition=Q(state="ready"), name="channels_due")]

    def __str__(self) -> str:
        return self.channel_id or f"{self.calendar_id}"

    @property
    def _place(self) -> str:
        return f"channel:{self.pk}:secret"

    def seal_secret(self, secret: str) -> None:
        """Put the secret in, sealed to this row; the row must have its id. Does not save."""
        if self.pk is None:
            raise ValueError("The channel must be saved before its secret can be sealed.")
        self.sealed_secret = secrets.keyring().seal(secret, self._place)

    def open_secret(self) -> str:
        """The secret. Raises `secrets.Unreadable`."""
        return secrets.keyring().unseal(self.sealed_secret, self._place)
