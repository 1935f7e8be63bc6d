"""What arrives: the bytes a real mail server got, read as a mail program reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from django.test import Client

from bookings.domain import links
from bookings.models import Booking, Message
from bookingsite.models import User
from tests.bookings.messages.conftest import Delivery, MailServer
from tests.factories.booking_rows import START, make_booking

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B2")]
LATER = START + timedelta(days=1, hours=2)


@pytest.fixture
def sent(
    mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> Callable[..., Delivery]:
    """Tell and deliver to one audience; the newest mail that arrived."""

    def run(booking: Booking, kind: str = "booked", *, to: str = "guest", **facts: Any) -> Delivery:
        tell(booking, kind, **facts)
        deliver(to=to)
        return mail_server.deliveries[-1]

    return run


def structure(part: EmailMessage) -> Any:
    """Content types as a tree."""
    if part.is_multipart():
        return part.get_content_type(), [structure(inner) for inner in part.iter_parts()]  # type: ignore[arg-type]
    return part.get_content_type()


def event_of(delivery: Delivery) -> tuple[icalendar.Calendar, icalendar.Event]:
    """The calendar part and its event."""
    parts = [part for part in delivery.mail.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(parts[0].get_content())
    return calendar, calendar.events[0]


def test_guest_mail_has_the_parts_mail_programs_expect(host: User, sent: Callable[..., Delivery]) -> None:
    mail = sent(make_booking(host)).mail
    assert structure(mail) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )
    alternative = next(mail.iter_parts())
    calendar = list(alternative.iter_parts())[2]
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert calendar["Content-Type"].params["charset"].lower() == "utf-8"
    attachment = next(mail.iter_attachments())
    assert attachment.get_filename() == "invite.ics"
    assert attachment.get_content() == calendar.get_content().encode().replace(b"\r\n", b"\n").replace(
        b"\n", b"\r\n"
    )


def test_guest_mail_text_is_complete_on_its_own(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host, guest={"phone": "+47 22 00 00 00", "notes": "First line\n\nSecond line"})
    expected = f"""Your appointment is confirmed.

Event: Intro call
With: Anna Berg
When: Monday 29 March 2027, 4:00 AM – 4:30 AM (America/New York, UTC-4)
For Anna Berg: Monday 29 March 2027, 10:00 AM – 10:30 AM (Europe/Berlin, UTC+2)
Place: Online: https://meet.example.org/anna
Changes until: Monday 29 March 2027, 4:00 AM
Your details: Carla Diaz
  carla@example.net
  +47 22 00 00 00
Your notes: First line
  Second line

See this appointment:
{links.manage_url(booking)}

Choose another time:
{links.reschedule_url(booking)}

Cancel:
{links.cancel_url(booking)}

Somebody booked with your address. If that was not you, please cancel the appointment.
Sent by Bookingsite, http://testserver
"""
    assert sent(booking).text().replace("\r\n", "\n") == expected


def test_host_mail_text_is_complete_on_its_own(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host, source="newsletter", guest={"phone": "+1 555 0100", "notes": "Hello"})
    expected = f"""You have a new booking.

Event: Intro call
When: Monday 29 March 2027, 10:00 AM – 10:30 AM (Europe/Berlin, UTC+2)
Guest: Carla Diaz
For the guest: Monday 29 March 2027, 4:00 AM – 4:30 AM (America/New York, UTC-4)
E-mail: carla@example.net
Phone: +1 555 0100
Place: Online: https://meet.example.org/anna
Source: newsletter
Notes: Hello

Open this booking:
{links.host_url(booking)}

