"""Handing mails to the mail server: refusals, failures, dying workers, cost."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.mailing import sending
from bookings.mailing.problems import Problem, in_words, undelivered
from bookings.models import Message
from bookingsite import leases, work
from bookingsite.models import User
from tests.bookings.messages.conftest import MailServer, free_port
from tests.factories.booking_rows import make_booking

pytestmark = [pytest.mark.django_db, pytest.mark.promise("B2")]
LEASE = timedelta(seconds=45)


def claimed(now: datetime) -> Message:
    """The guest's waiting mail, in a worker's hands."""
    [row] = leases.claim(Message.objects.filter(audience="guest"), now=now, lease_for=LEASE)
    return row


def test_sent_mail_is_noted(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any], now: datetime
) -> None:
    tell(make_booking(host))
    rows = deliver()
    assert [(row.state, row.sent_at, row.error, row.lease) for row in rows] == [("done", now, "", None)] * 2
    assert deliver(at=now + timedelta(days=1)) == []
    assert len(mail_server.deliveries) == 2


@pytest.mark.parametrize(
    ("refuse_receiver", "refuse_mail", "state", "error"),
    [
        ("550 5.1.1 no such user", "", "dead", "refused"),
        ("450 4.2.1 try later", "", "ready", "deferred"),
        ("", "554 5.7.1 looks like spam", "dead", "content_refused"),
        ("", "451 4.3.0 disk full", "ready", "deferred"),
    ],
)
def test_refusal_is_final_or_tried_again(
    *,
    refuse_receiver: str,
    refuse_mail: str,
    state: str,
    error: str,
    host: User,
    mail_server: MailServer,
    tell: Callable[..., None],
    deliver: Callable[..., Any],
    now: datetime,
) -> None:
    mail_server.refuse_receiver, mail_server.refuse_mail = refuse_receiver, refuse_mail
    tell(make_booking(host))
    [row] = deliver(to="guest")
    assert (row.state, row.error, row.sent_at, row.attempts) == (state, error, None, 1)
    assert now + timedelta(seconds=30) <= row.run_at <= now + timedelta(seconds=90)


def test_deferred_mail_goes_out_later(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any], now: datetime
) -> None:
    mail_server.refuse_mail = "451 later"
    tell(make_booking(host))
    deliver(to="guest")
    mail_server.refuse_mail = ""
    [row] = deliver(at=now + timedelta(minutes=2), to="guest")
    assert (row.state, row.error, row.attempts) == ("done", "", 2)


def test_unreachable_server_is_tried_for_two_days(
    host: User, settings: Any, tell: Callable[..., None], deliver: Callable[..., Any], now: datetime
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    tell(make_booking(host))
    at = now
    for attempt in range(1, sending.ATTEMPTS + 1):
        [row] = deliver(at=at, to="guest")
        assert (row.attempts, row.error) == (attempt, "unreachable")
        at = row.run_at
    assert row.state == "dead"
    calm = sum((leases.backoff(attempt, spread=0.5) for attempt in range(1, sending.ATTEMPTS)), timedelta())
    assert timedelta(hours=46) < calm < timedelta(hours=50)


@pytest.mark.parametrize(
    ("error", "problem", "is_final"),
    [
        (smtplib.SMTPRecipientsRefused({}), Problem.DEFERRED, False),
        (smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"no")}), Problem.REFUSED, True),
        (smtplib.SMTPSenderRefused(550, b"no", "us@example.org"), Problem.SENDER_REFUSED, False),
        (smtplib.SMTPAuthenticationError(535, b"no"), Problem.LOGIN_REFUSED, False),
        (smtplib.SMTPConnectError(421, b"busy"), Problem.UNREACHABLE, False),
        (smtplib.SMTPServerDisconnected(), Problem.UNREACHABLE, False),
        (smtplib.SMTPHeloError(500, b"no"), Problem.SERVER_FAILED, False),
        (smtplib.SMTPNotSupportedError(), Problem.SERVER_FAILED, False),
        (ConnectionResetError(), Problem.UNREACHABLE, False),
        (TimeoutError(), Problem.UNREACHABLE, False),
    ],
)
def test_failure_by_error(error: Exception, problem: Problem, is_final: bool) -> None:
    assert sending.failure(error) == (problem, is_final)


def test_worker_that_dies_after_the_servers_yes_sends_the_same_mail_again(
    *,
    host: User,
    mail_server: MailServer,
    tell: Callable[..., None],
    deliver: Callable[..., Any],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class WorkerDied(BaseException):
        pass

    def die(*_args: object, **_fields: object) -> None:
        raise WorkerDied

    tell(make_booking(host))
    with monkeypatch.context() as patched:
        patched.setattr(leases, "finish", die)
        with pytest.raises(WorkerDied):
            sending.send(claimed(now), now)
    [row] = deliver(at=now + LEASE, to="guest")
    assert (row.state, row.attempts) == ("done", 2)
    first, second = mail_server.deliveries
    assert first.mail["Message-ID"] == second.mail["Message-ID"]
    assert first.text() == second.text()


def test_slow_worker_whose_lease_was_taken_neither_sends_nor_notes(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any], now: datetime
) -> None:
    tell(make_booking(host))
    slow = claimed(now)
    deliver(at=now + LEASE, to="guest")
    with pytest.raises(leases.LeaseLost):
        sending.send(slow, now + LEASE)
    assert len(mail_server.deliveries) == 1


@pytest.mark.parametrize("others", [0, 2])
def test_sending_costs_the_same_however_many_bookings_there_are(
    others: int, host: User, mail_server: MailServer, tell: Callable[..., None], now: datetime
) -> None:
    for _booking in range(others):
        tell(make_booking(host))
    Message.objects.update(state=Message.State.DONE)
    tell(make_booking(host))
    row = claimed(now)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        sending.send(row, now)
    statements = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert statements == ["SELECT", "SELECT", "SELECT", "UPDATE"]


def test_nothing_is_sent_inside_a_transaction(
    host: User, tell: Callable[..., None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.mail import EmailMultiAlternatives

    outside = len(connection.savepoint_ids)  # the test itself runs in one transaction
    depths = []
    monkeypatch.setattr(
        EmailMultiAlternatives, "send", lambda _mail: depths.append(len(connection.savepoint_ids))
    )
    tell(make_booking(host))
    sending.send(claimed(now), now)
    assert depths == [outside]


def test_worker_knows_the_kind() -> None:
    [kind] = [kind for kind in work.kinds() if kind.name == "messages"]
    assert (kind.handle, kind.give_up_after) == (sending.send, sending.ATTEMPTS)
    assert kind.queryset().model is Message


@pytest.mark.promise("B2")
def test_undelivered_lists_what_failed_in_words(
    host: User, mail_server: MailServer, tell: Callable[..., None], deliver: Callable[..., Any]
) -> None:
    booking = make_booking(host)
    mail_server.refuse_receiver = "550 no such user"
    tell(booking)
    deliver(to="guest")
    [failed] = undelivered(booking.messages.all())
    assert (failed.message.recipient, failed.why, failed.is_final) == (
        "carla@example.net",
        "The mail server of this address refused the mail.",
        True,
    )


def test_code_of_the_background_work_has_words_too() -> None:
    assert in_words("unexpected:KeyError") == "The mail could not be sent."
