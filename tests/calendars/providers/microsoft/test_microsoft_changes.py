"""What changed, as Graph tells it: delta rounds, their pages, and links that die."""

import json
from datetime import timedelta

import pytest

from calendars.providers import errors
from calendars.providers.microsoft import MicrosoftProvider
from tests.calendars.providers.microsoft.conftest import Connect, FakeTokens
from tests.calendars.providers.microsoft.copies import HOUR, RULES, START, WINDOW, Reader, event
from tests.calendars.providers.microsoft.ics import weekly
from tests.fakes.microsoft import Fault, MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

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


# The last look


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


# Where Graph can do less


@pytest.mark.promise("C12")
def test_calendar_that_tells_no_changes_is_listed_every_time(
    fake: MicrosoftFake, calendar: FakeCalendar, reader: Reader
) -> None:
    fake.graph.has_rounds = False
    gone = fake.put_event(calendar.id, event("gone"))
    key = fake.put_event(calendar.id, event("Weekly", recurrence=weekly(START, count=2)))
    reader.pull()
    assert len(reader.times()) == 3

    fake.remove_event(calendar.id, gone)
    fake.remove_event(calendar.id, f"{key}.20261026")
    pages = list(
        reader.provider.changes(calendar.id, cursor=reader.cursor, known=reader.etags, window=WINDOW)
    )

    assert [item.key for page in pages for item in page.items] == [key]
    assert (pages[-1].complete, pages[-1].present) == (True, frozenset({key}))


def test_span_is_read_without_our_property_where_it_cannot_be_asked_for(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.put_event(calendar.id, event())
    fake.fail_next(Fault.error(400, "ErrorInvalidUrlQuery"), match="expand")

    items = provider.read_span(calendar.id, (START, START + HOUR))

    assert [item.key for item in items] == list(calendar.events)
    assert ["$expand" in line for line in fake.lines("calendarView")] == [True, False]


def test_calendar_whose_id_cannot_be_read_is_not_found(
    fake: MicrosoftFake, provider: MicrosoftProvider
) -> None:
    fake.fail_next(Fault.error(400, "ErrorInvalidIdMalformed"), times=2)

    with pytest.raises(errors.NotFound):
        list(provider.changes("x", cursor=None, known={}, window=WINDOW))
    with pytest.raises(errors.NotFound):
        provider.read_span("x", WINDOW)
    assert len(fake.log) == 2
