"""A booking, its guest, and what happened to it."""

from __future__ import annotations

from datetime import UTC

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.event_type import EventType
from bookingsite.lib import clock
from bookingsite.models import new_public_id
from calendars.models import Calendar


class Booking(models.Model):
    """One appointment. `bookings.domain.lifecycle` alone changes its state.

    What was agreed is copied from the event type (title, place, buffers, deadline), so that later
    edits of the event type do not change appointments that stand.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting for the host")
        CONFIRMED = "confirmed", _("confirmed")
        CANCELLED = "cancelled", _("cancelled")

    class Actor(models.TextChoices):
        GUEST = "guest", _("guest")
        HOST = "host", _("host")
        OPERATOR = "operator", _("operator")

    public_id = models.CharField(
        _("public id"), max_length=32, unique=True, default=new_public_id, editable=False
    )
    link_salt = models.CharField(max_length=32, default=new_public_id, editable=False)
    request_key = models.CharField(_("request key"), max_length=64, unique=True, editable=False)
    event_type = models.ForeignKey(
        EventType, models.PROTECT, related_name="bookings", verbose_name=_("event type")
    )
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookings", verbose_name=_("host")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CONFIRMED)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    sequence = models.PositiveIntegerField(
        _("version"), default=0, help_text=_("Counts changes, as in invitations.")
    )

    title = models.CharField(_("name"), max_length=120)
    place_kind = models.CharField(_("kind of place"), max_length=10, choices=EventType.PlaceKind)
    place = models.CharField(_("place"), max_length=500, blank=True)
    meeting = models.CharField(
        _("meeting link"),
        max_length=12,
        choices=EventType.Meeting,
        blank=True,
        help_text=_("Asked of the calendar; the place holds the link once it is made."),
    )
    unverified_since = models.DateTimeField(
        _("unverified since"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Booked while a calendar did not answer; looked at again as soon as it does (C19)."),
    )
    buffer_before = models.PositiveSmallIntegerField(_("buffer before"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("buffer after"), default=0)
    cancel_notice = models.PositiveIntegerField(_("cancellation deadline"), default=0)
    source = models.CharField(_("lead source"), max_length=120, blank=True)
    target = models.ForeignKey(
        Calendar,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("calendar"),
        editable=False,
    )

    cancelled_by = models.CharField(_("cancelled by"), max_length=10, choices=Actor, blank=True)
    cancel_reason = models.TextField(_("reason"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("booked"), default=clock.now, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["start", "pk"]
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="booking_is_a_span")]
        indexes = [
            models.Index(fields=["host", "state", "start"], name="bookings_of_a_host"),
            models.Index(
                fields=["unverified_since"],
                condition=Q(unverified_since__isnull=False),
                name="bookings_to_verify",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.start.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    @property
    def uid(self) -> str:
        """The UID of this booking in every calendar and invitation (RFC 5545 3.8.4.7)."""
        return f"{self.public_id}@{settings.SITE_DOMAIN}"

    @property
    def how(self) -> str:
        """How people meet, in a word or two: "Google Meet", "by phone"."""
        return self.get_meeting_display() if self.meeting else self.get_place_kind_display()

    @property
    def awaits_link(self) -> bool:
        """Whether the calendar has still to make this meeting's link."""
        return bool(self.meeting) and not self.place

    @property
    def is_unverified(self) -> bool:
        """Whether the calendars have not been asked successfully since it was booked (C19)."""
        return self.is_live and self.unverified_since is not None

    @property
    def is_live(self) -> bool:
        """Whether the booking holds its time."""
        return self.state != self.State.CANCELLED


class Guest(models.Model):
    """Who comes. The zone and language are those the guest booked in (TZ-8, EM-8)."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="guests", verbose_name=_("booking"))
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    zone = models.CharField(_("time zone"), max_length=60)
    language = models.CharField(_("language"), max_length=10, default="en")

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        indexes = [models.Index(fields=["email"], name="guests_by_address")]

    def __str__(self) -> str:
        return self.name


class HistoryEntry(models.Model):
    """What happened to a booking, when and by whom (DB-6). Never changed afterwards."""

    class Action(models.TextChoices):
        BOOKED = "booked", _("booked")
        RESCHEDULED = "rescheduled", _("rescheduled")
        CANCELLED = "cancelled", _("cancelled")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="history", verbose_name=_("booking"))
    at = models.DateTimeField(_("when"))
    action = models.CharField(_("what"), max_length=12, choices=Action)
    actor = models.CharField(_("who"), max_length=10, choices=Booking.Actor)
    old_start = models.DateTimeField(_("time before"), null=True, blank=True)
    new_start = models.DateTimeField(_("time after"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
