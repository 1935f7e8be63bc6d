"""Writing one event: drive a calendar to what is wanted there (SYNC 1.4). State, not a list of operations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet

from bookingsite import leases
from bookingsite.models import LeasedRow
from calendars import signals
from calendars.models import Calendar, Write
from calendars.providers.base import Provider, Written
from calendars.sync import cadence
from calendars.sync.connection import open_provider
from calendars.sync.trouble import (
    REFUSED_FOR_GOOD,
    Trouble,
    jitter,
    later,
    locked,
    note_failure,
    trouble_of,
)
from calendars.wishes import wish_from_json

LEASE = timedelta(minutes=3)
LIMIT_SECONDS = 90


def due_writes() -> QuerySet[Write]:
    """The events that wait to be written."""
    return Write.objects.select_related("calendar__account", "calendar__owner")


def write(row: Write, now: datetime) -> None:
    """Make the calendar hold what the claimed row wants, or note why that failed. Raises `LeaseLost`, and
    what a database that is away raises.

    May be repeated after a crash anywhere: ids are the booking's and providers write repeatably, so
    there is one event (invariant 3).
    """
    row.refresh_from_db(fields=["wish", "version", "remote_key", "etag", "written_at"])
    try:
        provider = open_provider(row.calendar.account, deadline=LIMIT_SECONDS - 30)
        try:
            written = _drive(provider, row)
        finally:
            provider.close()
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease gives the row back
    except Exception as error:  # whatever a server causes must not stop other writes
        _failed(row, trouble_of(error), now)
    else:
        _settled(row, written, now)


def _drive(provider: Provider, row: Write) -> Written | None:
    calendar_id = row.calendar.remote_id
    if row.wish is None:
        provider.delete(calendar_id, key=row.remote_key, uid=row.uid)
        return None
    known = Written(row.remote_key, row.etag) if row.written_at else None
    return provider.put(calendar_id, wish_from_json(row.wish), known)


def _settled(row: Write, written: Written | None, now: datetime) -> None:
    """Note what is in the calendar now; a wish that changed meanwhile is due at once."""
    fields: dict[str, Any] = {
        "done_version": row.version,
        "remote_key": written.key if written else row.remote_key,
        "etag": written.etag[:200] if written else "",
        "written_at": now if written else None,
        "first_failed_at": None,
    }
    with transaction.atomic():
        Calendar.objects.filter(pk=row.calendar_id, warning="not_writable").update(warning="")
        current = leases.held(row)
        if current.version == row.version:
            leases.finish(row, state=LeasedRow.State.DONE, **fields)
        else:
            leases.finish(row, state=LeasedRow.State.READY, run_at=now, **fields)


def _failed(row: Write, trouble: Trouble, now: datetime) -> None:
    with transaction.atomic():
        account = locked(row.calendar.account_id)
        if trouble.reconnect:
            later(row, trouble.code, now=now, pause=cadence.RECONNECT_PAUSE)
            note_failure(account, trouble, now)
        elif trouble.code in REFUSED_FOR_GOOD:
            _refused(row, trouble, now)
        else:
            _again(row, trouble, now)


def _refused(row: Write, trouble: Trouble, now: datetime) -> None:
    """The calendar may not be written or is gone: the owner is asked to choose another; we try on, rarely."""
    is_news = row.first_failed_at is None
    Calendar.objects.filter(pk=row.calendar_id).update(warning="not_writable")
    if _is_hopeless(row, now):
        leases.fail(row, trouble.code, now=now, give_up_after=0)
    else:
        later(
            row,
            trouble.code,
            now=now,
            pause=cadence.RECONNECT_PAUSE,
            first_failed_at=row.first_failed_at or now,
        )
    if is_news:
        signals.write_failing.send(Write, write=row, code=trouble.code, now=now)


def _again(row: Write, trouble: Trouble, now: datetime) -> None:
    """An outage: try again, less and less often, for three days."""
    if _is_hopeless(row, now):
        leases.fail(row, trouble.code, now=now, give_up_after=0)
        signals.write_failing.send(Write, write=row, code=trouble.code, now=now)
        return
    pause = cadence.write_pause(row.attempts, trouble.retry_after, jitter())
    later(row, trouble.code, now=now, pause=pause, first_failed_at=row.first_failed_at or now)


def _is_hopeless(row: Write, now: datetime) -> bool:
    return row.first_failed_at is not None and now - row.first_failed_at >= cadence.GIVE_UP_WRITING


def try_again(writes: QuerySet[Write], now: datetime) -> int:
    """Take given-up events up again (a person asked for it); returns how many."""
    unsettled = writes.exclude(done_version=F("version"))
    unsettled.update(first_failed_at=None)
    return leases.wake(unsettled, now)
