"""`manage.py doctor`: is this installation well?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext_lazy
from rich.console import Console
from rich.text import Text

from bookingsite import doctor
from bookingsite.lib import clock

STYLES = {doctor.Level.OK: "green", doctor.Level.WARN: "yellow", doctor.Level.FAIL: "bold red"}
EXIT_CODES = {doctor.Level.OK: 0, doctor.Level.WARN: 1, doctor.Level.FAIL: 2}


class Command(BaseCommand):
    """Prints one line a finding, with a remedy where something is to be done."""

    help = str(gettext_lazy("Checks this installation. Exit code 0: well, 1: warnings, 2: broken."))
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """For machines, too."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, print, exit by the worst finding."""
        findings = doctor.examine(clock.now())
        if options["json"]:
            listed = [asdict(finding) for finding in findings]
            self.stdout.write(json.dumps(listed, indent=2, ensure_ascii=False))
        else:
            self._print(findings)
        worst = max(EXIT_CODES[finding.level] for finding in findings)
        if worst:
            sys.exit(worst)

    def _print(self, findings: list[doctor.Finding]) -> None:
        console = Console(file=cast(IO[str], self.stdout), soft_wrap=True, highlight=False)
        for finding in findings:
            line = Text(f"{finding.level:<5}", style=STYLES[finding.level])
            line.append(finding.text, style="default")
            if finding.remedy:
                line.append(f" → {finding.remedy}", style="default")
            console.print(line)
