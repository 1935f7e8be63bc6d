"""What a host offers: an event type and its rules."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from availability.models import Schedule
from bookingsite.models import SLUG_RULE
from calendars.models import Calendar

COLOUR_RULE = RegexValidator(r"^#[0-9a-f]{6}$", _("Choose a colour such as #2563eb."))
DAY_MINUTES = 24 * 60


class EventType(models.Model):
    """An individual event (E1): one guest a slot, with the rules of A5 to A12. All lengths are minutes."""

    class Window(models.TextChoices):
        UNLIMITED = "unlimited", _("without limit")
        DAYS = "days", _("a number of days ahead")
        BUSINESS_DAYS = "business_days", _("a number of business days ahead")
        RANGE = "range", _("between two dates")

    class ShowZone(models.TextChoices):
        GUEST = "guest", _("the guest's time zone")
        HOST = "host", _("my time zone")

    class PlaceKind(models.TextChoices):
        ONLINE = "online", _("online")
        PHONE = "phone", _("by phone")
        IN_PERSON = "in_person", _("in person")

    class Meeting(models.TextChoices):
        """Links that the calendar's provider makes; the values are those of `calendars.writing.Meeting`."""

        GOOGLE_MEET = "google_meet", "Google Meet"
        TEAMS = "teams", "Microsoft Teams"

    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="event_types", verbose_name=_("host")
    )
    title = models.CharField(_("name"), max_length=120)
    slug = models.CharField(_("link"), max_length=60, validators=[SLUG_RULE])
    description = models.TextField(_("description"), max_length=2000, blank=True)
    colour = models.CharField(_("colour"), max_length=7, default="#2563eb", validators=[COLOUR_RULE])
    is_active = models.BooleanField(_("can be booked"), default=True)
    duration = models.PositiveSmallIntegerField(
        _("duration"), default=30, validators=[MinValueValidator(5), MaxValueValidator(DAY_MINUTES)]
    )
    place_kind = models.CharField(
        _("kind of place"), max_length=10, choices=PlaceKind, default=PlaceKind.ONLINE
    )
    meeting = models.CharField(
        _("meeting link"),
        max_length=12,
        choices=Meeting,
        blank=True,
        help_text=_("Made anew for every booking, together with its event in your calendar."),
    )
    place = models.CharField(
        _("place"),
        max_length=300,
        blank=True,
        help_text=_("The meeting link, the phone number or the address, as guests will read it."),
    )

    schedule = models.ForeignKey(
        Schedule,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("schedule"),
        help_text=_("Empty: your default schedule."),
    )
    increment = models.PositiveSmallIntegerField(
        _("start times every"), default=30, validators=[MinValueValidator(5), MaxValueValidator(DAY_MINUTES)]
    )
    buffer_before = models.PositiveSmallIntegerField(
        _("buffer before"), default=0, validators=[MaxValueValidator(DAY_MINUTES)]
    )
    buffer_after = models.PositiveSmallIntegerField(
        _("buffer after"), default=0, validators=[MaxValueValidator(DAY_MINUTES)]
    )
    notice = models.PositiveIntegerField(
        _("minimum notice"), default=240, validators=[MaxValueValidator(365 * DAY_MINUTES)]
    )
    cancel_notice = models.PositiveIntegerField(
        _("cancellation deadline"),
        default=0,
        validators=[MaxValueValidator(365 * DAY_MINUTES)],
        help_text=_("How long before the start guests may still cancel or reschedule; 0: until it starts."),
    )
    window = models.CharField(_("bookable"), max_length=14, choices=Window, default=Window.DAYS)
    window_days = models.PositiveSmallIntegerField(
        _("days ahead"), default=60, validators=[MinValueValidator(1), MaxValueValidator(1100)]
    )
    window_first = models.DateField(_("first date"), null=True, blank=True)
    window_last = models.DateField(_("last date"), null=True, blank=True)
    daily_limit = models.PositiveSmallIntegerField(
        _("bookings a day, at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: no limit."),
    )
    show_zone = models.CharField(_("times shown in"), max_length=6, choices=ShowZone, default=ShowZone.GUEST)

    adds_to_calendar = models.BooleanField(_("add bookings to my calendar"), default=True)
    target = models.ForeignKey(
        Calendar,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("calendar for bookings"),
        help_text=_("Empty: the calendar chosen under Integrations."),
    )

    class Meta:
        verbose_name = _("event type")
        verbose_name_plural = _("event types")
        ordering = ["-is_active", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "slug"],
                name="event_links_differ",
                violation_error_message=_("You have an event type with this link already."),
            ),
            models.CheckConstraint(
                condition=~Q(window="range")
                | Q(
                    window_first__isnull=False, window_last__isnull=False, window_last__gte=F("window_first")
                ),
                name="event_window_is_whole",
                violation_error_message=_("Give a first and a last date, the last not before the first."),
            ),
            models.CheckConstraint(condition=Q(duration__gte=1), name="event_takes_time"),
            models.CheckConstraint(condition=Q(increment__gte=1), name="event_starts_step_forward"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def how(self) -> str:
        """How people meet, in a word or two: "Google Meet", "by phone"."""
        return self.get_meeting_display() if self.meeting else self.get_place_kind_display()
