"""From a failing calendar to the mail in the host's mailbox: the sync reports, the worker drains, a server receives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.mailing import sending as mailing
from bookings.models import Notice
from bookings.notices import sending
from bookingsite import leases, work
from bookingsite.models import User
from calendars.models import Account, Calendar
from calendars.providers import errors
from calendars.sync import trouble
from tests.bookings.notices.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)


WRONG = errors.WrongPassword()
DOWN = errors.Unreachable()


@pytest.mark.promise("C9")
def test_wrong_password_is_told_once_in_plain_words(desk: Desk) -> None:
    for minutes in (10, 60, 300):
        desk.read(timedelta(minutes=minutes), failing=WRONG)
        desk.drain(timedelta(minutes=minutes))
    [delivery] = desk.mails()
    assert delivery.receivers == ["anna@example.org"]
    assert delivery.mail["Subject"] == "Please reconnect Home server"
    text = delivery.text()
    assert (
        text.splitlines()[0] == "Your calendar account Home server needs you: it has to be connected again."
    )
    assert "What is wrong: The server did not accept this user name and password." in text
    assert "What you can do: Check both." in text
    assert "From Tuesday 2 March 2027, 9:00 AM on: no free times" in text
    assert "http://testserver/settings/integrations/" in text
    assert 'href="http://testserver/settings/integrations/"' in delivery.text("html")
    assert "secret" not in text


def test_trouble_that_stays_is_reminded_of_a_few_times(desk: Desk) -> None:
    for days in range(12):
        for hours in (0, 8, 16):
            after = timedelta(days=days, hours=hours, minutes=10)
            with transaction.atomic():
                trouble.note_failure(
                    trouble.locked(desk.account.pk), trouble.trouble_of(WRONG), desk.now + after
                )
            desk.drain(after)
    noted = Notice.objects.order_by("noted_at").values_list("noted_at", flat=True)
    assert [(moment - desk.now).days for moment in noted] == [0, 1, 3, 7]
    assert len(desk.mails()) == 4


def test_outage_is_told_after_the_trust_limit(desk: Desk) -> None:
    desk.read(timedelta(minutes=10), failing=DOWN)
    desk.drain(timedelta(minutes=10))
    assert desk.mails() == []
    trouble.tell_withheld(desk.now + timedelta(hours=23, minutes=59))
    assert Notice.objects.count() == 0
    trouble.tell_withheld(desk.now + timedelta(hours=24))
    desk.drain(timedelta(hours=24, minutes=1))
    [delivery] = desk.mails()
    assert delivery.mail["Subject"] == "Calendar problem: Home server"
    assert "The server could not be reached." in delivery.text()
    assert "No free times, so that nobody books while you are busy elsewhere." in delivery.text()


def test_next_incident_is_told_again(desk: Desk) -> None:
    desk.read(timedelta(minutes=10), failing=WRONG)
    desk.drain(timedelta(minutes=10))
    desk.read(timedelta(minutes=20))
    desk.read(timedelta(minutes=30), failing=WRONG)
    desk.drain(timedelta(minutes=30))
    assert len(desk.mails()) == 2
    assert len({delivery.mail["Message-ID"] for delivery in desk.mails()}) == 2


def test_account_that_works_again_is_not_reported(desk: Desk) -> None:
    desk.read(timedelta(minutes=10), failing=WRONG)
    desk.read(timedelta(minutes=20))
    desk.drain(timedelta(minutes=20))
    assert desk.mails() == []
    noted = Notice.objects.filter(kind=Notice.Kind.ACCOUNT)
    assert list(noted.values_list("state", "error", "sent_at")) == [("done", "superseded", None)]


def test_notice_is_lost_with_its_transaction(desk: Desk) -> None:
    with transaction.atomic():
        trouble.note_failure(trouble.locked(desk.account.pk), trouble.trouble_of(WRONG), desk.now)
        noted = Notice.objects.count()
        transaction.set_rollback(True)
    assert (noted, Notice.objects.count()) == (1, 0)


def test_account_without_blocking_calendars_leaves_the_page_open(desk: Desk) -> None:
    Calendar.objects.update(blocks=False)
    desk.read(timedelta(minutes=10), failing=WRONG)
    desk.drain(timedelta(minutes=10))
    assert "What guests see meanwhile: Everything as before." in desk.mails()[0].text()


def test_disconnecting_drops_the_notice(desk: Desk) -> None:
    desk.read(timedelta(minutes=10), failing=WRONG)
    Account.objects.all().delete()
    desk.drain(timedelta(minutes=10))
    assert (desk.mails(), Notice.objects.count()) == ([], 0)


def test_inactive_host_gets_nothing(desk: Desk) -> None:
    desk.read(timedelta(minutes=10), failing=WRONG)
    User.objects.update(is_active=False)
    desk.drain(timedelta(minutes=10))
    assert desk.mails() == []


def test_refusing_calendar_is_told_once_for_all_its_bookings(desk: Desk) -> None:
    start = desk.now + timedelta(days=1, hours=1)
    for number in range(3):
        desk.server.fail_next("put", errors.PermissionDenied())
        desk.book(start + timedelta(hours=number), name=f"Guest {number}")
    work.drain(lambda: desk.now, only=["calendars.write"])
    desk.drain()
    [delivery] = desk.mails()
    assert delivery.mail["Subject"] == "Bookings do not reach your calendar Work"
    text = delivery.text()
    assert "The server does not let this account do that." in text
    assert "First talk with Guest 0, Tuesday 2 March 2027, 10:00 AM" in text
    assert "First talk with Guest 2, Tuesday 2 March 2027, 12:00 PM" in text
    assert "their bookings stand" in text


def test_write_that_worked_meanwhile_is_not_reported(desk: Desk) -> None:
    desk.server.fail_next("put", errors.PermissionDenied())
    desk.book(desk.now + timedelta(days=1, hours=1))
    work.drain(lambda: desk.now, only=["calendars.write"])
    work.drain(lambda: desk.now + timedelta(days=2), only=["calendars.write"])
    desk.drain()
    assert desk.mails() == []
    assert Notice.objects.get().error == "superseded"


def test_mail_server_that_is_away_is_asked_again(desk: Desk) -> None:
    desk.mailbox.refuse_mail = "451 later"
    desk.read(timedelta(minutes=10), failing=WRONG)
    desk.drain(timedelta(minutes=10))
    assert Notice.objects.get().error == "deferred"
    desk.mailbox.refuse_mail = ""
    desk.drain(timedelta(minutes=13))
    assert [notice.state for notice in Notice.objects.all()] == ["done"]
    assert len(desk.mails()) == 1


def test_second_copy_after_a_dead_worker_has_the_same_id(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.read(timedelta(minutes=10), failing=WRONG)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(mailing, "_finish", die)
        with pytest.raises(SystemExit):
            desk.drain(timedelta(minutes=10))
    desk.drain(timedelta(minutes=12))
    first, second = desk.mails()
    assert first.mail["Message-ID"] == second.mail["Message-ID"]


@pytest.mark.promise("H4")
def test_admin_shows_a_host_only_their_own(
    desk: Desk, other_host: User, operator: User, client: Client
) -> None:
    desk.read(timedelta(minutes=10), failing=WRONG)
    User.objects.filter(pk__in=[desk.host.pk, other_host.pk]).update(is_staff=True)
    seen: dict[str, int] = {}
    for person in (desk.host, other_host, operator):
        client.force_login(person)
        page = client.get("/admin/bookings/notice/?q=home")
        seen[person.email] = len(page.context["cl"].result_list)
    assert seen == {"anna@example.org": 1, "ben@example.org": 0, "olga@example.org": 1}


def queries_of_sending(desk: Desk) -> int:
    [notice] = leases.claim(
        Notice.objects.all(), now=desk.now + timedelta(minutes=1), lease_for=timedelta(seconds=45)
    )
    with CaptureQueriesContext(connection) as queries:
        sending.send(notice, desk.now + timedelta(minutes=1))
    return len(queries)


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_bookings(desk: Desk, count: int) -> None:
    for number in range(count):
        desk.server.fail_next("put", errors.PermissionDenied())
        desk.book(desk.now + timedelta(days=1, hours=1 + number))
    work.drain(lambda: desk.now, only=["calendars.write"])
    assert queries_of_sending(desk) == 7
