"""Reading one calendar: ask what changed, decide, store it with its cursor (SYNC 1.2).

Order matters. The network is asked first, with no transaction open. Then changed items are written in
portions, each item replaced whole, and the last transaction carries the deletions, the cursor and the
time of reading: a crash anywhere means that the same changes are read again, never that time is freed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bookingsite import leases
from bookingsite.models import LeasedRow
from calendars.listing import apply_listing, report_lost
from calendars.log.recording import recorded
from calendars.models import Calendar, Item, LogEntry
from calendars.providers.base import CalendarInfo, Provider
from calendars.providers.errors import CursorInvalid, NotFound, ProviderError
from calendars.sync import cadence, plan, reports, store
from calendars.sync.connection import open_provider, reading_rules, switches_of
from calendars.sync.expand import Expanded, expand, horizon
from calendars.sync.known import KnownItems
from calendars.sync.respread import respread
from calendars.sync.trouble import Trouble, jitter, later, locked, note_failure, note_success, trouble_of

LEASE = timedelta(minutes=10)
"""Without a keeper that renews it (commands); workers take short leases and renew."""
LIMIT_SECONDS = 300
"""Of one calendar's reading; the first one of a big calendar at a slow server takes minutes."""


AT_ONCE = 3
"""Calendars of one account that are read at the same time: Graph takes four requests of a mailbox at once, and
one is left for writing."""


def used_calendars() -> QuerySet[Calendar]:
    """The calendars worth reading: those that block, and those that hold our bookings."""
    wanted = Q(blocks=True) | Q(receives=True)
    return Calendar.objects.filter(wanted, account__closing_at=None).select_related("account", "owner")


def due_calendars() -> QuerySet[Calendar]:
    """The used calendars that workers may take: not more than `AT_ONCE` of an account, so that a slow server
    holds up its own alone.

    A lease that ran out ends before every other, so the rows of dead workers never shut an account.
    """
    leased = Calendar.objects.filter(
        account=OuterRef("account"), lease__isnull=False, run_at__gt=OuterRef("run_at")
    )
    return used_calendars().exclude(Exists(leased.order_by()[AT_ONCE - 1 : AT_ONCE]))


def is_awaited(now: datetime) -> bool:
    """Whether a calendar will be due in a moment because its provider told of a change."""
    soon = used_calendars().filter(state=LeasedRow.State.READY, lease=None, run_at__gt=now)
    return soon.filter(run_at__lte=now + cadence.DEBOUNCE, noticed_at__gt=now - 2 * cadence.DEBOUNCE).exists()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider told in one run."""

    run: plan.Gathered
    is_full: bool
    listing: tuple[CalendarInfo, ...] | None
    """The account's calendars, asked for once a day; None when not asked or not told."""
    in_flight: frozenset[str] = frozenset()
    """Our events that were being written when the question was asked."""


def read(calendar: Calendar, now: datetime) -> None:
    """Bring our copy of a claimed calendar up to date, or note why that failed. Raises `LeaseLost`, and
    what a database that is away raises.

    Failures keep the copy; it stays trusted until the account's limit (invariant 2).
    """
    try:
        with recorded(calendar.account, LogEntry.Job.READ, now, calendar=calendar.name):
            _read(calendar, now)
    except (leases.LeaseLost, OperationalError, InterfaceError):
        raise  # another worker has it, or the database is away: the lease gives it back
    except Exception as error:  # whatever a server or its data causes must not stop other calendars
        _failed(calendar, trouble_of(error), now)


def _read(calendar: Calendar, now: datetime) -> None:
    provider = open_provider(calendar.account, deadline=LIMIT_SECONDS - 60)
    try:
        answer = _ask(provider, calendar, now)
        _take(provider, calendar, answer, now)
    finally:
        provider.close()


def _ask(provider: Provider, calendar: Calendar, now: datetime) -> Answer:
    in_flight = reports.in_flight(calendar)
    known = KnownItems(calendar)
    window = horizon(now)
    is_first = calendar.last_ok_at is None and not known
    if not is_first and not needs_comparison(calendar, now):
        try:
            pages = provider.changes(calendar.remote_id, cursor=calendar.cursor, known=known, window=window)
            return Answer(plan.gather(pages), is_full=False, listing=None, in_flight=in_flight)
        except CursorInvalid:  # the copy stays as it is until everything has been compared
            pass
    if is_first:
        pages = provider.changes(calendar.remote_id, cursor=None, known=known, window=window)
        return Answer(plan.gather(pages), is_full=True, listing=None, in_flight=in_flight)
    run = plan.gather(provider.reconcile(calendar.remote_id, known=known.all(), window=window))
    return Answer(run, is_full=True, listing=_listing(provider), in_flight=in_flight)


def needs_comparison(calendar: Calendar, now: datetime) -> bool:
    """Whether everything is to be compared: once a day, after a suspicious answer, and when never done."""
    last = calendar.last_full_at
    spread = crc32(str(calendar.pk).encode()) / 2**32
    return last is None or bool(calendar.suspect) or now - last >= cadence.comparison_age(spread)


def _listing(provider: Provider) -> tuple[CalendarInfo, ...] | None:
    """Names, colours and rights may have changed; that they cannot be told now is no reason to fail."""
    try:
        return tuple(provider.calendars())
    except ProviderError:
        return None


def _take(provider: Provider, calendar: Calendar, answer: Answer, now: datetime) -> None:
    _take_zone(calendar, answer.listing)
    known = _digests(calendar, answer.run)
    decided = plan.decide(answer.run, known)
    found = list(
        expand(
            provider,
            decided.store,
            window=horizon(now),
            rules=reading_rules(calendar),
            switches=switches_of(calendar),
        )
    )
    if known and _is_suspicious(calendar, answer.run, decided, found, now):
        _look_again(calendar, answer.run, now)
        return
    if answer.is_full:
        unchanged = known.keys() - {item.key for item in decided.store} - decided.drop
        respread(provider, calendar, unchanged, now)
    _store(calendar, answer, decided, found, now)


