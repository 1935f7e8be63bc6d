"""The whole way against a real CalDAV server: connect on the page, read, write, change, disconnect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from bookingsite import leases
from bookingsite.lib import clock
from bookingsite.models import User
from calendars import busy, writing
from calendars.busy import Outcome
from calendars.models import Account, Calendar, Write
from calendars.providers.caldav import provider as caldav
from calendars.sync import pull, push
from calendars.writing import Writing
from tests.caldav_servers import CalDavServer, free_port, radicale
from tests.factories import calendars as make

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
APP_PASSWORD = "abcd-efgh-ijkl-mnop"
PAGES = "/settings/integrations/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """Radicale with one account whose password has Apple's shape too."""
    folder: Path = tmp_path_factory.mktemp("radicale")
    with radicale(folder) as running:
        with (folder / "users").open("a") as users:
            users.write(f"anna@icloud.example:{APP_PASSWORD}\n")
        yield running


@pytest.fixture
def calendar_url(server: CalDavServer, request: pytest.FixtureRequest) -> str:
    """A calendar of this test's own."""
    return server.make_calendar(request.node.name)


@pytest.fixture
def connected(page: Client, server: CalDavServer, calendar_url: str, host: User) -> Calendar:
    """The account connected on the page by the address of its one calendar."""
    form = {"url": calendar_url, "username": server.username, "password": server.password}
    answer = page.post(f"{PAGES}connect/caldav/", form)
    assert answer.status_code == 302, answer.content.decode()
    return Calendar.objects.get(owner=host)


def said(answer: HttpResponse) -> list[str]:
    """The sentences on the form."""
    form = answer.context["form"]  # type: ignore[attr-defined]
    return [str(error) for each in form.errors.values() for error in each]


def tomorrow(hour: int) -> datetime:
    day = datetime.now(UTC).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def work() -> None:
    """The worker does everything that is due."""
    for queryset, handle in ((pull.due_calendars, pull.read), (push.due_writes, push.write)):
        while rows := leases.claim(queryset(), now=clock.now(), lease_for=timedelta(minutes=1)):
            handle(rows[0], clock.now())  # type: ignore[operator]


def spans(host: User) -> list[tuple[int, int]]:
    start = int(clock.now().timestamp())
    return sorted(busy.spans([host.pk], start, start + 30 * 86400)[host.pk])


def span(start: datetime, minutes: int = 60) -> tuple[int, int]:
    return int(start.timestamp()), int(start.timestamp()) + minutes * 60


@pytest.mark.promise("C4", "C12")
def test_events_of_the_server_become_busy_and_free_again(
    connected: Calendar, server: CalDavServer, calendar_url: str, host: User
) -> None:
    server.write(calendar_url, "a.ics", make.event(tomorrow(9)).decode())
    work()
    assert spans(host) == [span(tomorrow(9))]
    server.write(calendar_url, "b.ics", make.event(tomorrow(12)).decode())
    server.remove(calendar_url, "a.ics")
    leases.wake(Calendar.objects.all(), clock.now())
    work()
    assert spans(host) == [span(tomorrow(12))]
    assert busy.freshness([host.pk], clock.now())[host.pk].known is True


@pytest.mark.promise("C18", "C11")
def test_booking_is_written_moved_and_removed(
    connected: Calendar, server: CalDavServer, calendar_url: str, host: User
) -> None:
    wish = make.wish(tomorrow(9), public_id="b7")
    writing.want_event(connected, uid=wish.uid, wish=wish, now=clock.now())
    work()
    assert "SUMMARY:Intro with Gil" in (server.read(f"{calendar_url}b7.ics") or "")
    moved = make.wish(tomorrow(15), public_id="b7", sequence=1)
    writing.want_event(connected, uid=wish.uid, wish=moved, now=clock.now())
    work()
    assert "SEQUENCE:1" in (server.read(f"{calendar_url}b7.ics") or "")
    writing.want_absent(connected, uid=wish.uid, now=clock.now())
    work()
    assert server.read(f"{calendar_url}b7.ics") is None
    assert [found.state for found in writing.progress([wish.uid])[wish.uid]] == [Writing.REMOVED]


@pytest.mark.promise("C18")
def test_crash_between_writing_and_noting_leaves_one_event(
    connected: Calendar, server: CalDavServer, calendar_url: str
) -> None:
    wish = make.wish(tomorrow(9), public_id="b8")
    writing.want_event(connected, uid=wish.uid, wish=wish, now=clock.now())
    row = Write.objects.get()
    push._drive(push.open_provider(connected.account), row)  # the worker dies before it can note the result
    work()
    assert len(server.list(calendar_url)) == 1
    assert Write.objects.get().is_settled


def test_our_own_event_is_not_busy(connected: Calendar, host: User) -> None:
    wish = make.wish(tomorrow(9), public_id="b9")
    writing.want_event(connected, uid=wish.uid, wish=wish, now=clock.now())
    work()
    leases.wake(Calendar.objects.all(), clock.now())
    work()
    assert (spans(host), Calendar.objects.get().item_count) == ([], 1)


