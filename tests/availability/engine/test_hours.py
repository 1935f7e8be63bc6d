"""Opening hours (A1, A2) and the grid of starts (A8)."""

from datetime import date

import pytest

from availability.engine import BadHours, BadQuestion, Hours, slots
from availability.engine.hours import open_spans
from tests.availability.engine.asking import HOUR, MINUTE, NINE_TO_FIVE, ask, every_day, offered, span, utc

MONDAY = date(2026, 6, 1)


def weekdays(*ranges: tuple[int, int]) -> Hours:
    return Hours("UTC", ((ranges,) * 5) + ((), ()))


@pytest.mark.promise("A1")
def test_several_ranges_a_day_leave_the_break_out() -> None:
    question = ask(hours=weekdays((9 * 60, 12 * 60), (13 * 60, 15 * 60)))

    assert offered(question) == ["09:00", "10:00", "11:00", "13:00", "14:00"]


@pytest.mark.promise("A1")
def test_weekly_hours_are_those_of_the_weekday() -> None:
    tuesday_only = Hours("UTC", ((), NINE_TO_FIVE, (), (), (), (), ()))
    question = ask(window=span("2026-06-01T00:00", "2026-06-08T00:00"), hours=tuesday_only, duration=8 * HOUR)

    assert slots(question) == [utc("2026-06-02T09:00")]


@pytest.mark.promise("A1")
def test_hours_are_those_of_the_hosts_zone() -> None:
    question = ask(hours=every_day("America/New_York", (540, 660)))

    assert offered(question) == ["13:00", "14:00"]


@pytest.mark.promise("A2")
def test_hours_of_a_date_replace_the_weekly_ones() -> None:
    question = ask(hours=Hours("UTC", weekdays((540, 1020)).weekly, {MONDAY: ((1200, 1320),)}))

    assert offered(question) == ["20:00", "21:00"]


@pytest.mark.promise("A2")
def test_a_date_without_ranges_is_closed() -> None:
    assert offered(ask(hours=Hours("UTC", weekdays((540, 1020)).weekly, {MONDAY: ()}))) == []


@pytest.mark.promise("A2")
def test_a_date_opens_a_day_that_is_normally_closed() -> None:
    sunday = span("2026-06-07T00:00", "2026-06-08T00:00")
    weekly = weekdays((540, 1020)).weekly

    assert offered(ask(window=sunday, hours=Hours("UTC", weekly))) == []
    assert offered(ask(window=sunday, hours=Hours("UTC", weekly, {date(2026, 6, 7): ((600, 660),)}))) == [
        "10:00"
    ]


def test_an_appointment_may_run_over_midnight_where_both_days_are_open() -> None:
    hours = Hours("UTC", (((22 * 60, 1440),), ((0, 60),), (), (), (), (), ()))
    question = ask(window=span("2026-06-01T00:00", "2026-06-03T00:00"), duration=2 * HOUR, hours=hours)

    assert offered(question) == ["22:00", "23:00"]


def test_overlapping_and_unsorted_ranges_are_one() -> None:
    assert offered(ask(duration=4 * HOUR, hours=weekdays((720, 900), (600, 780)))) == ["10:00", "11:00"]


def test_open_spans_keep_an_anchor_for_each_day_and_are_not_cut() -> None:
    always = every_day("UTC", (0, 1440))

    assert open_spans(always, utc("2026-06-01T10:00"), utc("2026-06-02T10:00")) == [
        span("2026-06-01T00:00", "2026-06-02T00:00"),
        span("2026-06-02T00:00", "2026-06-03T00:00"),
    ]


@pytest.mark.parametrize("ranges", [((600, 600),), ((700, 600),), ((-1, 60),), ((0, 1441),)])
def test_hours_that_leave_the_day_are_refused(ranges: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(BadHours):
        every_day("UTC", *ranges)


def test_hours_of_fewer_than_seven_days_are_refused() -> None:
    with pytest.raises(BadHours):
        Hours("UTC", ((),) * 6)


@pytest.mark.promise("A8")
def test_step_is_independent_of_duration() -> None:
    question = ask(duration=HOUR, step=15 * MINUTE, hours=weekdays((540, 630)))

    assert offered(question) == ["09:00", "09:15", "09:30"]


@pytest.mark.promise("A8")
def test_step_follows_the_clock_not_the_opening() -> None:
    assert offered(ask(duration=HOUR, step=30 * MINUTE, hours=weekdays((550, 700)))) == [
        "09:30",
        "10:00",
        "10:30",
    ]


@pytest.mark.promise("A8")
def test_grid_does_not_begin_anew_after_an_event() -> None:
    question = ask(hours=weekdays((540, 780)), busy=[span("2026-06-01T09:10", "2026-06-01T10:20")])

    assert offered(question) == ["11:00", "12:00"]


@pytest.mark.promise("A8")
def test_step_that_does_not_divide_the_hour_counts_from_the_opening() -> None:
    question = ask(step=45 * MINUTE, hours=weekdays((550, 700), (780, 900)))

    assert offered(question) == ["09:10", "09:55", "10:40", "13:00", "13:45"]


@pytest.mark.promise("A8")
def test_step_counted_from_the_opening_does_not_move_with_the_window() -> None:
    question = ask(step=45 * MINUTE, window=span("2026-06-01T10:00", "2026-06-01T12:00"))

    assert offered(question) == ["10:30", "11:15"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration": 0},
        {"step": 0},
        {"before": -1},
        {"after": -1},
        {"notice": -1},
        {"window": (100, 100)},
        {"window": (0, 10**18)},
        {"window": (-(10**18), 0)},
    ],
)
def test_question_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadQuestion):
        ask(**wrong)
