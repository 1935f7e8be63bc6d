"""Month and times: what is offered, how it is named, what the address keeps (BP-2 … BP-6, BP-13, N11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from availability.models import WeeklyHours
from bookings.models import EventType
from calendars.models import Busy, Calendar, Item
from tests.bookings.guest.pages import Guest, event_path
from tests.factories.bookings import booked, event_type_of
from tests.factories.calendars import make_account

pytestmark = pytest.mark.django_db


def read_calendar(host, **fields):
    """A blocking calendar that was read just now."""
    known = {
        "last_ok_at": datetime(2027, 3, 1, 7, 59, tzinfo=UTC),
        "expanded_to": datetime(2028, 4, 1, tzinfo=UTC),
    }
    return Calendar.objects.create(
        account=make_account(host),
        owner=host,
        remote_id="work",
        name="Work",
        blocks=True,
        **{**known, **fields},
    )


@pytest.mark.promise("B1", "E5")
def test_first_look_shows_the_month_of_the_first_free_time_with_its_day_chosen(guest: Guest, talk):
    page = guest.get(event_path(talk))

    assert (page.status, page.month, page.text("//*[@id='slots-heading']")) == (
        200,
        "March 2027",
        "Monday 1 March 2027",
    )
    assert page.values("//td[contains(@class,'day-selected')]/@data-date") == ["2027-03-01"]
    assert page.texts("//main//*[contains(@class,'notice')]") == []


def test_first_look_names_the_next_free_day_when_this_month_has_none(guest: Guest, host):
    talk = event_type_of(host, window="range", window_first="2027-05-04", window_last="2027-05-05")

    page = guest.get(event_path(talk))

    assert (page.month, page.free_days) == ("May 2027", ["2027-05-04", "2027-05-05"])
    assert page.texts("//main//*[contains(@class,'notice')]") == ["Next available: Tuesday 4 May 2027"]


def test_days_say_their_number_of_times_and_those_without_are_no_links(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?month=2027-03")

    assert page.text("//td[@data-date='2027-03-02']") == "2 Tuesday 2 March 2027, 16 times"
    assert page.text("//td[@data-date='2027-03-06']") == "6 Saturday 6 March 2027, no times"
    assert page.values("//td[@data-date='2027-03-06']//a/@href") == []


def test_one_time_is_called_one_time(guest: Guest, host):
    talk = event_type_of(host, duration=480, increment=480)

    assert (
        guest.get(event_path(talk)).text("//td[@data-date='2027-03-02']")
        == "2 Tuesday 2 March 2027, 1 time"
    )


def test_more_than_eight_times_are_grouped_by_part_of_the_day(guest: Guest, host):
    long = event_type_of(host, duration=60, increment=60)  # nine to five are eight hours
    short = event_type_of(host)

    few, many = (guest.get(event_path(kind) + "?day=2027-03-02") for kind in (long, short))

    assert (len(few.times), few.texts("//main//h3")) == (8, [])
    assert (len(many.times), many.texts("//main//h3")) == (16, ["Morning", "Afternoon"])


def test_a_time_is_named_with_its_whole_date_and_zone(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?day=2027-03-02&tz=America/New_York")

    names = page.texts("//a[contains(@class,'slot')]/span[@class='visually-hidden']")
    assert names[0] == "3:00 AM, Tuesday 2 March 2027, America/New York"


def test_an_empty_month_links_to_the_next_free_day(guest: Guest, host):
    talk = event_type_of(host, window="range", window_first="2027-05-04", window_last="2027-05-05")

    page = guest.get(event_path(talk) + "?month=2027-04")
    followed = guest.get(page.link("Next available"))

    assert (
        page.text("//main//*[contains(@class,'notice')]")
        == "No times in April 2027. Next available: Tuesday 4 May 2027"
    )
    assert followed.text("//*[@id='slots-heading']") == "Tuesday 4 May 2027"


def test_nothing_free_at_all_says_so_and_leads_nowhere(guest: Guest, host, talk):
    WeeklyHours.objects.all().delete()

    page = guest.get(event_path(talk))

    assert (
        page.text("//main//*[contains(@class,'notice')]")
        == "There are no free times, in this month or later."
    )
    assert page.times == []


def test_months_end_where_times_are_no_longer_offered(guest: Guest, talk):
    last = guest.get(event_path(talk) + "?month=2028-02")

    assert last.values("//a[@data-month='next']/@href") == []
    assert guest.get(event_path(talk)).values("//a[@data-month='previous']/@href") == []


def test_a_chosen_day_that_has_filled_up_is_named(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?month=2027-03&day=2027-03-06")

    assert (page.text("//*[@id='slots-heading']"), page.times) == ("No times on Saturday 6 March 2027", [])


def test_the_address_reproduces_month_day_zone_and_clock(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?month=2027-04&day=2027-04-06&tz=Asia/Tokyo&h=24")

    assert (page.month, page.times[0], page.times[-1]) == ("April 2027", "16:00", "23:30")
    assert page.values("//select[@name='tz']/option[@selected]/@value") == ["Asia/Tokyo"]
    assert page.values("//a[@data-month='next']/@href") == [
        event_path(talk) + "?month=2027-05&tz=Asia%2FTokyo&h=24"
    ]


def test_every_free_day_and_time_of_the_page_can_be_followed(guest: Guest, talk):
    page = guest.get(event_path(talk) + "?month=2027-03&tz=Asia/Tokyo")
    day = guest.get(page.values("//td[@data-date='2027-03-02']//a/@href")[0])
    form = guest.get(day.values("//a[contains(@class,'slot')]/@href")[0])

    assert (day.times[:3], form.status) == (["12:00 AM", "12:30 AM", "5:00 PM"], 200)
    assert "Tuesday 2 March 2027" in form.text("//main//li[contains(@class,'fact-when')]")


def test_a_booked_time_is_gone(guest: Guest, talk, now):
    before = guest.get(event_path(talk) + "?day=2027-03-02").times
    booked(talk, datetime(2027, 3, 2, 9, 0, tzinfo=UTC), now=now)

    assert guest.get(event_path(talk) + "?day=2027-03-02").times == [
        time for time in before if time != "10:00 AM"
    ]


def test_calendars_that_cannot_be_read_offer_nothing_and_say_why(guest: Guest, host, talk):
    read_calendar(host, last_ok_at=None)

    page = guest.get(event_path(talk))

    assert (page.status, page.free_days, page.times) == (200, [], [])
    assert "cannot be read" in page.text("//main//*[contains(@class,'notice')]")


@pytest.mark.parametrize("query", [
    "month=2026-02-30", "day=2026-02-30", "month=0001-01", "month=9999-12", "day=9999-12-31", "month=NaN", "day=NaN",
    "month=1000000000000000000", "day=2027-03-02T10:00", "month=", "month=2027-3", "month=2000-01", "month=2200-12",
    "tz=Nowhere/Land", "tz=../../etc/passwd", "tz=%00", "h=99", "h=NaN", "month=2027-13&day=%F0%9F%92%A9",
])  # fmt: skip
def test_addresses_that_mean_nothing_are_no_errors(guest: Guest, talk, query):
    assert guest.get(f"{event_path(talk)}?{query}").status == 200


@pytest.mark.parametrize("extra", [{}, {"host": "nobody"}, {"event": "nothing"}])
def test_what_is_not_offered_is_not_found(guest: Guest, talk, extra):
    if not extra:
        EventType.objects.update(is_active=False)
    path = "/{host}/{event}/".format(**{"host": "anna", "event": "talk", **extra})

    assert [guest.get(path).status, guest.get(path + "book/?start=2027-03-02T09:00Z").status] == [404, 404]


def test_a_host_who_left_is_not_found(guest: Guest, host, talk):
    host.is_active = False
    host.save()

    assert [guest.get("/anna/").status, guest.get(event_path(talk)).status] == [404, 404]


@pytest.mark.promise("E5")
@pytest.mark.parametrize("count", [1, 3])
def test_the_hosts_page_lists_what_is_on_with_two_queries(
    guest: Guest, host, count, django_assert_num_queries
):
    kinds = [event_type_of(host, slug=f"kind-{number}", title=f"Kind {number}") for number in range(count)]
    event_type_of(host, slug="off", title="Off", is_active=False)

    with django_assert_num_queries(2):
        page = guest.get("/anna/")

    assert page.values("//li//h3/a/@href") == [event_path(kind) for kind in kinds]


@pytest.mark.promise("E5")
def test_a_host_without_event_types_says_so(guest: Guest, host):
    assert (
        guest.get("/anna/").text("//main//*[contains(@class,'empty')]")
        == "Anna Berg takes no bookings at the moment."
    )


@pytest.mark.parametrize("count", [0, 50, 500])
def test_the_month_takes_the_same_eight_queries_with_any_number_of_events(
    guest: Guest, host, talk, count, django_assert_num_queries
):
    calendar = read_calendar(host)
    item = Item.objects.create(calendar=calendar, key="item", summary="Meetings")
    first = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
    starts = [int((first + timedelta(minutes=13 * number)).timestamp()) for number in range(count)]
    Busy.objects.bulk_create(
        Busy(calendar=calendar, item=item, start=start, end=start + 300) for start in starts
    )

    with django_assert_num_queries(8):
        page = guest.get(event_path(talk) + "?month=2027-03")

    assert page.status == 200
