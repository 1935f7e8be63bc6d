"""Series, as Graph tells them: masters, stubs, exceptions, and instances that silently go."""

from datetime import UTC, datetime, timedelta

import pytest

from calendars.providers import errors
from tests.calendars.providers.microsoft.copies import RULES, START, WINDOW, Reader, event
from tests.calendars.providers.microsoft.ics import daily, weekly
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar


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
