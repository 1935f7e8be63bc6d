"""Names and addresses that try to become headers, other receivers or lines of the invitation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import icalendar
import pytest

from bookings.mailing.envelope import BadAddress, envelope
from bookings.mailing.letter import Letter
from bookings.models import Message
from bookingsite.models import User
from tests.bookings.messages.conftest import MailServer
from tests.factories.booking_rows import make_booking

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B2")]
NAMES = [
    "Carla\r\nBcc: victim@example.com",
    "Carla\nSubject: other\n\nbody",
    "Carla\u2028Bcc: victim@example.com",
    'Carla" <victim@example.com>, "x',
    "victim@example.com, other@example.com",
    "Carla <victim@example.com>",
    "=?utf-8?q?Carla=0ABcc=3A_victim=40example.com?=",
    "Ça\u202eña 日本語 👩‍💻",
    "\x01\x07Carla\x1b[31m",  # no NUL: forms and PostgreSQL refuse it
    "x" * 120,
    "BEGIN:VEVENT\r\nATTENDEE:mailto:victim@example.com",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("whose", ["guest", "host", "title", "place", "reason"])
def test_names_stay_names(
    *,
    name: str,
    whose: str,
    host: User,
    mail_server: MailServer,
    tell: Callable[..., None],
    deliver: Callable[..., Any],
) -> None:
    if whose == "host":
        host.name = name
        host.save()
    fields = {whose: name} if whose in {"title", "place"} else {}
    booking = make_booking(host, guest={"name": name} if whose == "guest" else {}, **fields)
    tell(booking, reason=name if whose == "reason" else "")
    deliver()
    receivers = sorted(delivery.receivers for delivery in mail_server.deliveries)
    assert receivers == [["anna@example.org"], ["carla@example.net"]]
    for delivery in mail_server.deliveries:
        mail = delivery.mail
        assert [name for name in mail if name.lower() in {"bcc", "cc"}] == []
        assert len(mail.get_all("Subject")) == len(mail.get_all("To")) == len(mail.get_all("Reply-To")) == 1
        assert {address.addr_spec for address in mail["Reply-To"].addresses} <= {
            "anna@example.org",
            "carla@example.net",
        }
        assert len(mail["Reply-To"].addresses) == 1
        for attachment in mail.iter_attachments():
            event = icalendar.Calendar.from_ical(attachment.get_content()).events[0]
            assert event.get("ATTENDEE", "mailto:carla@example.net") == "mailto:carla@example.net"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "carla",
        "a@b",
        "carla@example.net,victim@example.com",
        "carla@example.net victim@example.com",
        "carla@example.net\nBcc: victim@example.com",
        "Carla <carla@example.net>",
        "carla@example.net\x00",
        "carla@exa\u202emple.net",
        "@example.net",
        "carla@",
        "carla@@example.net",
        "сarla@example.net",
    ],
)
def test_envelope_refuses_what_is_not_one_address(address: str, host: User) -> None:
    message = Message(pk=1, booking=make_booking(host), kind="booked", audience="guest", recipient=address)
    letter = Letter(language="en", subject="s", opening="o", details=(), actions=(), closing=())
    with pytest.raises(BadAddress):
        envelope(message, letter, None, reply_to=("Anna", "anna@example.org"), thread=None)


def test_broken_address_is_given_up_and_shown(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    tell(make_booking(host, guest={"email": "carla@example.net,victim@example.com"}))
    rows = deliver()
    assert [(row.audience, row.state, row.error) for row in rows] == [
        ("guest", "dead", "bad_address"),
        ("host", "done", ""),
    ]
    assert [delivery.receivers for delivery in mail_server.deliveries] == [["anna@example.org"]]
    assert mail_server.deliveries[0].mail["Reply-To"] is None


def test_quoted_and_international_addresses_reach_one_receiver(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    for address in ('"car,la"@example.net', "carla@bücher.example"):
        tell(make_booking(host, guest={"email": address}))
    deliver(to="guest")
    receivers = [delivery.receivers for delivery in mail_server.deliveries]
    assert receivers == [['"car,la"@example.net'], ["carla@xn--bcher-kva.example"]]
