"""The provider contract against the fake."""

import json

import pytest

from calendars.providers.base import Provider
from tests.calendars.providers.contract import ProviderContract, ReadOnlyContract
from tests.calendars.providers.microsoft.conftest import EMAIL, Connect
from tests.calendars.providers.microsoft.ics import as_event, as_ics, uid_of
from tests.calendars.providers.worlds import foreign
from tests.fakes.microsoft import Fault, MicrosoftFake


class MicrosoftWorld:
    """One account with a calendar to write and one to read; small pages, so that every read has several."""

    missing_calendar_id = "AQMknowhere="

    def __init__(self, fake: MicrosoftFake, connect: Connect) -> None:
        self.fake, self.connect = fake, connect
        fake.graph.page_size = 2
        self.calendar = fake.calendar(EMAIL)
        self.calendar_id = self.calendar.id
        self.locked = fake.add_calendar(EMAIL, "Team", owner="team@contoso.example", can_edit=False)
        self.read_only_id = self.locked.id
        uid, body = as_event(foreign("fixed"))
        fake.put_event(self.locked.id, body, uid=uid)
        self.read_only_before = self.read_only_stored()

    @property
    def bad_cursor(self) -> str:
        link = f"{self.fake.api}me/calendars/{self.calendar_id}/calendarView/delta?$deltatoken=unknown"
        return json.dumps({"link": link, "until": "2030-01-01T00:00:00+00:00"})

    def provider(self) -> Provider:
        return self.connect()

    def outsider_put(self, name: str, data: bytes) -> None:
        uid, body = as_event(data)
        known = {uid_of(one): one.id for one in self.calendar.events.values()}
        self.fake.put_event(self.calendar_id, body, uid=uid, event_id=known.get(uid, ""))

    def outsider_delete(self, name: str) -> None:
        wanted = {name.removesuffix(".ics"), f"{name.removesuffix('.ics')}@booking.example"}
        [found] = [one.id for one in self.calendar.events.values() if uid_of(one) in wanted]
        self.fake.remove_event(self.calendar_id, found)

    def stored(self) -> list[bytes]:
        return [as_ics(event) for event in self.calendar.events.values()]

    def read_only_stored(self) -> list[bytes]:
        return [as_ics(event) for event in self.locked.events.values()]

    def lose_next_answer(self) -> None:
        self.fake.fail_next(Fault.hang_up(), match="^(POST|PATCH|DELETE)", after=True)


@pytest.fixture
def world(fake: MicrosoftFake, connect: Connect) -> MicrosoftWorld:
    return MicrosoftWorld(fake, connect)


@pytest.mark.promise("C3")
class TestMicrosoftProvider(ProviderContract, ReadOnlyContract):
    """The whole contract."""

    kinds = ("microsoft",)
