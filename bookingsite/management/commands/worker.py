"""`manage.py worker`: the processes that do the background work."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext_lazy as _

from bookingsite import work
from bookingsite.lib.processes import forks_die_with_parent


class Command(BaseCommand):
    """Runs the queue's cluster. `manage.py start` runs and watches this; alone it is not watched."""

    help = str(_("Does the background work. `start` runs this and replaces it when it hangs; prefer that."))

    def add_arguments(self, parser: CommandParser) -> None:
        """No options."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. SIGUSR1 has drains end after the job they are in."""
        from django_q.cluster import Cluster

        forks_die_with_parent()
        signal.signal(signal.SIGUSR1, lambda number, frame: work.stop_soon())
        Cluster().start()
