"""The rules that pages and admin share, and what the typed rows become."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from availability import editing
from availability.fields import MinuteOfDayFormField, read_minutes, show_minutes
from availability.forms.ranges import DayRanges
from availability.loading import ensure_default
from availability.models import Schedule
from bookingsite.models import User
from tests.factories.availability import make_schedule

MINUTES = st.integers(0, 1440)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("9:30", 570),
        ("09.30", 570),
        ("0930", 570),
        ("9", 540),
        ("9:30 pm", 1290),
        ("12 a.m.", 0),
        ("24:00", 1440),
    ],
)
def test_read_minutes_of_the_ways_people_write_times(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "25:00", "24:01", "9:60", "13 pm", "0 am", "noon", "-1:00", "9:3", "99999", "9:30:15"]
)
def test_read_minutes_of_anything_else_raises(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(text)}$"):
        read_minutes(text)


@given(MINUTES)
def test_minutes_shown_are_read_back(minutes: int) -> None:
    assert read_minutes(show_minutes(minutes)) == minutes


@given(st.integers(1, 1440))
def test_an_end_shown_in_an_input_is_read_back(minutes: int) -> None:
    field = MinuteOfDayFormField(is_end=True)

    assert field.clean(field.prepare_value(minutes)) == minutes


@given(st.lists(st.tuples(MINUTES, MINUTES), max_size=6))
def test_checked_ranges_takes_exactly_the_ranges_that_share_no_minute(ranges: list[tuple[int, int]]) -> None:
    minutes = [minute for start, end in ranges for minute in range(start, end)]
    is_right = all(start < end for start, end in ranges) and len(minutes) == len(set(minutes))

    try:
        checked = editing.checked_ranges(ranges, day="Monday")
    except ValidationError:
        assert not is_right
    else:
        assert is_right
        assert checked == tuple(sorted(ranges))


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
def test_typed_rows_are_kept_and_never_break_the_page(rows: list[tuple[str, str]]) -> None:
    data = {
        f"d0-{n}-{side}": text
        for n, row in enumerate(rows)
        for side, text in zip(("from", "to"), row, strict=True)
    }
    typed = [row for row in rows if any(text.strip() for text in row)]

    day = DayRanges.typed("d0", "Monday", data)

    assert [(row.start, row.end) for row in day.rows] == typed
    assert day.is_valid() is not bool(day.problems())


def test_save_weekly_with_one_bad_day_saves_nothing(host: User) -> None:
    schedule = make_schedule(host, {0: "09:00-10:00"}, is_default=True)

    with pytest.raises(editing.HoursOverlapError):
        editing.save_weekly(schedule, [[(0, 60)], [(0, 60), (30, 90)], [], [], [], [], []])

    assert list(schedule.weekly.values_list("weekday", "start", "end")) == [(0, 540, 600)]


def test_make_default_of_a_schedule_deleted_meanwhile_keeps_the_old_default(host: User) -> None:
    old = ensure_default(host)
    gone = make_schedule(host, name="Gone")
    Schedule.objects.filter(pk=gone.pk).delete()

    with pytest.raises(Schedule.DoesNotExist):
        editing.make_default(gone)

    assert list(Schedule.objects.filter(is_default=True)) == [old]


def test_change_schedule_keeps_a_default_switched_meanwhile(host: User) -> None:
    ensure_default(host)
    stale = make_schedule(host, name="Stale")
    editing.make_default(Schedule.objects.get(pk=stale.pk))

    editing.change_schedule(stale, name="Renamed", zone="UTC")

    assert list(Schedule.objects.filter(is_default=True).values_list("name", flat=True)) == ["Renamed"]


def test_create_schedule_leaves_existing_ones_alone(host: User) -> None:
    """A host whose schedules lost their default keeps their names and hours."""
    make_schedule(host, {0: "09:00-10:00"}, name="Lost")

    made = editing.create_schedule(host, name="New", zone="UTC")

    assert dict(Schedule.objects.values_list("name", "is_default")) == {"Lost": True, "New": False}
    assert made.name == "New"


def test_two_hosts_may_use_the_same_name(host: User, other_host: User) -> None:
    for owner in (host, other_host):
        editing.create_schedule(owner, name="Mine", zone="UTC")

    assert Schedule.objects.filter(name="Mine").count() == 2
