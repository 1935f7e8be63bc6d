"""Events as they are written: for calendars, for mails, and safe whatever guests typed."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from calendars.providers.base import EventWish, Status, WishStatus
from calendars.providers.ical import Method, Person, event_bytes, invitation_bytes, occurrences
from tests.calendars.providers.ical.documents import YEAR
from tests.calendars.providers.worlds import wish

HOST = Person("host@example.org", 'Anna "Ann" Berg')
GUEST = Person("guest@example.org", "Gül; Ö:x")


def lines(data: bytes) -> list[str]:
    """The unfolded content lines."""
    return data.decode().replace("\r\n ", "").split("\r\n")


def named(data: bytes, name: str) -> list[str]:
    """The lines of one property, those inside of zone definitions left out."""
    outside = re.sub(
        r"BEGIN:STANDARD.*END:(STANDARD|DAYLIGHT)", "", "\r\n".join(lines(data)), flags=re.DOTALL
    )
    return [line for line in outside.split("\r\n") if line.upper().startswith((f"{name}:", f"{name};"))]


def back(data: bytes) -> icalendar.Event:
    """The event as another library reads it."""
    [found] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    return found


def test_a_written_event_says_where_and_when_with_its_zone() -> None:
    one = wish(location="Room 5", description="Line\nLine", url="https://example.org/b/1", geo=(52.5, 13.4))
    data = event_bytes(one)
    assert named(data, "DTSTART") == ["DTSTART;TZID=Europe/Berlin:20261026T100000"]
    assert named(data, "DTEND") == ["DTEND;TZID=Europe/Berlin:20261026T103000"]
    assert named(data, "TZID") == ["TZID:Europe/Berlin"]
    assert named(data, "DTSTAMP") == ["DTSTAMP:20261002T000000Z"]
    assert named(data, "DESCRIPTION") == ["DESCRIPTION:Line\\nLine"]
    assert [named(data, name) for name in ("METHOD", "ORGANIZER", "ATTENDEE")] == [[], [], []]
    assert (named(data, "X-BOOKING-ID"), named(data, "UID")) == (
        ["X-BOOKING-ID:bk-1"],
        ["UID:bk-1@booking.example"],
    )


def test_the_same_wish_gives_the_same_bytes() -> None:
    assert event_bytes(wish()) == event_bytes(wish())


@pytest.mark.promise("C17")
@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Not/AZone"]
)
@pytest.mark.parametrize(
    "start", ["2026-03-29T00:30", "2026-10-25T00:30", "2026-10-25T01:30", "2026-11-01T06:30"]
)
def test_a_written_event_reads_back_at_the_same_instants(zone: str, start: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    one = wish(start=begin, end=begin + timedelta(minutes=45), zone=zone)
    [found] = occurrences(event_bytes(one), window=YEAR).occurrences
    other = back(event_bytes(one))
    assert (found.start, found.end) == (one.start, one.end)
    assert other["DTSTART"].dt.astimezone(UTC) == one.start


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, Status.BUSY),
        ({"status": WishStatus.TENTATIVE}, Status.TENTATIVE),
        ({"transparent": True}, Status.FREE),
    ],
)
def test_a_written_event_blocks_as_wished(changes: dict[str, object], status: Status) -> None:
    [found] = occurrences(event_bytes(wish(**changes)), window=YEAR).occurrences
    assert found.status is status


def attacked(text: str) -> EventWish:
    return replace(
        wish(),
        summary=text,
        description=text,
        location=text,
        url=f"https://x.example/{text}",
        private_id=text,
    )


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x0b", "\x85"])
def test_no_text_can_add_a_line_of_its_own(breaker: str) -> None:
    usual = {line.split(":")[0].split(";")[0] for line in lines(event_bytes(attacked("x")))}
    data = event_bytes(attacked(f"a{breaker}ATTENDEE:mailto:evil@example.org{breaker}END:VEVENT"))
    assert {line.split(":")[0].split(";")[0] for line in lines(data)} == usual
    assert len(icalendar.Calendar.from_ical(data).walk("VEVENT")) == 1


@pytest.mark.promise("B2")
def test_an_invitation_asks_the_guest_for_an_answer() -> None:
    data = invitation_bytes(wish(sequence=2), method=Method.REQUEST, organizer=HOST, attendees=[GUEST])
    event = back(data)
    assert named(data, "METHOD") == ["METHOD:REQUEST"]
    assert str(event["ORGANIZER"]) == "mailto:host@example.org"
    assert str(event["ATTENDEE"]) == "mailto:guest@example.org"
    told = {name: str(event["ATTENDEE"].params[name]) for name in ("ROLE", "PARTSTAT", "RSVP", "CN")}
    assert told == {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE", "CN": "Gül; Ö:x"}
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (wish().uid, 2, "CONFIRMED")


@pytest.mark.promise("B2")
def test_a_cancellation_takes_the_same_event_out() -> None:
    data = invitation_bytes(wish(sequence=3), method=Method.CANCEL, organizer=HOST, attendees=[GUEST])
    assert named(data, "METHOD") == ["METHOD:CANCEL"]
    assert named(data, "STATUS") == ["STATUS:CANCELLED"]
    assert named(data, "UID") == named(event_bytes(wish()), "UID")
    assert occurrences(data, window=YEAR).occurrences == ()


@pytest.mark.promise("B2")
def test_an_invitation_to_a_pending_booking_is_tentative() -> None:
    pending = wish(status=WishStatus.TENTATIVE)
    data = invitation_bytes(pending, method=Method.REQUEST, organizer=HOST, attendees=[GUEST])
    assert named(data, "STATUS") == ["STATUS:TENTATIVE"]


def test_an_invitation_names_every_attendee() -> None:
    two = [GUEST, Person("second@example.org")]
    data = invitation_bytes(wish(), method=Method.REQUEST, organizer=HOST, attendees=two)
    assert [str(one) for one in back(data)["ATTENDEE"]] == [
        "mailto:guest@example.org",
        "mailto:second@example.org",
    ]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a b@example.org", "a@example.org\r\nX:1"])
def test_an_invitation_to_an_unusable_address_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        invitation_bytes(wish(), method=Method.REQUEST, organizer=HOST, attendees=[Person(email)])
