"""A Google of the test's own, an account in it, and ways to reach it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.providers.google import GoogleProvider
from tests.fakes.google import GoogleFake

EMAIL = "ada@host.example"
POLICY = GuardPolicy(allow=parse_networks(["127.0.0.0/8"]), timeout=10, deadline=20)
WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
Connect = Callable[..., GoogleProvider]


class FakeTokens:
    """Tokens for one account of the fake; a refused one is replaced."""

    def __init__(self, fake: GoogleFake, email: str = EMAIL) -> None:
        self._fake, self._email = fake, email
        self.current = fake.access_token(email)
        self.rejected: list[str] = []

    def access(self, *, rejected: str = "") -> str:
        """The current token, or a new one."""
        if rejected:
            self.rejected.append(rejected)
            self.current = self._fake.access_token(self._email)
        return self.current


@pytest.fixture
def fake() -> Iterator[GoogleFake]:
    with GoogleFake() as running:
        running.add_account(EMAIL)
        yield running


@pytest.fixture
def tokens(fake: GoogleFake) -> FakeTokens:
    return FakeTokens(fake)


@pytest.fixture
def connect(fake: GoogleFake, tokens: FakeTokens) -> Iterator[Connect]:
    """A provider for the account; closed at the end."""
    opened: list[GoogleProvider] = []

    def make(policy: GuardPolicy = POLICY) -> GoogleProvider:
        opened.append(GoogleProvider(tokens=tokens, policy=policy, api=fake.addresses()["api"]))
        return opened[-1]

    yield make
    for provider in opened:
        provider.close()


@pytest.fixture
def provider(connect: Connect) -> GoogleProvider:
    return connect()
