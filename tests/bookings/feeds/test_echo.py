"""A host who subscribes to the own feed: each booking is there once, and closes nothing when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from bookings import feeds
from bookings.domain import lifecycle
from bookings.models import Booking, Collision, EventType
from bookingsite.models import User
from calendars import busy
from calendars.busy import Outcome
from calendars.models import Busy, Calendar, Item
from tests.factories import calendars as make
from tests.factories.bookings import at, booked, event_type_of
from tests.fakes.feed import Feed, calendar, feed_server

pytestmark = pytest.mark.django_db(transaction=True)
MINUTES = timedelta(minutes=10)
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def feed() -> Iterator[Feed]:
    with feed_server() as running:
        yield running


def publish(feed: Feed, client: Client, address: str) -> bytes:
    """What our feed says now becomes what the server at the other end says."""
    said = client.get(address).content
    feed.fail(calendar(said), for_ever=True)
    return said


def subscribe(host: User, feed: Feed) -> Calendar:
    browser = Client()
    browser.force_login(host)
    answer = browser.post("/settings/integrations/connect/feed/", {"url": feed.url, "name": "Mine"})
    assert answer.status_code == 302
    return Calendar.objects.get(owner=host, account__provider="ics")


def closed(host: User) -> list[tuple[int, int]]:
    """What outside calendars close that day."""
    day = int(at(0).timestamp())
    return busy.spans([host.pk], day, day + 86400)[host.pk]


@pytest.mark.parametrize("detail", ["busy", "titles"])
@pytest.mark.parametrize("is_written", [False, True])
def test_own_bookings_come_back_as_our_own(client, talk: EventType, address, feed, detail, is_written):  # noqa: PLR0917
    if is_written:
        server_address, _server = make.make_server()
        make.make_calendar(make.make_account(talk.host, address=server_address), blocks=False)
    booking = booked(talk, at(10), now=NOW)
    feeds.show(talk.host, detail)
    publish(feed, client, address)

    read = make.read_now(subscribe(talk.host, feed), NOW)

    assert list(Item.objects.values_list("uid", "is_ours")) == [(booking.uid, True)]
    assert (read.error, read.item_count, closed(talk.host)) == ("", 1, [])
    assert Collision.objects.count() == 0


def test_a_feed_that_lags_behind_does_not_keep_a_time_closed(client, talk, address, feed):
    booking = booked(talk, at(10), now=NOW)
    publish(feed, client, address)
    own = subscribe(talk.host, feed)
    make.read_now(own, NOW)
    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=NOW)

    make.read_now(own, NOW + MINUTES)
    start = int(booking.start.timestamp())
    looked = busy.recheck(talk.host_id, start, start + 1800, now=NOW + 3 * MINUTES)

    assert (closed(talk.host), looked.outcome) == ([], Outcome.FREE)


def test_another_hosts_feed_closes_its_times(client, talk, other_host, address, feed):
    booking = booked(talk, at(10), now=NOW)
    publish(feed, client, address)

    make.read_now(subscribe(other_host, feed), NOW)

    start = int(booking.start.timestamp())
    assert list(Busy.objects.values_list("start", "end", "blocks")) == [(start, start + 1800, True)]


def test_an_event_of_that_name_in_a_calendar_of_ones_own_still_closes_its_time(talk):
    server_address, server = make.make_server()
    outside = make.make_calendar(make.make_account(talk.host, address=server_address), receives=False)
    make.read_now(outside, NOW)
    booking = booked(talk, at(10), now=NOW)
    server.store("work", "copy.ics", make.event(at(14), minutes=30, uid=booking.uid))

    make.read_now(outside, NOW + MINUTES)

    start = int(at(14).timestamp())
    assert closed(talk.host) == [(start, start + 1800)]


def test_other_sites_bookings_are_not_ours(host, talk):
    booking = booked(talk, at(10), now=NOW)
    elsewhere = f"{booking.public_id}@elsewhere.example"

    assert feeds.own_uids(host.pk, {booking.uid, elsewhere, "x@testserver", ""}) == {booking.uid}


def test_own_bookings_of_another_host_are_not_ours(host, other_host):
    booking = booked(event_type_of(other_host), at(16), now=NOW)

    assert feeds.own_uids(host.pk, {booking.uid}) == frozenset()
