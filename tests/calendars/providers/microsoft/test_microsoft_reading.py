"""What Graph's events mean for their owner's time (SYNC 1.6, 1.7), row by row."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from calendars.providers.base import Occurrence, RawItem, Reading, ReadingRules, Status
from calendars.providers.microsoft import content
from calendars.providers.microsoft.reading import read
from tests.calendars.providers.microsoft.copies import WINDOW

RULES = ReadingRules(default_zone="Europe/Berlin")


def row(**fields: Any) -> dict[str, Any]:
    """An event as Graph shows it."""
    usual = {
        "id": "AAk=",
        "@odata.etag": 'W/"1"',
        "type": "singleInstance",
        "iCalUId": "uid-1",
        "subject": "Dentist",
        "showAs": "busy",
        "isAllDay": False,
        "isCancelled": False,
        "start": {"dateTime": "2026-10-26T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-10-26T10:00:00.0000000", "timeZone": "UTC"},
    }
    return {**usual, **fields}


def reading(zone: str = "Europe/Berlin", **fields: Any) -> Reading:
    return read(content.single(row(**fields)), window=WINDOW, rules=ReadingRules(default_zone=zone))


def only(**fields: Any) -> Occurrence:
    [found] = reading(**fields).occurrences
    return found


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("shows", "status"),
    [
        ("free", Status.FREE),
        ("workingElsewhere", Status.ELSEWHERE),
        ("tentative", Status.TENTATIVE),
        ("busy", Status.BUSY),
        ("oof", Status.OUT_OF_OFFICE),
        ("unknown", Status.BUSY),
        ("somethingNew", Status.BUSY),
        (None, Status.BUSY),
    ],
)
def test_show_as_is_the_status(shows: str | None, status: Status) -> None:
    assert only(showAs=shows).status is status


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("answer", "takes_time", "unanswered"),
    [
        ("organizer", True, False),
        ("none", True, False),
        ("accepted", True, False),
        ("tentativelyAccepted", True, False),
        ("notResponded", True, True),
        ("declined", False, False),
    ],
)
def test_own_answer_counts(answer: str, takes_time: bool, unanswered: bool) -> None:
    found = reading(responseStatus={"response": answer}).occurrences

    assert [one.unanswered for one in found] == ([unanswered] if takes_time else [])


def test_cancelled_event_takes_no_time() -> None:
    found = reading(isCancelled=True)

    assert (found.occurrences, found.cancelled, found.uid) == ((), True, "uid-1")


def test_everything_else_is_told() -> None:
    found = only(
        location={"displayName": "Room 5", "coordinates": {"latitude": 52.5, "longitude": 13.4}},
        originalStartTimeZone="W. Europe Standard Time",
    )

    assert found == Occurrence(
        start=datetime(2026, 10, 26, 9, tzinfo=UTC),
        end=datetime(2026, 10, 26, 10, tzinfo=UTC),
        status=Status.BUSY,
        uid="uid-1",
        summary="Dentist",
        zone="Europe/Berlin",
        location="Room 5",
        geo=(52.5, 13.4),
    )


@pytest.mark.parametrize(
    "place",
    [
        None,
        [],
        "Room",
        {},
        {"coordinates": {"latitude": "x"}},
        {"coordinates": {"latitude": 0, "longitude": 0}},
    ],
)
def test_place_that_says_nothing_is_none(place: Any) -> None:
    found = only(location=place)

    assert (found.location, found.geo) == ("", None)


def all_day(first: str, last: str) -> dict[str, Any]:
    ends = {"start": first, "end": last}
    told = {name: {"dateTime": f"{day}T00:00:00.0000000", "timeZone": "UTC"} for name, day in ends.items()}
    return {"isAllDay": True, **told}


@pytest.mark.promise("C14")
@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Berlin", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2026, 10, 24, 11, tzinfo=UTC), datetime(2026, 10, 25, 11, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 10, 25, 11, tzinfo=UTC), datetime(2026, 10, 26, 11, tzinfo=UTC)),
        ("UTC", datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)),
    ],
)
def test_whole_day_belongs_to_the_calendars_zone(zone: str, start: datetime, end: datetime) -> None:
    [found] = reading(zone, **all_day("2026-10-25", "2026-10-26")).occurrences

    assert (found.start, found.end, found.all_day) == (start, end, True)
    assert (found.first_day, found.end_day) == (date(2026, 10, 25), date(2026, 10, 26))


def test_whole_day_that_ends_when_it_begins_is_one_day() -> None:
    assert only(**all_day("2026-10-25", "2026-10-25")).end_day == date(2026, 10, 26)


def test_whole_days_of_a_series_belong_to_the_calendars_zone() -> None:
    master = row(type="seriesMaster", **all_day("2026-10-25", "2026-10-26"))
    stub = {name: value for name, value in master.items() if name in ("start", "end")}
    item = content.series("AAk=", master, [{**stub, "id": "1", "type": "occurrence"}])

    [found] = read(item, window=WINDOW, rules=RULES).occurrences

    assert (found.first_day, found.all_day, found.recurrence) == (date(2026, 10, 25), True, "20261025")


def test_instances_of_one_series_share_their_uid() -> None:
    number = "040000008200E00074C5B7101A82E008"
    rows = [row(type="occurrence", iCalUId=f"{number}{day}AB") for day in ("07EA0A1A", "07EA0A21")]
    items = [content.some_instances("AAk=", [one]) for one in rows]

    assert {read(item, window=WINDOW, rules=RULES).uid for item in items} == {f"{number}00000000AB"}


def test_series_whose_master_is_gone_is_busy() -> None:
    stub = row(type="occurrence")
    item = content.series("AAk=", {}, [{name: stub[name] for name in ("id", "type", "start", "end")}])

    [found] = read(item, window=WINDOW, rules=RULES).occurrences

    assert (found.status, found.summary) == (Status.BUSY, "")


def test_exception_overrides_what_its_master_says() -> None:
    master = row(type="seriesMaster", location={"displayName": "Room 5"}, showAs="free")
    own = row(type="exception", subject="Moved", originalStart="2026-10-25T09:00:00Z")
    item = content.series("AAk=", master, [own])

    [found] = read(item, window=WINDOW, rules=RULES).occurrences

    assert (found.summary, found.location, found.status) == ("Moved", "", Status.BUSY)
    assert found.recurrence == "20261025T090000Z"


def test_exception_that_was_cancelled_frees_its_own_time_alone() -> None:
    master = row(type="seriesMaster")
    own = row(type="exception", isCancelled=True)
    other = row(type="occurrence", start={"dateTime": "2026-10-27T09:00:00", "timeZone": "UTC"})
    other["end"] = {"dateTime": "2026-10-27T10:00:00", "timeZone": "UTC"}

    found = read(content.series("AAk=", master, [own, other]), window=WINDOW, rules=RULES)

    assert [one.start.day for one in found.occurrences] == [27]
    assert found.cancelled is False


@pytest.mark.parametrize(
    "told",
    [None, {}, {"dateTime": "soon", "timeZone": "UTC"}, {"dateTime": None}, "2026-10-26", ["x"]],
)
def test_time_that_cannot_be_read_is_counted(told: Any) -> None:
    found = reading(start=told)

    assert (found.occurrences, found.bad, found.warnings) == ((), 1, ("time_unreadable",))


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        ("2026-10-26T10:00:00", "W. Europe Standard Time"),
        ("2026-10-26T10:00:00.0000000", "Europe/Berlin"),
        ("2026-10-26T09:00:00", "tzone://Microsoft/Utc"),
        ("2026-10-26T09:00:00Z", "UTC"),
        ("2026-10-26T09:00:00", None),
    ],
)
def test_times_in_odd_zones(start: str, zone: str | None) -> None:
    assert only(start={"dateTime": start, "timeZone": zone}).start == datetime(2026, 10, 26, 9, tzinfo=UTC)


def test_event_without_length_takes_no_time() -> None:
    assert reading(end=row()["start"]).occurrences == ()


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b'{"series": {}}', b'{"series": {}, "instances": 1}']
)
def test_broken_item_is_counted_not_raised(data: bytes) -> None:
    found = read(RawItem("x", "", data), window=WINDOW, rules=RULES)

    assert (found.occurrences, found.bad, found.warnings) == ((), 1, ("item_unreadable",))


def test_item_of_a_series_without_instances_has_no_time() -> None:
    found = read(content.series("AAk=", row(type="seriesMaster"), []), window=WINDOW, rules=RULES)

    assert (found.occurrences, found.bad, found.uid) == ((), 0, "uid-1")


def test_item_holds_no_more_than_is_needed() -> None:
    """Bodies, attendees and links to meetings are other people's business."""
    private = {
        "body": {"content": "secret"},
        "bodyPreview": "secret",
        "attendees": [{"emailAddress": {"address": "secret@x"}}],
        "onlineMeeting": {"joinUrl": "https://secret"},
    }

    assert content.single(row(**private)).data == content.single(row()).data
    assert json.loads(content.single(row()).data).keys() == {"event"}
