"""Busy times made anew from what is stored, without the network: a new day, another zone, a new switch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from bookingsite import leases
from calendars.models import Busy, Calendar
from calendars.providers.base import Provider, RawItem
from calendars.sync import reports, store
from calendars.sync.blocking import AllDay
from calendars.sync.connection import reading_rules, switches_of
from calendars.sync.expand import expand, horizon


def respread(provider: Provider, calendar: Calendar, keys: Collection[str], now: datetime) -> None:
    """Expand stored items (by key) anew into today's horizon; only what differs is written.

    The calendar is claimed; raises `LeaseLost` when it no longer is.
    """
    window, rules, switches = horizon(now), reading_rules(calendar), switches_of(calendar)
    for portion in store.chunks(sorted(keys)):
        rows = list(store.named(calendar, portion).filter(is_ours=False))
        raws = [RawItem(row.key, row.etag, bytes(row.data)) for row in rows]
        expanded = expand(provider, raws, window=window, rules=rules, switches=switches)
        found = {row.pk: one for row, one in zip(rows, expanded, strict=True)}
        with transaction.atomic():
            leases.held(calendar)
            store.respread(calendar, found, now)


def apply_switches(calendar: Calendar, *, now: datetime) -> None:
    """Recompute which stored times block, after the calendar's switches changed, and tell which do newly."""
    switches = switches_of(calendar)
    blocking = Q(status__in=switches.blocking_statuses)
    if not switches.unanswered:
        blocking &= Q(unanswered=False)
    if switches.all_day is AllDay.ALWAYS:
        blocking |= Q(all_day=True)
    elif switches.all_day is AllDay.NEVER:
        blocking &= Q(all_day=False)
    with transaction.atomic():
        mine = Busy.objects.filter(calendar=calendar)
        newly = mine.filter(blocking, blocks=False)
        spans = sorted(set(newly.filter(end__gt=int(now.timestamp())).values_list("start", "end")))
        newly.update(blocks=True)
        mine.exclude(blocking).filter(blocks=True).update(blocks=False)
        reports.tell_blocks(calendar, spans, now)
