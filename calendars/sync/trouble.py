"""What a failure means for an account and its owner, and how an account recovers.

Lock order everywhere: the account first, then its calendars or writes.
"""

from __future__ import annotations

import logging
import random
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bookingsite import leases
from bookingsite.lib.secrets import Unreadable
from bookingsite.models import LeasedRow
from calendars import signals
from calendars.models import Account, Calendar, Write
from calendars.providers import errors
from calendars.sync import cadence

log = logging.getLogger(__name__)

SECRET_LOST = "secret_unreadable"  # noqa: S105 a code, not a secret
INTERNAL = "internal"
REMINDERS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
REFUSED_FOR_GOOD = frozenset({errors.PermissionDenied.code, errors.NotFound.code})
"""Codes on which a write waits for its owner: the calendar may not be written, or is gone."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure as rows keep it: a code for `calendars.wording`, and what may help."""

    code: str
    reconnect: bool = False
    retry_after: float | None = None


def trouble_of(error: Exception) -> Trouble:
    """What an exception of a provider job means. Unexpected ones are logged and tried again."""
    if isinstance(error, errors.ProviderError):
        return Trouble(error.code, error.reconnect, error.retry_after)
    if isinstance(error, Unreadable):
        return Trouble(SECRET_LOST, reconnect=True)
    # Where it happened, not what was said: the text may hold an address or a title.
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("calendar job failed: %s\n%s", type(error).__name__, places)
    return Trouble(INTERNAL)


def jitter() -> float:
    """Chance in [0, 1) for pauses."""
    return random.random()  # noqa: S311 spreads load, keeps no secret


def later(row: LeasedRow, code: str, *, now: datetime, pause: timedelta, **fields: Any) -> None:
    """Give a leased row back to be tried again after `pause`, keeping its count of attempts."""
    leases.fail(row, code, now=now, give_up_after=None, **fields)
    type(row)._base_manager.filter(pk=row.pk).update(run_at=now + pause)


def locked(account_id: int) -> Account:
    """The account, locked until the transaction ends."""
    return Account.objects.select_for_update().get(pk=account_id)


def note_failure(account: Account, trouble: Trouble, now: datetime) -> None:
    """Put the failure on the (locked) account and tell its owner when it is time to."""
    account.status = Account.Status.RECONNECT if trouble.reconnect else Account.Status.RETRYING
    account.error = trouble.code
    account.failures += 1
    account.failing_since = account.failing_since or now
    must_tell = _must_tell(account, account.failing_since, trouble, now)
    if must_tell:
        account.owner_told_at = now
    account.save(update_fields=["status", "error", "failures", "failing_since", "owner_told_at"])
    if trouble.reconnect:
        _hold_back(account, now)
    if must_tell:
        signals.account_failing.send(Account, account=account, code=trouble.code, now=now)


def _must_tell(account: Account, since: datetime, trouble: Trouble, now: datetime) -> bool:
    """At once when the owner must act, else when trust runs out; then again after 1, 3 and 7 days (CC-5)."""
    if account.owner_told_at is None:
        return trouble.reconnect or now - since >= timedelta(hours=account.trust_hours)
    return any(account.owner_told_at < since + after <= now for after in REMINDERS)


def _hold_back(account: Account, now: datetime) -> None:
    """Nothing works until the owner acts: do not hammer a server that may lock people out."""
    until = now + cadence.RECONNECT_PAUSE
    for model, path in ((Calendar, "account"), (Write, "calendar__account")):
        waiting = model._base_manager.filter(**{path: account}, state=LeasedRow.State.READY, lease=None)
        waiting.filter(run_at__lt=until).update(run_at=until)


def note_success(account: Account, now: datetime) -> None:
    """A read worked: all is well again unless another calendar of the (locked) account is in trouble."""
    was_locked_out = account.status == Account.Status.RECONNECT
    account.last_ok_at = now
    if was_locked_out or not account.calendars.filter(blocks=True).exclude(error="").exists():
        account.status = Account.Status.CONNECTED
        account.error = ""
        account.failures = 0
        account.failing_since = account.owner_told_at = None
    account.save(
        update_fields=["last_ok_at", "status", "error", "failures", "failing_since", "owner_told_at"]
    )
    if was_locked_out:
        wake(account, now)


def wake(account: Account, now: datetime) -> None:
    """Have everything of the account tried at once: its calendars read, its waiting events written."""
    leases.wake(Calendar.objects.filter(account=account), now)
    leases.wake(Write.objects.filter(calendar__account=account, state=LeasedRow.State.READY), now)
