"""Which events take the owner's time (C13) and which days they take (C14)."""

from datetime import date

import pytest

from calendars.providers.base import Status
from tests.calendars.providers.ical.documents import event, only, read, utc

TIMED = ("DTSTART:20261105T090000Z", "DTEND:20261105T100000Z")
INVITED = "ATTENDEE;CN=Ada;PARTSTAT={}:mailto:Ada@Example.org"
OTHER = "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org"


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], Status.BUSY),
        (["TRANSP:OPAQUE"], Status.BUSY),
        (["TRANSP:TRANSPARENT"], Status.FREE),
        (["transp:transparent"], Status.FREE),
        (["STATUS:CONFIRMED"], Status.BUSY),
        (["STATUS:TENTATIVE"], Status.TENTATIVE),
        (["STATUS:TENTATIVE", "TRANSP:TRANSPARENT"], Status.FREE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:FREE"], Status.FREE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:OPAQUE"], Status.FREE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"], Status.TENTATIVE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:BUSY"], Status.BUSY),
        (["X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "TRANSP:TRANSPARENT"], Status.BUSY),
        (["X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", "TRANSP:TRANSPARENT"], Status.ELSEWHERE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:OOF"], Status.OUT_OF_OFFICE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:OOF", "TRANSP:TRANSPARENT"], Status.OUT_OF_OFFICE),
        (["X-MICROSOFT-CDO-BUSYSTATUS:SOMETHING"], Status.BUSY),
        ([INVITED.format("ACCEPTED")], Status.BUSY),
        ([INVITED.format("TENTATIVE")], Status.TENTATIVE),
        ([INVITED.format("ACCEPTED"), "TRANSP:TRANSPARENT"], Status.FREE),
        ([OTHER], Status.BUSY),
    ],
)
def test_status_of_an_event(lines: list[str], status: Status) -> None:
    found = only(event(*TIMED, *lines))
    assert (found.status, found.unanswered) == (status, False)


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    "lines",
    [
        ["STATUS:CANCELLED"],
        ["status:cancelled", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"],
        [INVITED.format("DECLINED")],
        ["ATTENDEE;PARTSTAT=DECLINED;EMAIL=ada@example.org:urn:uuid:4711"],
    ],
)
def test_cancelled_and_declined_events_take_no_time(lines: list[str]) -> None:
    assert read(event(*TIMED, *lines)).occurrences == ()


def test_a_document_that_cancels_takes_no_time() -> None:
    reading = read("METHOD:CANCEL", event(*TIMED))
    assert (reading.occurrences, reading.cancelled) == ((), True)


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("lines", "status"),
    [([], Status.BUSY), (["STATUS:TENTATIVE"], Status.TENTATIVE), (["TRANSP:TRANSPARENT"], Status.FREE)],
)
def test_an_unanswered_invitation_follows_the_event(lines: list[str], status: Status) -> None:
    found = only(event(*TIMED, *lines, INVITED.format("NEEDS-ACTION")))
    assert (found.status, found.unanswered) == (status, True)


@pytest.mark.promise("C14")
@pytest.mark.parametrize(
    ("lines", "first", "end"),
    [
        (["DTSTART;VALUE=DATE:20261105", "DTEND;VALUE=DATE:20261107"], "2026-11-05", "2026-11-07"),
        (["DTSTART;VALUE=DATE:20261105"], "2026-11-05", "2026-11-06"),
        (["DTSTART:20261105"], "2026-11-05", "2026-11-06"),
        (["DTSTART;VALUE=DATE:20261105", "DTEND;VALUE=DATE:20261105"], "2026-11-05", "2026-11-06"),
        (["DTSTART;VALUE=DATE:20261107", "DTEND;VALUE=DATE:20261105"], "2026-11-05", "2026-11-07"),
        (["DTSTART;VALUE=DATE:20261105", "DURATION:P4D"], "2026-11-05", "2026-11-09"),
        (["DTSTART;VALUE=DATE:20261105", "DURATION:PT36H"], "2026-11-05", "2026-11-07"),
        (
            ["DTSTART;VALUE=DATE:20261105T000000", "DTEND;VALUE=DATE:20261106T000000"],
            "2026-11-05",
            "2026-11-06",
        ),
        (["DTSTART;VALUE=DATE:20261105", "DTEND:20261106T120000Z"], "2026-11-05", "2026-11-07"),
        (["DTSTART;VALUE=DATE:20261105", "DTEND:garbage"], "2026-11-05", "2026-11-06"),
    ],
)
def test_whole_days_are_local_days(lines: list[str], first: str, end: str) -> None:
    found = only(event(*lines))
    assert (found.all_day, found.status) == (True, Status.BUSY)
    assert (found.first_day, found.end_day) == (date.fromisoformat(first), date.fromisoformat(end))


@pytest.mark.promise("C14")
@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Berlin", "2026-11-04 23:00", "2026-11-05 23:00"),
        ("Pacific/Auckland", "2026-11-04 11:00", "2026-11-05 11:00"),
        ("Pacific/Pago_Pago", "2026-11-05 11:00", "2026-11-06 11:00"),
        ("Pacific/Kiritimati", "2026-11-04 10:00", "2026-11-05 10:00"),
    ],
)
def test_whole_days_lie_in_the_zone_of_the_calendar(zone: str, start: str, end: str) -> None:
    day = event("DTSTART;VALUE=DATE:20261105")
    for found in (only(day, zone=zone), only(f"X-WR-TIMEZONE:{zone}", day, zone="Europe/Berlin")):
        assert (found.start, found.end) == (utc(start), utc(end))


@pytest.mark.promise("C14")
def test_whole_day_on_the_days_of_a_clock_change_is_the_local_day() -> None:
    spring, autumn = only(event("DTSTART;VALUE=DATE:20260329")), only(event("DTSTART;VALUE=DATE:20261025"))
    assert (spring.start, spring.end) == (utc("03-28 23:00"), utc("03-29 22:00"))
    assert (autumn.start, autumn.end) == (utc("10-24 22:00"), utc("10-25 23:00"))


@pytest.mark.promise("C14")
def test_a_whole_day_that_is_free_stays_free() -> None:
    assert only(event("DTSTART;VALUE=DATE:20261105", "TRANSP:TRANSPARENT")).status is Status.FREE


def test_apples_travel_time_is_taken_before_the_event() -> None:
    found = only(event(*TIMED, "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M"))
    assert (found.start, found.end) == (utc("11-05 08:30"), utc("11-05 10:00"))


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("GEO:52.5;13.4", (52.5, 13.4)),
        ("GEO:52.5,13.4", (52.5, 13.4)),
        ("GEO:52.5\\;13.4", (52.5, 13.4)),
        ("GEO:91;200", None),
        ("GEO:0;0", None),
        ("GEO:nan;inf", None),
        ('X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="A: B":geo:52.51,13.37', (52.51, 13.37)),
        ("X-APPLE-STRUCTURED-LOCATION;VALUE=URI:geo:52.51", None),
    ],
)
def test_coordinates_of_an_event(line: str, place: tuple[float, float] | None) -> None:
    assert only(event(*TIMED, line)).geo == place
