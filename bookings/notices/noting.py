"""Noting that a host must be told: one row for each incident, however often it is reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bookings.models import Notice
from calendars.models import Account, Calendar, Write

GATHER = timedelta(minutes=1)
"""How long a question waits for others that belong into the same mail."""


def note_account(account: Account, code: str, *, now: datetime) -> None:
    """Note that an account fails: once a day at most, however often it is reported.

    `calendars` reports a trouble when it needs the host, and reminds of it after some days.
    """
    since = account.failing_since or now
    _note(
        incident=f"account:{account.pk}:{int(since.timestamp())}:{(now - since).days}", kind=Notice.Kind.ACCOUNT,
        account_id=account.pk, owner_id=account.owner_id, code=code, now=now,
    )  # fmt: skip


def note_writing(write: Write, code: str, *, now: datetime) -> None:
    """Note that a booking does not reach its calendar.

    A calendar that refuses one booking refuses the next as well: one notice a day (in UTC) for each
    calendar, and it names all bookings that are missing there by the time it is sent.
    """
    calendar = write.calendar
    _note(
        incident=f"calendar:{calendar.pk}:{now.astimezone(UTC):%Y-%m-%d}", kind=Notice.Kind.WRITING,
        account_id=calendar.account_id, owner_id=calendar.owner_id, calendar_id=calendar.pk, code=code, now=now,
    )  # fmt: skip


def note_question(calendar: Calendar, kind: Notice.Kind, *, now: datetime) -> None:
    """Note that the host is to be asked about bookings: events that were changed, or that collide with them.

    The mail waits a minute for more of the kind and names all that are open by then, so that a morning of
    dragging events about is told once.
    """
    waiting = Notice.objects.filter(account=calendar.account_id, kind=kind, state=Notice.State.READY)
    if waiting.filter(lease=None).exists():
        return
    _note(
        incident=f"{kind}:{calendar.account_id}:{int((now + GATHER).timestamp())}", kind=kind, code=str(kind),
        account_id=calendar.account_id, owner_id=calendar.owner_id, now=now, run_at=now + GATHER,
    )  # fmt: skip


def _note(*, now: datetime, run_at: datetime | None = None, **fields: Any) -> None:
    row = Notice(run_at=run_at or now, noted_at=now, **fields)
    Notice.objects.bulk_create([row], ignore_conflicts=True)
