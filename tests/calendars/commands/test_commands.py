"""`sync_calendars` and `push_bookings`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bookingsite.models import User
from calendars import writing
from calendars.models import Account, Busy, Calendar, Write
from calendars.providers import errors
from calendars.providers.memory import MemoryServer
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(host: User) -> MemoryServer:
    address, server = make.make_server()
    make.make_calendar(make.make_account(host, address=address, label="Anna"))
    return server


def soon() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.promise("H5")
def test_sync_reads_every_calendar_and_reports(server: MemoryServer) -> None:
    server.store("work", "a.ics", make.event(soon()))
    text = run("sync_calendars")
    assert Busy.objects.count() == 1
    assert [word in text for word in ("Work", "Anna", "ok", "\x1b[")] == [True, True, True, False]


def test_sync_reports_as_json(server: MemoryServer) -> None:
    [result] = json.loads(run("sync_calendars", "--json"))
    assert {key: result[key] for key in ("name", "account_id", "account", "error")} == {
        "name": "Work",
        "account_id": Account.objects.get().pk,
        "account": "Anna",
        "error": "",
    }


def test_sync_ends_with_1_when_a_calendar_fails(server: MemoryServer) -> None:
    server.fail_next("changes", errors.ServerFailed())
    with pytest.raises(SystemExit) as ended:
        run("sync_calendars")
    assert ended.value.code == 1


@pytest.mark.parametrize(
    ("policy", "is_read", "told"),
    [
        ("trust", False, "no times are offered (never_read)"),
        ("withhold", True, "no times are offered (withheld)"),
        ("ignore", True, "the last known copy counts for ever"),
    ],
)
def test_sync_says_what_a_failure_means_for_guests(
    server: MemoryServer, capsys: pytest.CaptureFixture[str], policy: str, is_read: bool, told: str
) -> None:
    Account.objects.update(unread=policy)
    if is_read:
        run("sync_calendars")
    server.fail_next("changes", errors.ServerFailed())
    with pytest.raises(SystemExit):
        run("sync_calendars")
    assert capsys.readouterr().err == f"Work (Anna): {told}\n"


def test_sync_of_an_unknown_account_ends_with_2(server: MemoryServer) -> None:
    with pytest.raises(CommandError) as ended:
        run("sync_calendars", "--account", "99999")
    assert ended.value.returncode == 2


def test_sync_full_compares_everything(server: MemoryServer) -> None:
    run("sync_calendars")
    run("sync_calendars")
    run("sync_calendars", "--full")
    assert server.calls == ["changes", "changes", "reconcile", "calendars"]


def test_sync_due_leaves_alone_what_was_read_just_now(server: MemoryServer) -> None:
    run("sync_calendars")
    run("sync_calendars", "--due")
    assert server.calls == ["changes"]


def test_push_writes_waiting_events(server: MemoryServer) -> None:
    wish = make.wish(soon())
    writing.want_event(Calendar.objects.get(), uid=wish.uid, wish=wish, now=datetime.now(UTC))
    text = run("push_bookings")
    assert list(server.calendar("work").items) == [wish.key]
    assert wish.uid in text


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (["push_bookings"], "No event is waiting to be written."),
        (["sync_calendars", "--due"], "No calendar is due."),
        (["sync_calendars"], "There is no calendar to read."),
    ],
)
def test_nothing_to_do_is_one_sentence(db: None, call: list[str], sentence: str) -> None:
    assert run(*call) == f"{sentence}\n"


def test_push_retry_takes_up_what_was_given_up(server: MemoryServer) -> None:
    wish = make.wish(soon())
    writing.want_event(Calendar.objects.get(), uid=wish.uid, wish=wish, now=datetime.now(UTC))
    Write.objects.update(state="dead", error="unreachable")
    assert json.loads(run("push_bookings", "--json")) == []
    assert [result["error"] for result in json.loads(run("push_bookings", "--json", "--retry"))] == [""]


def test_push_ends_with_1_when_an_event_fails(server: MemoryServer) -> None:
    wish = make.wish(soon())
    writing.want_event(Calendar.objects.get(), uid=wish.uid, wish=wish, now=datetime.now(UTC))
    server.fail_next("put", errors.ServerFailed())
    with pytest.raises(SystemExit) as ended:
        run("push_bookings")
    assert ended.value.code == 1
