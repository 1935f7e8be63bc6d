"""Wall clocks: stretches of constant offset, and days that do not begin at midnight or do not exist."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pytest

from availability.engine.local_time import day_spans, day_start, days, local_date, offset_at, segments
from tests.availability.engine.asking import HOUR, span, utc

YEARS_2025_TO_2027 = span("2025-01-01T00:00", "2028-01-01T00:00")


def test_segments_of_berlin_change_to_the_second() -> None:
    found = segments("Europe/Berlin", *span("2026-03-01T00:00", "2026-12-01T00:00"))

    assert found == [
        (*span("2026-03-01T00:00", "2026-03-29T01:00"), HOUR),
        (*span("2026-03-29T01:00", "2026-10-25T01:00"), 2 * HOUR),
        (*span("2026-10-25T01:00", "2026-12-01T00:00"), HOUR),
    ]


def test_segments_of_a_zone_without_changes_are_one() -> None:
    assert segments("Asia/Kolkata", *YEARS_2025_TO_2027) == [(*YEARS_2025_TO_2027, 5 * HOUR + HOUR // 2)]


def test_segments_of_an_unknown_zone_raise() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        segments("Europe/Atlantis", 0, 1)


@pytest.mark.promise("A13")
def test_segments_of_every_zone_agree_with_its_clock_around_every_change() -> None:
    """Three years of every zone: the segments cover the period, and the clock agrees at both ends of each."""
    for zone in sorted(available_timezones()):
        found = segments(zone, *YEARS_2025_TO_2027)

        covered = [found[0][0], *(end for _, end, _ in found)]
        assert (zone, covered) == (zone, [*(start for start, _, _ in found), YEARS_2025_TO_2027[1]])
        edges = [instant for start, end, _ in found for instant in (start, (start + end) // 2, end - 1)]
        shown = [datetime.fromtimestamp(instant, ZoneInfo(zone)).utcoffset() for instant in edges]
        assert (zone, shown) == (
            zone,
            [timedelta(seconds=offset) for _, _, offset in found for _ in range(3)],
        )


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00"),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00"),  # begins at 01:00
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00"),  # begins at 01:00
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),  # does not exist
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00"),
    ],
)
@pytest.mark.promise("A13")
def test_day_start_is_the_first_instant_of_the_date(zone: str, day: date, start: str) -> None:
    assert day_start(day, zone) == utc(start)


def test_day_spans_of_a_skipped_date_are_none() -> None:
    assert day_spans(date(2011, 12, 30), "Pacific/Apia") == []


def test_day_spans_of_the_day_the_clock_goes_back_are_25_hours() -> None:
    assert day_spans(date(2026, 10, 25), "Europe/Berlin") == [span("2026-10-24T22:00", "2026-10-25T23:00")]


def test_day_spans_are_two_where_the_clock_goes_back_over_midnight() -> None:
    """St. John's at 00:01: a minute of Sunday, the last hour of Saturday once more, then Sunday for good."""
    assert day_spans(date(2010, 11, 7), "America/St_Johns") == [
        span("2010-11-07T02:30", "2010-11-07T02:31"),
        span("2010-11-07T03:30", "2010-11-08T03:30"),
    ]


def test_local_date_is_that_of_the_zone() -> None:
    instant = utc("2026-06-01T22:30")

    assert local_date(instant, "UTC") == date(2026, 6, 1)
    assert local_date(instant, "Europe/Berlin") == date(2026, 6, 2)


def test_days_leave_out_the_skipped_date() -> None:
    shown = days(*span("2011-12-30T09:00", "2011-12-31T12:00"), "Pacific/Apia")

    assert shown == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


def test_days_end_before_the_end() -> None:
    assert days(*span("2026-06-01T00:00", "2026-06-02T00:00"), "UTC") == [date(2026, 6, 1)]


def test_offset_at_is_whole_seconds_east_of_utc() -> None:
    assert offset_at("America/New_York", int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())) == -5 * HOUR
