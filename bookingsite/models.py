"""Who signs in, and the two shapes that everything in the background shares: leased rows and heartbeats."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bookingsite.lib import clock

SLUG_RULE = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$", _("Use small letters, digits and hyphens.")
)


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new person; the address is stored in small letters, a missing link is made from name or address."""
        user = self.model(email=self.normalise(email), **fields)
        if not user.slug:
            user.slug = self.free_slug(user.name or user.email.split("@")[0])
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new operator: sees and may change everything in the admin.

        Made on the machine itself, so the address counts as proven: an operator can sign in before mail works.
        """
        from allauth.account.models import EmailAddress

        with transaction.atomic(using=self._db):
            user = self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by address, whatever its capitals."""
        return self.get(email=self.normalise(username or ""))

    @staticmethod
    def normalise(email: str) -> str:
        """The form in which addresses are stored and compared."""
        return email.strip().lower()

    def free_slug(self, text: str) -> str:
        """A public link made of `text` that nobody has and that is no page of the site."""
        from django.utils.text import slugify

        from bookingsite.reserved import is_reserved

        stem = slugify(text)[:50].strip("-") or "host"
        taken = set(self.filter(slug__startswith=stem).values_list("slug", flat=True))
        number = 1
        slug = stem
        while slug in taken or is_reserved(slug):
            number += 1
            slug = f"{stem}-{number}"
        return slug


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: a host, or an operator (`is_superuser`)."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    slug = models.CharField(
        _("link"),
        max_length=60,
        unique=True,
        validators=[SLUG_RULE],
        help_text=_("The last part of your public address."),
    )
    about = models.TextField(_("about you"), max_length=1000, blank=True)
    picture = models.ImageField(_("picture"), upload_to="people/", blank=True)
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/Berlin")
    language = models.CharField(_("language"), max_length=10, default="en")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=clock.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_person_per_address"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name shown to guests."""
        return self.name or self.email.split("@")[0]

    def get_short_name(self) -> str:
        """The name shown in the header."""
        return self.name.split(" ")[0] or self.email


class LeasedRow(models.Model):
    """Work that must happen, as a row (invariant 4; RELIABILITY 1.4). `bookingsite.leases` moves it.

    Due when `state` is READY and `run_at` has come. A claim sets `lease`, counts the attempt and
    moves `run_at` to the lease's end, so the row of a dead worker comes back by itself. Results are
    written only `WHERE lease = mine`.
    """

    class State(models.TextChoices):
        READY = "ready", _("waiting")
        DONE = "done", _("done")
        DEAD = "dead", _("given up")

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.READY)
    run_at = models.DateTimeField(_("due"), default=clock.now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(_("lease"), null=True, blank=True, editable=False)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    abandoned = False  # set by a claim: the holder before let the lease run out

    class Meta:
        abstract = True

    @property
    def is_leased(self) -> bool:
        """Whether a worker holds the row (or died holding it, until `run_at`)."""
        return self.lease is not None


def new_public_id() -> str:
    """An unguessable id for addresses and calendar events: 128 random bits, 32 hex digits."""
    return uuid.uuid4().hex


class Heartbeat(models.Model):
    """When a part of the site was last alive: written by the drain, read by the supervisor and /readyz."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    beat_at = models.DateTimeField(_("last beat"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name

    def is_older_than(self, age: timedelta) -> bool:
        """Whether the last beat lies further back than `age`."""
        return self.beat_at < clock.now() - age


class Tick(LeasedRow):
    """Periodic work, one row a name: due at `run_at`, done by whoever claims it (RELIABILITY 1.4, 8).

    What it does and how often is code (`bookingsite.work.register_tick`).
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    done_at = models.DateTimeField(_("last done"), null=True, blank=True)

    class Meta:
        verbose_name = _("periodic work")
        verbose_name_plural = _("periodic work")

    def __str__(self) -> str:
        return self.name


class Canary(models.Model):
    """A sealed text that must open at start: shows a wrong key before calendars do (RELIABILITY 4)."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    sealed = models.TextField(_("sealed text"))

    class Meta:
        verbose_name = _("key check")
        verbose_name_plural = _("key checks")

    def __str__(self) -> str:
        return self.name
