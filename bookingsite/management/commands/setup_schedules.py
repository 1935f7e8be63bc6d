"""`manage.py setup_schedules`: make the schedule what the code says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookingsite import schedules
from bookingsite.lib import clock


class Command(BaseCommand):
    """Creates and repairs the schedule; runs at every `start`."""

    help = str(gettext_lazy("Creates and repairs the schedule of the background work."))

    def handle(self, *args: Any, **options: Any) -> None:
        """Repair and say so."""
        schedules.repair(clock.now())
        self.stdout.write(_("The schedule is in order."))
