"""Answers to what the calendars report: rows for the worker, written in the reporting transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from bookings.notices import noting
from bookingsite import work
from calendars import signals
from calendars.models import Account, Write


@receiver(signals.account_failing, dispatch_uid="bookings.tell_of_account")
def tell_of_account(*, account: Account, code: str, now: datetime, **_: Any) -> None:
    """Have the owner told that an account needs them (invariant 2, C9)."""
    noting.note_account(account, code, now=now)
    work.nudge()


@receiver(signals.write_failing, dispatch_uid="bookings.tell_of_writing")
def tell_of_writing(*, write: Write, code: str, now: datetime, **_: Any) -> None:
    """Have the owner told that a booking does not reach their calendar (C18)."""
    noting.note_writing(write, code, now=now)
    work.nudge()