Sent by Bookingsite, http://testserver
"""
    assert sent(booking, to="host").text().replace("\r\n", "\n") == expected


def test_subjects_name_event_person_and_time(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host)
    subjects = [
        sent(booking).mail["Subject"],
        sent(booking, to="host").mail["Subject"],
        sent(booking, "rescheduled", start=LATER, actor="guest").mail["Subject"],
        sent(booking, "cancelled", actor="host").mail["Subject"],
    ]
    assert subjects == [
        "Booked: Intro call with Anna Berg, Monday 29 March 2027, 4:00 AM",
        "Booked: Intro call with Carla Diaz, Monday 29 March 2027, 10:00 AM",
        "New time: Intro call with Anna Berg, Tuesday 30 March 2027, 6:00 AM",
        "Cancelled: Intro call with Anna Berg, Tuesday 30 March 2027, 6:00 AM",
    ]


def test_headers_say_automatic_and_thread_the_booking(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host)
    first = sent(booking).mail
    host_mail = sent(booking, to="host").mail
    second = sent(booking, "rescheduled", start=LATER, actor="guest").mail
    row = Message.objects.get(kind="booked", audience="guest")
    assert first["Message-ID"] == f"<{row.pk}.{booking.public_id}@testserver>"
    assert first["In-Reply-To"] is None
    assert second["Message-ID"] != first["Message-ID"]
    assert (second["In-Reply-To"], second["References"]) == (first["Message-ID"], first["Message-ID"])
    assert first["Auto-Submitted"] == "auto-generated"
    assert (first["To"], first["Reply-To"]) == ("carla@example.net", "Anna Berg <anna@example.org>")
    assert (host_mail["To"], host_mail["Reply-To"]) == ("anna@example.org", "Carla Diaz <carla@example.net>")


@pytest.mark.promise("C17")
def test_invitation_asks_the_guest_in_the_guests_zone(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host)
    calendar, event = event_of(sent(booking))
    assert calendar["METHOD"] == "REQUEST"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (booking.uid, 0, "CONFIRMED")
    assert (event.start, event.end) == (START, START + timedelta(minutes=30))
    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert event["ORGANIZER"] == "mailto:anna@example.org"
    assert event["ATTENDEE"] == "mailto:carla@example.net"
    assert dict(event["ATTENDEE"].params) == {
        "CN": "Carla Diaz",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "TRUE",
    }
    assert (event["SUMMARY"], event["LOCATION"]) == (
        "Intro call with Anna Berg",
        "https://meet.example.org/anna",
    )


def test_invitation_follows_the_booking_with_one_uid(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host)
    seen = []
    for kind, facts in (("booked", {}), ("rescheduled", {"start": LATER}), ("cancelled", {})):
        calendar, event = event_of(sent(booking, kind, **facts))
        seen.append((calendar["METHOD"], event["UID"], event["SEQUENCE"], event["STATUS"], event.start))
    assert seen == [
        ("REQUEST", booking.uid, 0, "CONFIRMED", START),
        ("REQUEST", booking.uid, 1, "CONFIRMED", LATER),
        ("CANCEL", booking.uid, 2, "CANCELLED", LATER),
    ]


def test_invitation_is_tentative_while_the_host_has_not_confirmed(
    host: User, sent: Callable[..., Delivery]
) -> None:
    delivery = sent(make_booking(host, state=Booking.State.PENDING))
    assert event_of(delivery)[1]["STATUS"] == "TENTATIVE"
    assert delivery.text().splitlines()[0] == "Your request has arrived. Anna Berg still has to confirm it."
    assert delivery.mail["Subject"] == "Requested: Intro call with Anna Berg, Monday 29 March 2027, 4:00 AM"


def test_host_without_calendar_gets_the_event_as_a_file(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host)
    mail = sent(booking, to="host").mail
    assert structure(mail) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html"]), "application/ics"],
    )
    calendar = icalendar.Calendar.from_ical(next(mail.iter_attachments()).get_content())
    event = calendar.events[0]
    assert (event["UID"], event["SUMMARY"]) == (booking.uid, "Intro call with Carla Diaz")
    assert [name for name in ("METHOD", "ORGANIZER", "ATTENDEE") if name in calendar or name in event] == []


def test_host_with_calendar_gets_no_second_event(host: User, sent: Callable[..., Delivery]) -> None:
    from tests.factories.calendars import make_account, make_calendar

    booking = make_booking(host, target=make_calendar(make_account(host)))
    assert structure(sent(booking, to="host").mail) == ("multipart/alternative", ["text/plain", "text/html"])


def test_mails_speak_each_readers_language(host: User, sent: Callable[..., Delivery]) -> None:
    host.language = "nb"
    host.save()
    booking = make_booking(host, guest={"language": "de", "zone": "Europe/Vienna"})
    guest_mail, host_mail = sent(booking), sent(booking, to="host")
    assert "Montag, 29. März 2027, 10:00 – 10:30 (Europe/Vienna, UTC+2)" in guest_mail.text()
    assert '<html lang="de" dir="ltr">' in " ".join(guest_mail.text("html").split())
    assert "mandag 29. mars 2027 kl. 10:00 – 10:30 (Europe/Berlin, UTC+2)" in host_mail.text()


def test_other_zone_is_left_out_when_clocks_agree(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host, guest={"zone": "Europe/Oslo"})
    assert sent(booking).text().count("Monday 29 March 2027, 10:00 AM –") == 1


@pytest.mark.parametrize(
    ("kind", "actor", "audience", "opening"),
    [
        ("rescheduled", "guest", "guest", "You moved your appointment."),
        ("rescheduled", "host", "guest", "Anna Berg moved your appointment."),
        ("rescheduled", "operator", "guest", "Your appointment was moved."),
        ("rescheduled", "guest", "host", "Your guest chose another time."),
        ("rescheduled", "host", "host", "You moved an appointment."),
        ("cancelled", "guest", "guest", "You cancelled your appointment."),
        ("cancelled", "host", "guest", "Anna Berg cancelled your appointment."),
        ("cancelled", "", "guest", "Your appointment was cancelled."),
        ("cancelled", "guest", "host", "Your guest cancelled."),
        ("cancelled", "operator", "host", "An appointment of yours was cancelled."),
    ],
)
def test_opening_says_who_did_what(
    *, kind: str, actor: str, audience: str, opening: str, host: User, sent: Callable[..., Delivery]
) -> None:
    booking = make_booking(host)
    sent(booking, to=audience)
    start = {"start": LATER} if kind == "rescheduled" else {}
    assert sent(booking, kind, to=audience, actor=actor, **start).text().splitlines()[0] == opening


def test_change_mail_tells_the_time_before_and_the_reason(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host)
    sent(booking)
    lines = sent(booking, "rescheduled", start=LATER, reason="Train\nstrike").text().splitlines()
    assert lines[4:6] == [
        "When: Tuesday 30 March 2027, 6:00 AM – 6:30 AM (America/New York, UTC-4)",
        "Before: Monday 29 March 2027, 4:00 AM – 4:30 AM (America/New York, UTC-4)",
    ]
    assert lines[9:11] == ["Reason: Train", "  strike"]


def test_cancelled_mail_offers_another_booking_and_nothing_to_cancel(
    host: User, sent: Callable[..., Delivery]
) -> None:
    booking = make_booking(host)
    sent(booking)
    text = sent(booking, "cancelled", actor="host").text()
    assert links.public_url(booking) in text
    assert [url for url in (links.cancel_url(booking), links.reschedule_url(booking)) if url in text] == []


@pytest.mark.promise("B4")
def test_mail_past_the_deadline_offers_no_change(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host, cancel_notice=60 * 24 * 365)
    text = sent(booking).text()
    assert links.cancel_url(booking) not in text
    assert "The time for changes has passed. To reach your host, reply to this mail." in text.splitlines()


def test_html_shows_words_of_strangers_as_text_only(host: User, sent: Callable[..., Delivery]) -> None:
    bad = '"><img src=x onerror=alert(1)>{{ 7|add:7 }}<script>'
    booking = make_booking(host, title=bad, place="javascript:alert(1)", guest={"name": bad, "notes": bad})
    for audience in ("guest", "host"):
        html = sent(booking, to=audience).text("html")
        assert [tag for tag in ("<img", "<script", 'href="javascript', "{14}") if tag in html] == []
        assert html.count("{{ 7|add:7 }}&lt;script&gt;") >= 2


def test_html_loads_nothing_and_leaves_colours_to_the_reader(
    host: User, sent: Callable[..., Delivery]
) -> None:
    html = sent(make_booking(host)).text("html")
    assert [
        part for part in ("<img", "src=", "<style", "<link", "color:", "background") if part in html
    ] == []
    assert 'href="https://meet.example.org/anna"' in html


def test_strangers_words_come_after_ours(host: User, sent: Callable[..., Delivery]) -> None:
    booking = make_booking(host, guest={"name": "WIN MONEY", "notes": "BUY NOW"})
    delivery = sent(booking)
    assert "WIN MONEY" not in delivery.mail["Subject"] + delivery.mail["To"]
    first_words = delivery.text().split("Your details:")[0]
    assert [word for word in ("WIN", "BUY") if word in first_words] == []


@pytest.mark.promise("B4")
def test_opening_every_link_of_every_mail_changes_nothing(
    host: User, sent: Callable[..., Delivery], client: Client
) -> None:
    booking = make_booking(host)
    texts = [sent(booking).text(), sent(booking, to="host").text()]
    addresses = [
        line for text in texts for line in text.splitlines() if line.startswith("http://testserver/")
    ]
    assert len(addresses) == 4
    as_told = Booking.objects.values().get()
    for address in addresses:
        assert client.get(address, follow=True).status_code == 200
    assert Booking.objects.values().get() == as_told
    assert Message.objects.count() == 2
