"""From stored rows to what providers take: an open account, reading rules, switches."""

from __future__ import annotations

from django.conf import settings

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.models import Account, Calendar
from calendars.providers import registry
from calendars.providers.base import Provider, ReadingRules
from calendars.sync.blocking import AllDay, Switches

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


def open_provider(account: Account, *, deadline: float = 120.0) -> Provider:
    """The account's provider, ready to ask. Close it after use.

    Raises `bookingsite.lib.secrets.Unreadable` when the password cannot be opened, `ProviderError`
    when the address is refused.
    """
    return registry.connect(
        account.provider,
        url=account.base_url,
        username=account.username,
        password=account.open_secret() if account.sealed_secret else "",
        policy=guard_policy(deadline=deadline, timeout=deadline),
    )


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
