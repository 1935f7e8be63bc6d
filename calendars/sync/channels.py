"""Push channels: standing orders at providers to tell us of changes, made and renewed in time (C12, SYNC 4.2, 5).

A calendar in use whose provider can push has one `Channel` row while the site has an address for notices. The
worker keeps the order behind it standing. Polling goes on all the while: a channel only makes changes known
sooner, so whatever goes wrong here is noted on the row and tried again, and troubles nobody.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from secrets import token_urlsafe
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from bookingsite import leases, work
from bookingsite.lib.secrets import Unreadable
from bookingsite.models import LeasedRow
from calendars.log.recording import recorded
from calendars.models import Account, Calendar, Channel, LogEntry
from calendars.providers import registry
from calendars.providers.base import PushProvider, Watch
from calendars.providers.errors import ProviderError, ServerFailed
from calendars.sync import cadence, noticing
from calendars.sync.connection import open_provider, within
from calendars.sync.pull import used_calendars
from calendars.sync.trouble import jitter, later, trouble_of

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
LIMIT_SECONDS = 60
LIFETIME = timedelta(days=6, hours=12)
"""What we ask for; Graph grants seven days at most, Google about as much. What was granted counts."""
GOODBYE = 5.0
"""Seconds that ending an account's orders may take; those that remain end by themselves."""
LONGEST_ID, LONGEST_RESOURCE = 64, 300
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def address(provider: str) -> str:
    """Where this provider is to send its notices; empty where there is no way to us.

    Providers deliver to public https addresses alone. Plain http on this machine is for trials.
    """
    parts = urlsplit(settings.PUSH_URL)
    is_usable = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    can_push = provider in registry.KINDS and registry.KINDS[provider].capabilities.push
    return f"{settings.PUSH_URL}/hooks/{provider}/" if is_usable and parts.hostname and can_push else ""


def wanted_calendars() -> QuerySet[Calendar]:
    """The calendars that should have a channel: those that are read, where their provider can push."""
    pushing = [key for key in registry.KINDS if address(key)]
    return used_calendars().filter(account__provider__in=pushing, vanished_at=None)


def ensure(now: datetime, *, owner_id: int | None = None) -> None:
    """Have a channel ordered for every calendar that should have one, and the others ended, soon.

    Of one host or of all. A constant number of queries, and one more for every some hundred new channels.
    """
    wanted, channels = wanted_calendars().order_by(), Channel.objects.all()
    if owner_id is not None:
        wanted, channels = wanted.filter(owner=owner_id), channels.filter(calendar__owner=owner_id)
    missing = list(wanted.filter(channel=None).values_list("pk", flat=True))
    new = [Channel(calendar_id=pk, run_at=now) for pk in missing]
    Channel.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    surplus = channels.exclude(calendar__in=wanted.values("pk"))
    if new or leases.wake(surplus.filter(run_at__gt=now), now):
        work.nudge()


def due_channels() -> QuerySet[Channel]:
    """The channels whose order is to be made, renewed or ended."""
    return Channel.objects.select_related("calendar__account", "calendar__owner")


