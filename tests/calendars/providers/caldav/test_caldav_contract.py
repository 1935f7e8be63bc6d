"""The provider contract against real servers, and facts about them that matter to us."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from calendars.providers import errors
from calendars.providers.base import Page, Provider
from calendars.providers.caldav import CalDavProvider
from tests.caldav_servers import CalDavServer, radicale, xandikos
from tests.calendars.providers.caldav.conftest import POLICY, WINDOW
from tests.calendars.providers.contract import ProviderContract, ReadOnlyContract
from tests.calendars.providers.worlds import START, foreign
from tests.fakes.caldav_faults import LossyLine, lossy_line

NUMBERS = itertools.count(1)


@dataclass
class CalDavWorld:
    """One calendar of a real server, reached by the provider over a line that can lose answers."""

    server: CalDavServer
    line: LossyLine
    direct: str
    read_only_id: str = ""
    read_only_before: list[bytes] = field(default_factory=list)
    bad_cursor: str = "sync:http://nowhere.example/0000"
    opened: list[Provider] = field(default_factory=list)

    @property
    def calendar_id(self) -> str:
        return self.direct.replace(self.server.url, self.line.url)

    @property
    def missing_calendar_id(self) -> str:
        return self.calendar_id.rstrip("/") + "-missing/"

    def provider(self) -> Provider:
        self.opened.append(
            CalDavProvider(
                url=self.line.url,
                username=self.server.username,
                password=self.server.password,
                policy=POLICY,
            )
        )
        return self.opened[-1]

    def outsider_put(self, name: str, data: bytes) -> None:
        self.server.write(self.direct, name, data.decode())

    def outsider_delete(self, name: str) -> None:
        self.server.remove(self.direct, name)

    def stored(self) -> list[bytes]:
        listed = self.server.list(self.direct)
        return [text.encode() for name in listed if (text := self.server.read(name)) is not None]

    def read_only_stored(self) -> list[bytes]:
        listed = self.server.list(f"{self.server.home}locked/")
        return [text.encode() for name in listed if (text := self.server.read(name)) is not None]

    def lose_next_answer(self) -> None:
        self.line.lose_next_write = True


@pytest.fixture(scope="module")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    event = foreign("bk-1@booking.example", START).decode()
    with radicale(tmp_path_factory.mktemp("radicale"), locked={"bk-1.ics": event}) as server:
        yield server


@pytest.fixture(scope="module")
def xandikos_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with xandikos(tmp_path_factory.mktemp("xandikos")) as server:
        yield server


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def make_world(server: CalDavServer, opened: ExitStack) -> CalDavWorld:
    line = opened.enter_context(lossy_line(server.url))
    world = CalDavWorld(server=server, line=line, direct=server.make_calendar(f"c{next(NUMBERS)}"))
    world.read_only_id = f"{server.home}locked/".replace(server.url, line.url)
    opened.callback(lambda: [provider.close() for provider in world.opened])
    return world


@pytest.mark.servers
@pytest.mark.promise("C4")
class TestRadicale(ProviderContract):
    kinds = ("caldav", "icloud")  # iCloud is CalDAV with a preset

    @pytest.fixture
    def world(self, radicale_server: CalDavServer, opened: ExitStack) -> CalDavWorld:
        return make_world(radicale_server, opened)

    def test_no_change_is_one_request(self, world: CalDavWorld) -> None:
        assert _requests_without_news(world) == 1

    def test_wrong_password(self, radicale_server: CalDavServer) -> None:
        provider = CalDavProvider(url=radicale_server.url, username="host", password="wrong", policy=POLICY)

        with pytest.raises(errors.WrongPassword):
            provider.calendars()


@pytest.mark.servers
@pytest.mark.promise("C4", "C7")
class TestRadicaleReadOnly(ReadOnlyContract):
    @pytest.fixture
    def world(self, radicale_server: CalDavServer, opened: ExitStack) -> CalDavWorld:
        world = make_world(radicale_server, opened)
        world.read_only_before = world.read_only_stored()
        assert len(world.read_only_before) == 1
        return world


@pytest.mark.servers
@pytest.mark.promise("C4")
class TestXandikos(ProviderContract):
    @pytest.fixture
    def world(self, xandikos_server: CalDavServer, opened: ExitStack) -> CalDavWorld:
        return make_world(xandikos_server, opened)

    def test_no_change_is_one_request(self, world: CalDavWorld) -> None:
        assert _requests_without_news(world) == 1


def _requests_without_news(world: CalDavWorld) -> int:
    world.outsider_put("a.ics", foreign("a", START))
    provider = world.provider()
    first = list(provider.changes(world.calendar_id, cursor=None, known={}, window=WINDOW))
    cursor = first[-1].cursor
    before = world.line.requests

    pages = list(provider.changes(world.calendar_id, cursor=cursor, known={}, window=WINDOW))

    assert pages == [Page(cursor=cursor)]
    return world.line.requests - before


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["radicale_server", "xandikos_server"])
def test_tasks_only_list_is_not_offered(kind: str, request: pytest.FixtureRequest) -> None:
    server: CalDavServer = request.getfixturevalue(kind)
    tasks = server.make_calendar("tasks", "VTODO")
    provider = CalDavProvider(url=server.url, username="host", password=server.password, policy=POLICY)

    assert tasks not in [calendar.remote_id for calendar in provider.calendars()]
    provider.close()