def _digests(calendar: Calendar, run: plan.Gathered) -> dict[str, str]:
    """Key to digest of what we hold: of everything for a full listing, else of what the run speaks of."""
    rows = Item.objects.filter(calendar=calendar)
    if run.present is not None:
        return dict(rows.values_list("key", "digest"))
    found: dict[str, str] = {}
    for keys in store.chunks(sorted(run.items.keys() | run.deleted)):
        found |= dict(store.named(calendar, keys).values_list("key", "digest"))
    return found


def _take_zone(calendar: Calendar, listing: tuple[CalendarInfo, ...] | None) -> None:
    """Use the zone that the provider tells now, so that whole days are placed by it in this very run."""
    for info in listing or ():
        if info.remote_id == calendar.remote_id:
            calendar.zone = info.zone or ""


def _is_suspicious(
    calendar: Calendar, run: plan.Gathered, decided: plan.Plan, found: Sequence[Expanded], now: datetime
) -> bool:
    """Whether to look again before believing; the same answer a second time is believed."""
    if run.present is None or calendar.suspect == plan.fingerprint(run):
        return False
    future = store.future_times(calendar, now)
    vanishing = store.future_times(calendar, now, decided.drop)
    if not plan.is_suspicious(run, future=future, vanishing=vanishing):
        return False
    # Some feeds call the same times by new names every day.
    lost = store.lost_times(calendar, now, decided.drop, found)
    return plan.is_suspicious(run, future=future, vanishing=lost)


def _look_again(calendar: Calendar, run: plan.Gathered, now: datetime) -> None:
    """Keep the copy and read once more in a few minutes. The server did answer: what failed before is over."""
    with transaction.atomic():
        account = locked(calendar.account_id)
        leases.finish(
            calendar,
            state=LeasedRow.State.READY,
            run_at=now + cadence.SECOND_LOOK,
            suspect=plan.fingerprint(run),
            warning="suspect",
            failing_since=None,
        )
        note_success(account, now)


def _store(
    calendar: Calendar, answer: Answer, decided: plan.Plan, found: Sequence[Expanded], now: datetime
) -> None:
    told: dict[str, Any] = {"in_flight": answer.in_flight}
    portions = list(store.chunks(found)) or [[]]
    for portion in portions[:-1]:
        with transaction.atomic():
            leases.held(calendar)
            store.keep(calendar, portion, now, going=decided.drop, **told)
    with transaction.atomic():
        account = locked(calendar.account_id)
        current = leases.held(calendar)
        store.keep(calendar, portions[-1], now, going=decided.drop, **told)
        store.restamp(calendar, decided.restamp)
        store.drop(calendar, decided.drop, now, **told)
        if answer.listing is not None:
            apply_listing(account, answer.listing, now)
        fields = _read_well(calendar, answer, now) | _next_read(calendar, current, now)
        if found or decided.drop:
            fields["last_changed_at"] = now
        if not answer.is_full and store.has_unseen(calendar, now, answer.in_flight):
            fields |= {"last_full_at": None, "run_at": min(fields["run_at"], now + cadence.UNSEEN)}
        if answer.is_full or found or decided.restamp or decided.drop:
            fields |= _contents(current)
        leases.finish(calendar, state=LeasedRow.State.READY, **fields)
        note_success(account, now)


def _next_read(calendar: Calendar, current: Calendar, now: datetime) -> dict[str, Any]:
    """When to read next: in a moment when a change was told while we were reading, which we may have missed."""
    regular = now + cadence.next_read(calendar.interval_minutes, jitter())
    if current.noticed_at is None or current.noticed_at == calendar.noticed_at:
        return {"run_at": regular}
    return {"run_at": min(regular, current.noticed_at + cadence.DEBOUNCE)}


def _read_well(calendar: Calendar, answer: Answer, now: datetime) -> dict[str, Any]:
    """The fields of a calendar that was just read well."""
    fields: dict[str, Any] = {
        "cursor": answer.run.cursor,
        "last_ok_at": now,
        "failing_since": None,
        "vanished_at": None,
        "suspect": "",
    }
    if answer.is_full:
        fields |= {
            "last_full_at": now,
            "expanded_to": horizon(now)[1],
            "generation": calendar.generation + 1,
        }
    return fields


def _contents(current: Calendar) -> dict[str, Any]:
    """What the owner is told of the calendar's contents; what could not be written stays noted.

    Asked only when something changed. Both answers come out of indexes.
    """
    items = Item.objects.filter(calendar=current)
    fields: dict[str, Any] = {"item_count": items.count()}
    if current.warning != "not_writable":
        fields["warning"] = "events_odd" if items.exclude(warning="").exists() else ""
    return fields


def _failed(calendar: Calendar, trouble: Trouble, now: datetime) -> None:
    pause = (
        cadence.RECONNECT_PAUSE
        if trouble.reconnect
        else cadence.read_pause(calendar.attempts, trouble.retry_after, jitter())
    )
    fields: dict[str, Any] = {"failing_since": calendar.failing_since or now}
    has_vanished = trouble.code == NotFound.code and not calendar.vanished_at
    if has_vanished:
        fields["vanished_at"] = now
    with transaction.atomic():
        account = locked(calendar.account_id)
        later(calendar, trouble.code, now=now, pause=pause, **fields)
        if has_vanished:
            report_lost(calendar, "vanished", received=calendar.receives, now=now)
        note_failure(account, trouble, now)
