"""Each kind of work with an account is kept in its log, and says which work it was (C10)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bookingsite import leases
from bookingsite.models import User
from calendars import busy, connecting, writing
from calendars.models import Account, Calendar, LogEntry
from calendars.providers.errors import ServerFailed, Timeout, WrongPassword
from calendars.providers.memory import MemoryServer
from calendars.sync import push
from tests.factories import calendars as make
from tests.fakes.caldav_faults import Answer, fault_server

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C10")]


class Desk:
    """A connected calendar whose server can be made to fail."""

    def __init__(self, owner: User, now: datetime) -> None:
        address, self.server = make.make_server()
        self.account = make.make_account(owner, address=address, logging_until=now + timedelta(days=1))
        self.calendar = make.make_calendar(self.account, name="Private")
        self.now = now

    def kept(self) -> list[tuple[str, str, str, str]]:
        """What the log says: work, calendar, verb, result."""
        return list(LogEntry.objects.order_by("pk").values_list("job", "calendar", "verb", "result"))


@pytest.fixture
def desk(host: User, now: datetime) -> Desk:
    return Desk(host, now)


@pytest.fixture
def server(desk: Desk) -> MemoryServer:
    return desk.server


def look(desk: Desk, budget: float = 3.0) -> None:
    start = int(desk.now.timestamp())
    busy.recheck(desk.account.owner_id, start, start + 1800, now=desk.now, budget=budget)


def test_a_reading_that_fails(desk, server):
    server.fail_next("changes", ServerFailed("the dentist at four"))

    make.read_now(desk.calendar, desk.now)

    assert desk.kept() == [("read", "Private", "JOB", "server_failed")]


def test_a_writing_that_fails(desk, server):
    wish = make.wish(desk.now + timedelta(days=1))
    writing.want_event(desk.calendar, uid=wish.uid, wish=wish, now=desk.now)
    server.fail_next("put", Timeout("the dentist at four"))

    [row] = leases.claim(push.due_writes(), now=desk.now, lease_for=push.LEASE)
    push.write(row, desk.now)

    assert desk.kept() == [("write", "Private", "JOB", "timeout")]


def test_a_last_look_that_fails(desk, server):
    server.fail_next("read_span", ServerFailed())

    look(desk)

    assert desk.kept() == [("recheck", "Private", "JOB", "server_failed")]


def test_a_last_look_that_gets_no_answer_in_time(desk, server, monkeypatch):
    monkeypatch.setattr("calendars.sync.recheck.wait", lambda asked, timeout: (set(), set(asked)))

    look(desk)

    assert desk.kept() == [("recheck", "Private", "JOB", "no_answer")]


def test_a_last_look_at_an_account_that_cannot_be_opened(desk):
    Account.objects.update(sealed_secret="lost")

    look(desk)

    assert desk.kept() == [("recheck", "Private", "JOB", "secret_unreadable")]


def test_refreshing_that_fails(desk, server):
    server.fail_next("calendars", ServerFailed())

    with pytest.raises(ServerFailed):
        connecting.refresh(desk.account, desk.now)

    assert desk.kept() == [("connect", "", "JOB", "server_failed")]


def test_reconnecting_that_fails(desk, server):
    server.fail_next("calendars", WrongPassword())

    with pytest.raises(WrongPassword):
        connecting.reconnect(desk.account, "new password", desk.now)

    assert desk.kept() == [("connect", "", "JOB", "wrong_password")]


def test_work_that_goes_well_without_requests_leaves_nothing(desk):
    make.read_now(desk.calendar, desk.now)
    look(desk)
    connecting.refresh(desk.account, desk.now)

    assert (desk.kept(), Calendar.objects.get().error) == ([], "")


def test_a_reading_over_http_is_kept_request_by_request(host, now):
    with fault_server() as dav:
        dav.on("REPORT", "/dav/anna/work/", Answer(503))
        account = make.make_account(
            host, address=f"{dav.url}dav/", provider="caldav", logging_until=now + timedelta(days=1)
        )
        calendar = make.make_calendar(account, remote_id=f"{dav.url}dav/anna/work/", name="Work")

        make.read_now(calendar, now)

        asked = [method for method, _path in dav.asked()]
    entries = LogEntry.objects.order_by("pk")
    assert [entry.verb for entry in entries] == [*asked, "JOB"]
    assert {(entry.job, entry.calendar) for entry in entries} == {("read", "Work")}
    assert [entry.target for entry in entries if "anna" in entry.target] == []
