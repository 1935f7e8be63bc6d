"""Connected accounts, their calendars, and events as other programs write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bookingsite import leases
from bookingsite.models import User
from calendars.models import Account, Calendar
from calendars.providers.base import CalendarInfo, EventWish
from calendars.providers.memory import MemoryServer
from calendars.providers.registry import memory_server

_numbers = count(1)
WORK = CalendarInfo("work", "Work", colour="#2563eb", zone="Europe/Berlin", writable=True, primary=True)


def make_server(*calendars: CalendarInfo) -> tuple[str, MemoryServer]:
    """A calendar server in memory and its address; with one writable calendar unless told otherwise."""
    address = f"memory:{next(_numbers)}"
    server = memory_server(address)
    for info in calendars or (WORK,):
        server.add_calendar(info) if hasattr(server, "add_calendar") else _add(server, info)
    return address, server


def _add(server: MemoryServer, info: CalendarInfo) -> None:
    from calendars.providers.memory.server import StoredCalendar

    server.calendars[info.remote_id] = StoredCalendar(info)


def make_account(owner: User, *, address: str = "memory:none", **fields: Any) -> Account:
    """A connected account at a server in memory."""
    values = {"provider": "memory", "label": f"Account {next(_numbers)}", "username": owner.email, **fields}
    account = Account.objects.create(owner=owner, base_url=address, **values)
    account.seal_secret("secret")
    account.save()
    return account


def make_calendar(account: Account, *, remote_id: str = "work", **fields: Any) -> Calendar:
    """A blocking, receiving calendar of the account, never read."""
    values = {
        "name": remote_id.title(),
        "blocks": True,
        "receives": not Calendar.objects.filter(owner=account.owner, receives=True).exists(),
        "run_at": datetime(2020, 1, 1, tzinfo=UTC),
        **fields,
    }
    return Calendar.objects.create(account=account, owner=account.owner, remote_id=remote_id, **values)


def read_now(calendar: Calendar, now: datetime) -> Calendar:
    """Claim the calendar and read it, as the worker does."""
    from calendars.sync import pull

    leases.wake(Calendar.objects.filter(pk=calendar.pk), now)
    [claimed] = leases.claim(pull.due_calendars().filter(pk=calendar.pk), now=now, lease_for=pull.LEASE)
    pull.read(claimed, now)
    return Calendar.objects.select_related("account", "owner").get(pk=calendar.pk)


def event(
    start: datetime, *, minutes: int = 60, uid: str = "", summary: str = "Outside", lines: str = ""
) -> bytes:
    """An event as another calendar program would write it; `lines` are added as they are."""
    end = start + timedelta(minutes=minutes)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//Program//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid or f'outside-{next(_numbers)}@example.net'}\r\nDTSTAMP:20270101T000000Z\r\n"
        f"DTSTART:{_utc(start)}\r\nDTEND:{_utc(end)}\r\nSUMMARY:{summary}\r\n"
        f"{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def wish(start: datetime, *, public_id: str = "b1", minutes: int = 30, **fields: Any) -> EventWish:
    """How a booking wants to be written."""
    values: dict[str, Any] = {
        "uid": f"{public_id}@testserver",
        "key": f"{public_id}.ics",
        "start": start,
        "end": start + timedelta(minutes=minutes),
        "zone": "Europe/Berlin",
        "summary": "Intro with Gil",
        "created": start - timedelta(days=1),
        "updated": start - timedelta(days=1),
        "private_id": public_id,
        **fields,
    }
    return EventWish(**values)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
