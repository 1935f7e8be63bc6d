"""An account at a calendar provider, connected by its owner."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookingsite.lib import clock, secrets
from bookingsite.validation import validate_single_line

LONGEST_TRUST = 168
"""Hours. A copy older than a week says nothing of the days ahead."""


class Account(models.Model):
    """One sign-in at one provider (C6: any number per host). The secret is sealed with this row's id."""

    class Status(models.TextChoices):
        CONNECTED = "connected", _("connected")
        RETRYING = "retrying", _("provider error, retrying")
        RECONNECT = "reconnect", _("needs reconnecting")

    class Unread(models.TextChoices):
        """What guests see while a blocking calendar cannot be read (UX N7)."""

        TRUST = "trust", _("free times of the last known copy, for a while")
        WITHHOLD = "withhold", _("no free times, at once")
        IGNORE = "ignore", _("free times of the last known copy, for ever")

    class MovedOutside(models.TextChoices):
        """What becomes of a booking whose event was moved or deleted in the calendar (C16)."""

        ASK = "ask", _("ask me")
        FOLLOW = "follow", _("move or cancel the booking, and tell the guest")
        PUT_BACK = "put_back", _("put the event back")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="accounts", verbose_name=_("host")
    )
    provider = models.CharField(_("provider"), max_length=20)
    label = models.CharField(_("label"), max_length=120, validators=[validate_single_line])
    base_url = models.CharField(_("address"), max_length=500, blank=True)
    username = models.CharField(_("user name"), max_length=254, blank=True)
    client_id = models.CharField(
        _("OAuth client"),
        max_length=200,
        blank=True,
        help_text=_("The client that the permission was given to; it works with no other."),
    )
    sealed_secret = models.TextField(_("secret"), blank=True, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.CONNECTED)
    error = models.CharField(
        _("error"), max_length=40, blank=True, help_text=_("A code; pages say it in words.")
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    owner_told_at = models.DateTimeField(_("owner told"), null=True, blank=True)
    last_ok_at = models.DateTimeField(_("last read well"), null=True, blank=True)
    connected_at = models.DateTimeField(_("connected"), default=clock.now)
    closing_at = models.DateTimeField(
        _("being disconnected since"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Our events are being removed from its calendars; then the account is deleted."),
    )
    refresh_lease = models.UUIDField(null=True, blank=True, editable=False)
    refresh_until = models.DateTimeField(null=True, blank=True, editable=False)
    logging_until = models.DateTimeField(_("debug log until"), null=True, blank=True)
    unread = models.CharField(
        _("while a calendar cannot be read, guests see"), max_length=8, choices=Unread, default=Unread.TRUST
    )
    strict = models.BooleanField(
        _("refuse bookings when a calendar does not answer at that moment"),
        default=False,
        help_text=_("Every blocking calendar is asked once more when somebody books."),
    )
    moved_outside = models.CharField(
        _("when an event of a booking is moved or deleted in the calendar"),
        max_length=8,
        choices=MovedOutside,
        default=MovedOutside.ASK,
    )
    trust_hours = models.PositiveSmallIntegerField(
        _("trust the last copy for"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TRUST)],
        help_text=_("Hours. When a calendar could not be read for longer, no times are offered."),
    )
    delete_cancelled = models.BooleanField(
        _("delete events of cancelled bookings"),
        default=True,
        help_text=_("Off: the event stays, marked as cancelled and free."),
    )

    class Meta:
        verbose_name = _("connected account")
        verbose_name_plural = _("connected accounts")
        ordering = ["label", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "provider", "base_url", "username"],
                name="account_connected_once",
                violation_error_message=_("This account is connected already."),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def _place(self) -> str:
        return f"account:{self.pk}:secret"

    def seal_secret(self, secret: str) -> None:
        """Put the password in, sealed to this row; the row must have its id. Does not save."""
        if self.pk is None:
            raise ValueError("The account must be saved before its secret can be sealed.")
        self.sealed_secret = secrets.keyring().seal(secret, self._place)

    def open_secret(self) -> str:
        """The password. Raises `secrets.Unreadable` when it was sealed elsewhere or with a lost key."""
        return secrets.keyring().unseal(self.sealed_secret, self._place)
