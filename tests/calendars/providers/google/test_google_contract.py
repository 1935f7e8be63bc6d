"""The provider contract against the fake."""

import pytest

from calendars.providers.base import Provider
from tests.calendars.providers.contract import ProviderContract, ReadOnlyContract
from tests.calendars.providers.google.conftest import EMAIL, Connect
from tests.calendars.providers.google.ics import as_event, as_ics, uid_of
from tests.calendars.providers.worlds import foreign
from tests.fakes.google import Fault, GoogleFake


class GoogleWorld:
    """One account with a calendar to write and one to read; small pages, so that every read has several."""

    calendar_id = EMAIL
    read_only_id = "shared@group.calendar.google.com"
    missing_calendar_id = "nowhere@group.calendar.google.com"
    bad_cursor = "s-0"

    def __init__(self, fake: GoogleFake, connect: Connect) -> None:
        self.fake, self.connect = fake, connect
        fake.api.page_size = 2
        fake.put_event(EMAIL, as_event(foreign("before")))
        fake.delete_event(EMAIL, fake.events(EMAIL)[0]["id"])
        fake.expire_sync(EMAIL)
        fake.add_calendar(EMAIL, self.read_only_id, role="reader")
        fake.put_event(self.read_only_id, as_event(foreign("fixed")))
        self.read_only_before = self.read_only_stored()

    def provider(self) -> Provider:
        return self.connect()

    def outsider_put(self, name: str, data: bytes) -> None:
        event = as_event(data)
        known = {uid_of(one): one["id"] for one in self.fake.events(EMAIL)}
        if found := known.get(event["iCalUID"]):
            self.fake.patch_event(EMAIL, found, **{key: event[key] for key in ("summary", "start", "end")})
        else:
            self.fake.put_event(EMAIL, event)

    def outsider_delete(self, name: str) -> None:
        wanted = {name.removesuffix(".ics"), f"{name.removesuffix('.ics')}@booking.example"}
        [found] = [one["id"] for one in self.fake.events(EMAIL) if uid_of(one) in wanted]
        self.fake.delete_event(EMAIL, found)

    def stored(self) -> list[bytes]:
        return [as_ics(event) for event in self.fake.events(EMAIL)]

    def read_only_stored(self) -> list[bytes]:
        return [as_ics(event) for event in self.fake.events(self.read_only_id)]

    def lose_next_answer(self) -> None:
        self.fake.fail_next(Fault(drop=True), match="^(POST|PUT|PATCH|DELETE)", after=True)


@pytest.fixture
def world(fake: GoogleFake, connect: Connect) -> GoogleWorld:
    return GoogleWorld(fake, connect)


@pytest.mark.promise("C2")
class TestGoogleProvider(ProviderContract, ReadOnlyContract):
    """The whole contract."""

    kinds = ("google",)
