"""Collecting a job's requests: when, how many, and that no secret is among what is stored (C10)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError

from bookingsite.lib.http import Hop, OutboundError, guarded_session
from bookingsite.models import User
from calendars.log import recording
from calendars.log.recording import MOST_PER_JOB, JobLog, recorded
from calendars.models import Account, LogEntry
from calendars.providers.errors import ServerFailed
from calendars.sync.connection import guard_policy
from tests.factories import calendars as make
from tests.fakes.caldav_faults import Answer, FaultServer, fault_server

pytestmark = pytest.mark.django_db
Job = LogEntry.Job


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        running.on("GET", "/dav", Answer(200, b"inner"))
        yield running


@pytest.fixture
def account(host: User, now: datetime) -> Account:
    """An account whose debug log is switched on."""
    return make.make_account(host, logging_until=now + timedelta(days=1))


def ask(url: str) -> None:
    with guarded_session(guard_policy(deadline=5)) as session:
        session.get(url)


def rows() -> list[tuple[object, ...]]:
    fields = ("job", "verb", "calendar", "target", "result", "size")
    return list(LogEntry.objects.order_by("pk").values_list(*fields))


def hop(**fields: object) -> Hop:
    return Hop(**{"verb": "GET", "url": "https://host/dav", "result": "200", "duration": 1, **fields})


def test_requests_of_a_job_are_kept_with_its_calendar(account, server, now):
    with recorded(account, Job.READ, now, calendar="Private"):
        ask(f"{server.url}dav")

    place = f"127.0.0.1:{server.port}/dav"
    assert rows() == [("read", "GET", "Private", place, "200", 5)]
    assert LogEntry.objects.get().at == now


def test_a_job_that_fails_is_kept_with_its_code(account, server, now):
    def job() -> None:
        with recorded(account, Job.WRITE, now, calendar="Private"):
            ask(f"{server.url}missing")
            raise ServerFailed("said something")

    with pytest.raises(ServerFailed):
        job()

    assert [row[1:] for row in rows()] == [
        ("GET", "Private", LogEntry.objects.earliest("pk").target, "404", 0),
        ("JOB", "Private", "", "server_failed", 0),
    ]


def test_an_error_that_nobody_expected_is_kept_without_its_text(account, now):
    with pytest.raises(ZeroDivisionError), recorded(account, Job.READ, now):
        raise ZeroDivisionError("the dentist at four")

    assert rows() == [("read", "JOB", "", "", "internal", 0)]


def test_requests_that_never_left_are_kept_with_the_reason(account, now):
    with pytest.raises(OutboundError), recorded(account, Job.CONNECT, now):
        ask("http://10.0.0.1/dav")

    assert [row[4] for row in rows()] == ["address", "internal"]


@pytest.mark.parametrize("until", [None, timedelta(0), timedelta(days=-1)])
def test_nothing_is_kept_where_the_log_is_off_or_over(host, server, now, until):
    account = make.make_account(host, logging_until=None if until is None else now + until)

    with recorded(account, Job.READ, now):
        ask(f"{server.url}dav")

    assert rows() == []


def test_requests_before_and_after_a_job_are_none_of_its(account, server, now):
    ask(f"{server.url}dav")
    with recorded(account, Job.READ, now):
        pass
    ask(f"{server.url}dav")

    assert rows() == []


def test_requests_from_other_threads_are_collected_and_stored_by_the_job(account, now):
    log = JobLog(account, Job.RECHECK)
    threads = [threading.Thread(target=log.observe, args=(hop(size=size),)) for size in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    recording.store([log, None])

    assert sorted(row[5] for row in rows()) == list(range(20))


def test_of_a_long_job_the_first_and_the_last_are_kept(account):
    log = JobLog(account, Job.READ)
    for size in range(MOST_PER_JOB + 10):
        log.observe(hop(size=size))

    recording.store([log])

    kept = rows()
    half = MOST_PER_JOB // 2
    assert [row[5] for row in kept if row[1] == "GET"] == [*range(half), *range(half + 10, MOST_PER_JOB + 10)]
    assert [(place, row[3]) for place, row in enumerate(kept) if row[1] == "CUT"] == [(half, "10")]


def test_storing_costs_the_same_for_one_and_for_many(account, django_assert_num_queries):
    for count in (1, 80):
        log = JobLog(account, Job.READ)
        for _ in range(count):
            log.observe(hop())
        with django_assert_num_queries(4):  # two of them the transaction's
            recording.store([log])


def test_an_account_that_was_deleted_meanwhile_takes_its_log_along(account):
    log = JobLog(account, Job.READ)
    log.observe(hop())
    Account.objects.filter(pk=account.pk).delete()

    recording.store([log])

    assert rows() == []


def test_a_log_that_cannot_be_stored_stops_no_job(account, now, monkeypatch):
    def fails(*_args: object, **_kwargs: object) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(LogEntry.objects, "bulk_create", fails)
    done = []

    with recorded(account, Job.READ, now):
        recording.observer()(hop())
        done.append("job")

    assert (done, rows()) == (["job"], [])


def test_a_job_within_a_job_keeps_its_own_requests(host, account, server, now):
    other = make.make_account(host, address="memory:other", logging_until=now + timedelta(days=1))

    with recorded(account, Job.READ, now, calendar="outer"):
        with recorded(other, Job.CONNECT, now, calendar="inner"):
            ask(f"{server.url}dav")
        ask(f"{server.url}dav")

    assert [(row[0], row[2]) for row in rows()] == [("connect", "inner"), ("read", "outer")]
