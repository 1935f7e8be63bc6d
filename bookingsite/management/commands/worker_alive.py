"""`manage.py worker_alive`: for a container's health check."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookingsite import heartbeat
from bookingsite.lib import clock


class Command(BaseCommand):
    """Says whether background work was done lately."""

    help = str(gettext_lazy("Exit code 0 when a worker gave a sign of life lately, 1 when not."))
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """How old the last sign may be."""
        parser.add_argument("--within", type=int, default=60, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line and set the exit code."""
        if heartbeat.is_alive(clock.now(), timedelta(seconds=options["within"])):
            self.stdout.write(_("The worker is alive."))
            return
        self.stderr.write(_("No sign of life from a worker."))
        sys.exit(1)
