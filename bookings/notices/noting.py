"""Noting that a host must be told: one row for each incident, however often it is reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max

from bookings.models import Notice
from calendars.models import Account, Calendar, Write

GATHER = timedelta(minutes=1)
"""How long a question waits for others that belong into the same mail."""


APART = timedelta(hours=1)
"""At least so long lies between two mails about an account that comes and goes by itself."""
LOST = frozenset({"became_read_only", "vanished"})
"""Codes of calendars that can take no bookings any more; see `calendars.signals.calendar_lost`."""


def note_account(account: Account, code: str, *, now: datetime) -> None:
    """Note that an account fails: once a day at most, however often it is reported.

    `calendars` reports a trouble when it needs the host, and reminds of it after some days. A server that
    comes and goes makes one mail an hour at the most.
    """
    since = account.failing_since or now
    run_at = now
    if account.status != Account.Status.RECONNECT:
        earlier = Notice.objects.filter(account=account, kind=Notice.Kind.ACCOUNT).aggregate(
            at=Max("sent_at")
        )
        run_at = max(now, earlier["at"] + APART) if earlier["at"] else now
    _note(
        incident=f"{_trouble(account.pk, since)}:{(now - since).days}", kind=Notice.Kind.ACCOUNT,
        account_id=account.pk, owner_id=account.owner_id, code=code, now=now, run_at=run_at,
    )  # fmt: skip


def note_recovery(account: Account, since: datetime, *, now: datetime) -> None:
    """Note that an account works again whose trouble began at `since`. The mail waits whether it stays so."""
    _note(
        incident=f"recovered:{_trouble(account.pk, since)}", kind=Notice.Kind.RECOVERED, code="recovered",
        account_id=account.pk, owner_id=account.owner_id, now=now, run_at=now + GATHER,
    )  # fmt: skip


def _trouble(account_id: int, since: datetime) -> str:
    return f"account:{account_id}:{int(since.timestamp())}"


def is_about(notice: Notice, since: datetime | None) -> bool:
    """Whether a notice of an account's failure speaks of the trouble that began then."""
    return since is not None and notice.incident.startswith(f"{_trouble(notice.account_id, since)}:")


def since_of(notice: Notice) -> datetime:
    """When the trouble began whose end this notice tells."""
    return datetime.fromtimestamp(int(notice.incident.rsplit(":", maxsplit=1)[1]), UTC)


def was_told(notice: Notice) -> bool:
    """Whether the host got a mail about the trouble whose end this notice tells."""
    told = f"{_trouble(notice.account_id, since_of(notice))}:"
    return Notice.objects.filter(incident__startswith=told, sent_at__isnull=False).exists()


def note_lost(calendar: Calendar, code: str, *, now: datetime) -> None:
    """Note that bookings can no longer go into a calendar: once for each time it is lost."""
    _note(
        incident=f"{code}:{calendar.pk}:{int(now.timestamp())}", kind=Notice.Kind.WRITING,
        account_id=calendar.account_id, owner_id=calendar.owner_id, calendar_id=calendar.pk, code=code, now=now,
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
    # Written, not only looked at: no worker can send it before what it is to name is there to be read.
    if waiting.filter(lease=None).update(state=Notice.State.READY):
        return
    _note(
        incident=f"{kind}:{calendar.account_id}:{int((now + GATHER).timestamp())}", kind=kind, code=str(kind),
        account_id=calendar.account_id, owner_id=calendar.owner_id, now=now, run_at=now + GATHER,
    )  # fmt: skip


def _note(*, now: datetime, run_at: datetime | None = None, **fields: Any) -> None:
    row = Notice(run_at=run_at or now, noted_at=now, **fields)
    Notice.objects.bulk_create([row], ignore_conflicts=True)
