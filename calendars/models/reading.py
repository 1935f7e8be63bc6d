"""What was read: the items as they came, and the busy times expanded from them.

Items keep the raw source; busy rows are a projection that can be rebuilt at any time without the
network (another horizon, another switch, a mended parser). Only busy rows are asked for availability.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.models.calendar import Calendar
from calendars.models.keys import KeyField, PlaceField


class Status(models.TextChoices):
    """What an event says about its time, from weakest to strongest (C13)."""

    FREE = "free", _("free")
    ELSEWHERE = "elsewhere", _("working elsewhere")
    TENTATIVE = "tentative", _("tentative")
    BUSY = "busy", _("busy")
    OUT_OF_OFFICE = "oof", _("out of office")


class Item(models.Model):
    """One resource of a calendar (a series with its exceptions is one), as the provider gave it.

    `key` may be of any length; `place` stands for it in the index, so look rows up by `place_of(key)`.
    """

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="items", verbose_name=_("calendar"))
    key = KeyField(_("key"))
    place = PlaceField(max_length=32, editable=False)
    etag = models.CharField(_("version"), max_length=200, blank=True)
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    uid = models.CharField(_("UID"), max_length=255, blank=True)
    summary = models.CharField(_("title"), max_length=200, blank=True)
    data = models.BinaryField(_("source"), blank=True, editable=False)
    is_ours = models.BooleanField(_("our own booking"), default=False)
    warning = models.CharField(_("warning"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("calendar item")
        verbose_name_plural = _("calendar items")
        constraints = [models.UniqueConstraint(fields=["calendar", "place"], name="item_stored_once")]
        indexes = [
            models.Index(fields=["uid"], name="items_by_uid"),
            models.Index(fields=["calendar"], condition=~models.Q(warning=""), name="odd_items"),
            models.Index(
                fields=["calendar"], condition=models.Q(is_ours=True, digest=""), name="items_written_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.key  # not the title: that is for the owner's eyes (invariant 8)


class Busy(models.Model):
    """One occurrence of an item, half-open `[start, end)` in epoch seconds (UTC).

    Integers, because a month page reads thousands of these and turning each into a datetime would
    cost more than everything else on the page. `blocks` is the calendar's switches applied to
    `status`, all-day and unanswered; it is recomputed when a switch changes.
    """

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="busy", verbose_name=_("calendar"))
    item = models.ForeignKey(Item, models.CASCADE, related_name="busy", verbose_name=_("item"))
    start = models.BigIntegerField(_("start"))
    end = models.BigIntegerField(_("end"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.BUSY)
    all_day = models.BooleanField(_("all day"), default=False)
    unanswered = models.BooleanField(_("unanswered"), default=False)
    blocks = models.BooleanField(_("blocks"), default=True)

    class Meta:
        verbose_name = _("busy time")
        verbose_name_plural = _("busy times")
        indexes = [
            models.Index(
                fields=["calendar", "end", "start"], condition=models.Q(blocks=True), name="blocking_times"
            )
        ]

    def __str__(self) -> str:
        return f"{self.start_at:%Y-%m-%d %H:%M} – {self.end_at:%Y-%m-%d %H:%M} UTC"

    @property
    def start_at(self) -> datetime:
        """The start as an aware instant."""
        return datetime.fromtimestamp(self.start, UTC)

    @property
    def end_at(self) -> datetime:
        """The end as an aware instant."""
        return datetime.fromtimestamp(self.end, UTC)
