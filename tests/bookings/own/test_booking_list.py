"""The host's list of bookings: tabs, search, filters, pages (B3, DB-4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from tests.factories.booking_rows import make_booking, make_event_type

pytestmark = pytest.mark.django_db


def names(answer) -> list[str]:
    return [booking.guests.all()[0].name for booking in answer.context["page"].object_list]


@pytest.fixture
def three(host, now):
    """One that is over, one to come, one cancelled."""
    kind = make_event_type(host)
    make_booking(host, event_type=kind, start=now - timedelta(days=1), guest={"name": "Past"})
    make_booking(host, event_type=kind, start=now + timedelta(days=1), guest={"name": "Coming"})
    make_booking(
        host,
        event_type=kind,
        start=now + timedelta(days=2),
        state=Booking.State.CANCELLED,
        guest={"name": "Gone"},
    )


@pytest.mark.promise("B3")
@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        ("", ["Coming"]),
        ("upcoming", ["Coming"]),
        ("past", ["Past"]),
        ("cancelled", ["Gone"]),
        ("x';--", ["Coming"]),
    ],
)
def test_each_tab_shows_its_bookings(page, three, tab, expected):
    assert names(page.get("/bookings/", {"tab": tab})) == expected


@pytest.mark.promise("B3")
def test_upcoming_begins_with_the_next_and_past_with_the_latest(page, host, now):
    kind = make_event_type(host)
    for hours in (30, 20, -20, -30):
        make_booking(host, event_type=kind, start=now + timedelta(hours=hours), guest={"name": f"{hours}"})

    assert names(page.get("/bookings/")) == ["20", "30"]
    assert names(page.get("/bookings/", {"tab": "past"})) == ["-20", "-30"]


@pytest.mark.promise("B3")
def test_an_appointment_that_goes_on_now_is_upcoming(page, host, now):
    make_booking(host, start=now - timedelta(minutes=10), guest={"name": "Now"})

    assert names(page.get("/bookings/")) == ["Now"]


@pytest.mark.promise("B3")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("DIAZ", ["Carla Diaz"]),
        ("carla@exam", ["Carla Diaz"]),
        ("yoga", ["Dora"]),
        ("  dora ", ["Dora"]),
        ("' OR 1=1 --", []),
        ("%", []),
        ("<script>", []),
    ],
)
def test_search_looks_at_name_address_and_event(page, host, words, expected):
    make_booking(host)
    make_booking(
        host, event_type=make_event_type(host, title="Yoga"), guest={"name": "Dora", "email": "d@example.net"}
    )

    answer = page.get("/bookings/", {"q": words})

    assert names(answer) == expected
    assert "<script>" not in answer.text.replace('<script type="module"', "")


@pytest.mark.promise("B3")
def test_filters_by_event_type_and_dates_of_the_hosts_calendar(page, host):
    kind = make_event_type(host, title="Yoga")
    # 23:30 UTC on the 9th is the 10th in Berlin.
    make_booking(
        host, event_type=kind, start=datetime(2027, 3, 9, 23, 30, tzinfo=UTC), guest={"name": "Tenth"}
    )
    make_booking(
        host, event_type=kind, start=datetime(2027, 3, 9, 22, 30, tzinfo=UTC), guest={"name": "Ninth"}
    )
    make_booking(host, start=datetime(2027, 3, 10, 12, tzinfo=UTC), guest={"name": "Other"})

    answer = page.get("/bookings/", {"event": kind.pk, "first": "2027-03-10", "last": "2027-03-10"})

    assert names(answer) == ["Tenth"]


@pytest.mark.promise("B3")
@pytest.mark.parametrize(
    "query",
    [{"first": "2027-02-30"}, {"last": "9999-12-31"}, {"event": "x"}, {"q": "a\x00b"}, {"q": "x" * 101}],
)
def test_a_wrong_filter_is_told_and_filters_nothing(page, host, query):
    make_booking(host)

    answer = page.get("/bookings/", query)

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == list(query)
    assert names(answer) == ["Carla Diaz"]


def test_another_hosts_event_type_is_no_filter(page, host, other_host):
    theirs = make_event_type(other_host)

    assert page.get("/bookings/", {"event": theirs.pk}).status_code == 400


def test_only_the_hosts_own_bookings_are_listed(page, host, other_host):
    make_booking(other_host, guest={"name": "Theirs"})

    assert names(page.get("/bookings/", {"q": "Theirs"})) == []


@pytest.mark.promise("B3")
def test_long_lists_have_pages_that_keep_the_filters(page, host, now):
    kind = make_event_type(host)
    for number in range(27):
        make_booking(host, event_type=kind, start=now + timedelta(days=1, hours=number))

    first = page.get("/bookings/", {"q": "carla & co"})
    assert names(first) == []
    first = page.get("/bookings/", {"q": "carla d"})
    last = page.get("/bookings/", {"q": "carla d", "page": "2"})
    beyond = page.get("/bookings/", {"page": "-7"})

    assert [len(names(answer)) for answer in (first, last, beyond)] == [25, 2, 2]
    assert 'href="?tab=upcoming&amp;q=carla+d&amp;page=2"' in first.text


@pytest.mark.promise("B3")
@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_any_number(page, host, now, count):
    for number in range(count):
        make_booking(host, start=now + timedelta(days=1, hours=number))

    with CaptureQueriesContext(connection) as queries:
        answer = page.get("/bookings/")

    assert len(names(answer)) == count
    # session, person, banners; questions, collisions; event types of the filter; count, bookings, guests
    assert len(queries) == 9, [query["sql"][:120] for query in queries]


@pytest.mark.parametrize("tab", ["upcoming", "past", "cancelled"])
def test_an_empty_tab_says_so(page, tab):
    assert 'class="empty"' in page.get("/bookings/", {"tab": tab}).text
