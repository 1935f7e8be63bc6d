"""OAuth clients that operators or hosts bring (C8)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookingsite.lib import clock, secrets
from bookingsite.validation import validate_single_line


class OAuthClient(models.Model):
    """A client registered at Google or Microsoft. Without an owner it serves the whole site.

    Which one is used for a new connection: the host's own, else the site's from here, else the site's from
    the environment. The secret is sealed with this row's id and never shown again.
    """

    class Provider(models.TextChoices):
        GOOGLE = "google", "Google"
        MICROSOFT = "microsoft", "Microsoft"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="oauth_clients",
        verbose_name=_("host"),
        null=True,
        blank=True,
        help_text=_("Empty: for the whole site."),
    )
    provider = models.CharField(_("provider"), max_length=20, choices=Provider)
    client_id = models.CharField(_("client ID"), max_length=200, validators=[validate_single_line])
    tenant = models.CharField(
        _("directory (tenant)"),
        max_length=100,
        blank=True,
        validators=[validate_single_line],
        help_text=_("Microsoft only. Empty: accounts of every organisation and personal ones."),
    )
    sealed_secret = models.TextField(_("client secret"), blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("OAuth client")
        verbose_name_plural = _("OAuth clients")
        ordering = ["provider", "owner"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "provider"],
                condition=Q(owner__isnull=False),
                name="one_oauth_client_per_host",
                violation_error_message=_("There is a client for this provider already."),
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=Q(owner=None),
                name="one_oauth_client_for_the_site",
                violation_error_message=_("There is a client for this provider already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.client_id}"

    @property
    def _place(self) -> str:
        return f"oauth_client:{self.pk}:secret"

    def seal_secret(self, secret: str) -> None:
        """Put the secret in, sealed to this row; the row must have its id. Does not save."""
        if self.pk is None:
            raise ValueError("The client must be saved before its secret can be sealed.")
        self.sealed_secret = secrets.keyring().seal(secret, self._place)

    def open_secret(self) -> str:
        """The secret. Raises `secrets.Unreadable`."""
        return secrets.keyring().unseal(self.sealed_secret, self._place)
