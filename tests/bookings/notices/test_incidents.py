"""Told once for each incident, and when it is over: what the policy of an account makes of an outage (C9, CC-5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.models import EventType, Notice
from bookings.notices.letter import letter_for
from calendars.models import Account, Calendar
from calendars.providers import errors
from calendars.sync import trouble
from tests.bookings.notices.conftest import Desk
from tests.factories import calendars as make
from tests.factories.bookings import event_type_of

pytestmark = pytest.mark.django_db(transaction=True)
WRONG = errors.WrongPassword()
DOWN = errors.Unreachable()


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def chosen(desk: Desk, **fields: object) -> None:
    Account.objects.update(**fields)
    desk.account.refresh_from_db()
    desk.calendar.refresh_from_db()


@pytest.mark.promise("C9")
def test_end_of_a_told_trouble_is_told_once(desk: Desk) -> None:
    desk.read(minutes(10), failing=WRONG)
    desk.drain(minutes(10))
    for count in (70, 80):
        desk.read(minutes(count))
        desk.drain(minutes(count + 2))
    assert desk.subjects() == ["Please reconnect Home server", "Home server works again"]
    text = desk.mails()[1].text()
    assert "Your calendar account Home server works again. You need not do anything." in text
    assert "It did not work: from Monday 1 March 2027, 9:10 AM to Monday 1 March 2027, 10:10 AM" in text
    assert "What guests see now: Your free times as always" in text


@pytest.mark.promise("C9")
def test_end_of_a_trouble_that_nobody_heard_of_is_not_told(desk: Desk) -> None:
    desk.read(minutes(10), failing=DOWN)
    desk.read(minutes(20))
    desk.drain(minutes(30))
    assert (desk.subjects(), Notice.objects.count()) == ([], 0)


def test_end_of_a_trouble_whose_mail_never_went_out_is_not_told(desk: Desk) -> None:
    desk.read(minutes(10), failing=WRONG)
    desk.read(minutes(20))
    desk.drain(minutes(30))
    assert desk.subjects() == []
    assert set(Notice.objects.values_list("kind", "state", "error")) == {
        ("account", "done", "superseded"),
        ("recovered", "done", "superseded"),
    }


def test_end_is_not_told_when_the_trouble_is_back_at_once(desk: Desk) -> None:
    desk.read(minutes(10), failing=WRONG)
    desk.drain(minutes(10))
    desk.read(minutes(20))
    desk.read(minutes(21), failing=WRONG)
    desk.drain(minutes(25))
    assert desk.subjects() == ["Please reconnect Home server", "Please reconnect Home server"]


@pytest.mark.promise("C9")
def test_withholding_host_is_told_at_the_first_failure(desk: Desk) -> None:
    chosen(desk, unread=Account.Unread.WITHHOLD)
    desk.read(minutes(10), failing=DOWN)
    desk.drain(minutes(10))
    assert desk.subjects() == ["Calendar problem: Home server"]
    assert "What guests see meanwhile: No free times" in desk.mails()[0].text()


def test_server_that_comes_and_goes_makes_one_mail_an_hour(desk: Desk) -> None:
    chosen(desk, unread=Account.Unread.WITHHOLD)
    for count in range(0, 60, 10):
        desk.read(minutes(count + 1), failing=DOWN)
        desk.drain(minutes(count + 1))
        desk.read(minutes(count + 6))
        desk.drain(minutes(count + 8))
    assert desk.subjects() == ["Calendar problem: Home server", "Home server works again"]
    desk.read(minutes(61), failing=DOWN)
    desk.drain(minutes(200))
    assert desk.subjects()[2:] == ["Calendar problem: Home server"]


@pytest.mark.promise("C9")
def test_ignoring_host_hears_of_an_outage_after_the_usual_time(desk: Desk) -> None:
    chosen(desk, unread=Account.Unread.IGNORE)
    desk.read(minutes(10), failing=DOWN)
    trouble.tell_withheld(desk.now + timedelta(hours=24))
    assert Notice.objects.count() == 0
    trouble.tell_withheld(desk.now + timedelta(hours=24, minutes=10))
    desk.drain(timedelta(hours=24, minutes=10))
    assert "By your choice it stays so" in desk.mails()[0].text()


def test_account_that_was_never_read_is_told_after_a_quarter_of_an_hour(desk: Desk) -> None:
    address, server = make.make_server()
    second = make.make_calendar(make.make_account(desk.host, address=address, label="New"))
    server.fail_next("changes", DOWN)
    make.read_now(second, desk.now)
    trouble.tell_withheld(desk.now + minutes(14))
    assert Notice.objects.count() == 0
    trouble.tell_withheld(desk.now + minutes(15))
    desk.drain(minutes(15))
    assert desk.subjects() == ["Calendar problem: New"]
    assert "What guests see meanwhile: No free times" in desk.mails()[0].text()


def test_outage_is_reminded_of_on_days_apart(desk: Desk) -> None:
    desk.read(minutes(10), failing=DOWN)
    for hours in range(1, 12 * 24):
        now = desk.now + timedelta(hours=hours, minutes=20)
        with transaction.atomic():
            trouble.note_failure(trouble.locked(desk.account.pk), trouble.trouble_of(DOWN), now)
    noted = Notice.objects.order_by("noted_at").values_list("noted_at", flat=True)
    assert [(moment - desk.now).days for moment in noted] == [1, 3, 7]


@pytest.mark.parametrize("count", [1, 3])
def test_telling_of_withheld_times_costs_the_same_for_any_number_of_calendars(desk: Desk, count: int) -> None:
    desk.read(minutes(10), failing=DOWN)
    read = {"failing_since": desk.now, "last_ok_at": desk.now, "expanded_to": desk.now + timedelta(days=400)}
    for number in range(count):
        make.make_calendar(desk.account, remote_id=f"more-{number}", **read)
    with CaptureQueriesContext(connection) as queries:
        trouble.tell_withheld(desk.now + timedelta(hours=23))
    assert len(queries) == 1


@pytest.mark.promise("C9")
def test_mail_names_the_event_types_that_depend_on_the_account(desk: Desk) -> None:
    address, _server = make.make_server()
    other = make.make_calendar(make.make_account(desk.host, address=address), remote_id="elsewhere")
    event_type_of(desk.host, title="Into the other", target=other)
    event_type_of(desk.host, title="A talk")
    event_type_of(desk.host, title="Nowhere", adds_to_calendar=False)
    event_type_of(desk.host, title="Off", is_active=False)
    desk.read(minutes(10), failing=WRONG)
    desk.drain(minutes(10))
    lines = desk.mails()[0].text().splitlines()
    times, bookings = (
        [line for line in lines if line.startswith(f"Event types whose {what}")]
        for what in ("times", "bookings")
    )
    assert times == ["Event types whose times depend on it: A talk"]
    at = lines.index(times[0])
    assert [line.strip() for line in lines[at + 1 : at + 3]] == ["Into the other", "Nowhere"]
    assert bookings == ["Event types whose bookings go into it: A talk"]


@pytest.mark.parametrize("count", [1, 3])
def test_mail_costs_the_same_for_any_number_of_event_types(desk: Desk, count: int) -> None:
    for _number in range(count):
        event_type_of(desk.host)
    desk.read(minutes(10), failing=WRONG)
    notice = Notice.objects.select_related("owner", "account", "calendar").get()
    with CaptureQueriesContext(connection) as queries:
        letter_for(notice, now=desk.now + minutes(10))
    assert len(queries) == 3


@pytest.mark.promise("C9")
def test_calendar_that_became_read_only_is_told_once_with_the_remedy(desk: Desk) -> None:
    event_type_of(desk.host, title="A talk")
    desk.server.calendars["work"].info = make.CalendarInfo("work", "Work", writable=False)
    for days in (1, 2):
        desk.read(timedelta(days=days))
        desk.drain(timedelta(days=days))
    assert desk.subjects() == ["Your calendar Work no longer takes bookings"]
    text = desk.mails()[0].text()
    assert "What is wrong: This calendar may only be read now" in text
    assert "What you can do: Choose another calendar to receive bookings" in text
    assert "Where new bookings go now: Into no calendar of yours" in text
    assert Calendar.objects.get().receives is False


@pytest.mark.promise("C9")
def test_receiving_calendar_that_was_deleted_is_told_once(desk: Desk) -> None:
    Calendar.objects.update(blocks=False)
    desk.server.calendars.clear()
    for count in (10, 20):
        make.read_now(desk.calendar, desk.now + minutes(count))
        desk.drain(minutes(count))
    assert desk.subjects() == ["Your calendar Work no longer takes bookings"]
    assert "it was deleted there, or is no longer shared with you" in desk.mails()[0].text()


def test_calendar_that_only_an_event_type_names_is_told_with_its_name(desk: Desk) -> None:
    make._add(desk.server, make.CalendarInfo("team", "Team", writable=True))
    team = make.make_calendar(desk.account, remote_id="team", blocks=False)
    kind = event_type_of(desk.host, title="Team talk", target=team)
    desk.server.calendars["team"].info = make.CalendarInfo("team", "Team", writable=False)
    desk.read(timedelta(days=1))
    desk.drain(timedelta(days=1))
    text = desk.mails()[0].text()
    assert "Where new bookings go now: Into your calendar Work." in text
    assert "Event types that name this calendar: Team talk" in text
    assert EventType.objects.get(pk=kind.pk).target == team


def test_lost_calendar_that_nothing_goes_into_is_no_news(desk: Desk) -> None:
    make._add(desk.server, make.CalendarInfo("team", "Team", writable=True))
    make.make_calendar(desk.account, remote_id="team", blocks=False)
    desk.server.calendars["team"].info = make.CalendarInfo("team", "Team", writable=False)
    desk.read(timedelta(days=1))
    assert Notice.objects.count() == 0


def test_lost_calendar_whose_host_chose_another_meanwhile_is_not_told(desk: Desk) -> None:
    make._add(desk.server, make.CalendarInfo("team", "Team", writable=True))
    make.make_calendar(desk.account, remote_id="team", blocks=False)
    desk.server.calendars["work"].info = make.CalendarInfo("work", "Work", writable=False)
    desk.read(timedelta(days=1))
    Calendar.objects.filter(remote_id="team").update(receives=True)
    desk.drain(timedelta(days=1))
    assert desk.subjects() == []
