"""What an event means for its owner's time: the table of SYNC 1.6 for iCalendar (C13, C14).

Microsoft's busy status says most and goes first, then TRANSP, then STATUS and the owner's own answer. What is
not said is busy, also for whole days (RFC 5545, 3.8.2.7: OPAQUE is the default).
"""

from collections.abc import Iterable
from typing import NamedTuple

from calendars.providers.base import Status
from calendars.providers.ical.lines import Line

_MICROSOFT = {
    "FREE": Status.FREE,
    "WORKINGELSEWHERE": Status.ELSEWHERE,
    "TENTATIVE": Status.TENTATIVE,
    "BUSY": Status.BUSY,
    "OOF": Status.OUT_OF_OFFICE,
}


class Standing(NamedTuple):
    """``status`` is ``None`` for what takes no time at all: cancelled or declined."""

    status: Status | None
    cancelled: bool = False
    unanswered: bool = False


def standing(values: dict[str, str], attendees: Iterable[Line], owner_emails: frozenset[str]) -> Standing:
    """Judge one event by its properties and the owner's own answer among the attendees."""
    stated = values.get("STATUS", "").strip().upper()
    if stated == "CANCELLED":
        return Standing(None, cancelled=True)
    answer = _own_answer(attendees, owner_emails)
    if answer == "DECLINED":
        return Standing(None)
    status = _MICROSOFT.get(values.get("X-MICROSOFT-CDO-BUSYSTATUS", "").strip().upper())
    if status is None:
        transparent = values.get("TRANSP", "").strip().upper() == "TRANSPARENT"
        status = Status.FREE if transparent else Status.BUSY
    if status is Status.BUSY and "TENTATIVE" in (stated, answer):
        status = Status.TENTATIVE
    return Standing(status, unanswered=answer == "NEEDS-ACTION")


def _own_answer(attendees: Iterable[Line], owner_emails: frozenset[str]) -> str:
    """Return the owner's PARTSTAT; empty when the owner is not among the attendees."""
    for attendee in attendees:
        address = attendee.value.strip().lower().removeprefix("mailto:")
        mail = attendee.params.get("EMAIL", "").lower()
        if address in owner_emails or (mail and mail in owner_emails):
            return attendee.params.get("PARTSTAT", "NEEDS-ACTION").upper()
    return ""
