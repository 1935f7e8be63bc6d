"""A calendar of a connected account, its switches, and where reading it stands."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookingsite.models import LeasedRow
from calendars.models.account import Account


class Calendar(LeasedRow):
    """One calendar. As a leased row its work is "read what changed": `run_at` is the next sync.

    `blocks` and `receives` are the host's choice (C7); the switches below decide which statuses
    block (C13, C14). `cursor` is written in the same transaction as the items it stands for
    (invariant 5). `last_ok_at` empty means never read, and unknown is never free (invariant 2).
    """

    class AllDay(models.TextChoices):
        BY_STATUS = "status", _("as the event says")
        ALWAYS = "always", _("always block")
        NEVER = "never", _("never block")

    account = models.ForeignKey(Account, models.CASCADE, related_name="calendars", verbose_name=_("account"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="calendars",
        verbose_name=_("host"),
        editable=False,
    )
    remote_id = models.CharField(_("id at the provider"), max_length=500)
    name = models.CharField(_("name"), max_length=200)
    colour = models.CharField(_("colour"), max_length=7, blank=True)
    zone = models.CharField(_("time zone"), max_length=60, blank=True)
    writable = models.BooleanField(_("writable"), default=True)
    why_read_only = models.CharField(_("why read-only"), max_length=40, blank=True)
    vanished_at = models.DateTimeField(_("vanished"), null=True, blank=True)

    blocks = models.BooleanField(_("blocks availability"), default=False)
    receives = models.BooleanField(_("receives new bookings"), default=False)
    tentative_blocks = models.BooleanField(_("tentative events block"), default=False)
    elsewhere_blocks = models.BooleanField(_("working elsewhere blocks"), default=True)
    out_of_office_blocks = models.BooleanField(_("out of office blocks"), default=True)
    unanswered_blocks = models.BooleanField(_("unanswered invitations block"), default=True)
    all_day = models.CharField(_("all-day events"), max_length=8, choices=AllDay, default=AllDay.BY_STATUS)

    interval_minutes = models.PositiveSmallIntegerField(_("read every … minutes"), default=10)
    cursor = models.TextField(_("cursor"), blank=True, editable=False)
    expanded_to = models.DateTimeField(_("expanded to"), null=True, blank=True, editable=False)
    generation = models.PositiveIntegerField(default=0, editable=False)
    suspect = models.CharField(_("unconfirmed answer"), max_length=64, blank=True, editable=False)
    warning = models.CharField(_("warning"), max_length=40, blank=True)
    last_ok_at = models.DateTimeField(_("last read well"), null=True, blank=True)
    failing_since = models.DateTimeField(
        _("cannot be read since"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Stands until the calendar was read well; asking for a new try does not end it."),
    )
    last_full_at = models.DateTimeField(_("last compared whole"), null=True, blank=True)
    last_changed_at = models.DateTimeField(_("last change seen"), null=True, blank=True)
    noticed_at = models.DateTimeField(
        _("change announced"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the provider last told that something changed."),
    )
    item_count = models.PositiveIntegerField(_("events"), default=0)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="calendar_listed_once"),
            models.UniqueConstraint(
                fields=["owner"], condition=Q(receives=True), name="one_calendar_receives"
            ),
            models.CheckConstraint(
                condition=Q(receives=False) | Q(writable=True),
                name="receiving_calendar_is_writable",
                violation_error_message=_("Bookings cannot be written into a read-only calendar."),
            ),
        ]
        indexes = [
            # Those in use alone: most calendars of an account are listed and nothing more.
            models.Index(
                fields=["run_at"],
                condition=Q(Q(blocks=True) | Q(receives=True), state="ready"),
                name="calendars_wanted",
            ),
            models.Index(fields=["account"], condition=Q(lease__isnull=False), name="calendars_leased"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The owner is the account's."""
        if not self.owner_id:
            self.owner_id = self.account.owner_id
        super().save(*args, **kwargs)
