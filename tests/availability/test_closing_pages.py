"""Time off and closing rules through the pages."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from availability.models import ClosingRule, TimeOff
from bookingsite.models import User
from tests.availability.pages import WEEK, offered
from tests.factories.availability import make_closing_rule, make_schedule, make_time_off

pytestmark = pytest.mark.usefixtures("at_now")
EVERY_DAY = dict.fromkeys(range(7), "09:00-12:00")
NEW_TIME_OFF, NEW_RULE = "/availability/time-off/new/", "/availability/closing-rules/new/"


@pytest.mark.promise("A3")
def test_time_off_over_days_takes_them_from_guests(as_host: Client, host: User) -> None:
    make_schedule(host, EVERY_DAY, is_default=True)

    response = as_host.post(
        NEW_TIME_OFF, {"first_day": "2027-03-02", "last_day": "2027-03-03", "note": "Lofoten"}
    )

    assert response.url == reverse("availability:index")
    assert [len(offered(host, day)) for day in WEEK] == [3, 0, 0, 3, 3, 3, 3]
    assert TimeOff.objects.get().note == "Lofoten"


@pytest.mark.promise("A3")
def test_time_off_for_part_of_a_day_leaves_the_rest(as_host: Client, host: User) -> None:
    make_schedule(host, EVERY_DAY, is_default=True)

    as_host.post(NEW_TIME_OFF, {"first_day": "2027-03-02", "start": "10:00", "end": "11:00"})

    assert offered(host, WEEK[1]) == ["09:00", "11:00"]
    assert TimeOff.objects.get().last_day == date(2027, 3, 2)


@pytest.mark.promise("A3", "A13")
def test_time_off_on_the_day_of_a_clock_change_takes_the_whole_day(as_host: Client, host: User) -> None:
    make_schedule(host, dict.fromkeys(range(7), "00:00-24:00"), is_default=True)

    as_host.post(NEW_TIME_OFF, {"first_day": "2027-10-31"})  # 25 hours in Berlin

    assert offered(host, "2027-10-31") == []
    assert len(offered(host, "2027-10-30")) == 24
    assert len(offered(host, "2027-11-01")) == 24


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        ({}, "first_day", "This field is required."),
        (
            {"first_day": "2027-03-02", "last_day": "2027-03-01"},
            "last_day",
            "The last day must not be before the first.",
        ),
        (
            {"first_day": "2027-03-02", "start": "11:00", "end": "10:00"},
            "end",
            "The end must be later than the start.",
        ),
        (
            {"first_day": "2027-03-02", "start": "24:00"},
            "end",
            "The end must be later than the start.",
        ),
        (
            {"first_day": "2027-03-02", "start": "noon"},
            "start",
            "Enter a time such as 09:30; 24:00 is the end of the day.",
        ),
    ],
)
def test_bad_time_off_is_refused_at_its_field(
    as_host: Client, host: User, data: dict[str, str], field: str, sentence: str
) -> None:
    response = as_host.post(NEW_TIME_OFF, {**data, "note": "Kept as typed"})

    assert response.context["form"].errors == {field: [sentence]}
    assert "Kept as typed" in response.content.decode()
    assert not TimeOff.objects.exists()


def test_time_off_can_be_changed_and_deleted(as_host: Client, host: User) -> None:
    make_schedule(host, EVERY_DAY, is_default=True)
    row = make_time_off(host, date(2027, 3, 1))
    delete = reverse("availability:delete_time_off", args=[row.pk])

    as_host.post(reverse("availability:time_off", args=[row.pk]), {"first_day": "2027-03-02"})
    row.refresh_from_db()
    assert (row.first_day, row.last_day) == (date(2027, 3, 2), date(2027, 3, 2))

    assert as_host.get(delete).status_code == 200
    assert TimeOff.objects.count() == 1
    as_host.post(delete)
    assert TimeOff.objects.count() == 0


@pytest.mark.promise("A4")
def test_a_closing_rule_for_several_days_takes_its_time_from_guests(as_host: Client, host: User) -> None:
    make_schedule(host, EVERY_DAY, is_default=True)

    as_host.post(NEW_RULE, {"weekdays": ["0", "2"], "start": "10:00", "end": "11:00", "note": "Team"})

    assert [offered(host, day) for day in WEEK[:3]] == [
        ["09:00", "11:00"], ["09:00", "10:00", "11:00"], ["09:00", "11:00"],
    ]  # fmt: skip
    assert list(ClosingRule.objects.values_list("weekday", "note")) == [(0, "Team"), (2, "Team")]


@pytest.mark.promise("A4")
def test_closing_weekends_takes_one_press_and_does_not_double(as_host: Client, host: User) -> None:
    make_schedule(host, EVERY_DAY, is_default=True)
    make_closing_rule(host, 5)

    for _press in range(2):
        as_host.post(reverse("availability:close_weekends"))

    assert [len(offered(host, day)) for day in WEEK] == [3, 3, 3, 3, 3, 0, 0]
    assert [rule.weekday for rule in ClosingRule.objects.all()] == [5, 6]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"start": "10:00", "end": "11:00"}, "weekdays"),
        ({"weekdays": ["7"], "start": "10:00", "end": "11:00"}, "weekdays"),
        ({"weekdays": ["0"], "start": "11:00", "end": "10:00"}, "end"),
        ({"weekdays": ["0"], "start": "", "end": "10:00"}, "start"),
        ({"weekdays": ["0"], "start": "11:00", "end": "25:00"}, "end"),
    ],
)
def test_a_bad_closing_rule_is_refused_at_its_field(
    as_host: Client, host: User, data: dict[str, str], field: str
) -> None:
    response = as_host.post(NEW_RULE, data)

    assert list(response.context["form"].errors) == [field]
    assert not ClosingRule.objects.exists()


def test_a_closing_rule_can_be_changed_and_deleted(as_host: Client, host: User) -> None:
    rule = make_closing_rule(host, 0, "12:00-13:00")

    as_host.post(
        reverse("availability:rule", args=[rule.pk]), {"weekday": "4", "start": "13:00", "end": "00:00"}
    )
    rule.refresh_from_db()
    assert (rule.weekday, rule.start, rule.end) == (4, 780, 1440)

    as_host.post(reverse("availability:delete_rule", args=[rule.pk]))
    assert ClosingRule.objects.count() == 0
