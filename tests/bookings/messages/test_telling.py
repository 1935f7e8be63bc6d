"""Which of several waiting mails go out, and what they say (only the newest, from what was last told)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from bookings.domain.messages import announce
from bookings.models import Booking, Guest, Message
from bookingsite.models import User
from tests.bookings.messages.conftest import MailServer
from tests.factories.booking_rows import START, make_booking

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B2")]
SECOND = START + timedelta(days=1)
THIRD = START + timedelta(days=2)


def rows(*fields: str) -> list[tuple[Any, ...]]:
    """All messages, in the order of changes."""
    return list(Message.objects.order_by("sequence", "audience").values_list(*fields))


def before_line(text: str) -> list[str]:
    """The line about the time before, if there is one."""
    return [line.split(" 2027")[0] for line in text.splitlines() if line.startswith("Before: ")]


def test_announce_makes_one_row_for_each_person(host: User, now: datetime) -> None:
    booking = make_booking(host)
    Guest.objects.create(booking=booking, name="Dan", email="dan@example.net", zone="UTC")
    Guest.objects.create(booking=booking, name="Dan again", email="dan@example.net", zone="UTC")
    announce(booking, Message.Kind.BOOKED, now=now, facts={"actor": "guest"})
    assert sorted(rows("audience", "recipient", "sequence", "state", "run_at", "facts")) == [
        ("guest", "carla@example.net", 0, "ready", now, {"actor": "guest"}),
        ("guest", "dan@example.net", 0, "ready", now, {"actor": "guest"}),
        ("host", "anna@example.org", 0, "ready", now, {"actor": "guest"}),
    ]


def test_announce_repeated_changes_nothing(host: User, now: datetime) -> None:
    booking = make_booking(host)
    for _time in range(2):
        announce(booking, Message.Kind.BOOKED, now=now, facts={})
    assert rows("audience", "kind") == [("guest", "booked"), ("host", "booked")]


def test_announce_is_undone_with_its_transaction(host: User, now: datetime) -> None:
    booking = make_booking(host)
    with transaction.atomic():
        announce(booking, Message.Kind.BOOKED, now=now, facts={})
        transaction.set_rollback(True)
    assert rows("pk") == []


def test_each_change_is_told_when_mails_go_out_between(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    deliver()
    tell(booking, "rescheduled", start=SECOND)
    deliver()
    tell(booking, "cancelled")
    deliver()
    assert len(mail_server.deliveries) == 6
    assert rows("kind", "audience", "state", "error") == [
        (kind, audience, "done", "")
        for kind in ("booked", "rescheduled", "cancelled")
        for audience in ("guest", "host")
    ]


def test_book_and_move_before_the_first_mail_is_one_confirmation(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    tell(booking, "rescheduled", start=SECOND, actor="guest")
    deliver(to="guest")
    [delivery] = mail_server.deliveries
    assert delivery.text().splitlines()[0] == "Your appointment is confirmed."
    assert "Tuesday 30 March 2027, 4:00 AM" in delivery.mail["Subject"]
    assert before_line(delivery.text()) == []


def test_moves_in_a_row_tell_the_time_the_reader_knows(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    deliver()
    tell(booking, "rescheduled", start=SECOND)
    tell(booking, "rescheduled", start=THIRD)
    deliver(to="guest")
    text = mail_server.deliveries[-1].text()
    assert before_line(text) == ["Before: Monday 29 March"]
    assert len(mail_server.deliveries) == 3


def test_moved_there_and_back_tells_no_time_before(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    deliver()
    tell(booking, "rescheduled", start=SECOND)
    tell(booking, "rescheduled", start=START)
    deliver(to="guest")
    assert before_line(mail_server.deliveries[-1].text()) == []


def test_move_and_cancel_names_the_time_the_reader_knows(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    deliver()
    tell(booking, "rescheduled", start=SECOND)
    tell(booking, "cancelled", actor="host")
    deliver(to="guest")
    assert before_line(mail_server.deliveries[-1].text()) == ["Before: Monday 29 March"]


@pytest.mark.parametrize(
    ("actor", "told"),
    [
        ("guest", []),  # both know: the guest did it, the host has nothing to do
        ("host", ["carla@example.net"]),  # the guest saw the confirmation page and would come
        ("operator", ["carla@example.net"]),
    ],
)
def test_book_and_cancel_before_the_first_mail(
    *,
    actor: str,
    told: list[str],
    host: User,
    mail_server: MailServer,
    tell: Callable[..., None],
    deliver: Callable[..., Any],
) -> None:
    booking = make_booking(host)
    tell(booking)
    tell(booking, "cancelled", actor=actor)
    deliver()
    assert [delivery.mail["To"] for delivery in mail_server.deliveries] == told
    assert {state for (state,) in rows("state")} == {"done"}
    assert [error for error, sent_at in rows("error", "sent_at") if sent_at is None] == ["superseded"] * (
        4 - len(told)
    )


def test_cancellation_is_told_when_the_confirmation_may_have_arrived(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any], now: datetime
) -> None:
    booking = make_booking(host)
    tell(booking)
    mail_server.refuse_mail = "451 later"
    deliver()
    mail_server.refuse_mail = ""
    tell(booking, "cancelled", actor="guest")
    deliver(at=now + timedelta(hours=1))
    assert sorted(delivery.mail["To"] for delivery in mail_server.deliveries) == [
        "anna@example.org",
        "carla@example.net",
    ]
    assert {delivery.text().splitlines()[0] for delivery in mail_server.deliveries} == {
        "You cancelled your appointment.",
        "Your guest cancelled.",
    }


def test_change_is_told_when_older_rows_were_cleared_away(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    deliver()
    Message.objects.all().delete()
    tell(booking, "rescheduled", start=SECOND, actor="host")
    deliver(to="guest")
    Message.objects.all().delete()
    tell(booking, "cancelled", actor="guest")
    deliver(to="guest")
    assert [delivery.text().splitlines()[0] for delivery in mail_server.deliveries[2:]] == [
        "Anna Berg moved your appointment.",
        "You cancelled your appointment.",
    ]


def test_newer_mail_waits_while_an_older_one_is_being_sent(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any], now: datetime
) -> None:
    from bookingsite import leases

    booking = make_booking(host)
    tell(booking)
    leases.claim(Message.objects.filter(audience="guest"), now=now, lease_for=timedelta(seconds=45))
    tell(booking, "rescheduled", start=SECOND, actor="guest")
    [waiting] = deliver(to="guest")
    assert (waiting.state, waiting.run_at) == ("ready", now + timedelta(seconds=10))
    deliver(at=now + timedelta(seconds=60), to="guest")
    assert [delivery.text().splitlines()[0] for delivery in mail_server.deliveries] == [
        "You moved your appointment."
    ]


def test_mail_of_a_booking_that_ended_unannounced_is_dropped(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    Booking.objects.update(state=Booking.State.CANCELLED)
    assert {row.error for row in deliver()} == {"superseded"}
    assert mail_server.deliveries == []


def test_mail_to_somebody_no_longer_invited_is_dropped(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    tell(booking)
    Guest.objects.update(email="new@example.net")
    [row] = deliver(to="guest")
    assert (row.state, row.error, mail_server.deliveries) == ("done", "superseded", [])
