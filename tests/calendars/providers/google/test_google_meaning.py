"""What Google's events mean: the table of statuses, whole days, zones, and whose events are ours."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from calendars.providers.base import Reading, ReadingRules, Status
from calendars.providers.google.meaning import read_item
from calendars.providers.google.reading import item
from tests.calendars.providers.google.conftest import WINDOW
from tests.calendars.providers.worlds import START

RULES = ReadingRules(default_zone="Europe/Berlin", owner_emails=frozenset({"ada@host.example"}))


def event(**changes: Any) -> dict[str, Any]:
    """A plain hour."""
    usual = {
        "id": "e1",
        "status": "confirmed",
        "iCalUID": "e1@google.com",
        "summary": "Dentist",
        "start": {"dateTime": "2026-10-26T10:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-10-26T11:00:00+01:00", "timeZone": "Europe/Berlin"},
    }
    return {**usual, **changes}


def read(*parts: dict[str, Any], rules: ReadingRules = RULES) -> Reading:
    return read_item(item("e1", parts).data, window=WINDOW, rules=rules)


def answered(response: str, **traits: Any) -> list[dict[str, Any]]:
    return [{"self": True, "responseStatus": response, **traits}]


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, Status.BUSY),
        ({"eventType": "focusTime"}, Status.BUSY),
        ({"eventType": "fromGmail"}, Status.BUSY),
        ({"transparency": "transparent"}, Status.FREE),
        ({"eventType": "birthday"}, Status.FREE),
        ({"eventType": "workingLocation", "transparency": "transparent"}, Status.FREE),
        ({"eventType": "workingLocation"}, Status.FREE),
        ({"eventType": "outOfOffice"}, Status.OUT_OF_OFFICE),
        ({"status": "tentative"}, Status.TENTATIVE),
        ({"attendees": answered("tentative")}, Status.TENTATIVE),
        ({"attendees": answered("accepted")}, Status.BUSY),
        ({"attendees": answered("accepted"), "status": "tentative"}, Status.TENTATIVE),
        ({"status": "tentative", "transparency": "transparent"}, Status.FREE),
    ],
)
def test_status_of_an_event(changes: dict[str, Any], status: Status) -> None:
    assert [one.status for one in read(event(**changes)).occurrences] == [status]


@pytest.mark.promise("C13")
@pytest.mark.parametrize("changes", [{"status": "cancelled"}, {"attendees": answered("declined")}])
def test_cancelled_and_declined_take_no_time(changes: dict[str, Any]) -> None:
    assert read(event(**changes)).occurrences == ()


@pytest.mark.promise("C13")
def test_unanswered_invitation_keeps_the_events_status_and_is_marked() -> None:
    [found] = read(event(attendees=answered("needsAction"))).occurrences

    assert (found.status, found.unanswered) == (Status.BUSY, True)


def test_owner_is_known_by_address_too() -> None:
    attendees = [{"email": "Ada@Host.example", "responseStatus": "declined"}]

    assert read(event(attendees=attendees)).occurrences == ()


def test_somebody_elses_answer_does_not_count() -> None:
    attendees = [{"email": "bob@other.example", "responseStatus": "declined"}]

    assert [one.status for one in read(event(attendees=attendees)).occurrences] == [Status.BUSY]


def test_plain_event_tells_time_place_and_zone() -> None:
    [found] = read(event(location="Room 5")).occurrences

    assert (found.start, found.end) == (START, START + timedelta(hours=1))
    assert (found.uid, found.summary, found.location) == ("e1@google.com", "Dentist", "Room 5")
    assert (found.zone, found.recurrence, found.all_day) == ("Europe/Berlin", "", False)


@pytest.mark.promise("C14")
@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", datetime(2026, 11, 4, 23, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 11, 4, 11, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 11, 5, 11, tzinfo=UTC)),
    ],
)
def test_whole_day_is_a_day_of_the_calendars_zone(zone: str, start: datetime) -> None:
    day = event(start={"date": "2026-11-05"}, end={"date": "2026-11-06"})

    [found] = read(day, rules=ReadingRules(default_zone=zone)).occurrences

    assert (found.start, found.end) == (start, start + timedelta(days=1))
    assert (found.all_day, found.first_day, found.end_day) == (True, date(2026, 11, 5), date(2026, 11, 6))
    assert found.status is Status.BUSY


def test_second_of_two_equal_hours_is_not_moved_to_the_first() -> None:
    late = event(
        start={"dateTime": "2026-10-25T02:30:00+01:00", "timeZone": "Europe/Berlin"},
        end={"dateTime": "2026-10-25T02:45:00+01:00", "timeZone": "Europe/Berlin"},
    )

    [found] = read(late).occurrences

    assert (found.start, found.end) == (
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 45, tzinfo=UTC),
    )


@pytest.mark.promise("C15")
def test_series_keeps_its_clock_over_the_change_of_clocks() -> None:
    weekly = event(
        start={"dateTime": "2026-10-19T09:00:00+02:00", "timeZone": "Europe/Berlin"},
        end={"dateTime": "2026-10-19T09:30:00+02:00", "timeZone": "Europe/Berlin"},
        recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"],
    )

    assert [one.start for one in read(weekly).occurrences] == [
        datetime(2026, 10, 19, 7, tzinfo=UTC),
        datetime(2026, 10, 26, 8, tzinfo=UTC),
    ]


@pytest.mark.promise("C15")
def test_series_with_moved_cancelled_and_left_out_instances() -> None:
    master = event(
        recurrence=[
            "EXDATE;TZID=Europe/Berlin:20261109T100000",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "RDATE;TZID=Europe/Berlin:20261201T100000",
        ]
    )
    week = START + timedelta(weeks=1)
    moved = event(
        id="e1_20261102T090000Z",
        recurringEventId="e1",
        originalStartTime={"dateTime": "2026-11-02T10:00:00+01:00", "timeZone": "Europe/Berlin"},
        start={"dateTime": "2026-11-03T15:00:00+01:00"},
        end={"dateTime": "2026-11-03T16:00:00+01:00"},
    )
    cancelled = {
        "id": "e1_20261116T090000Z",
        "status": "cancelled",
        "recurringEventId": "e1",
        "originalStartTime": {"dateTime": "2026-11-16T10:00:00+01:00"},
    }

    reading = read(master, moved, cancelled)

    assert [(one.start, one.recurrence) for one in reading.occurrences] == [
        (START, "20261026T090000Z"),
        (datetime(2026, 11, 3, 14, tzinfo=UTC), week.strftime("%Y%m%dT%H%M%SZ")),
        (datetime(2026, 12, 1, 9, tzinfo=UTC), "20261201T090000Z"),
    ]
    assert (reading.warnings, reading.bad) == ((), 0)


@pytest.mark.promise("C14", "C15")
def test_series_of_whole_days_with_one_left_out() -> None:
    master = event(
        start={"date": "2026-11-02"}, end={"date": "2026-11-03"}, recurrence=["RRULE:FREQ=DAILY;COUNT=3"]
    )
    out = {
        "id": "e1_20261103",
        "status": "cancelled",
        "recurringEventId": "e1",
        "originalStartTime": {"date": "2026-11-03"},
    }

    assert [one.first_day for one in read(master, out).occurrences] == [date(2026, 11, 2), date(2026, 11, 4)]


def test_instance_without_its_series_stands_alone() -> None:
    alone = event(
        id="e1_20261102T090000Z",
        recurringEventId="e1",
        originalStartTime={"dateTime": "2026-11-02T10:00:00+01:00"},
    )

    assert [(one.start, one.recurrence) for one in read(alone).occurrences] == [(START, "20261102T090000Z")]


def test_dense_rule_is_one_busy_span_with_a_warning() -> None:
    reading = read(event(recurrence=["RRULE:FREQ=SECONDLY"]))

    assert (reading.occurrences[-1].start, reading.occurrences[-1].end) == (START, WINDOW[1])
    assert reading.warnings == ("rule_dense",)


def test_unreadable_rule_keeps_the_first_instance() -> None:
    reading = read(event(recurrence=["RRULE:FREQ=OFTEN", 7, "BEGIN:VEVENT"]))

    assert [one.start for one in reading.occurrences] == [START]
    assert reading.warnings == ("rule_unreadable",)


def test_zone_nobody_knows_is_told_and_the_instant_kept() -> None:
    odd = event(start={"dateTime": "2026-10-26T10:00:00+01:00", "timeZone": "Mars/Olympus"})

    reading = read(odd)

    assert [one.start for one in reading.occurrences] == [START]
    assert reading.warnings == ("zone_unknown",)


@pytest.mark.parametrize(
    "broken",
    [
        {"start": {}},
        {"start": {"dateTime": "soon"}},
        {"start": {"date": "2026-13-45"}},
        {"start": "2026"},
        {"attendees": [7]},
        {"start": {"dateTime": None}},
    ],
)
def test_broken_event_is_counted_and_the_others_are_read(broken: dict[str, Any]) -> None:
    reading = read(event(), event(id="e2", **broken))

    assert [one.start for one in reading.occurrences] == [START]
    assert (reading.bad, reading.warnings) == (1, ("event_unreadable",))


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"events": 7}', b'{"events": [', b"\xff"])
def test_broken_item_is_bad(data: bytes) -> None:
    reading = read_item(data, window=WINDOW, rules=RULES)

    assert (reading.occurrences, reading.bad, reading.warnings) == ((), 1, ("event_unreadable",))


def test_control_characters_do_not_reach_titles() -> None:
    [found] = read(event(summary="A\x00B\x1b[31m  ")).occurrences

    assert found.summary == "AB[31m"


def private(**changes: str) -> dict[str, Any]:
    usual = {
        "bookingsiteEvent": "e1",
        "bookingsiteUid": "bk-1@booking.example",
        "bookingsiteId": "bk-1",
        "bookingsiteMarker": "m-1",
        "bookingsiteSequence": "3",
        "bookingsiteStatus": "CONFIRMED",
        "bookingsiteGeo": "52.5;13.4",
    }
    return {"private": {**usual, **changes}}


def test_our_event_is_known_by_its_properties() -> None:
    reading = read(event(extendedProperties=private()))

    assert (reading.uid, reading.private_id, reading.marker) == ("bk-1@booking.example", "bk-1", "m-1")
    assert (reading.sequence, reading.cancelled) == (3, False)
    assert [one.geo for one in reading.occurrences] == [(52.5, 13.4)]


def test_copy_of_our_event_is_somebody_elses() -> None:
    """Duplicating an event in Google's calendar copies its properties; a copy is the host's own time."""
    reading = read(event(id="copy", iCalUID="copy@google.com", extendedProperties=private()))

    assert (reading.uid, reading.private_id) == ("copy@google.com", "")
    assert [one.status for one in reading.occurrences] == [Status.BUSY]


@pytest.mark.promise("C11")
def test_our_event_kept_as_cancelled_takes_no_time() -> None:
    reading = read(event(extendedProperties=private(bookingsiteStatus="CANCELLED")))

    assert (reading.cancelled, reading.occurrences) == (True, ())


@pytest.mark.parametrize("geo", ["", "91;200", "x;y", "52.5", "nan;1"])
def test_nonsense_as_coordinates_is_none(geo: str) -> None:
    [found] = read(event(extendedProperties=private(bookingsiteGeo=geo))).occurrences

    assert found.geo is None


def test_item_is_the_same_bytes_for_the_same_events_in_any_order() -> None:
    one, two = event(id="a", etag='"1"'), event(id="b", etag='"2"')

    first, second = item("a", [one, two]), item("a", [two, one])

    assert first == second
    assert [part["id"] for part in json.loads(first.data)["events"]] == ["a", "b"]
    assert b"etag" not in first.data
