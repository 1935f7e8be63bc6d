"""From events as other programs write them to busy times (C13, C14, C15), through a whole reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bookingsite.models import User
from calendars import busy
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
Blocked = Callable[..., list[str]]
DAY = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def blocked(host: User, now: datetime) -> Blocked:
    """What blocks in March and April 2027 after these resources were read, as UTC texts."""

    def read(*resources: bytes) -> list[str]:
        address, server = make.make_server()
        for number, data in enumerate(resources):
            server.store("work", f"{number}.ics", data)
        make.read_now(make.make_calendar(make.make_account(host, address=address)), now)
        first, last = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)
        spans = busy.spans([host.pk], int(first.timestamp()), int(last.timestamp()))[host.pk]
        return [f"{text(start)}/{text(end)}" for start, end in sorted(spans)]

    return read


def text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%m-%dT%H:%M")


def raw(lines: str, zone: str = "") -> bytes:
    """An event from its lines."""
    body = "\r\n".join(line for line in lines.strip().splitlines())
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\n"
    return f"{head}{zone}{body}\r\nEND:VCALENDAR\r\n".encode()


INVITED = "ORGANIZER:mailto:boss@example.org\r\nATTENDEE;PARTSTAT={}:mailto:anna@example.org\r\n"


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("lines", "blocks"),
    [
        ("", True),
        ("TRANSP:OPAQUE\r\n", True),
        ("TRANSP:TRANSPARENT\r\n", False),
        ("STATUS:TENTATIVE\r\n", False),
        ("STATUS:CANCELLED\r\n", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE\r\n", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\n", False),
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n", True),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\r\n", True),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n", True),
        (INVITED.format("ACCEPTED"), True),
        (INVITED.format("DECLINED"), False),
        (INVITED.format("TENTATIVE"), False),
        (INVITED.format("NEEDS-ACTION"), True),
    ],
)
def test_status_of_an_event_decides(blocked: Blocked, lines: str, blocks: bool) -> None:
    expected = ["03-10T09:00/03-10T10:00"] if blocks else []
    assert blocked(make.event(DAY, lines=lines)) == expected


@pytest.mark.promise("C14")
def test_whole_days_are_the_calendars_days(blocked: Blocked) -> None:
    event = raw(
        "BEGIN:VEVENT\nUID:h\nDTSTAMP:20270101T000000Z\nDTSTART;VALUE=DATE:20270327\nDTEND;VALUE=DATE:20270329\nEND:VEVENT"
    )
    # Berlin: Saturday begins in winter time, Sunday ends in summer time.
    assert blocked(event) == ["03-26T23:00/03-28T22:00"]


@pytest.mark.promise("C14")
def test_free_whole_day_does_not_block(blocked: Blocked) -> None:
    event = raw(
        "BEGIN:VEVENT\nUID:h\nDTSTAMP:20270101T000000Z\nDTSTART;VALUE=DATE:20270310\nTRANSP:TRANSPARENT\nEND:VEVENT"
    )
    assert blocked(event) == []


@pytest.mark.promise("C15")
def test_series_keeps_its_wall_time_with_moved_cancelled_and_left_out_instances(blocked: Blocked) -> None:
    series = raw(
        """BEGIN:VEVENT
UID:series
DTSTAMP:20270101T000000Z
DTSTART;TZID=W. Europe Standard Time:20270308T090000
DTEND;TZID=W. Europe Standard Time:20270308T093000
RRULE:FREQ=WEEKLY;COUNT=5
EXDATE;TZID=W. Europe Standard Time:20270315T090000
END:VEVENT
BEGIN:VEVENT
UID:series
DTSTAMP:20270101T000000Z
RECURRENCE-ID;TZID=W. Europe Standard Time:20270322T090000
DTSTART;TZID=W. Europe Standard Time:20270323T140000
DTEND;TZID=W. Europe Standard Time:20270323T150000
END:VEVENT
BEGIN:VEVENT
UID:series
DTSTAMP:20270101T000000Z
RECURRENCE-ID;TZID=W. Europe Standard Time:20270405T090000
DTSTART;TZID=W. Europe Standard Time:20270405T090000
DTEND;TZID=W. Europe Standard Time:20270405T093000
STATUS:CANCELLED
END:VEVENT"""
    )
    assert blocked(series) == [
        "03-08T08:00/03-08T08:30",
        "03-23T13:00/03-23T14:00",
        "03-29T07:00/03-29T07:30",
    ]


def test_broken_event_does_not_spoil_the_others(blocked: Blocked) -> None:
    broken = raw("BEGIN:VEVENT\nUID:x\nDTSTART:tomorrow\nEND:VEVENT")
    endless = make.event(DAY, lines="RRULE:FREQ=YEARLY;INTERVAL=0\r\n")
    fine = make.event(DAY.replace(hour=15))
    assert blocked(broken, endless, fine, b"<html>sign in</html>") == [
        "03-10T09:00/03-10T10:00",
        "03-10T15:00/03-10T16:00",
    ]
