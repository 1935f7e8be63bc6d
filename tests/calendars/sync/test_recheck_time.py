"""The last look before a booking ends in time, whatever real servers do (C19): dead, dripping, with tokens to renew."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bookingsite.lib import clock
from bookingsite.models import User
from calendars import busy
from calendars.busy import Outcome
from calendars.models import Account, OAuthClient
from calendars.oauth.tokens import grant_of
from calendars.providers.oauth import Grant
from tests.factories import calendars as make
from tests.fakes.google import Fault, GoogleFake

pytestmark = pytest.mark.django_db(transaction=True)
BUDGET = 0.7
FAR_TOO_LONG = 20
"""Seconds. Each of these servers alone would take longer than that, were it waited for."""
EMAIL = "anna{}@work.example"


@pytest.fixture(autouse=True)
def late_threads() -> Iterator[None]:
    """What came too late ends by itself; the next test must not meet it."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("recheck"):
            thread.join(10)


@pytest.fixture
def now() -> datetime:
    """Renewing an access token reads the clock."""
    return clock.now()


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def google(settings: Any) -> Iterator[GoogleFake]:
    with GoogleFake() as fake:
        for name, value in fake.settings().items():
            setattr(settings, name, value)
        client = OAuthClient.objects.create(provider="google", client_id=fake.client["client_id"])
        client.seal_secret(fake.client["secret"])
        client.save()
        yield fake


def connected(host: User, google: GoogleFake, number: int, now: datetime, *, stale: bool = True) -> Account:
    """An account at the fake with a blocking calendar, its access token run out unless told otherwise."""
    email = EMAIL.format(number)
    google.add_account(email)
    account = make.make_account(host, provider="google", address="", username=email)
    account.client_id = google.client["client_id"]
    ends = now - timedelta(hours=1) if stale else now + timedelta(hours=1)
    grant = Grant(
        refresh_token=google.refresh_token(email),
        access_token=google.access_token(email),
        expires_at=ends,
        granted_at=now - timedelta(days=1),
    )
    account.seal_secret(grant.as_text())
    account.save()
    make.make_calendar(account, remote_id=google.calendar(email))
    return account


def look(host: User, now: datetime, budget: float = BUDGET) -> tuple[Outcome, float]:
    """What the last look finds, and the seconds it took."""
    start = int((now + timedelta(days=1)).timestamp())
    began = time.monotonic()
    found = busy.recheck(host.pk, start, start + 1800, now=now, budget=budget)
    return found.outcome, time.monotonic() - began


@pytest.mark.promise("C19")
def test_dead_dripping_and_renewing_servers_together_cost_the_budget_once(
    host: User, google: GoogleFake, dead_port: int, now: datetime
) -> None:
    google.fail_next(Fault.text(b'{"x":1}' * 60, drip=0.1), times=99, match="token")
    google.fail_next(Fault.text(b'{"x":1}' * 60, drip=0.1), times=99, match="events")
    for number in range(3):
        connected(host, google, number, now)
    connected(host, google, 3, now, stale=False)
    for number in range(3):
        make.make_calendar(
            make.make_account(
                host, provider="caldav", address=f"http://127.0.0.1:{dead_port}/{number}/", username="anna"
            ),
            remote_id=f"http://127.0.0.1:{dead_port}/{number}/work/",
        )
    outcome, took = look(host, now)
    assert (outcome, took < FAR_TOO_LONG / 2) == (Outcome.UNVERIFIED, True)
    assert (len(google.asked("POST /token")), len(google.asked("GET .*events"))) == (3, 1)


@pytest.mark.promise("C19")
def test_one_dead_server_does_not_hide_what_another_says(
    host: User, google: GoogleFake, dead_port: int, now: datetime
) -> None:
    url = f"http://127.0.0.1:{dead_port}/"
    make.make_calendar(make.make_account(host, provider="caldav", address=url), remote_id=f"{url}work/")
    address, server = make.make_server()
    make.make_calendar(make.make_account(host, address=address))
    server.store("work", "a.ics", make.event(now + timedelta(days=1)))
    assert look(host, now)[0] == Outcome.BUSY


@pytest.mark.promise("C19")
def test_access_tokens_that_ran_out_are_renewed_within_the_look(
    host: User, google: GoogleFake, now: datetime
) -> None:
    accounts = [connected(host, google, number, now) for number in range(2)]
    assert look(host, now, budget=15)[0] == Outcome.FREE
    fresh = [grant_of(Account.objects.get(pk=account.pk)).is_fresh(now) for account in accounts]
    assert (fresh, len(google.asked("POST /token"))) == ([True, True], 2)


def test_permission_taken_back_leaves_the_booking_unverified(
    host: User, google: GoogleFake, now: datetime
) -> None:
    account = connected(host, google, 0, now)
    google.revoke(EMAIL.format(0))
    assert look(host, now, budget=15)[0] == Outcome.UNVERIFIED
    account.refresh_from_db()
    assert (account.status, account.refresh_lease) == (Account.Status.CONNECTED, None)
