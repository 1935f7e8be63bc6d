"""Disconnecting an account, at once or after its events were taken out (CC-7).

From the moment the host disconnects, nothing of the account blocks or receives. The row and its secret
live on only until our events are out of its calendars, at most a day; then everything stored is deleted.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from bookingsite import leases
from calendars.models import Account, Busy, Calendar, Item, Write
from calendars.oauth import leaving

LONGEST = timedelta(days=1)
PASS_SECONDS = 30.0
"""After so long a pass begins with no further account: each may wait ten seconds for its provider, and a worker is
ended after a minute."""


def begin(account: Account, now: datetime) -> None:
    """Stop using the account and have every event of ours taken out of its calendars."""
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(closing_at=now)
        account.calendars.update(blocks=False, receives=False)
        writes = Write.objects.filter(calendar__account=account, wish__isnull=False)
        unnamed = [write for write in writes.select_for_update() if not write.remote_key]
        for write in unnamed:
            write.remote_key = str((write.wish or {}).get("key", ""))
        Write.objects.bulk_update(unnamed, ["remote_key"], batch_size=500)
        writes.update(wish=None, version=F("version") + 1)
        leases.wake(Write.objects.filter(calendar__account=account).exclude(done_version=F("version")), now)


def remaining(account: Account) -> int:
    """How many of our events are still to be taken out."""
    return Write.objects.filter(calendar__account=account).exclude(done_version=F("version")).count()


def finish_all(now: datetime) -> int:
    """Delete closing accounts that are done or past the limit; returns how many. The next pass goes on."""
    gone, ends_at = 0, time.monotonic() + PASS_SECONDS
    for account in Account.objects.exclude(closing_at=None).order_by("closing_at"):
        if gone and time.monotonic() >= ends_at:
            break
        if not remaining(account) or now - (account.closing_at or now) >= LONGEST:
            forget(account)
            gone += 1
    return gone


def forget(account: Account) -> None:
    """Take leave of the provider, then delete the account, its secret and all that was read.

    Takes a few seconds where the provider does not answer; never inside a transaction. Large tables go first,
    without being loaded.
    """
    leaving.take(account)
    with transaction.atomic():
        _hold(account)
        Busy.objects.filter(calendar__account=account).delete()
        Item.objects.filter(calendar__account=account).delete()
        account.delete()


def _hold(account: Account) -> None:
    """Lock the account, then its calendars, as readings do: one that is under way ends first, or finds nothing."""
    list(Account.objects.select_for_update().filter(pk=account.pk))
    list(Calendar.objects.select_for_update().filter(account=account).order_by("pk").only("pk"))
