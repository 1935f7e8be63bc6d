"""From stored rows to what providers take: an open account, reading rules, switches."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from django.conf import settings

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.log import recording
from calendars.models import Account, Calendar
from calendars.oauth import tokens as stored
from calendars.oauth.addresses import addresses_of
from calendars.providers import registry
from calendars.providers.base import Provider, ReadingRules
from calendars.providers.errors import Timeout, TokenRejected
from calendars.providers.oauth import Tokens
from calendars.providers.registry import Access
from calendars.sync.blocking import AllDay, Switches

T = TypeVar("T")
MEGABYTE = 1_000_000


def guard_policy(*, deadline: float, timeout: float = 20.0) -> GuardPolicy:
    """The operator's limits for addresses that people typed (invariant 10); `deadline` in seconds.

    Requests under it are kept in the debug log of the job that asks for it here, where one is switched on.
    """
    return GuardPolicy(
        allow=parse_networks(settings.OUTBOUND_ALLOW),
        ports=frozenset(settings.OUTBOUND_PORTS),
        max_bytes=100 * MEGABYTE,
        timeout=min(timeout, deadline),
        deadline=deadline,
        observer=recording.observer(),
    )


def connected(kind: str, *, url: str, username: str, password: str, deadline: float) -> Provider:
    """A provider for this sign-in; nothing is sent yet. Close it after use."""
    policy = guard_policy(deadline=deadline, timeout=deadline)
    return registry.connect(kind, Access(url=url, username=username, password=password, policy=policy))


def granted(kind: str, *, username: str, tokens: Tokens, deadline: float) -> Provider:
    """A provider for an account that was opened by consent; nothing is sent yet. Close it after use."""
    policy = guard_policy(deadline=deadline, timeout=deadline)
    access = Access(username=username, tokens=tokens, policy=policy, addresses=addresses_of(kind))
    return registry.connect(kind, access)


def open_provider(account: Account, *, deadline: float = 120.0, apart: bool = False) -> Provider:
    """The account's provider, ready to ask; `deadline` (seconds) bounds each request. Close it after use.

    `apart`: it will be used in a thread that must not touch the database. Then an access token that has run out
    is renewed here and now, within the deadline, and a refused one is `TokenRejected`: nothing is known then.
    Never inside a transaction. Raises `bookingsite.lib.secrets.Unreadable` when the secret cannot be opened, and
    with `apart` what a renewal raises.
    """
    if registry.kind(account.provider).oauth is not None:
        found = _tokens(account, deadline, apart=apart)
        return granted(account.provider, username=account.username, tokens=found, deadline=deadline)
    return connected(
        account.provider,
        url=account.base_url,
        username=account.username,
        password=account.open_secret() if account.sealed_secret else "",
        deadline=deadline,
    )


def _tokens(account: Account, deadline: float, *, apart: bool) -> Tokens:
    wait = min(deadline, stored.PATIENCE)
    policy = guard_policy(deadline=wait, timeout=wait)
    found = stored.StoredTokens(account, policy, wait=wait)
    return stored.FixedToken(found.access()) if apart else found


def asked_within(seconds: float, account: Account, ask: Callable[[Provider], T]) -> T:
    """The answer of the account's provider, for a person who waits; `ask` runs in a thread (see `within`).

    An access token that is refused is renewed and the question asked once more. Raises what `ask` and a renewal
    raise, and `bookingsite.lib.secrets.Unreadable`.
    """
    ends_at = time.monotonic() + seconds
    provider = open_provider(account, deadline=seconds, apart=True)
    try:
        return within(seconds, provider, lambda: ask(provider))
    except TokenRejected:
        left = max(ends_at - time.monotonic(), 1.0)
        renewed = _renewed(account, left)
        return within(left, renewed, lambda: ask(renewed))


def _renewed(account: Account, deadline: float) -> Provider:
    """The provider with a token that is not the stored one: that was refused."""
    wait = min(deadline, stored.PATIENCE)
    found = stored.StoredTokens(account, guard_policy(deadline=wait, timeout=wait), wait=wait)
    token = found.access(rejected=stored.grant_of(account).access_token)
    tokens = stored.FixedToken(token)
    return granted(account.provider, username=account.username, tokens=tokens, deadline=deadline)


def within(seconds: float, provider: Provider, ask: Callable[[], T]) -> T:
    """The answer to `ask`, which talks through `provider`, if it comes in time; closes the provider.

    For work that a person waits for and that takes several requests. Raises what `ask` raises, or
    `Timeout`. `ask` runs in a thread and must not touch the database; a late one ends by itself.
    """
    return in_time(seconds, ask, done=provider.close)


def in_time(seconds: float, ask: Callable[[], T], *, done: Callable[[], None] | None = None) -> T:
    """As `within`, for what needs no provider; `done` is called when `ask` has ended, however late."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="within")
    asked = pool.submit(ask)
    if done is not None:
        asked.add_done_callback(lambda _: done())
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
