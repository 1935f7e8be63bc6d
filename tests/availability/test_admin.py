"""The admin keeps the rules of the pages, and hosts to their own rows (H4)."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from availability.models import ClosingRule, DateHours, Schedule, TimeOff, WeeklyHours
from bookingsite.models import User
from tests.availability.pages import WEEK, offered
from tests.factories.availability import make_closing_rule, make_date_hours, make_schedule, make_time_off

MODELS = ["schedule", "weeklyhours", "datehours", "timeoff", "closingrule"]


@pytest.fixture
def as_operator(client: Client, operator: User) -> Client:
    """Olga's browser."""
    client.force_login(operator)
    return client


@pytest.fixture
def as_staff(client: Client, host: User) -> Client:
    """Anna's browser; she may use the admin for her own rows."""
    host.is_staff = True
    host.save()
    client.force_login(host)
    return client


def url(model: str, action: str, *args: object) -> str:
    return reverse(f"admin:availability_{model}_{action}", args=args)


def schedule_data(owner: User, rows: list[tuple[int, str, str]], **other: str) -> dict[str, object]:
    """The admin's schedule form with its weekly rows."""
    data: dict[str, object] = {
        "owner": owner.pk, "name": "Hours", "zone": "Europe/Berlin",
        "weekly-TOTAL_FORMS": len(rows), "weekly-INITIAL_FORMS": 0, **other,
    }  # fmt: skip
    for number, (day, start, end) in enumerate(rows):
        data |= {
            f"weekly-{number}-weekday": day,
            f"weekly-{number}-start": start,
            f"weekly-{number}-end": end,
        }
    return data


def fill(owner: User, number: int) -> None:
    """`number` rows of every model."""
    for n in range(number):
        schedule = make_schedule(owner, {0: "09:00-10:00"}, name=f"{owner.slug} {n}", is_default=n == 0)
        make_date_hours(schedule, date(2027, 3, 1 + n), "10:00-11:00")
        make_time_off(owner, date(2027, 3, 1 + n), note=f"{owner.slug} away")
        make_closing_rule(owner, n, note=f"{owner.slug} shut")


@pytest.mark.parametrize("model", MODELS)
def test_a_host_sees_only_their_own_rows(model: str, as_staff: Client, host: User, other_host: User) -> None:
    fill(host, 1)
    fill(other_host, 1)
    (theirs,) = {
        "schedule": Schedule.objects.filter(owner=other_host),
        "weeklyhours": WeeklyHours.objects.filter(schedule__owner=other_host),
        "datehours": DateHours.objects.filter(schedule__owner=other_host),
        "timeoff": TimeOff.objects.filter(owner=other_host),
        "closingrule": ClosingRule.objects.filter(owner=other_host),
    }[model]

    listed = as_staff.get(url(model, "changelist"))

    assert listed.context["cl"].result_count == 1
    assert as_staff.get(url(model, "change", theirs.pk)).status_code == 302  # as if there were no such row
    assert as_staff.post(url(model, "delete", theirs.pk), {"post": "yes"}).status_code == 302
    assert type(theirs).objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("model", MODELS)
