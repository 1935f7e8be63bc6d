"""The invitation as a file, and the links that add the appointment to a web calendar."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest

from bookings.domain import links
from bookings.mailing.invitation import add_to_calendar_links, invitation
from bookings.models import Booking
from bookingsite.models import User
from tests.factories.booking_rows import START, make_booking

pytestmark = pytest.mark.django_db
ODD = "Übung & Büro: 50 % + mehr? #1"


@pytest.mark.promise("B2")
def test_invitation_file_holds_the_event_and_asks_nothing(host: User) -> None:
    booking = make_booking(host)
    data = invitation(booking)
    calendar = icalendar.Calendar.from_ical(data)
    event = calendar.events[0]
    assert [name for name in ("METHOD", "ORGANIZER", "ATTENDEE") if name in calendar or name in event] == []
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (booking.uid, 0, "CONFIRMED")
    assert (event.start, event.end) == (START, START + timedelta(minutes=30))
    assert str(event["DESCRIPTION"]) == (
        f"Online: https://meet.example.org/anna\nChange or cancel: {links.manage_url(booking)}"
    )
    assert data == invitation(Booking.objects.get(pk=booking.pk))


@pytest.mark.promise("B2")
def test_invitation_file_of_a_cancelled_booking_takes_the_event_out(host: User) -> None:
    booking = make_booking(host, state=Booking.State.CANCELLED, sequence=3)
    event = icalendar.Calendar.from_ical(invitation(booking)).events[0]
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 3)


def test_add_links_carry_odd_characters_unharmed(host: User) -> None:
    booking = make_booking(host, title=ODD, place="Große Straße 1\nBerlin & Umland")
    description = [f"Online: Große Straße 1 Berlin & Umland\nChange or cancel: {links.manage_url(booking)}"]
    (google_name, google), (outlook_name, outlook), (office_name, office) = add_to_calendar_links(booking)
    assert (google_name, outlook_name, office_name) == ("Google Calendar", "Outlook.com", "Microsoft 365")
    assert parse_qs(urlsplit(google).query, strict_parsing=True) == {
        "action": ["TEMPLATE"],
        "text": [f"{ODD} with Anna Berg"],
        "dates": ["20270329T080000Z/20270329T083000Z"],
        "details": description,
        "location": ["Große Straße 1 Berlin & Umland"],
        "ctz": ["America/New_York"],
    }
    assert parse_qs(urlsplit(outlook).query, strict_parsing=True) == {
        "path": ["/calendar/action/compose"],
        "rru": ["addevent"],
        "startdt": ["2027-03-29T08:00:00Z"],
        "enddt": ["2027-03-29T08:30:00Z"],
        "subject": [f"{ODD} with Anna Berg"],
        "body": description,
        "location": ["Große Straße 1 Berlin & Umland"],
    }
    assert office == outlook.replace("outlook.live.com", "outlook.office.com")


def test_add_links_are_plain_addresses_without_plus_signs(host: User) -> None:
    for _name, address in add_to_calendar_links(make_booking(host, title=ODD)):
        assert address.isascii()
        assert [sign for sign in "+ \n\"'<>" if sign in address] == []
        assert (
            "%C3%9Cbung%20%26%20B%C3%BCro%3A%2050%20%25%20%2B%20mehr%3F%20%231%20with%20Anna%20Berg"
            in address
        )


def test_add_links_without_a_place_leave_it_out(host: User) -> None:
    _name, address = add_to_calendar_links(make_booking(host, place=""))[0]
    assert "location" not in parse_qs(urlsplit(address).query)
