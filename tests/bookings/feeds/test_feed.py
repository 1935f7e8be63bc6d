"""What a calendar program gets at the secret address of a host's feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from bookings import feeds
from bookings.domain import lifecycle
from bookings.models import Booking, FeedLink
from bookingsite.models import User
from tests.factories.bookings import at, booked, event_type_of

pytestmark = pytest.mark.django_db
HOST = Booking.Actor.HOST
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)


def events_of(answer: object) -> list[dict[str, str]]:
    """The events of the file: their properties as text."""
    found = Calendar.from_ical(answer.content)  # type: ignore[attr-defined]
    return [
        {name: value.to_ical().decode() for name, value in event.property_items() if name not in ("BEGIN", "END")}
        for event in found.walk("VEVENT")
    ]  # fmt: skip


def show_titles(link: FeedLink) -> None:
    feeds.show(link.owner, FeedLink.Detail.TITLES)


def test_a_feed_tells_when_the_host_is_busy_and_nothing_else(client, talk, address):
    booking = booked(talk, at(10), now=NOW, name="Gina Guest")

    answer = client.get(address)

    assert events_of(answer) == [
        {
            "SUMMARY": "Busy",
            "DTSTART": "20270302T100000",
            "DTEND": "20270302T103000",
            "DTSTAMP": "20270301T080000Z",
            "UID": booking.uid,
            "SEQUENCE": "0",
            "CREATED": "20270301T080000Z",
            "LAST-MODIFIED": "20270301T080000Z",
            "STATUS": "CONFIRMED",
            "TRANSP": "OPAQUE",
        }
    ]
    for word in ("Gina", "gina@", "First talk", "meet.example"):
        assert word not in answer.content.decode()


def test_with_titles_it_names_event_guest_and_place_but_not_how_to_reach_the_guest(
    client, talk, link, address
):
    booking = booked(talk, at(10), now=NOW, name="Gina Guest", phone="+1 555 0100", notes="My knee")
    show_titles(link)

    [event] = events_of(client.get(address))

    assert (event["SUMMARY"], event["LOCATION"]) == (
        "First talk with Gina Guest",
        "https://meet.example.org/anna",
    )
    assert event["URL"] == f"http://testserver/bookings/{booking.public_id}/"
    told = client.get(address).content.decode()
    assert [word for word in ("gina@example.com", "555", "knee") if word in told] == []


def test_the_file_says_what_it_is_and_how_often_to_ask(client, address):
    found = Calendar.from_ical(client.get(address).content)

    told = {name: found[name].to_ical().decode() for name in
            ("METHOD", "X-WR-CALNAME", "X-WR-TIMEZONE", "REFRESH-INTERVAL", "X-PUBLISHED-TTL")}  # fmt: skip
    assert told == {
        "METHOD": "PUBLISH",
        "X-WR-CALNAME": "Bookings of Anna Berg",
        "X-WR-TIMEZONE": "Europe/Berlin",
        "REFRESH-INTERVAL": "PT15M",
        "X-PUBLISHED-TTL": "PT15M",
    }
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT15M" in client.get(address).content.decode()


def test_a_feed_speaks_the_hosts_language(client, talk, link, address):
    User.objects.filter(pk=talk.host_id).update(language="de")
    booked(talk, at(10), now=NOW)
    show_titles(link)

    answer = client.get(address, headers={"accept-language": "nb"})

    assert [event["SUMMARY"] for event in events_of(answer)] == ["First talk mit Gina Guest"]
    assert answer["Content-Language"] == "de"


def test_moves_cancellations_and_old_bookings_follow(client, talk, address, clock_at):
    moved = booked(talk, at(10), now=NOW)
    gone = booked(talk, at(11), now=NOW)
    later = NOW + timedelta(minutes=5)
    lifecycle.reschedule(moved, at(14), actor=HOST, now=later)
    lifecycle.cancel(gone, actor=HOST, now=later)

    [event] = events_of(client.get(address))
    assert (event["UID"], event["DTSTART"], event["SEQUENCE"]) == (moved.uid, "20270302T140000", "1")
    assert event["DTSTAMP"] == "20270301T080500Z"

    clock_at.move_to(at(14) + timedelta(days=30))
    assert [each["UID"] for each in events_of(client.get(address))] == [moved.uid]
    clock_at.move_to(at(14) + timedelta(days=32))
    assert events_of(client.get(address)) == []


def test_another_hosts_bookings_are_not_in_it(client, talk, other_host, address):
    booked(event_type_of(other_host), at(16), now=NOW)

    assert events_of(client.get(address)) == []


def test_line_breaks_and_separators_in_names_stay_text(client, host, link, address):
    User.objects.filter(pk=host.pk).update(name="Anna; Berg, DTEND:1")
    booked(event_type_of(host, title="Talk; with, all\\"), at(10), now=NOW, name="Gina BEGIN:VEVENT;X=1")
    show_titles(link)

    answer = client.get(address)

    [event] = events_of(answer)
    assert event["SUMMARY"] == r"Talk\; with\, all\\ with Gina BEGIN:VEVENT\;X=1"
    assert Calendar.from_ical(answer.content)["X-WR-CALNAME"] == r"Bookings of Anna\; Berg\, DTEND:1"


def test_headers_keep_it_fresh_private_and_out_of_search_engines(client, address):
    answer = client.get(address)

    assert {name: answer[name] for name in ("Content-Type", "Content-Disposition", "Cache-Control",
            "X-Robots-Tag", "Referrer-Policy", "Last-Modified")} == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="bookings.ics"',
        "Cache-Control": "private, max-age=300",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
        "Last-Modified": "Mon, 01 Mar 2027 08:00:00 GMT",
    }  # fmt: skip
    assert answer["ETag"].startswith('"')
    assert answer.cookies == {}
    assert "Cookie" not in answer.get("Vary", "")


def test_the_same_state_gives_the_same_bytes(client, talk, address, clock_at):
    booked(talk, at(10), now=NOW)
    first = client.get(address)

    clock_at.move_to(NOW + timedelta(hours=3))
    second = client.get(address)

    assert (second.content, second["ETag"], second["Last-Modified"]) == (
        first.content, first["ETag"], first["Last-Modified"],
    )  # fmt: skip


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_who_has_it_already_is_told_so(client, talk, address, clock_at, header):
    booked(talk, at(10), now=NOW)
    first = client.get(address)
    asking = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}[header]
    clock_at.move_to(NOW + timedelta(minutes=10))

    again = client.get(address, headers={asking: first[header]})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, max-age=300"


def change(what: str, booking: Booking) -> None:
    """Change one thing that the feed says; the clock stands, but for the day."""
    values = {"language": "de", "zone": "Asia/Tokyo", "name": "Anna Berg-Fjell"}
    if what == "booked":
        booked(booking.event_type, at(11), now=NOW)
    elif what == "cancelled":
        lifecycle.cancel(booking, actor=HOST, now=NOW)
    elif what == "detail":
        feeds.show(booking.host, FeedLink.Detail.BUSY)
    else:
        User.objects.filter(pk=booking.host_id).update(**{what: values[what]})


@pytest.mark.parametrize("asking", ["if-none-match", "if-modified-since"])
@pytest.mark.parametrize("what", ["booked", "cancelled", "detail", "language", "zone", "name"])
def test_whatever_changes_what_it_says_is_sent_even_within_a_second(client, talk, address, asking, what):
    booking = booked(talk, at(10), now=NOW)
    feeds.show(talk.host, FeedLink.Detail.TITLES)
    first = client.get(address)
    seen = {"if-none-match": first["ETag"], "if-modified-since": first["Last-Modified"]}

    change(what, booking)
    again = client.get(address, headers={asking: seen[asking]})

    assert again.status_code == 200
    assert again.content != first.content


def test_the_etag_goes_before_the_date(client, address):
    first = client.get(address)

    again = client.get(
        address, headers={"if-none-match": '"other"', "if-modified-since": first["Last-Modified"]}
    )

    assert again.status_code == 200


def test_a_head_request_tells_the_same_without_the_file(client, address):
    shown, head = client.get(address), client.head(address)

    assert (head.status_code, head.content) == (200, b"")
    assert (head["ETag"], head["Last-Modified"]) == (shown["ETag"], shown["Last-Modified"])


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_feed_is_only_read(client, address, method):
    assert getattr(client, method)(address).status_code == 405


@pytest.mark.parametrize("token", ["wrong", "x" * 500, "%00", "ø"])
def test_an_unknown_address_is_not_there(client, link, token):
    assert client.get(f"/feeds/{token}.ics").status_code == 404


def test_the_feed_of_somebody_who_left_is_not_there(client, host, address):
    User.objects.filter(pk=host.pk).update(is_active=False)

    assert client.get(address).status_code == 404


def test_when_it_was_fetched_is_noted_now_and_then(client, link, address, clock_at):
    for minutes, noted in ((0, 0), (5, 0), (10, 10), (15, 10)):
        clock_at.move_to(NOW + timedelta(minutes=minutes))
        client.get(address)
        link.refresh_from_db()
        assert link.fetched_at == NOW + timedelta(minutes=noted)


@pytest.mark.parametrize("detail", FeedLink.Detail.values)
def test_a_feed_costs_the_same_for_one_and_for_three_bookings(client, talk, address, detail):
    feeds.show(talk.host, detail)
    counts = []
    for hours in ((9,), (10, 11)):
        for hour in hours:
            booked(talk, at(hour), now=NOW)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        counts.append((len(events_of(answer)), len(queries)))

    expected = 3 if detail == FeedLink.Detail.TITLES else 2
    assert counts == [(1, expected), (3, expected)]


def test_signed_in_people_get_the_same_file(client, page: Client, address):
    assert page.get(address).content == client.get(address).content


def test_two_hosts_feeds_differ(client, host, other_host, address):
    theirs = feeds.address_of(feeds.renew(other_host, NOW))

    assert theirs != f"http://testserver{address}"
    name = Calendar.from_ical(client.get(theirs).content)["X-WR-CALNAME"]
    assert name == f"Bookings of {other_host.name}"


def test_a_long_feed_is_written_once_and_then_only_confirmed(client, talk, address, monkeypatch):
    booked(talk, at(10), now=NOW)
    first = client.get(address)
    monkeypatch.setattr(feeds.Feed, "body", lambda _feed: pytest.fail("written though it is known"))

    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_dates_before_and_after_a_clock_change_keep_their_wall_time(client, talk, address):
    summer = datetime(2027, 3, 29, 7, tzinfo=UTC)  # 09:00 in Berlin
    booked(talk, summer, now=NOW)

    assert [event["DTSTART"] for event in events_of(client.get(address))] == ["20270329T090000"]
