"""Feeds over HTTP keep the reading contract, whatever marks their servers give."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from calendars.providers.ics.provider import FEED_ID, IcsProvider
from tests.calendars.providers.contract import ReadingContract, ReadOnlyContract
from tests.calendars.providers.ics.conftest import Connect
from tests.calendars.providers.worlds import START, foreign
from tests.fakes.feed import Feed


@dataclass
class FeedWorld:
    """A feed made of the events that were put into it; the provider over HTTP."""

    feed: Feed
    connect: Callable[[str], IcsProvider]
    calendar_id: str = FEED_ID
    read_only_id: str = FEED_ID
    missing_calendar_id: str = "another"
    bad_cursor: str = "sync:http://nowhere.example/0000"
    read_only_before: list[bytes] = field(default_factory=list)

    def provider(self) -> IcsProvider:
        return self.connect(self.feed.url)

    def outsider_put(self, name: str, data: bytes) -> None:
        text = data.decode()
        self.feed.events[name] = text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")].strip()

    def outsider_delete(self, name: str) -> None:
        del self.feed.events[name]

    def read_only_stored(self) -> list[bytes]:
        return [text.encode() for text in self.feed.events.values()]


@pytest.mark.promise("C5")
@pytest.mark.parametrize(
    ("marks", "stamps"), [("etag", False), ("modified", False), ("", False), ("", True)],
    ids=["etag", "last-modified", "no-marks", "restamped"],
)  # fmt: skip
class TestIcsFeed(ReadingContract, ReadOnlyContract):
    kinds = ("ics",)

    @pytest.fixture
    def world(self, feed: Feed, connect: Connect, marks: str, stamps: bool) -> FeedWorld:
        feed.marks, feed.stamps = marks, stamps
        return FeedWorld(feed, connect)

    @pytest.fixture(autouse=True)
    def _fill_for_writers(self, request: pytest.FixtureRequest, world: FeedWorld) -> None:
        """What nobody may write to holds something."""
        if request.function.__name__ in vars(ReadOnlyContract):
            world.outsider_put("fixed.ics", foreign("fixed", START))
            world.read_only_before = world.read_only_stored()
