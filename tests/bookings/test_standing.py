"""Closing time over bookings that stand: they stay, and the host is told (A3, A4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from availability.models import Schedule
from bookings.models import Booking
from bookingsite.models import User
from tests.factories.availability import make_closing_rule, make_schedule, make_time_off
from tests.factories.bookings import booked, event_type_of

TUESDAY_TEN = datetime(2027, 3, 2, 9, tzinfo=UTC)  # in Berlin
NEW_TIME_OFF, NEW_RULE = reverse("availability:new_time_off"), reverse("availability:new_rule")


@pytest.fixture
def page(client: Client, host: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The host's browser on a Monday morning."""
    monkeypatch.setattr("bookingsite.lib.clock.now", lambda: now)
    client.force_login(host)
    return client


def warnings(page: Client, path: str, data: dict[str, Any]) -> list[str]:
    """What is said after saving, besides that it was saved."""
    answer = page.post(path, data, follow=True)
    assert answer.redirect_chain != []
    return [str(message) for message in answer.context["messages"] if message.level_tag == "warning"]


def test_time_off_over_bookings_names_how_many_and_links_to_them(
    page: Client, host: User, now: datetime
) -> None:
    kind = event_type_of(host)
    for hour in (9, 11):
        booked(kind, TUESDAY_TEN.replace(hour=hour), now=now)
    booked(kind, TUESDAY_TEN.replace(day=4), now=now)

    said = warnings(page, NEW_TIME_OFF, {"first_day": "2027-03-02", "last_day": "2027-03-03"})

    link = "/bookings/?first=2027-03-02&amp;last=2027-03-02"
    assert said == [f'2 bookings lie in this time; they stay. <a href="{link}">Show the bookings</a>']
    assert Booking.objects.filter(state="confirmed").count() == 3
    assert len(page.get(link.replace("&amp;", "&")).context["page"].object_list) == 2


def test_the_link_is_a_link_on_the_page(page: Client, host: User, now: datetime) -> None:
    booked(event_type_of(host), TUESDAY_TEN, now=now)

    answer = page.post(NEW_TIME_OFF, {"first_day": "2027-03-02"}, follow=True)

    assert '<a href="/bookings/?first=2027-03-02&amp;last=2027-03-02">Show the bookings</a>' in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {"first_day": "2027-03-03"},
        {"first_day": "2027-03-02", "start": "10:30"},
        {"first_day": "2027-03-02", "end": "10:00"},
    ],
)
def test_time_off_beside_bookings_says_nothing(
    page: Client, host: User, now: datetime, data: dict[str, str]
) -> None:
    booked(event_type_of(host), TUESDAY_TEN, now=now)

    assert warnings(page, NEW_TIME_OFF, data) == []


def test_cancelled_and_other_hosts_bookings_do_not_count(
    page: Client, host: User, other_host: User, now: datetime
) -> None:
    Booking.objects.filter(pk=booked(event_type_of(host), TUESDAY_TEN, now=now).pk).update(state="cancelled")
    booked(event_type_of(other_host), TUESDAY_TEN.replace(hour=15), now=now)

    assert warnings(page, NEW_TIME_OFF, {"first_day": "2027-03-02"}) == []


def test_changed_time_off_and_closing_rules_say_it_too(page: Client, host: User, now: datetime) -> None:
    booked(event_type_of(host), TUESDAY_TEN, now=now)
    off = make_time_off(host, date(2027, 5, 1))
    rule = make_closing_rule(host, 5, "12:00-13:00")
    rule_form = {"weekday": "1", "start": "09:00", "end": "12:00"}

    said = [
        warnings(page, reverse("availability:time_off", args=[off.pk]), {"first_day": "2027-03-02"}),
        warnings(page, reverse("availability:rule", args=[rule.pk]), rule_form),
        warnings(page, NEW_RULE, {"weekdays": ["1", "3"], "start": "10:00", "end": "11:00"}),
        warnings(page, NEW_RULE, {"weekdays": ["3"], "start": "10:00", "end": "11:00"}),
    ]

    assert [len(each) for each in said] == [1, 1, 1, 0]
    assert {each[0].split(";")[0] for each in said[:3]} == {"1 booking lies in this time"}


def test_closing_weekends_tells_of_bookings_on_them(page: Client, host: User, now: datetime) -> None:
    kind = event_type_of(host, schedule=make_schedule(host, {5: "09:00-12:00"}))
    booked(kind, datetime(2027, 3, 6, 9, tzinfo=UTC), now=now)

    said = [warnings(page, reverse("availability:close_weekends"), {}) for _ in range(2)]

    assert [len(each) for each in said] == [1, 0]


@pytest.mark.parametrize(
    ("hours", "count"),
    [
        ({"is_closed": "on"}, 1),
        ({"r-0-from": "12:00", "r-0-to": "15:00"}, 1),
        ({"r-0-from": "10:00", "r-0-to": "10:30"}, 0),
    ],
)
def test_hours_of_a_date_tell_of_bookings_outside_them(
    page: Client, host: User, now: datetime, hours: dict[str, str], count: int
) -> None:
    booked(event_type_of(host), TUESDAY_TEN, now=now)
    schedule = Schedule.objects.get(owner=host)

    said = warnings(
        page, reverse("availability:new_date", args=[schedule.pk]), {"date": "2027-03-02", **hours}
    )

    assert len(said) == count


def test_hours_of_a_date_tell_of_bookings_in_that_schedule_only(
    page: Client, host: User, now: datetime
) -> None:
    booked(event_type_of(host), TUESDAY_TEN, now=now)
    other = make_schedule(host, {1: "09:00-12:00"}, name="Evenings")

    data = {"date": "2027-03-02", "is_closed": "on"}

    assert warnings(page, reverse("availability:new_date", args=[other.pk]), data) == []
