"""Random walks: whatever happens to a calendar, the copy kept by tokens equals one read anew, and both equal what
Google itself makes of the series."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from calendars.providers import errors
from calendars.providers.base import EventWish, Written
from calendars.providers.google import GoogleProvider
from tests.calendars.providers.google.conftest import EMAIL, WINDOW
from tests.calendars.providers.google.test_google_reading import RULES, Mirror, hour
from tests.calendars.providers.worlds import START, wish
from tests.fakes.google import Fault, GoogleFake
from tests.fakes.google.recurrence import instances

SPAN = (START - timedelta(days=10), START + timedelta(days=100))
REPEATS = (
    "RRULE:FREQ=WEEKLY;COUNT=6",
    "RRULE:FREQ=DAILY;INTERVAL=3",
    "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261220T000000Z",
    "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
)


class Somebody:
    """Edits the calendar at random, as people do."""

    def __init__(self, fake: GoogleFake, seed: int) -> None:
        self.fake = fake
        self.random = random.Random(seed)

    def act(self) -> None:
        """One edit."""
        ids = [event["id"] for event in self.fake.events(EMAIL)]
        masters = [event["id"] for event in self.fake.events(EMAIL) if event.get("recurrence")]
        acts: list[Any] = [self.add, self.add_series]
        acts += [lambda: self.move(self.random.choice(ids))] * 2 if ids else []
        acts += [lambda: self.fake.delete_event(EMAIL, self.random.choice(ids))] if ids else []
        acts += [lambda: self.touch_instance(self.random.choice(masters))] * 4 if masters else []
        acts += [lambda: self.change_rule(self.random.choice(masters))] if masters else []
        self.random.choice(acts)()

    def moment(self) -> datetime:
        return START + timedelta(hours=self.random.randrange(24 * 60))

    def add(self) -> None:
        self.fake.put_event(EMAIL, hour(self.moment()))

    def add_series(self) -> None:
        rule = self.random.choice(REPEATS)
        event = hour(self.moment(), recurrence=[rule])
        zone = self.random.choice(["Europe/Berlin", "America/New_York", "UTC"])
        for side in (event["start"], event["end"]):
            side["timeZone"] = zone
        self.fake.put_event(EMAIL, event)

    def move(self, event_id: str) -> None:
        times = {name: value for name, value in hour(self.moment()).items() if name in ("start", "end")}
        if not self.fake.event(EMAIL, event_id).get("recurrence"):
            self.fake.patch_event(EMAIL, event_id, **times)

    def touch_instance(self, master: str) -> None:
        """Move or cancel one instance of a series."""
        whole = self.fake.event(EMAIL, master)
        places = [
            name for name in self.instances(whole) if name not in self.fake.store.calendars[EMAIL].events
        ]
        if not places:
            return
        chosen = self.random.choice(places)
        if self.random.random() < 0.5:
            self.fake.delete_event(EMAIL, chosen)
        else:
            times = {name: value for name, value in hour(self.moment()).items() if name in ("start", "end")}
            self.fake.patch_event(EMAIL, chosen, **times)

    def instances(self, master: dict[str, Any]) -> list[str]:
        low, high = (moment.isoformat() for moment in SPAN)
        return [one["id"] for one in instances(master, low, high)]

    def change_rule(self, master: str) -> None:
        exceptions = [event for event in self.fake.events(EMAIL) if event.get("recurringEventId") == master]
        if not exceptions:
            self.fake.patch_event(EMAIL, master, recurrence=[self.random.choice(REPEATS)])


def in_span(mirror: Mirror) -> list[datetime]:
    return [start for start in mirror.starts() if SPAN[0] <= start < SPAN[1]]


def as_google_says(provider: GoogleProvider) -> list[datetime]:
    items = provider.read_span(EMAIL, SPAN)
    readings = (provider.occurrences(one, window=WINDOW, rules=RULES) for one in items)
    return sorted(one.start for reading in readings for one in reading.occurrences if one.start >= SPAN[0])


@pytest.mark.promise("C12", "C15")
@pytest.mark.parametrize("seed", range(8))
def test_copy_by_tokens_equals_one_read_anew_after_any_edits(
    fake: GoogleFake, provider: GoogleProvider, seed: int
) -> None:
    fake.api.page_size = 7
    somebody, mirror = Somebody(fake, seed), Mirror(provider)
    for _ in range(12):
        for _ in range(somebody.random.randrange(1, 5)):
            somebody.act()
        try:
            mirror.pull()
        except errors.CursorInvalid:
            mirror.cursor, mirror.items = None, {}
            mirror.pull()
        anew = Mirror(provider)
        anew.pull()

        assert in_span(mirror) == in_span(anew) == as_google_says(provider)


FAULTS = (Fault(drop=True), Fault.error(500), Fault.error(503), Fault.page(), Fault.text(b'{"id'))


class Worker:
    """Drives the calendar to what is wished, as the outbox does: again and again until it works."""

    def __init__(self, fake: GoogleFake, provider: GoogleProvider, seed: int) -> None:
        self.fake, self.provider = fake, provider
        self.random = random.Random(seed)
        self.known: Written | None = None

    def disturb(self) -> None:
        """Somebody edits or deletes the event, or the next requests go wrong, before or after the deed."""
        for event in self.fake.events(EMAIL):
            if self.random.random() < 0.3:
                self.fake.delete_event(EMAIL, event["id"])
            elif self.random.random() < 0.3:
                self.fake.patch_event(EMAIL, event["id"], summary="Edited outside")
        for _ in range(self.random.randrange(3)):
            self.fake.fail_next(self.random.choice(FAULTS), after=self.random.random() < 0.7)

    def until_done(self, act: Callable[[], Written | None]) -> None:
        """Repeat; what an attempt returned is sometimes forgotten (a crash before it was noted)."""
        for _ in range(12):
            try:
                found = act()
            except errors.ProviderError:
                continue
            self.known = found if self.random.random() < 0.7 else None
            return
        raise AssertionError("never done")

    def put(self, one: EventWish) -> None:
        self.until_done(lambda: self.provider.put(EMAIL, one, self.known))

    def delete(self, one: EventWish) -> None:
        key = self.known.key if self.known else one.key
        self.until_done(lambda: self.provider.delete(EMAIL, key=key, uid=one.uid))
        self.known = None


@pytest.mark.promise("C18")
@pytest.mark.parametrize("seed", range(8))
def test_one_event_as_wished_whatever_fails_and_whoever_edits(
    fake: GoogleFake, provider: GoogleProvider, seed: int
) -> None:
    worker = Worker(fake, provider, seed)
    for turn in range(12):
        one = wish(summary=f"Turn {turn}", sequence=turn, meeting=worker.random.choice(["", "google_meet"]))
        worker.disturb()
        if worker.random.random() < 0.25:
            worker.delete(one)
            expected = []
        else:
            worker.put(one)
            expected = [one.summary]

        assert [event["summary"] for event in fake.events(EMAIL)] == expected
