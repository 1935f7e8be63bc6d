"""What changed, as Graph tells it: delta rounds, series, and links that die."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calendars.providers import errors
from calendars.providers.base import Page, ReadingRules
from calendars.providers.microsoft import MicrosoftProvider
from tests.calendars.providers.microsoft.conftest import WINDOW, Connect, FakeTokens
from tests.calendars.providers.microsoft.ics import daily, utc, weekly
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

START = datetime(2026, 10, 26, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = ReadingRules(default_zone="Europe/Berlin")


class Never(dict[str, str]):
    """Known etags that may be asked for, but not gone through."""

    def __iter__(self) -> Any:
        raise AssertionError("gone through")

    keys = values = items = __iter__


class Reader:
    """Our copy of the calendar, kept by the rules of pages."""

    def __init__(self, provider: MicrosoftProvider, calendar: FakeCalendar) -> None:
        self.provider, self.id = provider, calendar.id
        self.cursor: str | None = None
        self.items: dict[str, Any] = {}

    @property
    def etags(self) -> dict[str, str]:
        return {key: item.etag for key, item in self.items.items()}

    def pull(self, window: tuple[datetime, datetime] = WINDOW) -> list[Page]:
        """Take what changed; without a cursor everything."""
        known: Mapping[str, str] = Never(self.etags) if self.cursor else self.etags
        pages = list(self.provider.changes(self.id, cursor=self.cursor, known=known, window=window))
        for page in pages:
            for key in page.deleted:
                self.items.pop(key, None)
            self.items |= {item.key: item for item in page.items}
        last = pages[-1]
        if last.complete and last.present is not None:
            self.items = {key: item for key, item in self.items.items() if key in last.present}
        self.cursor = last.cursor
        return pages

    def times(self) -> list[tuple[datetime, str, str]]:
        """Start, title and status of every occurrence, in order."""
        found = [
            (one.start, one.summary, one.status.value)
            for item in self.items.values()
            for one in self.provider.occurrences(item, window=WINDOW, rules=RULES).occurrences
        ]
        return sorted(found)


@pytest.fixture
def reader(provider: MicrosoftProvider, calendar: FakeCalendar) -> Reader:
    return Reader(provider, calendar)


def event(subject: str = "Dentist", start: datetime = START, **fields: Any) -> dict[str, Any]:
    return {"subject": subject, "start": utc(start), "end": utc(start + HOUR), **fields}


# Rounds and pages


@pytest.mark.promise("C3")
def test_first_round_takes_pages_of_a_hundred(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    for number in range(105):
        fake.put_event(calendar.id, event(f"e{number}", START + number * HOUR))

    pages = reader.pull()

    assert [len(page.items) for page in pages] == [100, 5, 0]
    assert pages[-1].present == frozenset(calendar.events)
    assert len(fake.lines("calendarView/delta")) == 2


def test_first_round_asks_for_a_longer_window_than_is_wanted(fake: MicrosoftFake, reader: Reader) -> None:
    reader.pull()

    [line] = fake.lines("calendarView/delta")
    assert "startDateTime=2026-10-01T00:00:00Z&endDateTime=2027-07-31T00:00:00Z" in line
    assert json.loads(reader.cursor or "")["until"] == "2027-07-31T00:00:00+00:00"


def test_every_call_asks_for_immutable_ids_and_utc(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    fake.put_event(calendar.id, event(recurrence=weekly(START, count=2)))
    reader.pull()
    fake.put_event(calendar.id, event("other"))
    reader.pull()

    told = {seen.headers["Prefer"] for seen in fake.log}
    assert told == {'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize=100'}


def test_empty_pages_are_followed(fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader) -> None:
    fake.put_event(calendar.id, event())
    fake.graph.empty_pages = 1

    pages = reader.pull()

    assert [len(page.items) for page in pages] == [0, 1, 0]


def test_what_is_told_twice_counts_once(fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader) -> None:
    fake.put_event(calendar.id, event())
    fake.put_event(calendar.id, event("Weekly", recurrence=weekly(START, count=2)))
    fake.graph.repeats = True

    reader.pull()

    week = timedelta(weeks=1)
    assert reader.times() == [
        (START, "Dentist", "busy"),
        (START, "Weekly", "busy"),
        (START + week, "Weekly", "busy"),
    ]


def test_later_round_without_news_is_one_request(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    fake.put_event(calendar.id, event())
    reader.pull()
    fake.log.clear()

    pages = reader.pull()

    assert [(page.items, page.deleted) for page in pages] == [((), ())] * len(pages)
    assert len(fake.log) == 1


@pytest.mark.promise("C12")
def test_later_round_costs_what_changed(fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader) -> None:
    for number in range(30):
        fake.put_event(calendar.id, event(f"e{number}", START + number * HOUR))
    key = fake.put_event(calendar.id, event("edited"))
    gone = fake.put_event(calendar.id, event("gone"))
    reader.pull()
    fake.log.clear()
    fake.put_event(calendar.id, {"subject": "Edited"}, event_id=key)
    fake.remove_event(calendar.id, gone)

    pages = reader.pull()

    assert [item.key for page in pages for item in page.items] == [key]
    assert [key for page in pages for key in page.deleted] == [gone]
    assert len(fake.log) == 1


def test_known_events_are_not_sent_again_when_everything_is_compared(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader, provider: MicrosoftProvider
) -> None:
    fake.put_event(calendar.id, event())
    fake.put_event(calendar.id, event(recurrence=weekly(START, count=2)))
    reader.pull()

    pages = list(provider.reconcile(calendar.id, known=reader.etags, window=WINDOW))

    assert [page.items for page in pages] == [(), ()]
    assert pages[-1].present == frozenset(reader.items)


# Links that die


@pytest.mark.promise("C12")
def test_dropped_state_makes_the_cursor_invalid(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    reader.pull()
    fake.expire_deltas()

    with pytest.raises(errors.CursorInvalid):
        reader.pull()


def test_state_dropped_between_pages_makes_the_cursor_invalid(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader, provider: MicrosoftProvider
) -> None:
    reader.pull()
    for number in range(3):
        fake.put_event(calendar.id, event(f"e{number}"))
    fake.graph.page_size = 2
    pages = provider.changes(calendar.id, cursor=reader.cursor, known={}, window=WINDOW)
    next(pages)
    fake.expire_deltas()

    with pytest.raises(errors.CursorInvalid):
        next(pages)


@pytest.mark.parametrize("cursor", ["", "{}", "[]", "null", '{"link": "x", "until": "never"}', "https://x/"])
def test_unreadable_cursor_is_invalid(
    provider: MicrosoftProvider, calendar: FakeCalendar, cursor: str
) -> None:
    with pytest.raises(errors.CursorInvalid):
        list(provider.changes(calendar.id, cursor=cursor, known={}, window=WINDOW))


@pytest.mark.promise("C12")
def test_window_that_ends_too_early_is_begun_anew(reader: Reader) -> None:
    reader.pull()
    day = timedelta(days=1)
    reader.pull((WINDOW[0] + 60 * day, WINDOW[1] + 60 * day))

    with pytest.raises(errors.CursorInvalid):
        reader.pull((WINDOW[0] + 61 * day, WINDOW[1] + 61 * day))


def test_link_to_another_place_is_not_followed(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    cursor = json.dumps({"link": "https://evil.example/v1.0/x", "until": "2030-01-01T00:00:00+00:00"})

    with pytest.raises(errors.ServerFailed):
        list(provider.changes(calendar.id, cursor=cursor, known={}, window=WINDOW))
    assert fake.log == []


@pytest.mark.promise("C12")
def test_deleted_calendar_is_not_found(fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader) -> None:
    reader.pull()
    fake.remove_calendar(calendar.id)

    with pytest.raises(errors.NotFound):
        reader.pull()


def test_token_that_ends_between_pages_is_renewed_and_the_page_asked_again(
    fake: MicrosoftFake,
    calendar: FakeCalendar,
    reader: Reader,
    tokens: FakeTokens,
    provider: MicrosoftProvider,
) -> None:
    for number in range(4):
        fake.put_event(calendar.id, event(f"e{number}"))
    fake.graph.page_size = 2
    pages = provider.changes(calendar.id, cursor=None, known={}, window=WINDOW)
    found = [next(pages)]
    fake.expire_access()
    found += list(pages)

    assert sum(len(page.items) for page in found) == 4
    assert len(tokens.rejected) == 1
    skips = [line for line in fake.lines("skiptoken") if "skiptoken" in line]
    assert len(skips) == 2
    assert len(set(skips)) == 1


def test_grant_that_ends_between_pages_leaves_no_cursor(
    fake: MicrosoftFake, calendar: FakeCalendar, tokens: FakeTokens, provider: MicrosoftProvider
) -> None:
    for number in range(4):
        fake.put_event(calendar.id, event(f"e{number}"))
    fake.graph.page_size = 2
    pages = provider.changes(calendar.id, cursor=None, known={}, window=WINDOW)
    seen = [next(pages)]
    fake.expire_access()
    tokens.ended = True

    with pytest.raises(errors.AccessRevoked):
        seen += list(pages)
    assert [page.cursor for page in seen] == [None]


# Series


@pytest.mark.promise("C3")
def test_stubs_take_their_meaning_from_the_master(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    body = event(
        "Standup", showAs="oof", location={"displayName": "Room 5"}, recurrence=weekly(START, count=2)
    )
    fake.put_event(calendar.id, body)

    reader.pull()

    assert reader.times() == [(START, "Standup", "oof"), (START + timedelta(weeks=1), "Standup", "oof")]
    [item] = reader.items.values()
    reading = reader.provider.occurrences(item, window=WINDOW, rules=RULES)
    assert [one.location for one in reading.occurrences] == ["Room 5", "Room 5"]
    assert [one.recurrence for one in reading.occurrences] == ["20261026T090000Z", "20261102T090000Z"]
    assert len(fake.log) == 1


def test_series_follows_the_clocks_of_its_zone(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    local = {"timeZone": "W. Europe Standard Time"}
    start = datetime(2027, 3, 22, 9, tzinfo=UTC)
    body = event(
        start=start,
        recurrence=weekly(start, count=2),
    ) | {
        "start": {"dateTime": "2027-03-22T09:00:00", **local},
        "end": {"dateTime": "2027-03-22T10:00:00", **local},
    }
    fake.put_event(calendar.id, body)

    reader.pull()

    assert [time[0].hour for time in reader.times()] == [8, 7]
    [item] = reader.items.values()
    found = reader.provider.occurrences(item, window=WINDOW, rules=RULES).occurrences
    assert [one.zone for one in found] == ["Europe/Berlin", "Europe/Berlin"]


@pytest.mark.promise("C12")
def test_changed_master_changes_every_instance(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    key = fake.put_event(calendar.id, event("Standup", recurrence=weekly(START, count=2)))
    reader.pull()
    fake.put_event(calendar.id, {"showAs": "free"}, event_id=key)

    reader.pull()

    assert [time[2] for time in reader.times()] == ["free", "free"]


@pytest.mark.promise("C12")
def test_moved_instance_moves_alone(fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader) -> None:
    key = fake.put_event(calendar.id, event("Standup", recurrence=weekly(START, count=2)))
    reader.pull()
    later = START + timedelta(days=1)
    fake.put_exception(calendar.id, key, "2026-10-26", event("Moved", later, showAs="tentative"))

    reader.pull()

    assert reader.times() == [
        (later, "Moved", "tentative"),
        (START + timedelta(weeks=1), "Standup", "busy"),
    ]
    [item] = reader.items.values()
    found = reader.provider.occurrences(item, window=WINDOW, rules=RULES).occurrences
    assert sorted(one.recurrence for one in found) == ["20261026T090000Z", "20261102T090000Z"]


@pytest.mark.promise("C12")
@pytest.mark.parametrize("repeat_removed", [False, True])
def test_deleted_instance_frees_its_time(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader, repeat_removed: bool
) -> None:
    """Graph tells only that the series changed, sometimes."""
    next(iter(fake.boxes.values())).repeat_removed = repeat_removed
    key = fake.put_event(calendar.id, event("Standup", recurrence=weekly(START, count=2)))
    reader.pull()
    fake.remove_event(calendar.id, f"{key}.20261026")

    reader.pull()

    assert reader.times() == [(START + timedelta(weeks=1), "Standup", "busy")]


@pytest.mark.promise("C12")
def test_shortened_series_frees_its_times(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    key = fake.put_event(calendar.id, event("Standup", recurrence=weekly(START, count=5)))
    reader.pull()
    fake.put_event(calendar.id, {"recurrence": weekly(START, count=1)}, event_id=key)

    reader.pull()

    assert reader.times() == [(START, "Standup", "busy")]


def test_deleted_series_goes_with_all_its_instances(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    key = fake.put_event(calendar.id, event("Standup", recurrence=weekly(START, count=5)))
    reader.pull()
    fake.remove_event(calendar.id, key)

    pages = reader.pull()

    assert reader.items == {}
    assert [page.complete for page in pages] == [False] * len(pages)


def test_single_event_that_becomes_a_series_is_replaced(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    key = fake.put_event(calendar.id, event("Standup"))
    reader.pull()
    fake.put_event(calendar.id, {"recurrence": weekly(START, count=2)}, event_id=key)
    reader.pull()
    assert len(reader.times()) == 2

    fake.put_event(calendar.id, {"recurrence": None}, event_id=key)
    reader.pull()
    assert reader.times() == [(START, "Standup", "busy")]


def test_series_that_is_read_again_is_the_same_item(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    """Stubs and whole instances lead to the same content, so that nothing seems changed."""
    key = fake.put_event(calendar.id, event("Standup", recurrence=weekly(START, count=3)))
    reader.pull()
    before = reader.items[key]
    fake.put_event(calendar.id, {"importance": "high"}, event_id=key)

    reader.pull()

    assert reader.items[key] == before


def test_removal_of_something_unknown_has_everything_compared(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    key = fake.put_event(calendar.id, event())
    reader.pull()
    reader.items.clear()
    fake.remove_event(calendar.id, key)

    with pytest.raises(errors.CursorInvalid):
        reader.pull()


def test_many_changed_series_have_everything_compared(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    reader.pull()
    for number in range(51):
        fake.put_event(calendar.id, event(f"s{number}", recurrence=weekly(START, count=2)))
    fake.log.clear()

    with pytest.raises(errors.CursorInvalid):
        reader.pull()
    assert fake.lines("instances") == []


def test_series_without_end_reaches_the_end_of_the_window(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    fake.put_event(calendar.id, event("Daily", recurrence=daily(until="2030-01-01")))

    reader.pull()

    assert len(reader.times()) == (WINDOW[1] - START).days + 1


def test_span_brings_whole_instances(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    key = fake.put_event(calendar.id, event("Standup", showAs="oof", recurrence=weekly(START)))

    [item] = provider.read_span(calendar.id, (START, START + HOUR))

    reading = provider.occurrences(item, window=WINDOW, rules=RULES)
    assert (item.key, reading.uid) == (key, calendar.events[key].uid)
    assert [(one.start, one.summary, one.status.value) for one in reading.occurrences] == [
        (START, "Standup", "oof")
    ]
    assert len(fake.log) == 1


def test_span_of_a_deleted_calendar_is_not_found(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.remove_calendar(calendar.id)

    with pytest.raises(errors.NotFound):
        provider.read_span(calendar.id, (START, START + HOUR))


def test_times_in_another_zone_than_asked_for_are_understood(
    fake: MicrosoftFake, calendar: FakeCalendar, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.put_event(calendar.id, event())
    monkeypatch.setattr(
        "calendars.providers.microsoft.transport.PREFER", 'outlook.timezone="Pacific Standard Time"'
    )

    [item] = connect().read_span(calendar.id, (START, START + HOUR))

    [found] = connect().occurrences(item, window=WINDOW, rules=RULES).occurrences
    assert found.start == START
