"""A Google of the test's own, an account in it, and ways to reach it."""

from collections.abc import Iterator

import pytest

from bookingsite.lib.http import GuardPolicy, parse_networks
from tests.fakes.google import GoogleFake

EMAIL = "ada@host.example"
POLICY = GuardPolicy(allow=parse_networks(["127.0.0.0/8"]), timeout=10, deadline=20)


@pytest.fixture
def fake() -> Iterator[GoogleFake]:
    with GoogleFake() as running:
        running.add_account(EMAIL)
        yield running
