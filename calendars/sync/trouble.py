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

from django.db import transaction
from django.db.models import Q

from bookingsite import leases
from bookingsite.lib.secrets import Unreadable
from bookingsite.models import LeasedRow
from calendars import signals, trust
from calendars.models import Account, Calendar, Channel, Write
from calendars.providers import errors
from calendars.sync import cadence

log = logging.getLogger(__name__)

SECRET_LOST = "secret_unreadable"  # noqa: S105 a code, not a secret
INTERNAL = "internal"
REMINDERS = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
_APART = timedelta(hours=12)
"""A reminder that would come sooner after the telling before it is left out."""
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
    """The account, locked until the transaction ends; rows that point to it may be made meanwhile."""
    return Account.objects.select_for_update(no_key=True).get(pk=account_id)


def note_failure(account: Account, trouble: Trouble, now: datetime) -> None:
    """Put the failure on the (locked) account and tell its owner when it is time to.

    Call it after the failure was put on the calendar itself.
    """
    account.status = Account.Status.RECONNECT if trouble.reconnect else Account.Status.RETRYING
    account.error = trouble.code
    account.failures += 1
    account.failing_since = account.failing_since or now
    account.save(update_fields=["status", "error", "failures", "failing_since"])
    if trouble.reconnect:
        _hold_back(account, now)
    _tell_in_time(account, now)


def _tell_in_time(account: Account, now: datetime) -> None:
    """Tell the owner of the (locked, failing) account if they must hear of it now."""
    since = account.failing_since or now
    if account.owner_told_at is None:
        must_tell = account.status == Account.Status.RECONNECT or now >= _told_from(account, since)
    else:  # again after 1, 3 and 7 days (CC-5)
        latest = account.owner_told_at + _APART
        must_tell = any(latest < since + after <= now for after in REMINDERS)
    if must_tell:
        account.owner_told_at = now
        account.save(update_fields=["owner_told_at"])
        signals.account_failing.send(Account, account=account, code=account.error, now=now)


def _told_from(account: Account, since: datetime) -> datetime:
    """When the owner must hear of an account that is tried again: as soon as times are withheld."""
    blocking = Calendar.objects.filter(account=account, blocks=True, failing_since__isnull=False)
    moments = [trust.told_from(calendar) for calendar in blocking.select_related("account")]
    return min((moment for moment in moments if moment), default=since + trust.trust(account))


def tell_withheld(now: datetime) -> None:
    """Tell owners whose times are withheld since the last try: nobody waits for the next one to fail."""
    failing = Account.objects.filter(
        status=Account.Status.RETRYING, owner_told_at=None, closing_at=None, owner__is_active=True
    )
    calendars = Calendar.objects.filter(blocks=True, failing_since__isnull=False, account__in=failing)
    moments = [(row.account_id, trust.told_from(row)) for row in calendars.select_related("account")]
    for account_id in sorted({account_id for account_id, moment in moments if moment and moment <= now}):
        with transaction.atomic():
            account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
            if account is not None and account.status == Account.Status.RETRYING:
                _tell_in_time(account, now)


def _hold_back(account: Account, now: datetime) -> None:
    """Nothing works until the owner acts: do not hammer a server that may lock people out."""
    until = now + cadence.RECONNECT_PAUSE
    for model, path in ((Calendar, "account"), (Write, "calendar__account")):
        waiting = model._base_manager.filter(**{path: account}, state=LeasedRow.State.READY, lease=None)
        waiting.filter(run_at__lt=until).update(run_at=until)
    in_use = account.calendars.filter(Q(blocks=True) | Q(receives=True), failing_since=None)
    in_use.update(failing_since=now)  # none of them can be read, asked or not


def note_success(account: Account, now: datetime) -> None:
    """A read worked: all is well again unless another calendar of the (locked) account is in trouble."""
    was_locked_out = account.status == Account.Status.RECONNECT
    account.last_ok_at = now
    if was_locked_out or not account.calendars.filter(blocks=True, failing_since__isnull=False).exists():
        mend(account, now)
    account.save(update_fields=["last_ok_at", *MENDED])
    if was_locked_out:
        wake(account, now)


MENDED = ("status", "error", "failures", "failing_since", "owner_told_at")
"""What `mend` changes."""


def mend(account: Account, now: datetime) -> None:
    """All is well with the (locked) account; who was told of the trouble is told of its end. Does not save."""
    told, since = account.owner_told_at, account.failing_since
    account.status = Account.Status.CONNECTED
    account.error = ""
    account.failures = 0
    account.failing_since = account.owner_told_at = None
    if told and since:
        signals.account_recovered.send(Account, account=account, since=since, now=now)


def wake(account: Account, now: datetime) -> None:
    """Have everything of the account tried at once: its calendars read, its waiting events written, and the
    push channels that stand in trouble."""
    leases.wake(Calendar.objects.filter(account=account), now)
    leases.wake(Write.objects.filter(calendar__account=account, state=LeasedRow.State.READY), now)
    leases.wake(Channel.objects.filter(calendar__account=account).exclude(error=""), now)
