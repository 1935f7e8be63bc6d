"""Drift and collisions with a real CalDAV server between the host's calendar program and us (C16, C20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client

from bookings.domain import lifecycle
from bookings.models import Booking, Collision
from bookings.outside import colliding, drift
from bookingsite import leases
from bookingsite.lib import clock
from bookingsite.models import User
from calendars.models import Calendar
from calendars.sync import pull, push
from tests.bookings.outside.conftest import changes
from tests.caldav_servers import CalDavServer, radicale
from tests.factories import calendars as make
from tests.factories.bookings import event_type_of, wish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """Radicale with one account."""
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture
def url(server: CalDavServer, request: pytest.FixtureRequest) -> str:
    """A calendar of this test's own."""
    return server.make_calendar(request.node.name)


@pytest.fixture
def booking(page: Client, server: CalDavServer, url: str, host: User) -> Booking:
    """Half an hour the day after tomorrow, written into the calendar and read back."""
    form = {"url": url, "username": server.username, "password": server.password}
    assert page.post("/settings/integrations/connect/caldav/", form).status_code == 302
    work()
    day = datetime.combine(clock.now().date() + timedelta(days=2), time(9), tzinfo=UTC)
    asked = wish(event_type_of(host), day, actor=Booking.Actor.HOST)
    made = lifecycle.book(asked, now=clock.now(), any_time=True)
    work()
    return made


def work() -> None:
    """The worker writes what is wanted, then reads every calendar."""
    leases.wake(Calendar.objects.all(), clock.now())
    for queryset, handle in ((push.due_writes, push.write), (pull.due_calendars, pull.read)):
        while rows := leases.claim(queryset(), now=clock.now(), lease_for=timedelta(minutes=1)):
            handle(rows[0], clock.now())  # type: ignore[operator]


@pytest.mark.promise("C16")
def test_event_moved_and_deleted_on_the_server_is_asked_about_and_put_back_once(
    booking: Booking, server: CalDavServer, url: str, host: User
) -> None:
    name = f"{booking.public_id}.ics"
    held = server.read(f"{url}{name}") or ""
    moved = make.event(booking.start + timedelta(hours=3), minutes=30, uid=booking.uid)

    server.write(url, name, moved.decode())
    work()
    after_moving = changes(booking)
    server.remove(url, name)
    work()
    after_deleting = changes(booking)
    drift.put_back(drift.open_changes(host, now=clock.now()).get(), now=clock.now())
    work()

    assert (after_moving, after_deleting) == ([("moved", "open", "")], [("deleted", "open", "")])
    assert changes(booking) == [("deleted", "put_back", "")]
    assert len(server.list(url)) == 1
    assert _times(server.read(f"{url}{name}") or "") == _times(held)


@pytest.mark.promise("C20")
def test_event_on_the_server_collides_until_it_is_gone(
    booking: Booking, server: CalDavServer, url: str, host: User
) -> None:
    server.write(url, "other.ics", make.event(booking.start, summary="Dentist").decode())
    work()
    told = [clash.title for clash in colliding.of_host(host, now=clock.now())]
    server.remove(url, "other.ics")
    work()
    colliding.solve(clock.now())

    assert told == ["Dentist"]
    assert list(Collision.objects.values_list("state", flat=True)) == ["solved"]


def _times(text: str) -> list[str]:
    """The lines of an event that say when it is."""
    event = text.partition("BEGIN:VEVENT")[2]
    return [line for line in event.splitlines() if line.startswith(("DTSTART", "DTEND"))]
