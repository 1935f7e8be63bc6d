"""Schedules through the pages: what a host types is what guests are offered."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from availability.fields import show_minutes
from availability.loading import ensure_default
from availability.models import Schedule
from bookings.models import EventType
from bookingsite.models import User
from tests.availability.pages import WEEK, offered, range_data, week_data
from tests.factories.availability import make_date_hours, make_schedule

pytestmark = pytest.mark.usefixtures("at_now")


def hours_of(schedule: Schedule) -> dict[str, list[str]]:
    """The stored week in words."""
    week: dict[str, list[str]] = {}
    for row in schedule.weekly.all():
        week.setdefault(row.get_weekday_display(), []).append(f"{show_minutes(row.start)}–{show_minutes(row.end)}")
    return week


def edit_url(schedule: Schedule) -> str:
    return reverse("availability:schedule", args=[schedule.pk])


# --- weekly hours ---------------------------------------------------------------------------------


@pytest.mark.promise("A1")
def test_saving_weekly_hours_changes_what_guests_are_offered(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-17:00"}, is_default=True)

    response = as_host.post(edit_url(schedule), week_data({0: "08:00-10:00 14:00-16:00", 5: "10:00-12:00"}))

    assert (response.status_code, response.url) == (302, edit_url(schedule))
    assert offered(host, WEEK[0]) == ["08:00", "09:00", "14:00", "15:00"]
    assert offered(host, WEEK[1]) == []
    assert offered(host, WEEK[5]) == ["10:00", "11:00"]


@pytest.mark.promise("A1", "A13")
def test_saving_another_zone_moves_the_hours_to_its_clock(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-11:00"}, is_default=True)

    as_host.post(edit_url(schedule), week_data({0: "09:00-11:00", 6: "09:00-11:00"}, zone="America/New_York"))

    assert offered(host, WEEK[0]) == ["15:00", "16:00"]
    # Between 14 and 28 March New York has changed its clocks and Berlin has not.
    assert offered(host, "2027-03-21") == ["14:00", "15:00"]
    assert offered(host, "2027-03-28") == ["15:00", "16:00"]


def test_saving_a_range_to_midnight_opens_the_end_of_the_day(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)

    as_host.post(edit_url(schedule), week_data({0: "22:00-00:00", 1: "22:00-24:00"}))

    assert hours_of(schedule) == {"Monday": ["22:00–24:00"], "Tuesday": ["22:00–24:00"]}


def test_saving_touching_ranges_is_fine(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)

    as_host.post(edit_url(schedule), week_data({0: "09:00-12:00 12:00-13:00"}))

    assert hours_of(schedule) == {"Monday": ["09:00–12:00", "12:00–13:00"]}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("09:00-12:00 11:00-13:00", "Monday: 9:00 AM–12:00 PM and 11:00 AM–1:00 PM overlap."),
        ("09:00-09:00", "Monday: The end must be later than the start."),
        ("17:00-09:00", "Monday: The end must be later than the start."),
        ("24:00-00:00", "Monday: The end must be later than the start."),
        ("09:00-", "Monday: Give both ends of the range."),
        ("25:00-26:00", "Monday: Enter a time such as 09:30; 24:00 is the end of the day."),
        ("x-y", "Monday: Enter a time such as 09:30; 24:00 is the end of the day."),
    ],
)
def test_saving_bad_hours_says_why_keeps_what_was_typed_and_saves_nothing(
    as_host: Client, host: User, typed: str, sentence: str
) -> None:
    schedule = make_schedule(host, {3: "09:00-10:00"}, is_default=True)

    response = as_host.post(edit_url(schedule), week_data({0: typed}, name="Mine"))

    assert response.status_code == 200
    assert [problem.text for problem in response.context["problems"]] == [sentence]
    html = response.content.decode()
    assert sentence in html
    assert f'href="#{response.context["problems"][0].anchor}"' in html
    assert [f"{row.start}-{row.end}" for row in response.context["week"].days[0].rows] == typed.split()
    assert 'value="Mine"' in html
    schedule.refresh_from_db()
    assert (schedule.name, hours_of(schedule)) == ("Hours", {"Thursday": ["09:00–10:00"]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("name", "Taken"),
        ("zone", ""),
        ("zone", "Mars/Olympus"),
        ("zone", "../etc/passwd"),
    ],
)
def test_saving_a_bad_name_or_zone_saves_nothing(as_host: Client, host: User, field: str, value: str) -> None:
    make_schedule(host, name="Taken")
    schedule = make_schedule(host, {3: "09:00-10:00"}, is_default=True)

    response = as_host.post(edit_url(schedule), week_data({0: "09:00-10:00"}, **{field: value}))

    assert list(response.context["form"].errors) == [field]
    schedule.refresh_from_db()
    assert (schedule.name, schedule.zone, hours_of(schedule)) == (
        "Hours", "Europe/Berlin", {"Thursday": ["09:00–10:00"]},
    )  # fmt: skip


def test_saving_an_old_zone_name_stores_todays(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)

    as_host.post(edit_url(schedule), week_data({}, zone="Europe/Kiev"))

    schedule.refresh_from_db()
    assert schedule.zone == "Europe/Kyiv"


def test_saving_thousands_of_rows_is_refused_cheaply(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)
    many = " ".join(f"{n // 60:02}:{n % 60:02}-{(n + 1) // 60:02}:{(n + 1) % 60:02}" for n in range(100))

    response = as_host.post(edit_url(schedule), week_data({0: many}))

    assert [problem.text for problem in response.context["problems"]] == ["Monday: at most 24 ranges."]
    assert hours_of(schedule) == {}


# --- without scripts ------------------------------------------------------------------------------


def test_adding_a_range_keeps_what_was_typed_and_saves_nothing(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-10:00"}, is_default=True)

    response = as_host.post(edit_url(schedule), week_data({0: "11:00-12:00", 1: "x-"}, name="Draft", add="0"))

    days = response.context["week"].days
    assert [(row.start, row.end) for row in days[0].rows] == [("11:00", "12:00"), ("", "")]
    assert [(row.start, row.end) for row in days[1].rows] == [("x", "")]
    assert 'value="Draft"' in response.content.decode()
    assert response.context["problems"] == []
    assert hours_of(schedule) == {"Monday": ["09:00–10:00"]}


def test_copying_a_day_shows_it_on_the_others_and_saves_nothing(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)
    data = week_data({0: "09:00-12:00 13:00-17:00", 2: "20:00-21:00"}, copy="1", copy_from="0")

    response = as_host.post(edit_url(schedule), {**data, "copy_to": ["1", "2", "0", "99"]})

    shown = [[f"{row.start}-{row.end}" for row in day.rows] for day in response.context["week"].days]
    assert shown == [["09:00-12:00", "13:00-17:00"]] * 3 + [[]] * 4
    assert "The hours were copied below. Save to keep them." in response.content.decode()
    assert hours_of(schedule) == {}


def test_copying_to_no_day_asks_for_one(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)

    response = as_host.post(edit_url(schedule), week_data({0: "09:00-12:00"}, copy="1", copy_from="0"))

    assert response.context["hint"] == "Choose at least one day to copy to."


def test_the_editor_shows_the_stored_hours_in_inputs_with_names(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-12:00"}, is_default=True)

    html = as_host.get(edit_url(schedule)).content.decode()

    assert 'name="d0-0-from" value="09:00" aria-label="Monday, from"' in html
    assert 'name="d0-0-to" value="12:00" aria-label="Monday, to"' in html
    assert 'name="d6-0-from" value="" aria-label="Sunday, from"' in html


# --- new, default, delete -------------------------------------------------------------------------


def test_start_makes_the_standard_schedule(as_host: Client, host: User) -> None:
    response = as_host.post(reverse("availability:start"))

    made = Schedule.objects.get(owner=host)
    assert (made.is_default, response.url) == (True, edit_url(made))


@pytest.mark.promise("A1")
def test_a_new_schedule_starts_with_the_default_ones_hours(as_host: Client, host: User) -> None:
    make_schedule(host, {0: "07:00-08:00"}, is_default=True)

    as_host.post(reverse("availability:new_schedule"), {"name": "Evenings", "zone": "Asia/Tokyo"})

    made = Schedule.objects.get(name="Evenings")
    assert (made.owner, made.zone, made.is_default) == (host, "Asia/Tokyo", False)
    assert hours_of(made) == {"Monday": ["07:00–08:00"]}


def test_the_first_new_schedule_is_the_default(as_host: Client, host: User) -> None:
    as_host.post(reverse("availability:new_schedule"), {"name": "Mine", "zone": "Asia/Tokyo"})

    made = Schedule.objects.get(owner=host)
    assert (made.name, made.zone, made.is_default) == ("Mine", "Asia/Tokyo", True)


def test_a_new_schedule_with_a_taken_name_is_refused(as_host: Client, host: User) -> None:
    make_schedule(host, name="Mine", is_default=True)

    response = as_host.post(reverse("availability:new_schedule"), {"name": "Mine", "zone": "Asia/Tokyo"})

    assert response.context["form"].errors == {"name": ["You have a schedule of this name already."]}
    assert Schedule.objects.count() == 1


@pytest.mark.promise("A5")
def test_making_another_the_default_changes_what_events_without_one_use(as_host: Client, host: User) -> None:
    old = make_schedule(host, {0: "09:00-10:00"}, name="Old", is_default=True)
    new = make_schedule(host, {0: "15:00-16:00"}, name="New")

    as_host.post(reverse("availability:make_default", args=[new.pk]))

    assert list(Schedule.objects.filter(is_default=True)) == [new]
    assert offered(host, WEEK[0]) == ["15:00"]
    assert offered(host, WEEK[0], old.pk) == ["09:00"]


@pytest.mark.promise("A5")
def test_deleting_a_schedule_lets_its_events_fall_back_to_the_default(as_host: Client, host: User) -> None:
    make_schedule(host, {0: "09:00-10:00"}, name="Usual", is_default=True)
    own = make_schedule(host, {0: "15:00-16:00"}, name="Own")
    event = EventType.objects.create(host=host, title="Talk", slug="talk", schedule=own)
    url = reverse("availability:delete_schedule", args=[own.pk])

    assert as_host.get(url).status_code == 200
    assert Schedule.objects.filter(pk=own.pk).exists()
    as_host.post(url)

    event.refresh_from_db()
    assert event.schedule is None
    assert offered(host, WEEK[0], event.schedule_id) == ["09:00"]


def test_the_default_schedule_cannot_be_deleted(as_host: Client, host: User) -> None:
    schedule = ensure_default(host)
    url = reverse("availability:delete_schedule", args=[schedule.pk])

    shown = as_host.get(url)
    response = as_host.post(url, follow=True)

    sentence = "This is your default schedule. Make another one the default first."
    assert sentence in shown.content.decode()
    assert sentence in response.content.decode()
    assert list(Schedule.objects.all()) == [schedule]


# --- date-specific hours --------------------------------------------------------------------------


def date_url(schedule: Schedule, day: str, name: str = "date") -> str:
    return reverse(f"availability:{name}", args=[schedule.pk, day])


@pytest.mark.promise("A2")
def test_hours_of_a_date_replace_its_weekday_for_guests(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-11:00"}, is_default=True)
    new = reverse("availability:new_date", args=[schedule.pk])

    as_host.post(new, {"date": "2027-03-01", **range_data("r", "13:00-14:00"), "r-1-from": "", "r-1-to": ""})
    as_host.post(new, {"date": "2027-03-07", **range_data("r", "10:00-11:00")})
    as_host.post(new, {"date": "2027-03-08", "is_closed": "on", "r-0-from": "nonsense"})

    assert [offered(host, day) for day in ("2027-03-01", "2027-03-07", "2027-03-08", "2027-03-15")] == [
        ["13:00"], ["10:00"], [], ["09:00", "10:00"],
    ]  # fmt: skip


@pytest.mark.promise("A2")
def test_hours_of_a_date_can_be_changed_and_deleted(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-11:00"}, is_default=True)
    make_date_hours(schedule, date(2027, 3, 1), "13:00-14:00 15:00-16:00")

    as_host.post(date_url(schedule, "2027-03-01"), {"r-0-from": "20:00", "r-0-to": "21:00"})
    assert offered(host, WEEK[0]) == ["20:00"]
    assert as_host.get(date_url(schedule, "2027-03-01", "delete_date")).status_code == 200
    assert offered(host, WEEK[0]) == ["20:00"]
    as_host.post(date_url(schedule, "2027-03-01", "delete_date"))

    assert offered(host, WEEK[0]) == ["09:00", "10:00"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"date": "2027-03-01"}, "Give at least one range, or close the whole day."),
        ({"date": "2027-03-02", "is_closed": "on"}, "This date has hours already. Edit or delete those."),
        ({"date": "", "is_closed": "on"}, "This field is required."),
        ({"date": "31.31.2027", "is_closed": "on"}, "Enter a valid date."),
        (
            {"date": "2027-03-01", **range_data("r", "9:00-8:00")},
            "Hours: The end must be later than the start.",
        ),
        (
            {"date": "2027-03-01", **range_data("r", "9:00-11:00 10:00-12:00")},
            "Hours: 9:00 AM–11:00 AM and 10:00 AM–12:00 PM overlap.",
        ),
    ],
)
def test_bad_hours_of_a_date_are_refused_with_a_sentence(
    as_host: Client, host: User, data: dict[str, str], sentence: str
) -> None:
    schedule = make_schedule(host, {0: "09:00-11:00"}, is_default=True)
    make_date_hours(schedule, date(2027, 3, 2), "13:00-14:00")

    response = as_host.post(reverse("availability:new_date", args=[schedule.pk]), data)

    assert [problem.text for problem in response.context["problems"]] == [sentence]
    assert sentence in response.content.decode()
    assert schedule.dates.count() == 1


def test_adding_a_range_to_a_date_keeps_what_was_typed(as_host: Client, host: User) -> None:
    schedule = make_schedule(host, is_default=True)
    data = {"date": "2027-03-01", "r-0-from": "9", "r-0-to": "", "add": "1"}

    response = as_host.post(reverse("availability:new_date", args=[schedule.pk]), data)

    rows = response.context["form"].ranges.rows
    assert [(row.start, row.end) for row in rows] == [("9", ""), ("", "")]
    assert 'value="2027-03-01"' in response.content.decode()
    assert schedule.dates.count() == 0


@pytest.mark.parametrize("day", ["2027-03-01", "2027-02-30", "monday", "99999-01-01"])
def test_a_date_without_hours_of_its_own_is_not_found(as_host: Client, host: User, day: str) -> None:
    schedule = ensure_default(host)

    assert as_host.get(date_url(schedule, day)).status_code == 404
    assert as_host.post(date_url(schedule, day, "delete_date")).status_code == 404
