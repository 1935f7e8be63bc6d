"""A real mail server that keeps what it was sent, and changes to bookings as the lifecycle makes them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, NamedTuple

import pytest
from aiosmtpd.controller import Controller

from bookings.domain.messages import announce
from bookings.mailing import sending
from bookings.models import Booking, Message
from bookingsite import leases


class Delivery(NamedTuple):
    """One mail as the server got it: the envelope's receivers and the parsed message."""

    receivers: list[str]
    data: bytes

    @property
    def mail(self) -> EmailMessage:
        """The message as a mail program reads it."""
        return message_from_bytes(self.data, policy=policy.default)  # type: ignore[return-value]

    def text(self, kind: str = "plain") -> str:
        """The body of this kind: "plain" or "html"."""
        body = self.mail.get_body((kind,))
        assert body is not None
        return str(body.get_content())


class MailServer:
    """aiosmtpd's handler; `refuse_receiver` and `refuse_mail` are answers given instead of taking a mail."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.refuse_receiver = ""
        self.refuse_mail = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _: Any) -> str:
        if self.refuse_receiver:
            return self.refuse_receiver
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse_mail:
            return self.refuse_mail
        self.deliveries.append(Delivery(list(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 taken"


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A mail server on a free loopback port, used by the site."""
    handler = MailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield handler
    controller.stop()


@pytest.fixture
def tell(now: datetime) -> Callable[..., None]:
    """Announce a booking, or make a change and announce it: `tell(booking, "rescheduled", start=…)`."""

    def change(
        booking: Booking, kind: str = "booked", *, start: datetime | None = None, **facts: str
    ) -> None:
        if start is not None:
            facts["old_start"] = booking.start.isoformat()
            booking.start, booking.end = start, start + timedelta(minutes=30)
        if kind == "cancelled":
            booking.state = Booking.State.CANCELLED
        if kind != "booked":
            booking.sequence += 1
        booking.save()
        announce(booking, Message.Kind(kind), now=now, facts=facts)

    return change


@pytest.fixture
def deliver(now: datetime) -> Callable[..., list[Message]]:
    """Send what is due, as the worker does, and return the rows it handled; `to` limits it to an audience."""

    def run(*, at: datetime = now, to: str = "") -> list[Message]:
        rows = Message.objects.filter(audience=to) if to else Message.objects.all()
        handled = []
        while claimed := leases.claim(rows, now=at, lease_for=timedelta(seconds=45)):
            sending.send(claimed[0], at)
            handled.append(Message.objects.get(pk=claimed[0].pk))
        return handled

    return run
