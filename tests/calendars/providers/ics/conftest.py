"""A feed and providers that may reach it."""

from collections.abc import Callable, Iterator

import pytest

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.providers.ics.provider import IcsProvider
from tests.fakes.feed import Feed, feed_server

POLICY = GuardPolicy(allow=parse_networks(["127.0.0.0/8"]), timeout=30, deadline=60)
Connect = Callable[..., IcsProvider]


@pytest.fixture
def feed() -> Iterator[Feed]:
    with feed_server() as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open a feed's address; closed at the end."""
    opened: list[IcsProvider] = []

    def make(address: str, policy: GuardPolicy = POLICY) -> IcsProvider:
        opened.append(IcsProvider(address=address, policy=policy))
        return opened[-1]

    yield make
    for provider in opened:
        provider.close()
