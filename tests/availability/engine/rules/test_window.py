"""Booking window (A6): days ahead, business days ahead, a date range, each in the host's zone."""

from datetime import date

import pytest

from availability.engine import Code, Reason, explain, slots
from availability.engine.rules.window import business_days_ahead, date_range, days_ahead
from availability.engine.spans import BEGINNING, Span
from tests.availability.engine.asking import DAY, HOUR, ask, span, utc

FRIDAY_EVENING = utc("2026-06-05T20:00")
pytestmark = pytest.mark.promise("A6")


def dates_offered(bookable: Span | None) -> list[int]:
    """Days of June 2026 with slots, one slot a day."""
    month = span("2026-06-01T00:00", "2026-07-01T00:00")
    found = slots(ask(now=FRIDAY_EVENING, window=month, duration=8 * HOUR, bookable=bookable))
    return [(start - month[0]) // DAY + 1 for start in found]


def test_without_a_window_everything_ahead_is_offered() -> None:
    assert dates_offered(None) == list(range(6, 31))


def test_days_ahead_end_with_the_last_day() -> None:
    assert dates_offered(days_ahead(FRIDAY_EVENING, "UTC", 3)) == [6, 7, 8]


def test_days_ahead_are_days_of_the_hosts_zone() -> None:
    """Friday 20:00 in London's winter clock is Saturday in Tokyo."""
    assert days_ahead(FRIDAY_EVENING, "Asia/Tokyo", 0) == (BEGINNING, utc("2026-06-06T15:00"))


def test_business_days_ahead_do_not_count_the_weekend() -> None:
    assert dates_offered(business_days_ahead(FRIDAY_EVENING, "UTC", 2)) == [6, 7, 8, 9]


def test_date_range_includes_both_dates() -> None:
    assert dates_offered(date_range(date(2026, 6, 10), date(2026, 6, 12), "UTC")) == [10, 11, 12]


def test_date_range_in_a_zone_that_skips_midnight_starts_with_the_day() -> None:
    bookable = date_range(date(2026, 9, 6), date(2026, 9, 6), "America/Santiago")

    assert bookable == span("2026-09-06T04:00", "2026-09-07T03:00")


def test_reason_names_the_bookable_range() -> None:
    bookable = date_range(date(2026, 6, 10), date(2026, 6, 12), "UTC")

    assert explain(ask(bookable=bookable), utc("2026-06-09T09:00")) == [Reason(Code.RANGE, span=bookable)]
