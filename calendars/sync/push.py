"""Writing one event: drive a calendar to what is wanted there (SYNC 1.4). State, not a list of operations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet

from bookingsite import leases
from bookingsite.models import LeasedRow
from calendars import signals
from calendars.log.recording import recorded
from calendars.models import Calendar, LogEntry, Write
from calendars.providers import registry
from calendars.providers.base import Provider, Written
from calendars.sync import cadence, store
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
LONGEST_LINK = 500
_FRESH = [
    "wish",
    "version",
    "done_version",
    "remote_key",
    "remote_uid",
    "meeting_url",
    "etag",
    "written_at",
]


def due_writes() -> QuerySet[Write]:
    """The events that wait to be written."""
    return Write.objects.select_related("calendar__account", "calendar__owner")


def write(row: Write, now: datetime) -> None:
    """Make the calendar hold what the claimed row wants, or note why that failed. Raises `LeaseLost`, and
    what a database that is away raises.

    May be repeated after a crash anywhere: ids are the booking's and providers write repeatably, so
    there is one event (invariant 3).
    """
    row.refresh_from_db(fields=_FRESH)
    try:
        with recorded(row.calendar.account, LogEntry.Job.WRITE, now, calendar=row.calendar.name):
            written = _written(row)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease gives the row back
    except Exception as error:  # whatever a server causes must not stop other writes
        _failed(row, trouble_of(error), now)
    else:
        _settled(row, written, now)


def _written(row: Write) -> Written | None:
    provider = open_provider(row.calendar.account, deadline=LIMIT_SECONDS - 30)
    try:
        return _drive(provider, row)
    finally:
        provider.close()


def _drive(provider: Provider, row: Write) -> Written | None:
    calendar_id = row.calendar.remote_id
    if row.wish is None:
        provider.delete(calendar_id, key=row.remote_key, uid=row.uid)
        return None
    known = Written(row.remote_key, row.etag, row.remote_uid, row.meeting_url) if row.written_at else None
    return provider.put(calendar_id, wish_from_json(row.wish), known)


def _settled(row: Write, written: Written | None, now: datetime) -> None:
    """Note what is in the calendar now; a wish that changed meanwhile is due at once.

    A new link is told before the row is locked: whoever listens locks the booking first, as booking does.
    """
    fields = _standing(row, written, now)
    with transaction.atomic():
        if fields["meeting_url"] and fields["meeting_url"] != row.meeting_url:
            signals.meeting_link_made.send(Write, write=row, url=fields["meeting_url"], now=now)
        Calendar.objects.filter(pk=row.calendar_id, warning="not_writable").update(warning="")
        if written:
            store.note_written(row, written.key)
        _give_back(row, now, **fields)


def _standing(row: Write, written: Written | None, now: datetime) -> dict[str, Any]:
    """The fields of an event that was just written, or taken out."""
    return {
        "done_version": row.version,
        "remote_key": written.key if written else row.remote_key,
        "remote_uid": (written.uid or row.remote_uid)[:255] if written else row.remote_uid,
        "meeting_url": _meeting_url(row, written),
        "etag": written.etag[:200] if written else "",
        "written_at": now if written else None,
        "first_failed_at": None,
    }


def _meeting_url(row: Write, written: Written | None) -> str:
    """The meeting's link. One that is known stays while the meeting is wished, whatever a later answer leaves
    out; one that is too long to keep is none."""
    if written is None or not (row.wish or {}).get("meeting"):
        return ""
    told = written.meeting_url
    return told if told and len(told) <= LONGEST_LINK else row.meeting_url


def _awaits_link(row: Write, url: str) -> bool:
    """Whether a meeting was asked for that this kind of account makes, and its link has not come."""
    meeting = (row.wish or {}).get("meeting")
    kind = registry.KINDS.get(row.calendar.account.provider)
    return bool(meeting and not url and kind and kind.capabilities.meeting == meeting)


def _give_back(row: Write, now: datetime, **fields: Any) -> None:
    """The row is written, unless its wish changed meanwhile; while its link is being made we look again."""
    is_newest = leases.held(row).version == row.version
    looks = row.attempts
    pause = cadence.link_pause(looks) if _awaits_link(row, fields["meeting_url"]) else None
    if not is_newest:
        leases.finish(row, state=LeasedRow.State.READY, run_at=now, **fields)
    elif pause is None:
        leases.finish(row, state=LeasedRow.State.DONE, **fields)
    else:
        leases.finish(row, state=LeasedRow.State.READY, run_at=now + pause, **fields)
        Write.objects.filter(pk=row.pk).update(attempts=looks)


def _failed(row: Write, trouble: Trouble, now: datetime) -> None:
    with transaction.atomic():
        account = locked(row.calendar.account_id)
        if row.is_settled and not trouble.reconnect:  # the event stands, only its link was looked for
            _give_back(row, now, meeting_url=row.meeting_url)
        elif trouble.reconnect:
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
