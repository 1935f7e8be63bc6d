"""Whatever a request carries and wherever: nothing of it is in the log or in its files (C10)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookingsite.lib.http import OutboundError, guarded_session
from bookingsite.models import User
from calendars.log.recording import recorded
from calendars.models import Account, LogEntry
from calendars.providers.errors import ServerFailed
from calendars.sync.connection import guard_policy
from tests.factories import calendars as make
from tests.fakes.caldav_faults import Answer, FaultServer, fault_server

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C10")]
ANSWER_HEADERS = ("X-Request-Id", "request-id", "ETag", "Set-Cookie", "WWW-Authenticate", "Retry-After")
NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", min_size=8, max_size=40)


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running


def ask(method: str, address: str, **options: object) -> None:
    with guarded_session(guard_policy(deadline=5)) as session:
        session.request(method, address, **options)  # type: ignore[arg-type]


def account_with(host: User, now: datetime, password: str, provider: str = "memory") -> Account:
    """An account with its log on and this password."""
    account = make.make_account(
        host, address=f"memory:{password}", provider=provider, logging_until=now + timedelta(days=1)
    )
    account.seal_secret(password)
    account.save()
    return account


def everything_kept(account: Account, page: Client) -> str:
    """All columns of the log, the page, and both files, as one text."""
    log = f"/settings/integrations/{account.pk}/log/"
    found = [str(row) for row in LogEntry.objects.values_list()]
    found.append(page.get(log).content.decode())
    for kind in ("csv", "text"):
        answer = page.get(f"{log}download/", {"format": kind})
        found.append(b"".join(answer.streaming_content).decode())  # type: ignore[attr-defined]
    return "\n".join(found)


def forms_of(secret: str) -> set[str]:
    """The secret as it may be written in addresses and headers."""
    return {secret, quote(secret), base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=NAMES)
def test_no_secret_is_kept_wherever_it_is_planted(host, page, server, now, secret):
    account = account_with(host, now, secret)
    path = f"/dav/{secret}/x-{secret}.ics"
    address = f"http://{secret}:{secret}@127.0.0.1:{server.port}{path}?token={secret}&{secret}#{secret}"
    onward = {"Location": f"/remote.php/{secret}?{secret}"} | dict.fromkeys(ANSWER_HEADERS, secret)
    server.on("PUT", f"{path}?token={secret}&{secret}", Answer(307, secret, onward))

    def job() -> None:
        headers = {"Authorization": f"Bearer {secret}", "X-Title": secret}
        with recorded(account, LogEntry.Job.WRITE, now, calendar="Private"):
            ask("PUT", address, data=f"SUMMARY:{secret}", headers=headers)
            raise ServerFailed(secret)

    with pytest.raises(ServerFailed):
        job()

    assert [entry.result for entry in account.log.order_by("pk")] == ["307", "404", "server_failed"]
    kept = everything_kept(account, page)
    assert [form for form in forms_of(secret) if form in kept] == []


@pytest.mark.parametrize("secret", ["private-8f3a0c17d2", "calendar", "basic.ics"])
def test_nothing_of_a_feeds_path_is_kept(host, page, server, now, secret):
    account = account_with(host, now, "none", provider="ics")
    server.on("GET", f"/ical/{secret}/basic.ics", Answer(200, b"BEGIN:VCALENDAR"))

    with recorded(account, LogEntry.Job.READ, now):
        ask("GET", f"{server.url}ical/{secret}/basic.ics")

    assert list(account.log.values_list("target", "result")) == [(f"127.0.0.1:{server.port}", "200")]


def test_a_new_password_that_a_server_repeats_is_not_kept(host, page, server, now):
    account = account_with(host, now, "old-password-17")
    server.on("GET", "/dav", Answer(401, b"", {"X-Request-Id": "new-password-18"}))

    with recorded(account, LogEntry.Job.CONNECT, now, secrets=("new-password-18",)):
        ask("GET", f"{server.url}dav")

    assert "new-password-18" not in everything_kept(account, page)
    assert account.log.get().result == "401"


def test_an_address_that_is_refused_is_cut_too(host, page, now):
    account = account_with(host, now, "none")

    with pytest.raises(OutboundError), recorded(account, LogEntry.Job.READ, now):
        ask("GET", "http://10.0.0.1/dav/anna-secret?key=secret-17")

    kept = everything_kept(account, page)
    assert ("anna-secret" in kept, "secret-17" in kept, "10.0.0.1/dav/~" in kept) == (False, False, True)
