"""What a check says, and the list of checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import DatabaseError
from django.utils.translation import gettext as _


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the report; a remedy stands where something is to be done."""

    level: Level
    text: str
    remedy: str = ""
    subject: str = ""


Check = Callable[[datetime], Finding]
_checks: list[tuple[str, Check]] = []


def check(subject: str) -> Callable[[Check], Check]:
    """Put a function on the list; `subject` is its stable name in `--json`."""

    def put(function: Check) -> Check:
        _checks.append((subject, function))
        return function

    return put


def examine(now: datetime) -> list[Finding]:
    """Run all checks. One that cannot reach the database fails, and the others go on."""
    from bookingsite.doctor import installation, running  # noqa: F401 - they register their checks

    findings = []
    for subject, function in _checks:
        try:
            finding = function(now)
        except DatabaseError as error:
            text = _("This cannot be checked (%(error)s).") % {"error": type(error).__name__}
            finding = Finding(Level.FAIL, text, _("See “database” and “migrations”."))
        findings.append(Finding(finding.level, finding.text, finding.remedy, subject))
    return findings
