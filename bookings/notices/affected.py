"""Which event types an account matters to: for mails and for the account's card (CC-5)."""

from __future__ import annotations

from collections.abc import Sequence

from bookings.models import EventType
from calendars.models import Account
from calendars.signals import Dependants


def dependants(accounts: Sequence[Account]) -> dict[int, Dependants]:
    """The active event types that depend on each of these accounts, all of one owner. One query.

    Every blocking calendar of a host closes the times of all of the host's event types. The accounts'
    calendars should be prefetched.
    """
    if not accounts:
        return {}
    rows = EventType.objects.filter(host=accounts[0].owner_id, is_active=True).order_by("title", "pk")
    kinds = list(rows.select_related("target"))
    return {account.pk: _of(account, kinds) for account in accounts}


def _of(account: Account, kinds: Sequence[EventType]) -> Dependants:
    calendars = list(account.calendars.all())
    blocks = any(calendar.blocks for calendar in calendars)
    receives = any(calendar.receives for calendar in calendars)
    ids = {calendar.pk for calendar in calendars}
    into = [kind for kind in kinds if kind.adds_to_calendar and _goes_into(kind, ids, receives=receives)]
    return Dependants(
        times=tuple(kind.title for kind in kinds) if blocks else (),
        bookings=tuple(kind.title for kind in into),
    )


def _goes_into(kind: EventType, calendar_ids: set[int], *, receives: bool) -> bool:
    """Whether bookings of this kind go into one of these calendars, `receives`: one is the chosen one."""
    return kind.target_id in calendar_ids if kind.target_id else receives
