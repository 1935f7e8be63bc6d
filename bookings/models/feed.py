"""The secret address under which a host's bookings can be subscribed to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookingsite.lib import clock, secrets


class FeedLink(models.Model):
    """One host's outgoing iCal feed. The token is looked up by its hash and sealed for showing it again.

    A new token makes the old address worthless at once.
    """

    class Detail(models.TextChoices):
        BUSY = "busy", _("only that I am busy")
        TITLES = "titles", _("with names of events and guests")

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed_link", verbose_name=_("host")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sealed_token = models.TextField(editable=False)
    detail = models.CharField(_("shows"), max_length=8, choices=Detail, default=Detail.BUSY)
    created_at = models.DateTimeField(_("created"), default=clock.now)
    etag = models.CharField(max_length=64, blank=True, editable=False)
    changed_at = models.DateTimeField(
        _("changed"), null=True, blank=True, editable=False, help_text=_("When it last showed something else.")
    )
    fetched_at = models.DateTimeField(_("last fetched"), null=True, blank=True)

    class Meta:
        verbose_name = _("outgoing feed")
        verbose_name_plural = _("outgoing feeds")

    def __str__(self) -> str:
        return f"{self.owner_id}"

    @property
    def _place(self) -> str:
        return f"feed:{self.pk}:token"

    def seal_token(self, token: str) -> None:
        """Put the token in, sealed to this row; the row must have its id. Does not save."""
        if self.pk is None:
            raise ValueError("The feed must be saved before its token can be sealed.")
        self.sealed_token = secrets.keyring().seal(token, self._place)

    def open_token(self) -> str:
        """The token. Raises `secrets.Unreadable`."""
        return secrets.keyring().unseal(self.sealed_token, self._place)
