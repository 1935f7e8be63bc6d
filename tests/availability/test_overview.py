"""The overview: everything at a glance, the coming days as guests get them, few queries."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from lxml import html

from availability.models import Schedule
from availability.preview import coming_days
from bookingsite.models import User
from tests.factories.availability import make_closing_rule, make_date_hours, make_schedule, make_time_off

pytestmark = pytest.mark.usefixtures("at_now")
INDEX = "/availability/"


def shown_days(days: list) -> list[list[str]]:  # type: ignore[type-arg]
    """The open stretches of each day, in the words of a language that has 24 hours."""
    with translation.override("nb"):
        return [[f"{part.start_text}-{part.end_text}" for part in day.open] for day in days]


def test_the_overview_of_a_new_host_says_what_to_do_and_makes_nothing(as_host: Client, host: User) -> None:
    response = as_host.get(INDEX)

    html = response.content.decode()
    assert "Say when you can be booked" in html
    assert f'action="{reverse("availability:start")}"' in html
    assert shown_days(response.context["days"]) == [["09:00-17:00"]] * 5 + [[]] * 2
    assert Schedule.objects.count() == 0


@pytest.mark.promise("A1", "A2", "A3", "A4")
def test_the_coming_days_show_what_the_engine_offers_and_why(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, dict.fromkeys(range(7), "09:00-12:00 13:00-24:00"), is_default=True)
    make_date_hours(schedule, date(2027, 3, 2), "10:00-11:00")
    make_time_off(host, date(2027, 3, 3), text="08:00-10:00", note="Dentist")
    make_closing_rule(host, 3, "11:00-14:00")
    make_closing_rule(host, 6)

    days = as_host.get(INDEX).context["days"]

    assert shown_days(days) == [
        ["09:00-12:00", "13:00-24:00"],
        ["10:00-11:00"],
        ["10:00-12:00", "13:00-24:00"],
        ["09:00-11:00", "14:00-24:00"],
        ["09:00-12:00", "13:00-24:00"],
        ["09:00-12:00", "13:00-24:00"],
        [],
    ]
    assert [(day.has_own_hours, day.has_time_off, day.has_closing_rule) for day in days] == [
        (False, False, False), (True, False, False), (False, True, False), (False, False, True),
        (False, False, False), (False, False, False), (False, False, True),
    ]  # fmt: skip


def test_the_coming_days_of_another_schedule_can_be_chosen(as_host: Client, host: User) -> None:
    make_schedule(host, {0: "09:00-10:00"}, is_default=True)
    other = make_schedule(host, {0: "15:00-16:00"}, name="Other")

    chosen = as_host.get(INDEX, {"schedule": other.pk})
    unknown = as_host.get(INDEX, {"schedule": "x' OR 1=1"})

    assert shown_days(chosen.context["days"])[0] == ["15:00-16:00"]
    assert shown_days(unknown.context["days"])[0] == ["09:00-10:00"]


@pytest.mark.promise("A13")
def test_the_coming_days_across_a_clock_change_show_the_wall_clock(host: User) -> None:
    make_schedule(host, dict.fromkeys(range(7), "01:30-04:00"), is_default=True)

    spring = coming_days(host.pk, None, first=date(2027, 3, 27), zone="Europe/Berlin", days=3)
    autumn = coming_days(host.pk, None, first=date(2027, 10, 31), zone="Europe/Berlin", days=1)

    assert shown_days(spring) == [["01:30-04:00"]] * 3
    (part,) = autumn[0].open
    assert (part.end.timestamp() - part.start.timestamp()) / 3600 == 3.5


def test_the_coming_days_show_hours_of_another_zone_in_the_hosts(host: User) -> None:
    make_schedule(host, {0: "20:00-22:00"}, zone="America/New_York", is_default=True)

    days = coming_days(host.pk, None, first=date(2027, 3, 1), zone="Europe/Berlin", days=2)

    assert shown_days(days) == [[], ["02:00-04:00"]]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Mon 1 Mar 2027",
                "9:00 AM–12:00 PM",
                "1:00 PM–midnight",
                "Mon",
                "Dentist, 3 March 2027, 8:00 AM–10:00 AM",
            ],
        ),
        (
            "de",
            ["Mo, 1. März 2027", "09:00–12:00", "13:00–24:00", "Mo", "Dentist, 3. März 2027, 08:00–10:00"],
        ),
    ],
)
def test_the_overview_writes_times_as_the_language_does(
    as_host: Client, host: User, language: str, expected: list[str]
) -> None:
    User.objects.update(language=language)
    make_schedule(host, {0: "09:00-12:00 13:00-24:00"}, is_default=True)
    make_time_off(host, date(2027, 3, 3), text="08:00-10:00", note="Dentist")

    page = html.fromstring(as_host.get(INDEX).content.decode())

    day, *parts = page.xpath("(//table//tbody/tr)[1]//*[self::th or @class='nowrap']/text()")
    [weekday] = page.xpath("//dl[@class='summary-list']/dt/text()")
    [off] = page.xpath("//section[@aria-labelledby='off-title']//li//strong/text()")
    assert [day, *parts, weekday, f"Dentist, {off}"] == expected


def test_time_off_that_is_over_stands_apart(as_host: Client, host: User) -> None:
    past = make_time_off(host, date(2027, 2, 27), date(2027, 2, 28))
    running = make_time_off(host, date(2027, 2, 27), date(2027, 3, 1))

    response = as_host.get(INDEX)

    assert list(response.context["time_off"]) == [running]
    assert list(response.context["past_time_off"]) == [past]


def test_a_note_is_shown_as_text(as_host: Client, host: User) -> None:
    make_time_off(host, date(2027, 3, 3), note="<script>alert(1)</script>")

    html = as_host.get(INDEX).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html


def fill(host: User, number: int) -> None:
    """`number` of everything the overview lists."""
    for n in range(number):
        schedule = make_schedule(
            host, {0: "09:00-12:00 13:00-14:00", 1: "09:00-10:00"}, name=f"S{n}", is_default=n == 0
        )
        make_date_hours(schedule, date(2027, 3, 2 + n), "10:00-11:00 12:00-13:00")
        make_time_off(host, date(2027, 3, 3 + n), note="x")
        make_time_off(host, date(2027, 1, 3 + n))
        make_closing_rule(host, n)


def queries_of(client: Client, url: str) -> int:
    """How many queries the page takes."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_overview_takes_the_same_queries_for_one_and_three_of_everything(
    as_host: Client, host: User
) -> None:
    fill(host, 1)
    one = queries_of(as_host, INDEX)
    Schedule.objects.all().delete()
    fill(host, 3)
    three = queries_of(as_host, INDEX)

    assert one == three
    assert three <= 13


def test_the_editor_takes_the_same_queries_for_one_and_three_dates(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-12:00"}, is_default=True)
    url = reverse("availability:schedule", args=[schedule.pk])
    make_date_hours(schedule, date(2027, 3, 2), "10:00-11:00")
    one = queries_of(as_host, url)
    make_date_hours(schedule, date(2027, 3, 3), "10:00-11:00 12:00-13:00")
    make_date_hours(schedule, date(2027, 3, 4))

    assert queries_of(as_host, url) == one
