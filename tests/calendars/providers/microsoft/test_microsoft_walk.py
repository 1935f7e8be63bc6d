"""Calendars changed at random, followed by deltas, and compared with what the calendar shows."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from calendars.providers.errors import CursorInvalid
from tests.calendars.providers.microsoft.conftest import EMAIL
from tests.calendars.providers.microsoft.copies import HOUR, START, WINDOW, Reader, event
from tests.calendars.providers.microsoft.ics import daily, weekly
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

DAY = timedelta(days=1)
SHOWS = ("busy", "free", "tentative", "oof")


class Walk:
    """Somebody at work in a calendar."""

    def __init__(self, fake: MicrosoftFake, calendar: FakeCalendar, seed: int) -> None:
        self.fake, self.calendar = fake, calendar
        self.chance = random.Random(seed)
        self.deeds = (self.add, self.add, self.repeat, self.edit, self.delete, self.leave_out, self.move_one)

    def step(self) -> None:
        """One change, if it finds something to change."""
        self.chance.choice(self.deeds)()

    def body(self) -> dict[str, Any]:
        start = START + self.chance.randrange(60) * DAY + self.chance.randrange(8) * HOUR
        return event(f"e{self.chance.randrange(1000)}", start, showAs=self.chance.choice(SHOWS))

    def add(self) -> None:
        self.fake.put_event(self.calendar.id, self.body())

    def repeat(self) -> None:
        rules = (weekly(START, count=self.chance.randint(1, 6)), daily(until="2026-11-20"), weekly(START))
        body = self.body() | {"recurrence": self.chance.choice(rules)}
        self.fake.put_event(self.calendar.id, body)

    def edit(self) -> None:
        if self.calendar.events:
            key = self.chance.choice(list(self.calendar.events))
            self.fake.put_event(self.calendar.id, self.body(), event_id=key)

    def delete(self) -> None:
        if self.calendar.events:
            self.fake.remove_event(self.calendar.id, self.chance.choice(list(self.calendar.events)))

    def leave_out(self) -> None:
        if key := self.instance():
            self.fake.remove_event(self.calendar.id, key)

    def move_one(self) -> None:
        if key := self.instance():
            master, _, day = key.rpartition(".")
            when = datetime.strptime(day, "%Y%m%d").date().isoformat()
            self.fake.put_exception(self.calendar.id, master, when, self.body())

    def instance(self) -> str:
        found = [row["id"] for row in self.calendar.view(WINDOW) if row["seriesMasterId"]]
        return self.chance.choice(found) if found else ""

    def shown(self) -> list[tuple[datetime, str, str]]:
        """What happens in the window, by the calendar itself."""
        rows = self.calendar.view(WINDOW)
        return sorted(
            (datetime.fromisoformat(f"{row['start']['dateTime'][:19]}+00:00"), row["subject"], row["showAs"])
            for row in rows
        )


@pytest.mark.promise("C3", "C12")
@pytest.mark.parametrize("repeat_removed", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_deltas_lead_to_what_the_calendar_shows(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader, seed: int, repeat_removed: bool
) -> None:
    fake.boxes[EMAIL].repeat_removed = repeat_removed
    walk = Walk(fake, calendar, seed)
    for _ in range(15):
        for _ in range(walk.chance.randint(1, 4)):
            walk.step()
        try:
            reader.pull()
        except CursorInvalid:
            reader.cursor = None
            reader.pull()
        assert reader.times() == walk.shown()
