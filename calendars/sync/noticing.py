"""What becomes of a provider's notice "something changed": the calendar is due, and nothing else is believed."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When

from bookingsite import work
from bookingsite.lib.secrets import Unreadable
from calendars.models import Account, Calendar, Channel
from calendars.sync import cadence


class Meaning(Enum):
    """What a notice asks for."""

    HELLO = "hello"
    """The order stands; nothing is to be done."""
    CHANGED = "changed"
    """Look at the calendar."""
    RENEW = "renew"
    """The order is to be renewed now, or it ends."""
    REMOVED = "removed"
    """The order has ended; another one is needed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What came in: everything in it is a claim. `resource_id` is None where the provider names none."""

    channel_id: str
    secret: str = field(repr=False)
    meaning: Meaning
    resource_id: str | None = None


def take(provider: str, notices: Sequence[Notice], now: datetime) -> int:
    """Act on the genuine ones among these notices; returns how many were. One query when none is.

    Any number of notices about a calendar leads to one or two readings (`mark`).
    """
    named = {notice.channel_id for notice in notices if notice.channel_id}
    if not named:
        return 0
    rows = Channel.objects.filter(
        channel_id__in=named, calendar__account__provider=provider, calendar__account__closing_at=None
    )
    held = {row.channel_id: row for row in rows}
    genuine = [
        (held[notice.channel_id], notice.meaning)
        for notice in notices
        if notice.channel_id in held and _is_genuine(held[notice.channel_id], notice)
    ]
    if genuine:
        _act(genuine, now)
    return len(genuine)


def _is_genuine(row: Channel, notice: Notice) -> bool:
    try:
        secret = row.open_secret()
    except Unreadable:
        return False
    is_right = hmac.compare_digest(secret.encode(), notice.secret.encode(errors="replace"))
    if notice.resource_id is None:
        return is_right
    told = notice.resource_id.encode(errors="replace")
    return hmac.compare_digest(row.resource_id.encode(), told) and is_right


def _act(genuine: Sequence[tuple[Channel, Meaning]], now: datetime) -> None:
    """Locks calendars before channels, as everywhere."""

    def meant(*meanings: Meaning) -> dict[int, int]:
        return {row.pk: row.calendar_id for row, meaning in genuine if meaning in meanings}

    changed, removed = meant(Meaning.CHANGED, Meaning.REMOVED), meant(Meaning.REMOVED)
    orders = meant(Meaning.RENEW, Meaning.REMOVED)
    with transaction.atomic():
        mark(changed.values(), now)
        free = Channel.objects.filter(lease=None)
        if removed:
            free.filter(pk__in=removed).update(channel_id=None, resource_id="", expires_at=None)
        if orders:
            free.filter(pk__in=orders).update(run_at=now, state=Channel.State.READY)
        Channel.objects.filter(pk__in=[row.pk for row, _ in genuine]).update(last_notice_at=now)
        if changed or orders:
            work.nudge()


def mark(calendar_ids: Collection[int], now: datetime) -> None:
    """Note that something changed in these calendars, and make them due, inside the caller's transaction. Call
    `work.nudge` after.

    The first notice counts at once, those that follow it within `DEBOUNCE` together: providers tell one change
    several times. A calendar that is just being read sees from `noticed_at` that it is not up to date
    (`pull`). One in trouble keeps its pause: a notice must not undo a server's wish for patience, and
    whatever changed is found then.
    """
    later, since = now + cadence.DEBOUNCE, now - cadence.DEBOUNCE
    reconnecting = Account.objects.filter(status=Account.Status.RECONNECT)
    is_free = Q(lease=None, error="", suspect="") & ~Q(account__in=reconnecting)
    is_first = Q(noticed_at=None) | Q(noticed_at__lte=since) | Q(noticed_at__gt=later)
    due = Case(
        When(is_free & is_first & Q(run_at__gt=now), then=Value(now)),
        When(is_free & Q(run_at__gt=later), then=Value(later)),
        default=F("run_at"),
        output_field=models.DateTimeField(),
    )
    rows = Calendar.objects.filter(pk__in=set(calendar_ids))
    # Two lists of notices at once lock their calendars in the same order.
    list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    rows.update(run_at=due, noticed_at=now)
