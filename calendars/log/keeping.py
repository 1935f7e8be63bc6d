"""How long a debug log runs and how much of it stays: it ends by itself, and so does what was kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from calendars.models import Account, LogEntry

RUNS = timedelta(days=7)
"""A log that was switched on ends so much later."""
STAYS = timedelta(days=7)
"""What was kept is deleted so long after the log ended."""
MOST_ENTRIES = 20_000
"""Of one account; the oldest go."""
PORTION = 1000


def switch_on(account: Account, now: datetime) -> None:
    """Keep what is asked of the account's server from now on, for a week. Again: a week from now."""
    account.logging_until = now + RUNS
    Account.objects.filter(pk=account.pk).update(logging_until=account.logging_until)


def switch_off(account: Account, now: datetime) -> None:
    """Keep nothing more; what is there stays for a week."""
    if account.logging_until is None or account.logging_until <= now:
        return
    account.logging_until = now
    Account.objects.filter(pk=account.pk).update(logging_until=now)


def clear(account: Account) -> int:
    """Delete what was kept; returns how many entries."""
    return LogEntry.objects.filter(account=account).delete()[0]


def prune(now: datetime) -> None:
    """Delete what is past its time or beyond the limit."""
    ended = Account.objects.filter(logging_until__lt=now - STAYS)
    LogEntry.objects.filter(account__in=ended.values("pk")).delete()
    LogEntry.objects.filter(at__lt=now - RUNS - STAYS).delete()
    ended.update(logging_until=None)
    full = LogEntry.objects.order_by().values("account").annotate(entries=Count("pk"))
    for account_id in full.filter(entries__gt=MOST_ENTRIES).values_list("account", flat=True):
        _cut_oldest(account_id)


def _cut_oldest(account_id: int) -> None:
    entries = LogEntry.objects.filter(account=account_id)
    last_kept = entries.order_by("-pk").values_list("pk", flat=True)[MOST_ENTRIES - 1]
    entries.filter(pk__lt=last_kept).delete()
