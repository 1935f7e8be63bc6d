"""The debug log of a connection (C10)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.models.account import Account


class LogEntry(models.Model):
    """One request to a provider, as far as it may be kept: no secret, no title, no query.

    `target` is the redacted path, `result` the HTTP status or an error code, `duration` milliseconds.
    """

    class Job(models.TextChoices):
        READ = "read", _("reading")
        WRITE = "write", _("writing")
        RECHECK = "recheck", _("last look before a booking")
        CONNECT = "connect", _("connecting")
        PUSH = "push", _("announcements of changes")

    account = models.ForeignKey(Account, models.CASCADE, related_name="log", verbose_name=_("account"))
    at = models.DateTimeField(_("when"))
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    job = models.CharField(_("job"), max_length=8, choices=Job)
    verb = models.CharField(_("verb"), max_length=12)
    calendar = models.CharField(_("calendar"), max_length=200, blank=True)
    target = models.CharField(_("target"), max_length=300, blank=True)
    result = models.CharField(_("result"), max_length=60)
    duration = models.PositiveIntegerField(_("duration (ms)"), default=0)
    size = models.PositiveIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("debug log")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "at"], name="log_of_an_account")]

    def __str__(self) -> str:
        return f"{self.verb} {self.target} {self.result}"
