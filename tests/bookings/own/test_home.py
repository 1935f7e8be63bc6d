"""The dashboard: today, the days ahead, what needs the host; banners on every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Message
from calendars.models import Account, Calendar, Write
from tests.bookings.own.conftest import berlin
from tests.factories.booking_rows import make_booking, make_event_type

pytestmark = pytest.mark.django_db


def shown(answer) -> list[tuple[str, list[str]]]:
    return [
        (f"{day.date:%d}", [booking.guests.all()[0].name for booking in day.bookings])
        for day in answer.context["days"]
    ]


def test_home_shows_today_and_the_next_seven_days(page, host, other_host):
    kind = make_event_type(host)
    for day, hour, name in ((1, 8, "Over"), (1, 23, "Late"), (8, 23, "Last"), (9, 0, "Too far")):
        make_booking(host, event_type=kind, start=berlin(hour, day=day), guest={"name": name})
    make_booking(
        host, event_type=kind, start=berlin(12), state=Booking.State.CANCELLED, guest={"name": "Gone"}
    )
    make_booking(other_host, start=berlin(12), guest={"name": "Theirs"})

    assert shown(page.get("/home/")) == [("01", ["Over", "Late"]), ("08", ["Last"])]


def test_home_without_bookings_says_so(page):
    answer = page.get("/home/")

    assert shown(answer) == [("01", [])]
    assert "Nothing today." in answer.text


def test_home_tells_of_mails_and_events_that_were_given_up(page, host, now):
    first = make_booking(host, start=berlin(12))
    second = make_booking(host, start=berlin(15))
    over = make_booking(host, start=now - timedelta(days=3))
    for booking in (first, over):
        Message.objects.create(
            booking=booking,
            kind="booked",
            audience="guest",
            sequence=0,
            recipient="x@example.net",
            state="dead",
        )
    account = Account.objects.create(owner=host, provider="memory", label="Memory")
    calendar = Calendar.objects.create(account=account, owner=host, remote_id="a", name="Work")
    Write.objects.create(calendar=calendar, uid=second.uid, state="dead", wish={"uid": second.uid})
    Write.objects.create(calendar=calendar, uid=first.uid, state="dead", wish=None, done_version=1)

    answer = page.get("/home/")

    assert [(row.booking, row.addresses, row.is_not_written) for row in answer.context["troubles"]] == [
        (first, ["x@example.net"], False), (second, [], True),
    ]  # fmt: skip
    assert "A mail to x@example.net could not be sent." in answer.text
    assert "Your calendar could not be brought up to date." in answer.text


@pytest.mark.parametrize("count", [1, 3])
def test_home_costs_the_same_for_any_number(page, host, count):
    for number in range(count):
        booking = make_booking(host, start=berlin(9 + number))
        Message.objects.create(
            booking=booking,
            kind="booked",
            audience="guest",
            sequence=0,
            recipient="x@example.net",
            state="dead",
        )

    with CaptureQueriesContext(connection) as queries:
        page.get("/home/")

    # session, person, banners; questions, collisions; bookings, guests; given-up mails and events, their bookings;
    # three first steps
    assert len(queries) == 13, [query["sql"][:120] for query in queries]


@pytest.mark.promise("C9")
@pytest.mark.parametrize("path", ["/home/", "/bookings/", "/event-types/", "/event-types/new/", "/settings/"])
def test_an_account_that_needs_reconnecting_is_told_on_every_page(page, host, other_host, path):
    account = Account.objects.create(
        owner=host, provider="memory", label="My <calendars>", status="reconnect", error="wrong_password"
    )
    Account.objects.create(owner=other_host, provider="memory", label="Theirs", status="reconnect")

    answer = page.get(path)

    assert "My &lt;calendars&gt;" in answer.text
    assert f'href="/settings/integrations/{account.pk}/reconnect/"' in answer.text
    assert "Theirs" not in answer.text


def test_a_healthy_account_has_no_banner(page, host):
    Account.objects.create(owner=host, provider="memory", label="Fine account")

    assert "Fine account" not in page.get("/bookings/").text


@pytest.mark.parametrize("name", ["bookings", "event-types", "availability"])
def test_the_navigation_leads_to_the_hosts_pages(page, name):
    assert f'href="/{name}/"' in page.get("/home/").text
