"""How far an unread calendar's copy counts: the host's choice per account (UX N7, invariant 2). Asks no table.

Whatever the host chose, a calendar that was never read closes the page: there is no copy to count.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from calendars.models import Account, Calendar
from calendars.providers.ics.provider import IcsProvider

FIRST_READING = timedelta(minutes=15)
"""So long a first reading may fail before its owner hears of it: a new account is tried every few minutes."""


MISSED_RUNS = 3
"""So many readings of a feed may fail before its owner hears of it: feeds go quiet instead of refusing (UX N8)."""


class Reason(StrEnum):
    """Why a blocking calendar lets no times be offered."""

    NEVER_READ = "never_read"
    TOO_OLD = "too_old"
    WITHHELD = "withheld"


def is_read(calendar: Calendar) -> bool:
    """Whether there is a copy at all."""
    return bool(calendar.last_ok_at and calendar.expanded_to)


def trust(account: Account) -> timedelta:
    """How long the last copy counts."""
    return timedelta(hours=account.trust_hours)


def reason(calendar: Calendar, now: datetime) -> Reason | None:
    """Why this blocking calendar (with its account) closes the page now; None when its copy counts."""
    if not is_read(calendar):
        return Reason.NEVER_READ
    end = closes_at(calendar)
    if end is None:
        return None
    if calendar.failing_since and calendar.account.unread == Account.Unread.WITHHOLD:
        return Reason.WITHHELD
    return Reason.TOO_OLD if now > end else None


def closes_at(calendar: Calendar) -> datetime | None:
    """The last moment at which this blocking calendar's copy counts if it stays unread; None: for ever.

    For a calendar that was never read: when its account was connected.
    """
    account, last_ok_at = calendar.account, calendar.last_ok_at
    if not is_read(calendar) or last_ok_at is None:
        return account.connected_at
    if account.unread == Account.Unread.IGNORE:
        return None
    end = last_ok_at + trust(account)
    if account.unread == Account.Unread.WITHHOLD and calendar.failing_since:
        return min(end, calendar.failing_since)
    return end


def told_from(calendar: Calendar) -> datetime | None:
    """From when on the owner must hear that this blocking calendar cannot be read; None while it can.

    When times are withheld; who chose to offer the old copy for ever hears of it after the usual time. Of a feed
    after three readings at the latest.
    """
    if calendar.failing_since is None:
        return None
    if not is_read(calendar):
        return calendar.failing_since + FIRST_READING
    told = closes_at(calendar) or calendar.failing_since + trust(calendar.account)
    if calendar.account.provider == IcsProvider.key:
        told = min(told, calendar.failing_since + MISSED_RUNS * timedelta(minutes=calendar.interval_minutes))
    return told
