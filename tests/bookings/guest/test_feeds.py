"""A feed that a host connected on the page decides what guests are offered (C5, N8, C19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client

from bookings.models import Booking, EventType, Notice
from bookingsite.models import User
from calendars.models import Account, Calendar
from tests.bookings.guest.pages import Guest, event_path
from tests.factories import calendars as make
from tests.factories.bookings import event_type_of
from tests.fakes.feed import LOGIN_PAGE, Answer, Feed, calendar, feed_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("C5")]
HOURS = ["9:00 AM", "10:00 AM", "11:00 AM", "12:00 PM", "1:00 PM", "2:00 PM", "3:00 PM", "4:00 PM"]
EMPTY = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


def without(*hours: str) -> list[str]:
    return [hour for hour in HOURS if hour not in hours]


def at(hour: int) -> tuple[str, str]:
    """An hour of Tuesday the second, by Berlin's clock."""
    return f"DTSTART:20270302T{hour - 1:02}0000Z", f"DTEND:20270302T{hour:02}0000Z"


class Story:
    """A host with a feed, and a guest who looks at Tuesday."""

    def __init__(self, host: User, guest: Guest, feed: Feed, now: datetime) -> None:
        browser = Client()
        browser.force_login(host)
        answer = browser.post("/settings/integrations/connect/feed/", {"url": feed.url, "name": "Flat 2"})
        assert answer.status_code == 302
        self.feed, self.guest, self.now = feed, guest, now
        self.kind: EventType = event_type_of(host, slug="hour", title="An hour", duration=60, increment=60)

    @property
    def calendar(self) -> Calendar:
        return Calendar.objects.select_related("account", "owner").get()

    def read(self, after: timedelta = timedelta()) -> Calendar:
        return make.read_now(self.calendar, self.now + after)

    def offered(self) -> list[str]:
        return self.guest.get(f"{event_path(self.kind)}?day=2027-03-02").times


@pytest.fixture
def feed() -> Iterator[Feed]:
    with feed_server() as running:
        running.put("ten@example.org", *at(10))
        yield running


@pytest.fixture
def story(host: User, guest: Guest, feed: Feed, now: datetime) -> Story:
    return Story(host, guest, feed, now)


def test_nothing_is_offered_before_the_first_reading(story: Story) -> None:
    assert story.offered() == []


def test_times_of_the_feed_close_and_open_as_it_changes(story: Story) -> None:
    story.read()
    before = story.offered()
    story.feed.put("eleven@example.org", *at(11))
    story.read(timedelta(minutes=10))
    more = story.offered()
    del story.feed.events["ten@example.org"]
    story.read(timedelta(minutes=20))
    assert (before, more, story.offered()) == (
        without("10:00 AM"),
        without("10:00 AM", "11:00 AM"),
        without("11:00 AM"),
    )


def test_feed_that_breaks_keeps_its_times_closed_and_recovers_by_itself(story: Story) -> None:
    story.read()
    seen = []
    for minutes, answer in enumerate(
        [Answer(404), calendar(LOGIN_PAGE), calendar("BEGIN:VCALENDAR"), Answer(500)]
    ):
        story.feed.fail(answer)
        held = story.read(timedelta(minutes=minutes + 1))
        seen.append((held.error, story.offered()))
    story.feed.put("eleven@example.org", *at(11))
    well = story.read(timedelta(minutes=10))
    codes = ["not_found", "web_page", "cut_short", "server_failed"]
    assert seen == [(code, without("10:00 AM")) for code in codes]
    assert (well.error, well.vanished_at, well.account.status) == ("", None, Account.Status.CONNECTED)
    assert story.offered() == without("10:00 AM", "11:00 AM")


def test_feed_that_is_suddenly_empty_is_believed_only_the_second_time(story: Story) -> None:
    story.read()
    story.feed.fail(calendar(EMPTY), for_ever=True)
    doubted = story.read(timedelta(minutes=10))
    meanwhile = story.offered()
    believed = story.read(timedelta(minutes=15))
    assert (doubted.warning, meanwhile) == ("suspect", without("10:00 AM"))
    assert (believed.warning, story.offered()) == ("", HOURS)


def test_feed_that_gives_its_times_new_names_every_day_is_believed_at_once(story: Story) -> None:
    for hour in (9, 10, 11, 12, 13, 14, 15):
        story.feed.put(f"monday-{hour}", *at(hour))
    story.read()
    story.feed.events.clear()
    for hour in (9, 10, 11, 12, 13, 14):
        story.feed.put(f"tuesday-{hour}", *at(hour))
    held = story.read(timedelta(minutes=10))
    assert (held.warning, story.offered()) == ("", ["3:00 PM", "4:00 PM"])


def test_closed_nights_that_begin_anew_every_day_are_believed_at_once(story: Story) -> None:
    ends = range(10, 17)
    for end in ends:
        story.feed.put(f"monday-{end}", "DTSTART;VALUE=DATE:20270301", f"DTEND;VALUE=DATE:202703{end}")
    story.read()
    story.feed.events.clear()
    for end in ends:
        story.feed.put(f"tuesday-{end}", "DTSTART;VALUE=DATE:20270302", f"DTEND;VALUE=DATE:202703{end}")
    held = story.read(timedelta(hours=20))
    assert (held.warning, held.item_count, story.offered()) == ("", 7, [])


def test_owner_hears_of_a_feed_that_is_quiet_for_three_readings(story: Story) -> None:
    story.read()
    story.feed.fail(Answer(404), for_ever=True)
    told = []
    for minutes in (10, 20, 30, 41):
        story.read(timedelta(minutes=minutes))
        told.append(Notice.objects.filter(kind=Notice.Kind.ACCOUNT).count())
    assert told == [0, 0, 0, 1]


@pytest.mark.promise("C19")
def test_feed_is_asked_once_more_when_somebody_books(story: Story) -> None:
    story.read()
    Calendar.objects.update(last_ok_at=story.now - timedelta(minutes=6))
    story.feed.put("eleven@example.org", *at(11))
    refused = story.guest.book(story.kind, "2027-03-02T10:00Z")
    assert (refused.status, Booking.objects.count(), story.feed.statuses()[-1]) == (409, 0, True)


@pytest.mark.promise("C19")
def test_feed_that_says_what_it_said_lets_a_booking_pass_in_one_request(story: Story) -> None:
    story.read()
    Calendar.objects.update(last_ok_at=story.now - timedelta(minutes=6))
    before = len(story.feed.seen)
    story.guest.book(story.kind, "2027-03-02T10:00Z")
    [booking] = Booking.objects.all()
    assert (story.feed.statuses()[before:], booking.unverified_since) == ([True], None)


@pytest.mark.promise("C19")
def test_feed_read_five_minutes_ago_is_not_asked_again(story: Story) -> None:
    story.read()
    Calendar.objects.update(last_ok_at=story.now - timedelta(minutes=5))
    before = len(story.feed.seen)
    story.guest.book(story.kind, "2027-03-02T10:00Z")
    assert (Booking.objects.count(), story.feed.seen[before:]) == (1, [])
