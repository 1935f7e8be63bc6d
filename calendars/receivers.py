"""What the calendars do when something below them changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models.signals import pre_save
from django.dispatch import receiver

from bookingsite.lib import clock
from bookingsite.models import User
from calendars.models import Calendar


@receiver(pre_save, sender=User, dispatch_uid="calendars.zone_moved")
def zone_moved(instance: User, update_fields: Collection[str] | None = None, **_kwargs: Any) -> None:
    """Whole days and floating times lie in the owner's zone where the calendar names none: place them anew."""
    if instance.pk is None or (update_fields is not None and "zone" not in update_fields):
        return
    before = User.objects.filter(pk=instance.pk).values_list("zone", flat=True).first()
    if before not in (None, instance.zone):
        Calendar.objects.filter(owner=instance, zone="").update(last_full_at=None)
        Calendar.objects.filter(owner=instance, zone="", lease=None).update(run_at=clock.now())
