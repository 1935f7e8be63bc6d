"""Who holds which time. The resource's row is the lock; `bookings.domain.occupancy` alone writes claims."""

from __future__ import annotations

from datetime import UTC

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Resource(models.Model):
    """Something that can be in one place only: a host; later a room's unit or equipment."""

    host = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="resource",
        verbose_name=_("host"),
    )

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")

    def __str__(self) -> str:
        return str(self.host)


class Claim(models.Model):
    """The resource is taken in `[start, end)`, and kept clear in `[padded_start, padded_end)` (buffers).

    Held by confirmed and by pending bookings alike; a cancelled booking has none. Two claims of one
    resource never overlap in their core: the database itself refuses (`bookings.backstop`).
    """

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="claims", verbose_name=_("resource"))
    booking = models.ForeignKey(
        "bookings.Booking", models.CASCADE, related_name="claims", verbose_name=_("booking")
    )
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    padded_start = models.DateTimeField(_("start with buffer"))
    padded_end = models.DateTimeField(_("end with buffer"))

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start"), padded_start__lte=F("start"), padded_end__gte=F("end")),
                name="claim_is_a_span",
            ),
            models.UniqueConstraint(fields=["resource", "booking"], name="one_claim_per_resource"),
        ]
        indexes = [models.Index(fields=["resource", "padded_end", "padded_start"], name="claims_by_time")]

    def __str__(self) -> str:
        start, end = self.start.astimezone(UTC), self.end.astimezone(UTC)
        return f"{start:%Y-%m-%d %H:%M} – {end:%H:%M} UTC"
