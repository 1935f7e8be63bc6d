"""A connected calendar of each provider, its last good copy, and its server's weather."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client

from bookingsite.models import User
from tests.caldav_servers import CalDavServer, radicale
from tests.calendars.weather import worlds
from tests.calendars.weather.scene import Scene, moment, working_day
from tests.factories.bookings import event_type_of

NUMBERS = itertools.count(1)
CALDAV = pytest.param("caldav", marks=pytest.mark.servers)
KINDS = ["google", "microsoft", "ics", CALDAV]
WRITERS = ["google", "microsoft", CALDAV]
CONSENTED = ["google", "microsoft"]


@pytest.fixture(scope="module")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """One Radicale for all; every test gets a calendar of its own."""
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, host: User, page: Client, settings: Any, provider: str
) -> Iterator[Scene]:
    """The calendar holds one event at 10 and was read well."""
    with ExitStack() as stack:
        if provider == "caldav":
            server = request.getfixturevalue("radicale_server")
            opened = worlds.caldav(host, server, f"weather{next(NUMBERS)}")
        else:
            simple = {"google": worlds.google, "microsoft": worlds.microsoft, "ics": worlds.ics}
            opened = simple[provider](host, settings)
        world = stack.enter_context(opened)
        kind = event_type_of(host, duration=60, increment=60)
        now = moment()
        made = Scene(world, worlds.connected(world), kind, page, now, working_day(now))
        world.put(made.at(10))
        made.compare()
        yield made
