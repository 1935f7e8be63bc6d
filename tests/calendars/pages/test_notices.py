"""What providers may say at our door, and what anybody else gets to hear there."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookingsite.models import User
from calendars.models import Calendar, Channel
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
GOOGLE, MICROSOFT = "/hooks/google/", "/hooks/microsoft/"
SECRET = "a" * 40


def make_channel(owner: User, now: datetime, provider: str) -> Channel:
    """A standing order for a calendar that is due in an hour."""
    account = make.make_account(owner, provider=provider)
    calendar = make.make_calendar(account, run_at=now + timedelta(hours=1))
    row = Channel.objects.create(
        calendar=calendar, channel_id="channel-1", resource_id="resource-1", run_at=now + timedelta(days=3)
    )
    row.seal_secret(SECRET)
    row.save()
    return row


@pytest.fixture
def google(host: User, now: datetime) -> Channel:
    return make_channel(host, now, "google")


@pytest.fixture
def microsoft(host: User, now: datetime) -> Channel:
    return make_channel(host, now, "microsoft")


def from_google(now: datetime, **changes: str) -> HttpResponse:
    told = {"Id": "channel-1", "Token": SECRET, "State": "exists", "Resource": "resource-1", **changes}
    headers = {
        "X-Goog-Channel-Id": told["Id"],
        "X-Goog-Channel-Token": told["Token"],
        "X-Goog-Resource-State": told["State"],
        "X-Goog-Resource-Id": told["Resource"],
    }
    with time_machine.travel(now, tick=False):
        return Client(enforce_csrf_checks=True).post(GOOGLE, headers=headers)  # type: ignore[return-value]


def from_graph(now: datetime, *notices: Any) -> HttpResponse:
    return posted(now, json.dumps({"value": notices}))


def posted(now: datetime, body: str | bytes) -> HttpResponse:
    client = Client(enforce_csrf_checks=True)
    with time_machine.travel(now, tick=False):
        return client.post(MICROSOFT, body, content_type="application/json")  # type: ignore[return-value]


def note(**changes: Any) -> dict[str, Any]:
    return {"subscriptionId": "channel-1", "clientState": SECRET, "changeType": "updated", **changes}


def due(channel: Channel) -> datetime:
    return Calendar.objects.get(pk=channel.calendar_id).run_at


@pytest.mark.promise("C12")
def test_googles_notice_makes_the_calendar_due(google: Channel, now: datetime) -> None:
    answer = from_google(now)
    assert (answer.status_code, answer.content, due(google)) == (200, b"", now)


def test_googles_first_message_changes_nothing(google: Channel, now: datetime) -> None:
    assert (from_google(now, State="sync").status_code, due(google)) == (200, now + timedelta(hours=1))


@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    "changes",
    [
        {"Id": "other"},
        {"Token": "b" * 40},
        {"Token": ""},
        {"Resource": "other"},
        {"Resource": ""},
        {"Id": ""},
    ],
)
def test_forged_google_notice_learns_and_changes_nothing(
    google: Channel, now: datetime, changes: dict[str, str]
) -> None:
    answer = from_google(now, **changes)
    assert (answer.status_code, answer.content, due(google)) == (404, b"", now + timedelta(hours=1))


@pytest.mark.promise("C12")
def test_graphs_notices_make_the_calendar_due(microsoft: Channel, now: datetime) -> None:
    answer = from_graph(now, note(), note(), note(resource="anything"))
    assert (answer.status_code, answer.content, due(microsoft)) == (202, b"", now)


@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    "changes", [{"clientState": "b"}, {"clientState": None}, {"subscriptionId": "other"}]
)
def test_forged_graph_notice_changes_nothing(
    microsoft: Channel, now: datetime, changes: dict[str, Any]
) -> None:
    answer = from_graph(now, note(**changes))
    assert (answer.status_code, answer.content, due(microsoft)) == (202, b"", now + timedelta(hours=1))


def test_genuine_notice_counts_beside_forged_ones(microsoft: Channel, now: datetime) -> None:
    from_graph(now, note(clientState="b"), note(), note(subscriptionId="other"))
    assert due(microsoft) == now


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("missed", (0, 3, "channel-1")),
        ("reauthorizationRequired", (1, 0, "channel-1")),
        ("subscriptionRemoved", (0, 0, None)),
        ("somethingNew", (1, 3, "channel-1")),
    ],
)
def test_graphs_lifecycle_notices(
    microsoft: Channel, now: datetime, event: str, expected: tuple[int, int, str | None]
) -> None:
    assert from_graph(now, note(lifecycleEvent=event)).status_code == 202
    row = Channel.objects.get()
    waits = (due(microsoft) - now) // timedelta(hours=1), (row.run_at - now) // timedelta(days=1)
    assert (*waits, row.channel_id) == expected


BAD = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"null",
    b'{"value": {}}',
    b'{"value": [1]}',
    b'{"value": "x"}',
    b"[" * 100_000,
    b'{"value": [' + b"{}," * 1000 + b"{}]}",
    b'{"value": [], "x": "' + b"x" * 300_000 + b'"}',
]


@pytest.mark.promise("C12")
@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_list_of_notices_is_refused(microsoft: Channel, now: datetime, body: bytes) -> None:
    answer = posted(now, body)
    assert (answer.status_code, answer.content, due(microsoft)) == (400, b"", now + timedelta(hours=1))


@pytest.mark.promise("C12")
@pytest.mark.parametrize("name", ["\ud800", "a\x00b"], ids=["surrogate", "nul"])
def test_names_that_no_database_keeps_are_forged_ones(microsoft: Channel, now: datetime, name: str) -> None:
    answer = from_graph(now, note(subscriptionId=name), note())
    assert (answer.status_code, due(microsoft)) == (202, now)


def test_empty_list_of_notices_is_accepted(microsoft: Channel, now: datetime) -> None:
    assert from_graph(now).status_code == 202


@pytest.mark.promise("C12")
def test_graphs_handshake_is_repeated_as_text_without_the_database(now: datetime) -> None:
    token = "Validation: <script>alert('x')</script> & more"
    with CaptureQueriesContext(connection) as queries:
        answer = Client().post(MICROSOFT, query_params={"validationToken": token})
    assert (answer.status_code, answer.content.decode()) == (200, token)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        "text/plain; charset=utf-8",
        "nosniff",
    )
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert (len(queries), answer.cookies) == (0, {})


@pytest.mark.promise("C12")
@pytest.mark.parametrize("token", ["", "a\r\nSet-Cookie: b", "x" * 1001, "\x1b[2J", "\u202etxt"])
def test_implausible_handshake_is_refused(token: str) -> None:
    answer = Client().post(MICROSOFT, query_params={"validationToken": token})
    assert (answer.status_code, answer.content) == (400, b"")


def test_forged_notice_costs_one_query(google: Channel, now: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        from_google(now, Token="b" * 40)
    assert len(queries) == 1


@pytest.mark.parametrize("path", [GOOGLE, MICROSOFT])
def test_looking_at_the_door_shows_nothing(path: str) -> None:
    assert Client().get(path).status_code == 405
