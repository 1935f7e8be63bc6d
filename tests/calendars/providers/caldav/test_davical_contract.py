"""The provider contract against DAViCal, whose tokens, multigets and UID conflicts answer in ways of their own."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.caldav_servers import CalDavServer
from tests.calendars.providers.caldav.test_caldav_contract import CalDavWorld, make_world
from tests.calendars.providers.contract import ProviderContract
from tests.davical_server import davical


@pytest.fixture(scope="module")
def davical_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with davical(tmp_path_factory.mktemp("davical")) as server:
        yield server


@pytest.mark.davical
@pytest.mark.servers
@pytest.mark.promise("C4")
class TestDavical(ProviderContract):
    @pytest.fixture
    def world(self, davical_server: CalDavServer) -> Iterator[CalDavWorld]:
        with ExitStack() as opened:
            yield make_world(davical_server, opened)
