"""Why not? (A14): every reason at once, in a fixed order, whatever the window."""

from dataclasses import replace
from datetime import date

import pytest

from availability.engine import BadQuestion, Code, Reason, explain, first_after, is_offered, reach
from tests.availability.engine.asking import DAY, HOUR, MINUTE, ask, span, utc

pytestmark = pytest.mark.promise("A14")

TEN = utc("2026-06-01T10:00")


def codes(question_start: int, **changes: object) -> list[Code]:
    return [reason.code for reason in explain(ask(**changes), question_start)]


def test_an_offered_start_has_no_reasons() -> None:
    assert explain(ask(), TEN) == []


def test_outside_the_hours_is_said_without_a_word_about_the_grid_counted_from_them() -> None:
    assert explain(ask(step=45 * MINUTE), utc("2026-06-01T08:01")) == [Reason(Code.HOURS)]


def test_an_appointment_that_runs_over_closing_time_is_outside_the_hours() -> None:
    assert codes(utc("2026-06-01T16:30"), step=30 * MINUTE) == [Code.HOURS]


def test_a_start_off_the_grid_is_said() -> None:
    assert codes(TEN + MINUTE) == [Code.GRID]
    assert codes(TEN + 1) == [Code.GRID]


def test_all_reasons_are_given_in_order() -> None:
    event = span("2026-06-01T10:00", "2026-06-01T11:00")

    found = codes(
        TEN + MINUTE,
        now=TEN - HOUR,
        notice=2 * HOUR,
        bookable=(0, TEN),
        closed=[event],
        daily_limit=1,
        per_day={date(2026, 6, 1): 1},
        busy=[event],
        claims=[(*event, *event)],
        before=MINUTE,
    )

    assert found == [
        Code.TOO_SOON,
        Code.RANGE,
        Code.TIME_OFF,
        Code.DAY_LIMIT,
        Code.CALENDAR,
        Code.BOOKING,
        Code.GRID,
    ]


def test_window_of_the_question_does_not_matter() -> None:
    question = ask(window=span("2026-06-02T00:00", "2026-06-03T00:00"))

    assert explain(question, TEN) == []
    assert is_offered(question, TEN)


def test_start_off_the_calendar_is_refused() -> None:
    with pytest.raises(BadQuestion):
        explain(ask(), 10**18)


def test_first_after_looks_past_weeks_without_slots() -> None:
    question = ask(window=span("2026-06-01T00:00", "2026-07-01T00:00"), closed=[(TEN, TEN + 20 * DAY)])

    assert first_after(question, TEN) == TEN + 20 * DAY
    assert first_after(replace(question, window=(TEN, TEN + DAY)), TEN) is None


def test_reach_is_what_an_appointment_of_the_window_and_its_buffers_can_touch() -> None:
    assert reach((100, 200), duration=30, before=5, after=7) == (95, 237)
