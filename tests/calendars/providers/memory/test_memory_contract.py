"""The server in memory keeps the contract, so that what is tested with it holds for real ones."""

import pytest

from calendars.providers.base import CalendarInfo, ReadingRules, Written
from calendars.providers.errors import NoCalendars, RateLimited, Timeout
from calendars.providers.memory import MemoryProvider, MemoryServer
from tests.calendars.providers.contract import ProviderContract, ReadOnlyContract
from tests.calendars.providers.worlds import WINDOW, Copy, foreign, uids, wish


class MemoryWorld:
    """One server with a calendar to write and one to read."""

    calendar_id = "main"
    read_only_id = "holidays"
    missing_calendar_id = "nowhere"
    bad_cursor = "99.1"

    def __init__(self) -> None:
        self.server = MemoryServer(
            CalendarInfo("main", "Main", "#336699", "Europe/Berlin", writable=True, primary=True),
            CalendarInfo("holidays", "Holidays", why_read_only="subscription", kind="holidays"),
        )

        self.server.store("holidays", "fixed.ics", foreign("fixed"))
        self.read_only_before = self.read_only_stored()

    def read_only_stored(self) -> list[bytes]:
        return [item.data for item in self.server.calendars["holidays"].items.values()]

    def provider(self) -> MemoryProvider:
        return MemoryProvider(self.server, page_size=2)

    def outsider_put(self, name: str, data: bytes) -> None:
        self.server.store("main", name, data)

    def outsider_delete(self, name: str) -> None:
        self.server.remove("main", name)

    def stored(self) -> list[bytes]:
        return [item.data for item in self.server.calendars["main"].items.values()]

    def lose_next_answer(self) -> None:
        self.server.fail_next("write", Timeout("answer lost"), late=True)


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


class TestMemoryProvider(ProviderContract, ReadOnlyContract):
    """The whole contract."""

    kinds = ("memory",)


def test_fail_next_raises_before_anything_happens(world: MemoryWorld) -> None:
    world.server.fail_next("put", RateLimited(retry_after=7))
    with pytest.raises(RateLimited) as caught:
        world.provider().put("main", wish(), None)
    assert caught.value.retry_after == 7
    assert world.stored() == []


def test_expire_cursors_makes_the_copy_read_everything_again(world: MemoryWorld) -> None:
    world.outsider_put("a.ics", foreign("a"))
    copy = Copy(world)
    copy.pull()
    world.server.expire_cursors()
    copy.cursor = None
    assert copy.pull()[-1].complete is True


def test_late_fault_in_changes_ends_without_a_cursor(world: MemoryWorld) -> None:
    for name in ("a", "b", "c"):
        world.outsider_put(f"{name}.ics", foreign(name))
    world.server.fail_next("changes", Timeout(), late=True)
    pages = world.provider().changes("main", cursor=None, known={}, window=WINDOW)
    seen = [next(pages), next(pages)]
    with pytest.raises(Timeout):
        next(pages)
    assert [page.cursor for page in seen] == [None, None]


def test_answer_empty_is_a_complete_listing_of_nothing(world: MemoryWorld) -> None:
    world.outsider_put("a.ics", foreign("a"))
    world.server.answer_empty()
    [page] = world.provider().changes("main", cursor=None, known={}, window=WINDOW)
    assert (page.items, page.complete, page.present) == ((), True, frozenset())


def test_cut_next_sends_content_that_reads_as_bad(world: MemoryWorld) -> None:
    world.outsider_put("a.ics", foreign("a"))
    world.server.cut_next()
    page = next(world.provider().changes("main", cursor=None, known={}, window=WINDOW))
    reading = world.provider().occurrences(page.items[0], window=WINDOW, rules=ReadingRules())
    assert (reading.bad, reading.warnings) == (1, ("not_a_calendar",))


def test_calendars_of_an_empty_server_is_an_error() -> None:
    with pytest.raises(NoCalendars):
        MemoryProvider(MemoryServer()).calendars()


def test_put_finds_our_event_under_another_name(world: MemoryWorld) -> None:
    world.outsider_put("renamed.ics", foreign(wish().uid))
    assert world.provider().put("main", wish(), Written("bk-1.ics")).key == "renamed.ics"
    assert uids(world.stored()) == [wish().uid]
