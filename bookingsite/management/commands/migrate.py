"""`manage.py migrate`: Django's own, which first puts the database's refusal of overlaps back."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from bookings import backstop


class Command(Migrate):
    """Migrate is the remedy that `bookings.E001` names, so that very error must not keep it from running."""

    def check(self, *args: Any, **kwargs: Any) -> None:
        """Mend what migrate mends anyway, then check as usual."""
        for alias in kwargs.get("databases") or ():
            backstop.install_where_wanted(connections[alias])
        super().check(*args, **kwargs)