@pytest.mark.promise("C19")
def test_last_look_finds_an_event_made_a_moment_ago(
    connected: Calendar, server: CalDavServer, calendar_url: str, host: User
) -> None:
    work()
    server.write(calendar_url, "late.ics", make.event(tomorrow(10)).decode())
    later = clock.now() + timedelta(minutes=2)
    assert busy.recheck(host.pk, *span(tomorrow(10), 30), now=later).outcome is Outcome.BUSY
    assert busy.recheck(host.pk, *span(tomorrow(13), 30), now=later).outcome is Outcome.FREE


@pytest.mark.promise("C6")
@pytest.mark.parametrize(
    "typed", ["{root}", "{home}", "{root}.well-known/caldav"], ids=["root", "home", "known"]
)
def test_an_account_is_not_connected_twice_by_another_address(
    connected: Calendar, server: CalDavServer, page: Client, typed: str
) -> None:
    address = typed.format(root=server.url, home=server.home)
    form = {"url": address, "username": server.username, "password": server.password}
    answer = page.post(f"{PAGES}connect/caldav/", form)
    assert [error.startswith("This account is connected already.") for error in said(answer)] == [True]
    assert Account.objects.count() == 1


@pytest.mark.promise("C6")
def test_another_calendar_of_the_account_may_be_connected_by_its_own_address(
    connected: Calendar, server: CalDavServer, page: Client
) -> None:
    other = server.make_calendar("another")
    form = {"url": other, "username": server.username, "password": server.password}
    assert page.post(f"{PAGES}connect/caldav/", form).status_code == 302
    server.remove(other)
    assert Account.objects.count() == 2


def test_reconnecting_does_not_take_another_account_in_its_place(
    connected: Calendar, server: CalDavServer, page: Client
) -> None:
    Calendar.objects.update(remote_id=f"{server.url}somebody/else/")
    before = Account.objects.values().get()
    answer = page.post(f"{PAGES}{connected.account_id}/reconnect/", {"password": server.password})
    assert [error.startswith("This password opens another account") for error in said(answer)] == [True]
    assert Account.objects.values().get() == before
    assert Calendar.objects.count() == 1


def test_calendar_deleted_on_the_server_keeps_its_copy_and_says_so(
    connected: Calendar, server: CalDavServer, calendar_url: str, host: User, page: Client
) -> None:
    server.write(calendar_url, "a.ics", make.event(tomorrow(9)).decode())
    work()
    server.remove(calendar_url)
    leases.wake(Calendar.objects.all(), clock.now())
    work()
    assert spans(host) == [span(tomorrow(9))]
    assert "Nothing was found at this address." in page.get(PAGES).content.decode()


@pytest.mark.promise("C1")
def test_icloud_form_needs_nothing_but_apple_id_and_app_specific_password(
    page: Client, server: CalDavServer, host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caldav, "ICLOUD_URL", server.url)
    own = CalDavServer(
        "radicale", server.url, f"{server.url}anna@icloud.example/", "anna@icloud.example", APP_PASSWORD
    )
    home = own.make_calendar("home")
    own.write(home, "a.ics", make.event(tomorrow(9)).decode())
    form = {"username": "anna@icloud.example", "password": "abcdefghijklmnop"}
    assert page.post(f"{PAGES}connect/icloud/", form).status_code == 302
    work()
    assert spans(host) == [span(tomorrow(9))]
    assert Calendar.objects.get().receives is True


@pytest.mark.promise("C1")
def test_icloud_refusing_the_password_is_said(
    page: Client, server: CalDavServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caldav, "ICLOUD_URL", server.url)
    form = {"username": "anna@icloud.example", "password": "aaaa-bbbb-cccc-dddd"}
    answer = page.post(f"{PAGES}connect/icloud/", form)
    assert "Apple did not accept this Apple ID and app-specific password." in answer.content.decode()
    assert Account.objects.count() == 0


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:{free}/", "The server could not be reached."),
        ("https://127.0.0.1:{port}/", "The server did not answer with an encrypted connection"),
        ("https://10.0.0.7/dav/", "This address lies in a private network"),
        ("https://169.254.169.254/", "This address lies in a private network"),
        ("{server}", "The server did not accept this user name and password."),
        ("https://no-such-host.invalid/", "The server could not be reached."),
        ("ftp://127.0.0.1/", "This is not a web address"),
    ],
)
def test_what_went_wrong_is_said(page: Client, server: CalDavServer, url: str, sentence: str) -> None:
    address = url.format(server=server.url, port=urlsplit(server.url).port, free=free_port())
    form = {"url": address, "username": "nobody", "password": "wrong"}
    answer = page.post(f"{PAGES}connect/caldav/", form)
    assert [error.startswith(sentence) for error in said(answer)] == [True], said(answer)
    assert Account.objects.count() == 0
