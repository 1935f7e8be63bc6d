"""A Microsoft of the test's own, an account in it, and ways to reach it."""

from collections.abc import Callable, Iterator

import pytest

from bookingsite.lib.http import GuardPolicy, parse_networks
from calendars.providers.errors import AccessRevoked
from calendars.providers.microsoft import MicrosoftProvider
from tests.calendars.providers.microsoft.copies import Reader
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

EMAIL = "ada@contoso.example"
POLICY = GuardPolicy(allow=parse_networks(["127.0.0.0/8"]), timeout=10, deadline=20)
Connect = Callable[..., MicrosoftProvider]


class FakeTokens:
    """Tokens of one account of the fake; a refused one is replaced, unless the grant has ended."""

    def __init__(self, fake: MicrosoftFake, email: str = EMAIL) -> None:
        self._fake, self._email = fake, email
        self.current = fake.entra.sign_in(email)[0]
        self.rejected: list[str] = []
        self.ended = False

    def access(self, *, rejected: str = "") -> str:
        """The current token, or a new one."""
        if rejected:
            self.rejected.append(rejected)
            if self.ended:
                raise AccessRevoked
            self.current = self._fake.entra.sign_in(self._email)[0]
        return self.current


@pytest.fixture
def fake() -> Iterator[MicrosoftFake]:
    with MicrosoftFake() as running:
        running.add_account(EMAIL)
        yield running


@pytest.fixture
def calendar(fake: MicrosoftFake) -> FakeCalendar:
    """The account's usual calendar."""
    return fake.calendar(EMAIL)


@pytest.fixture
def tokens(fake: MicrosoftFake) -> FakeTokens:
    return FakeTokens(fake)


@pytest.fixture
def connect(fake: MicrosoftFake, tokens: FakeTokens) -> Iterator[Connect]:
    """A provider for the account; closed at the end."""
    opened: list[MicrosoftProvider] = []

    def make(policy: GuardPolicy = POLICY) -> MicrosoftProvider:
        opened.append(MicrosoftProvider(tokens=tokens, policy=policy, api=fake.api))
        return opened[-1]

    yield make
    for provider in opened:
        provider.close()


@pytest.fixture
def provider(connect: Connect) -> MicrosoftProvider:
    return connect()


@pytest.fixture
def reader(provider: MicrosoftProvider, calendar: FakeCalendar) -> Reader:
    return Reader(provider, calendar)
