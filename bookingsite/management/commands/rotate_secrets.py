"""`manage.py rotate_secrets`: seal everything with the newest key."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookingsite import canary, sealed


class Command(BaseCommand):
    """After a new key was put in front of BOOKING_SECRETS_KEYS; the old one may go when nothing is left."""

    help = str(gettext_lazy("Seals all stored secrets with the newest key; safe to stop and to repeat."))

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate all fields and the key check; exit code 1 while something cannot be read."""
        if not canary.opens():
            raise CommandError(
                _("The keys do not open the secrets of this database. Is the old key missing?")
            )
        unreadable = sum(self._rotate(field) for field in sealed.FIELDS)
        canary.rotate()  # last: it must not open with the new key alone while anything else does not
        if unreadable:
            self.stderr.write(
                _(
                    "%(count)d secrets open with none of the keys. Keep the old keys, or have the accounts "
                    "connected again."
                )
                % {"count": unreadable}
            )
            sys.exit(1)
        self.stdout.write(_("Everything is sealed with the newest key; the older ones may go."))

    def _rotate(self, field: sealed.SealedField) -> int:
        """Rotate one field, say how far it is; returns how many could not be read."""
        count = sealed.Rotation()
        total = field.rows().count()
        for count in sealed.rotate(field):
            done = count.renewed + count.current + count.unreadable
            self.stdout.write(
                _("%(what)s: %(renewed)d renewed, %(current)d were new already, %(left)d left")
                % {
                    "what": f"{field.model}.{field.field}",
                    "renewed": count.renewed,
                    "current": count.current,
                    "left": max(total - done, 0),
                }
            )
        return count.unreadable