def keep(row: Channel, now: datetime) -> None:
    """Make or renew the order of a claimed channel, or end it where none is wanted any more. Raises
    `LeaseLost`, and what a database that is away raises.

    May be repeated after a crash anywhere: an order that nobody remembers ends by itself, and its notices
    are not believed.
    """
    calendar = row.calendar
    if not wanted_calendars().filter(pk=calendar.pk).exists():
        _end(row, now)
        return
    try:
        with recorded(calendar.account, LogEntry.Job.PUSH, now, calendar=calendar.name):
            _order(row, now)
    except (leases.LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever a server causes must not stop other channels
        _failed(row, error, now)


def _order(row: Channel, now: datetime) -> None:
    """Ask the provider, and remember what it granted."""
    target = address(row.calendar.account.provider)
    secret = _new_secret(target)
    provider = cast(PushProvider, open_provider(row.calendar.account, deadline=LIMIT_SECONDS / 2))
    try:
        current = standing(row)
        if current is not None and not _leads_to(row, target):
            provider.unwatch(current)  # it would go on sending to an address that was ours
            current = None
        watch = provider.watch(
            row.calendar.remote_id,
            address=target,
            channel_id=str(uuid.uuid4()),
            secret=secret,
            until=now + LIFETIME,
            current=current,
        )
    finally:
        provider.close()
    _remember(row, watch, secret, now)


def _remember(row: Channel, watch: Watch, secret: str, now: datetime) -> None:
    """Note the order. The calendar is read once more: what changed before it stood was told to nobody."""
    if len(watch.channel_id) > LONGEST_ID:
        raise ServerFailed("the channel's name is too long to be kept")
    if watch.channel_id != row.channel_id:  # else it was prolonged, and goes on with the secret it has
        row.seal_secret(secret)
    with transaction.atomic():
        noticing.mark([row.calendar_id], now)
        leases.finish(
            row,
            state=LeasedRow.State.READY,
            run_at=now + cadence.renewal_pause(watch.expires_at - now),
            channel_id=watch.channel_id,
            resource_id=watch.resource_id[:LONGEST_RESOURCE],
            sealed_secret=row.sealed_secret,
            expires_at=watch.expires_at,
        )
        work.nudge()


def _failed(row: Channel, error: Exception, now: datetime) -> None:
    """Try again later; the calendar is polled meanwhile, and there its trouble is told."""
    trouble = trouble_of(error)
    is_final = isinstance(error, ProviderError) and not error.retryable
    if trouble.reconnect:
        pause = cadence.RECONNECT_PAUSE
    elif is_final:
        pause = cadence.DAILY
    else:
        pause = cadence.read_pause(row.attempts, trouble.retry_after, jitter())
    with transaction.atomic():
        later(row, trouble.code, now=now, pause=pause)


def _end(row: Channel, now: datetime) -> None:
    with recorded(row.calendar.account, LogEntry.Job.PUSH, now, calendar=row.calendar.name):
        _unwatch(row.calendar.account, [row])
    with transaction.atomic():
        leases.held(row)
        row.delete()


def stop(account: Account) -> None:
    """End every order at the account's provider and forget its channels; never fails, takes seconds at most.

    Outside any transaction, before the account's secret goes.
    """
    _unwatch(account, list(Channel.objects.filter(calendar__account=account)))
    Channel.objects.filter(calendar__account=account).delete()


def _unwatch(account: Account, rows: Sequence[Channel]) -> None:
    """As well as it can be done: an order that stays ends by itself within days."""
    watches = [watch for watch in map(standing, rows) if watch is not None]
    if not watches:
        return

    def say_goodbye() -> None:
        for watch in watches:
            provider.unwatch(watch)

    try:
        provider = cast(PushProvider, open_provider(account, deadline=GOODBYE, apart=True))
        within(GOODBYE, provider, say_goodbye)
    except Exception as error:  # whatever a server causes must not stop the disconnecting
        log.info("Channels of an account could not be ended: %s", type(error).__name__)


def standing(row: Channel) -> Watch | None:
    """The order that the row remembers; None when there is none."""
    if row.channel_id is None or row.expires_at is None:
        return None
    return Watch(row.channel_id, row.resource_id, row.expires_at)


def _new_secret(target: str) -> str:
    """Random, and beginning with a mark of the address: Graph prolongs orders, but not to another address."""
    return f"{_mark(target)}.{token_urlsafe(32)}"


def _leads_to(row: Channel, target: str) -> bool:
    try:
        return row.open_secret().startswith(f"{_mark(target)}.")
    except Unreadable:
        return False


def _mark(target: str) -> str:
    return blake2b(target.encode(), digest_size=6).hexdigest()
