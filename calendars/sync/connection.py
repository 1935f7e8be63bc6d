"""From stored rows to what providers take: an open account, reading rules, switches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from django.conf import settings

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.models import Account, Calendar
from calendars.providers import registry
from calendars.providers.base import Provider, ReadingRules
from calendars.providers.errors import Timeout
from calendars.providers.registry import Access
from calendars.sync.blocking import AllDay, Switches

T = TypeVar("T")
MEGABYTE = 1_000_000


def guard_policy(*, deadline: float, timeout: float = 20.0) -> GuardPolicy:
    """The operator's limits for addresses that people typed (invariant 10); `deadline` in seconds."""
    return GuardPolicy(
        allow=parse_networks(settings.OUTBOUND_ALLOW),
        ports=frozenset(settings.OUTBOUND_PORTS),
        max_bytes=100 * MEGABYTE,
        timeout=min(timeout, deadline),
        deadline=deadline,
    )


def connected(kind: str, *, url: str, username: str, password: str, deadline: float) -> Provider:
    """A provider for this sign-in; nothing is sent yet. Close it after use."""
    policy = guard_policy(deadline=deadline, timeout=deadline)
    return registry.connect(kind, Access(url=url, username=username, password=password, policy=policy))


def open_provider(account: Account, *, deadline: float = 120.0) -> Provider:
    """The account's provider, ready to ask; `deadline` (seconds) bounds each request. Close it after use.

    Raises `bookingsite.lib.secrets.Unreadable` when the password cannot be opened.
    """
    return connected(
        account.provider,
        url=account.base_url,
        username=account.username,
        password=account.open_secret() if account.sealed_secret else "",
        deadline=deadline,
    )


def within(seconds: float, provider: Provider, ask: Callable[[], T]) -> T:
    """The answer to `ask`, which talks through `provider`, if it comes in time; closes the provider.

    For work that a person waits for and that takes several requests. Raises what `ask` raises, or
    `Timeout`. `ask` runs in a thread and must not touch the database; a late one ends by itself.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="within")
    asked = pool.submit(ask)
    asked.add_done_callback(lambda _: provider.close())
    pool.shutdown(wait=False)
    try:
        return asked.result(timeout=seconds)
    except FutureTimeout:
        raise Timeout(f"no answer in {seconds:.0f} s") from None


def reading_rules(calendar: Calendar) -> ReadingRules:
    """Where floating times and whole days of the calendar belong, and which attendee is its owner."""
    emails = {calendar.owner.email.lower(), calendar.account.username.lower()}
    return ReadingRules(
        default_zone=calendar.zone or calendar.owner.zone,
        owner_emails=frozenset(email for email in emails if "@" in email),
    )


def switches_of(calendar: Calendar) -> Switches:
    """The calendar's switches as a value."""
    return Switches(
        tentative=calendar.tentative_blocks,
        elsewhere=calendar.elsewhere_blocks,
        out_of_office=calendar.out_of_office_blocks,
        unanswered=calendar.unanswered_blocks,
        all_day=AllDay(calendar.all_day),
    )