def test_lists_can_be_searched_and_take_the_same_queries_for_one_and_three_rows(
    model: str, as_operator: Client, host: User, other_host: User
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            response = as_operator.get(url(model, "changelist"), {"q": "Anna"})
        assert response.context["cl"].result_count == Schedule.objects.filter(owner=host).count()
        return len(queries)

    fill(other_host, 2)
    fill(host, 1)
    one = count()
    Schedule.objects.filter(owner=host).delete()
    TimeOff.objects.filter(owner=host).delete()
    ClosingRule.objects.filter(owner=host).delete()
    fill(host, 3)

    assert count() == one


@pytest.mark.parametrize("model", MODELS)
def test_add_and_change_pages_show(model: str, as_operator: Client, host: User) -> None:
    fill(host, 1)
    (row,) = {
        "schedule": Schedule, "weeklyhours": WeeklyHours, "datehours": DateHours,
        "timeoff": TimeOff, "closingrule": ClosingRule,
    }[model].objects.all()  # fmt: skip

    assert as_operator.get(url(model, "add")).status_code == 200
    assert as_operator.get(url(model, "change", row.pk)).status_code == 200


@pytest.mark.promise("A1")
def test_a_schedule_made_in_the_admin_is_offered_and_the_first_is_the_default(
    as_operator: Client, host: User
) -> None:
    rows = [(0, "09:00", "11:00"), (0, "14:00", "15:00")]

    response = as_operator.post(url("schedule", "add"), schedule_data(host, rows))

    assert response.status_code == 302
    assert Schedule.objects.get(owner=host).is_default
    assert offered(host, WEEK[0]) == ["09:00", "10:00", "14:00"]


@pytest.mark.parametrize(
    ("rows", "other", "sentence"),
    [
        (
            [(0, "09:00", "11:00"), (0, "10:00", "12:00")],
            {},
            "Monday: 9:00 AM–11:00 AM and 10:00 AM–12:00 PM overlap.",
        ),
        ([(0, "11:00", "09:00")], {}, "The end must be later than the start"),
        ([], {"zone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ([], {"name": "Taken"}, "You have a schedule of this name already."),
    ],
)
def test_a_bad_schedule_is_refused_in_the_admin(
    as_operator: Client, host: User, rows: list[tuple[int, str, str]], other: dict[str, str], sentence: str
) -> None:
    make_schedule(host, name="Taken", is_default=True)

    response = as_operator.post(url("schedule", "add"), schedule_data(host, rows, **other))

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert Schedule.objects.count() == 1


def test_a_rename_to_a_taken_name_is_refused_in_the_admin(as_operator: Client, host: User) -> None:
    make_schedule(host, name="Taken", is_default=True)
    schedule = make_schedule(host, name="Mine")

    response = as_operator.post(url("schedule", "change", schedule.pk), schedule_data(host, [], name="Taken"))

    assert "You have a schedule of this name already." in response.content.decode()


def test_a_host_cannot_make_a_schedule_for_somebody_else(
    as_staff: Client, host: User, other_host: User
) -> None:
    response = as_staff.post(url("schedule", "add"), schedule_data(other_host, []))

    assert response.status_code == 200
    assert not Schedule.objects.exists()


@pytest.mark.promise("A5")
def test_the_admin_switches_the_default_and_keeps_one(as_operator: Client, host: User) -> None:
    make_schedule(host, name="Old", is_default=True)
    new = make_schedule(host, name="New")
    both = list(Schedule.objects.values_list("pk", flat=True))

    refused = as_operator.post(
        url("schedule", "changelist"), {"action": "make_default", "_selected_action": both}, follow=True
    )
    as_operator.post(url("schedule", "changelist"), {"action": "make_default", "_selected_action": [new.pk]})

    assert "Choose one schedule a host." in refused.content.decode()
    assert list(Schedule.objects.filter(is_default=True)) == [new]


def test_the_admin_does_not_delete_a_default_schedule(as_operator: Client, host: User) -> None:
    default = make_schedule(host, name="Old", is_default=True)
    other = make_schedule(host, name="Other")
    chosen = {"action": "delete_selected", "post": "yes"}

    as_operator.post(url("schedule", "delete", default.pk), {"post": "yes"})
    as_operator.post(url("schedule", "changelist"), {**chosen, "_selected_action": [default.pk, other.pk]})
    assert Schedule.objects.count() == 2

    as_operator.post(url("schedule", "changelist"), {**chosen, "_selected_action": [other.pk]})
    assert list(Schedule.objects.all()) == [default]


def test_single_weekly_ranges_must_not_overlap_in_the_admin(as_operator: Client, host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-11:00"}, is_default=True)
    data = {"schedule": schedule.pk, "weekday": 0, "start": "10:00", "end": "12:00"}

    response = as_operator.post(url("weeklyhours", "add"), data)
    as_operator.post(url("weeklyhours", "add"), {**data, "start": "11:00"})

    assert "Monday: 9:00 AM–11:00 AM and 10:00 AM–12:00 PM overlap." in response.content.decode()
    assert offered(host, WEEK[0]) == ["09:00", "10:00", "11:00"]


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("10:30", "12:00", "This date: 10:00 AM–11:00 AM and 10:30 AM–12:00 PM overlap."),
        ("12:00", "", "Give both ends, or neither to close the date."),
        ("", "", "A closed date cannot have hours as well."),
    ],
)
def test_bad_hours_of_a_date_are_refused_in_the_admin(
    as_operator: Client, host: User, start: str, end: str, sentence: str
) -> None:
    schedule = make_schedule(host, is_default=True)
    make_date_hours(schedule, date(2027, 3, 1), "10:00-11:00")
    data = {"schedule": schedule.pk, "date": "2027-03-01", "start": start, "end": end}

    response = as_operator.post(url("datehours", "add"), data)

    assert sentence in response.content.decode()
    assert DateHours.objects.count() == 1


def test_bad_time_off_and_rules_are_refused_in_the_admin(as_operator: Client, host: User) -> None:
    off = {"owner": host.pk, "first_day": "2027-03-02", "last_day": "2027-03-02", "start": "11", "end": "10"}
    rule = {"owner": host.pk, "weekday": 0, "start": "11:00", "end": "10:00"}

    for model, data in (("timeoff", off), ("closingrule", rule)):
        response = as_operator.post(url(model, "add"), data)
        assert "The end must be later than the start." in response.content.decode()

    assert not TimeOff.objects.exists()
    assert not ClosingRule.objects.exists()


def test_time_off_and_rules_made_in_the_admin_close_time(as_operator: Client, host: User) -> None:
    make_schedule(host, dict.fromkeys(range(7), "09:00-11:00"), is_default=True)

    as_operator.post(
        url("timeoff", "add"), {"owner": host.pk, "first_day": "2027-03-02", "last_day": "2027-03-02"}
    )
    as_operator.post(
        url("closingrule", "add"), {"owner": host.pk, "weekday": 0, "start": "10:00", "end": "00:00"}
    )

    assert [offered(host, day) for day in WEEK[:3]] == [["09:00"], [], ["09:00", "10:00"]]
