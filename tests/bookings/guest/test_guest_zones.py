"""The visitor's zone, clock and calendar (TZ-1 … TZ-6; A12, A13)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from availability.models import WeeklyHours
from bookings.models import Booking
from tests.bookings.guest.pages import Guest, booking_path, event_path
from tests.factories.availability import make_schedule
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db
ALL_DAY = dict.fromkeys(range(7), "00:00-24:00")


@pytest.mark.promise("A12", "A13")
def test_a_late_slot_of_the_host_is_on_the_next_day_in_tokyo(guest: Guest, host):
    talk = event_type_of(host, schedule=make_schedule(host, {1: "23:30-24:00"}))  # Tuesdays in Berlin

    page = guest.get(event_path(talk) + "?month=2027-03&day=2027-03-03&tz=Asia/Tokyo&h=24")

    assert (page.free_days[0], page.times) == ("2027-03-03", ["07:30"])
    assert guest.get(event_path(talk) + "?month=2027-03").free_days[0] == "2027-03-02"


@pytest.mark.promise("A13")
def test_the_repeated_hour_is_offered_twice_and_told_apart_by_its_offset(guest: Guest, host):
    talk = event_type_of(host, schedule=make_schedule(host, ALL_DAY), increment=60)

    page = guest.get(event_path(talk) + "?day=2027-10-31&h=24")

    assert page.times[:5] == ["00:00", "01:00", "02:00 (UTC+2)", "02:00 (UTC+1)", "03:00"]
    assert len(page.times) == 25


@pytest.mark.promise("A13")
def test_the_hour_that_is_skipped_is_not_offered(guest: Guest, host):
    talk = event_type_of(host, schedule=make_schedule(host, ALL_DAY), increment=60)

    page = guest.get(event_path(talk) + "?day=2027-03-28&h=24")

    assert (page.times[:4], len(page.times)) == (["00:00", "01:00", "03:00", "04:00"], 23)


@pytest.mark.promise("A13")
def test_each_half_of_the_repeated_hour_is_booked_as_its_own_instant(guest: Guest, host):
    talk = event_type_of(host, schedule=make_schedule(host, ALL_DAY), increment=60)
    page = guest.get(event_path(talk) + "?day=2027-10-31&h=24")
    second = guest.get(page.values("//a[contains(@class,'slot')]/@href")[3])

    guest.post(f"{event_path(talk)}book/", second.form(name="Gina", email="gina@example.com"))

    assert Booking.objects.get().start == datetime(2027, 10, 31, 1, 0, tzinfo=UTC)


@pytest.mark.promise("A12")
def test_without_a_choice_times_are_the_hosts_and_the_zone_is_named(guest: Guest, talk):
    page = guest.get(event_path(talk))

    assert page.text("//label[@for='zone']") == "All times in Europe/Berlin, UTC+1"
    assert page.text("//form[contains(@class,'zone-form')]//button") == "Apply"


@pytest.mark.promise("A12")
def test_a_guest_can_switch_zones_with_a_plain_form(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?day=2027-03-02")
    hidden = page.values("//form[contains(@class,'zone-form')]//input/@name")

    switched = guest.get(event_path(talk) + "?month=2027-03&day=2027-03-02&tz=America/New_York")

    assert hidden == ["month", "day"]
    assert (switched.times[0], switched.times[-1]) == ("3:00 AM", "10:30 AM")


@pytest.mark.promise("A12")
def test_an_event_in_the_hosts_zone_shows_it_to_everybody(guest: Guest, host):
    talk = event_type_of(host, show_zone="host")

    page = guest.get(event_path(talk) + "?day=2027-03-02&tz=Asia/Tokyo")

    assert (page.times[0], page.values("//select[@name='tz']")) == ("9:00 AM", [])
    assert "All times in Europe/Berlin, UTC+1, the host's time zone" in page.text(
        "//form[contains(@class,'zone-form')]"
    )
    assert page.values("//*[@id='booking']/@data-zone-locked") == [""]


@pytest.mark.promise("A12")
def test_the_chosen_zone_goes_with_the_guest_through_form_booking_and_confirmation(guest: Guest, talk):
    page = guest.open_form(talk, "2027-03-02T09:00Z", "&tz=America/New_York&h=24")
    [action] = page.values("//main//form/@action")
    sent = guest.post(action, page.form(name="Gina", email="gina@example.com"))
    confirmed = guest.get(sent.response["Location"])

    assert page.text("//li[contains(@class,'fact-when')]").startswith("Tuesday 2 March 2027 04:00 – 04:30")
    assert Booking.objects.get().guests.get().zone == "America/New_York"
    assert confirmed.text("//li[contains(@class,'fact-when')]") == (
        "Tuesday 2 March 2027, 04:00 – 04:30 America/New York, UTC-5 "
        "For Anna Berg: Tuesday 2 March 2027, 10:00 – 10:30 (Europe/Berlin, UTC+1)"
    )


def test_one_zone_is_named_once_on_the_confirmation(guest: Guest, talk, now):
    booking = booked(talk, datetime(2027, 3, 2, 9, 0, tzinfo=UTC), now=now, zone="Europe/Oslo")

    page = guest.get(booking_path(booking) + "?h=24")

    assert (
        page.text("//li[contains(@class,'fact-when')]")
        == "Tuesday 2 March 2027, 10:00 – 10:30 Europe/Oslo, UTC+1"
    )


def test_a_signed_in_host_sees_the_guests_page_in_the_guests_zone(client, host, talk, now):
    booking = booked(talk, datetime(2027, 3, 2, 9, 0, tzinfo=UTC), now=now)
    client.force_login(host)

    answer = client.get(booking_path(booking) + "?h=24").content.decode()

    assert "Tuesday 2 March 2027, 04:00 – 04:30" in answer


@pytest.mark.parametrize(
    ("language", "days", "first_time"),
    [
        ("en", ["Sunday", "Monday"], "9:00 AM"),
        ("de", ["Montag", "Dienstag"], "09:00"),
        ("nb", ["mandag", "tirsdag"], "09:00"),
    ],
)
def test_week_and_clock_follow_the_language(guest: Guest, talk, language, days, first_time):
    page = guest.get(event_path(talk) + "?day=2027-03-02", accept_language=language)

    assert page.values("//th/@abbr")[:2] == days
    assert page.times[0] == first_time
    # the first of March 2027 is a Monday: in the second column where weeks begin on Sunday
    assert page.values("(//tbody/tr)[1]/td/@data-date").index("2027-03-01") == 0
    assert len(page.values("(//tbody/tr)[1]/td[not(@data-date)]/@class")) == (1 if language == "en" else 0)


@pytest.mark.parametrize(
    ("header", "first_day", "first_time"),
    [
        ("en-GB,en-US;q=0.9,en;q=0.8", "Monday", "09:00"),
        ("en-US,en-GB;q=0.9", "Sunday", "9:00 AM"),
        ("en-AU", "Monday", "9:00 AM"),
        ("en-ZA,en;q=0.8", "Sunday", "09:00"),
        ("en-gb;q=0.5,fr;q=0.9", "Monday", "09:00"),
        ("de-DE,en-GB;q=0.9", "Montag", "09:00"),
    ],
)
def test_week_and_clock_follow_the_region_of_the_browser(guest: Guest, talk, header, first_day, first_time):
    page = guest.get(event_path(talk) + "?day=2027-03-02", accept_language=header)
    form = guest.get(page.values("//a[contains(@class,'slot')]/@href")[0], accept_language=header)

    assert page.values("//th/@abbr")[0] == first_day
    assert page.times[0] == first_time
    assert f"{first_time} –" in form.text("//li[contains(@class,'fact-when')]")
    # the first of March 2027 is a Monday
    outside = page.values("(//tbody/tr)[1]/td[not(@data-date)]/@class")
    assert len(outside) == (1 if first_day == "Sunday" else 0)


def test_the_choice_in_the_address_goes_before_the_region(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?day=2027-03-02&h=12", accept_language="en-GB")

    assert page.times[0] == "9:00 AM"


def test_german_dates_are_in_german_order(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?day=2027-03-02", accept_language="de")

    assert "Dienstag, 2. März 2027" in page.text("//*[@id='slots-heading']")


def test_the_clock_can_be_switched_and_stays_in_the_address(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?day=2027-03-02&tz=Asia/Tokyo")
    switched = guest.get(page.link("Show times as 14:30"))
    back = guest.get(switched.link("Show times as 2:30 PM"))

    assert (page.times[-1], switched.times[-1], back.times[-1]) == ("11:30 PM", "23:30", "11:30 PM")
    assert "h=24" in switched.values("//a[contains(@class,'slot')]/@href")[0]


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Mars/Base", "Europe/Berlin"),
        ("", "Europe/Berlin"),
    ],
)
def test_old_names_of_zones_are_understood_and_unknown_ones_are_the_hosts(guest: Guest, talk, asked, used):
    page = guest.get(event_path(talk) + f"?tz={asked}")

    assert page.values("//*[@id='booking']/@data-zone") == [used]


def test_the_list_of_zones_names_city_offset_and_time(guest: Guest, talk):
    page = guest.get(event_path(talk))

    assert (
        page.text("//optgroup[@label='Asia']/option[@value='Asia/Kathmandu']")
        == "Kathmandu (UTC+5:45, 1:45 PM)"
    )
    assert (
        page.text("//option[@value='America/Argentina/Buenos_Aires']")
        == "Buenos Aires, Argentina (UTC-3, 5:00 AM)"
    )
    assert page.text("//optgroup[@label='UTC']/option") == "UTC (8:00 AM)"


def test_the_list_of_zones_has_the_hours_that_the_guest_chose(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?tz=Asia/Tokyo&h=24")

    assert page.text("//option[@value='Asia/Kathmandu']") == "Kathmandu (UTC+5:45, 13:45)"
    assert page.text("//option[@selected]") == "Tokyo (UTC+9, 17:00)"


def test_the_list_of_zones_goes_with_the_clock(guest: Guest, talk):
    guest.get(event_path(talk))

    with time_machine.travel(datetime(2027, 7, 1, 12, 0, tzinfo=UTC), tick=False):
        page = guest.get(event_path(talk))

    assert (
        page.text("//optgroup[@label='Europe']/option[@value='Europe/Berlin']") == "Berlin (UTC+2, 2:00 PM)"
    )


def test_a_day_without_hours_in_the_hosts_zone_can_have_times_in_the_guests(guest: Guest, host, talk):
    WeeklyHours.objects.exclude(weekday=0).delete()  # Mondays alone

    page = guest.get(event_path(talk) + "?month=2027-03&tz=Pacific/Auckland")

    # Monday 09:00 to 17:00 in Berlin is Monday 21:00 to Tuesday 05:00 in Auckland
    assert page.free_days[:2] == ["2027-03-01", "2027-03-02"]
