"""The calendars of an account, in step with what its provider lists (CC-8: ids count, names may change)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from calendars import signals
from calendars.models import Account, Calendar
from calendars.providers.base import CalendarInfo

LONGEST_ID = 500
"""Longer ids cannot be kept; no known server makes them."""


def apply_listing(account: Account, listing: Sequence[CalendarInfo], now: datetime) -> list[Calendar]:
    """Add new calendars (unticked), update names, colours and rights, mark those that vanished.

    The host's choices stay, but a calendar that became read-only cannot go on receiving bookings.
    Returns the new ones. Runs inside the caller's transaction.
    """
    listing = [info for info in listing if len(info.remote_id) <= LONGEST_ID]
    held = {calendar.remote_id: calendar for calendar in account.calendars.all()}
    new = [
        Calendar(account=account, owner_id=account.owner_id, remote_id=info.remote_id, run_at=now)
        for info in listing
        if info.remote_id not in held
    ]
    for calendar in new:
        held[calendar.remote_id] = calendar
    for info in listing:
        _update(held[info.remote_id], info, now)
    listed = {info.remote_id for info in listing}
    for gone in account.calendars.exclude(remote_id__in=listed).filter(vanished_at=None):
        gone.vanished_at = now
        gone.save(update_fields=["vanished_at"])
        report_lost(gone, "vanished", received=gone.receives, now=now)
    return new


def report_lost(calendar: Calendar, code: str, *, received: bool, now: datetime) -> None:
    """Tell that bookings can no longer be written into a calendar (see `signals.calendar_lost`)."""
    signals.calendar_lost.send(Calendar, calendar=calendar, code=code, received=received, now=now)


def _update(calendar: Calendar, info: CalendarInfo, now: datetime) -> None:
    is_lost = bool(calendar.pk) and calendar.writable and not info.writable
    received = calendar.receives
    wanted = {
        # A feed's card and its one calendar have one name: what feeds call themselves tells hosts little.
        "name": calendar.account.label if info.kind == "feed" else info.name[:200],
        "colour": info.colour,
        "zone": info.zone or "",
        "writable": info.writable,
        "why_read_only": info.why_read_only,
        "receives": calendar.receives and info.writable,
        "vanished_at": None,
    }
    if calendar.pk and calendar.zone != wanted["zone"]:
        wanted["last_full_at"] = None  # whole days lie elsewhere now: the next reading places them anew
    if calendar.pk is None or any(getattr(calendar, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(calendar, name, value)
        calendar.save(update_fields=None if calendar.pk is None else list(wanted))
    if is_lost:
        report_lost(calendar, "became_read_only", received=received, now=now)
