"""A misbehaving server and a provider that may reach it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.providers.caldav import CalDavProvider
from tests.fakes.caldav_faults import FaultServer, fault_server

POLICY = GuardPolicy(allow=parse_networks(["127.0.0.0/8"]), timeout=30, deadline=60)
WINDOW = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
Connect = Callable[..., CalDavProvider]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connect to an address; closed at the end."""
    opened: list[CalDavProvider] = []

    def make(url: str, password: str = "secret", policy: GuardPolicy = POLICY) -> CalDavProvider:
        opened.append(CalDavProvider(url=url, username="host", password=password, policy=policy))
        return opened[-1]

    yield make
    for provider in opened:
        provider.close()
