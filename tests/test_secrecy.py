"""What a stolen database, a log file or a curious visitor gets to see: nothing that opens anything (H99–H102)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from bookings.domain import links
from bookingsite import work
from bookingsite.models import User
from calendars import connecting
from calendars.models import Calendar
from calendars.providers.errors import ServerFailed
from calendars.providers.memory import MemoryServer
from tests.factories.bookings import booked, event_type_of
from tests.factories.calendars import make_server

PASSWORD = "abcd-efgh-ijkl-mnop"


def everything_stored() -> str:
    """All columns of all tables as one text, as somebody with a copy of the database would search it."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            for row in cursor.fetchall():
                found += [
                    bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row
                ]
    return "\n".join(found)


@pytest.fixture
def server(host: User, now: datetime) -> MemoryServer:
    """The server of a host's connected account whose password must not leak."""
    address, server = make_server()
    connecting.connect(
        host, connecting.SignIn(provider="memory", url=address, username="anna", password=PASSWORD), now
    )
    work.drain(lambda: now)
    return server


@pytest.mark.django_db
def test_a_stolen_database_opens_no_calendar_and_no_booking(server, host, now):
    booking = booked(event_type_of(host), now + timedelta(days=1, hours=1), now=now)
    signature = links.manage_token(booking).split(".")[-1]

    stored = everything_stored()

    assert booking.public_id in stored  # the search does see what is there
    assert PASSWORD not in stored
    assert signature not in stored


@pytest.mark.django_db
def test_logs_of_a_failing_sync_hold_no_password_and_no_address(server, now, caplog):
    server.fail_next("changes", ServerFailed(f"somebody said {PASSWORD}"))

    with caplog.at_level(logging.DEBUG):
        work.drain(lambda: now + timedelta(hours=1))

    calendar = Calendar.objects.get()
    assert (calendar.error, PASSWORD in caplog.text) == (ServerFailed.code, False)


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.env", "/.env.local", "/static/../manage.py", "/static/%2e%2e/manage.py", "/media/../manage.py",
     "/media/people/..%2f..%2fbookingsite.sqlite3", "/debug/", "/__debug__/", "/server-status/"],
)  # fmt: skip
def test_files_beside_the_site_are_not_served(client: Client, path, db):
    assert client.get(path).status_code == 404


def test_a_failing_page_shows_nothing_of_the_inside(client: Client, db, monkeypatch):
    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("password=hunter2 in /home/somebody")

    monkeypatch.setattr("bookings.views.event_page.host_or_404", fails)
    client.raise_request_exception = False

    answer = client.get("/anna/")

    assert answer.status_code == 500
    assert "hunter2" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


@pytest.mark.parametrize("name", ["evil.example", "x" * 5000, "a b"])
def test_a_foreign_or_broken_host_name_is_refused(client: Client, name, db):
    assert client.get("/", headers={"host": name}).status_code == 400
